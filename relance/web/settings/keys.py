"""API keys: one's own, and for admins everybody's."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from relance.models import ApiKey, Invalid, Scope
from relance.models.contact_fields import text
from relance.web.access import Visit, find, page
from relance.web.answers import done, refused, show
from relance.web.once import sent_once
from relance.web.settings.confirming import asks_password, confirm

HERE = "/settings/keys"
LONGEST_NAME = 100
MOST_SHOWN = 500
SCOPES = {
    Scope.READ: ("Read", "See what you see, and change nothing."),
    Scope.WRITE: ("Write", "Also schedule, change and cancel what you may."),
    Scope.ADMIN: ("Admin", "Also change settings, where you may."),
}


@page
def keys(request: Visit) -> HttpResponse:
    """The keys that stand."""
    standing = list(_mine(request).select_related("member").order_by("-pk")[:MOST_SHOWN])
    rows = [(key, SCOPES[Scope(key.scope)][0]) for key in standing]
    return show(request, "settings/keys.html", rows=rows)


@sensitive_post_parameters("current")
@require_http_methods(["GET", "POST"])
@page
def new(request: Visit) -> HttpResponse:
    """Make a key for oneself; its text is shown once."""
    template = "settings/new_key.html"
    context = {"scopes": SCOPES, "scope": Scope.WRITE, "asks_password": asks_password(request)}
    if request.method == "GET":
        return show(request, template, **context)
    try:
        name, scope = _said(request)
        confirm(request)
    except Invalid as problem:
        typed = {"name": request.POST.get("name", ""), "scope": request.POST.get("scope", "")}
        return refused(request, template, problem, **(context | typed))

    def make() -> HttpResponse:
        key, secret = ApiKey.issue(request.member, name, scope)
        return show(request, "settings/key_made.html", key=key, text=secret)

    return sent_once(request, make)


@require_http_methods(["GET", "POST"])
@page
def revoke(request: Visit, id: str) -> HttpResponse:
    """End a key at once."""
    key = find(_mine(request), id)
    if request.method == "GET":
        return show(request, "settings/revoke_key.html", key=key)
    key.revoke()
    return done(request, f"{key.name} is revoked.", to=HERE, changed="key")


def _mine(request: Visit) -> Any:
    standing = ApiKey.objects.filter(organization=request.organization, revoked_at=None)
    return standing if request.member.is_admin else standing.filter(member=request.member)


def _said(request: Visit) -> tuple[str, str]:
    """Name and scope of the key to be. Raises `Invalid`."""
    scope = request.POST.get("scope", "")
    try:
        name = text(request.POST.get("name", ""), LONGEST_NAME)
    except ValueError as problem:
        raise Invalid(name=str(problem)) from None
    if not name:
        raise Invalid(name="Say what the key is for, such as “CRM”.")
    if scope not in Scope.values:
        raise Invalid(scope="Choose what the key may do.")
    return name, scope
