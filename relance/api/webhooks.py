"""`/api/webhooks`: where webhook follow-ups go by default, and the secret that signs them."""

from __future__ import annotations

from django.conf import settings
from pydantic import Field

from relance.api.auth import Request
from relance.api.routing import resource
from relance.api.schemas import Body, Shown, Text
from relance.channels.webhook import url_problem
from relance.models import Invalid, Organization, organizations

router = resource("Webhooks")


class WebhookSaid(Body):
    """The organization’s address for webhooks; empty for none."""

    url: Text = Field(max_length=2000)


class WebhookShown(Shown):
    """The organization’s address for webhooks."""

    url: str


class SecretShown(Shown):
    """The signing secret (Standard Webhooks). `previousSecret` signs too, until the secret is changed again."""

    secret: str
    previous_secret: str | None


@router.get("", response=WebhookShown)
def webhooks(request: Request) -> WebhookShown:
    """Where webhook follow-ups go that name no address; admins only."""
    request.auth.must_be_admin("see the webhook settings")
    return WebhookShown(url=request.auth.organization.webhook_url)


@router.patch("", response=WebhookShown)
def edit(request: Request, said: WebhookSaid) -> WebhookShown:
    """Change where webhook follow-ups go; admins only."""
    request.auth.must_be_admin("change the webhook settings")
    if said.url and (problem := url_problem(said.url, settings.WEBHOOK_ALLOW_PRIVATE)):
        raise Invalid(url=problem)
    organizations.set_webhook(request.auth.organization, said.url)
    return WebhookShown(url=said.url)


@router.get("/secret", response=SecretShown)
def secret(request: Request) -> SecretShown:
    """The secret by which receivers check our signature; admins only."""
    request.auth.must_be_admin("see the signing secret")
    return _shown(request.auth.organization)


@router.post("/secret/rotate", response=SecretShown)
def rotate(request: Request) -> SecretShown:
    """A new secret. The one before signs too, so that receivers can change over; admins only."""
    request.auth.must_be_admin("change the signing secret")
    return _shown(organizations.rotate_webhook_secret(request.auth.organization))


def _shown(organization: Organization) -> SecretShown:
    previous = organization.webhook_secret_previous or None
    return SecretShown(secret=organization.webhook_secret, previous_secret=previous)
