"""Connections: an organization's account at a provider, and the message templates approved there."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from relance.models.accounts import Organization
from relance.models.base import Scoped
from relance.models.vault import SecretJSONField


class ChannelKind(models.TextChoices):
    """The ways a follow-up leaves the house."""

    CALL = "call"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    WEBHOOK = "webhook"


class Connection(Scoped):
    """One provider's account for one channel. An organization's default one carries what names no other."""

    PREFIX = "connection"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="connections")
    kind = models.TextField(choices=ChannelKind)
    provider = models.TextField()
    name = models.TextField()
    settings = SecretJSONField(default=dict, blank=True)
    is_default = models.BooleanField(default=False)
    paused_because = models.TextField(blank=True, default="")
    retry_after = models.DateTimeField(null=True, blank=True)
    per_second = models.FloatField(null=True, blank=True)
    next_slot_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "id"], name="connection_of_organization"),
            models.UniqueConstraint(
                fields=["organization", "kind"], condition=Q(is_default=True), name="one_default_connection_per_channel"
            ),
            models.CheckConstraint(condition=Q(kind__in=ChannelKind.values), name="connection_kind_is_known"),
            models.CheckConstraint(condition=Q(per_second=None) | Q(per_second__gt=0), name="connection_rate_positive"),
        )

    def __str__(self) -> str:
        return self.name


class Approval(models.TextChoices):
    """Where a template stands with the provider. Only an approved one is sent."""

    DRAFT = "draft"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"


class Template(Scoped):
    """A WhatsApp message whose wording the provider approves; `{{1}}`, `{{name}}` in it are its parameters."""

    PREFIX = "template"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="templates")
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, related_name="templates", db_constraint=False
    )
    name = models.TextField()
    language = models.TextField(default="en")
    category = models.TextField(default="utility")
    body = models.TextField()
    parameters = ArrayField(models.TextField(), default=list)
    approval = models.TextField(choices=Approval, default=Approval.DRAFT)
    approval_note = models.TextField(blank=True, default="")
    provider_id = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "id"], name="template_of_organization"),
            models.UniqueConstraint(fields=["organization", "name", "language"], name="template_once_per_language"),
            models.CheckConstraint(condition=Q(approval__in=Approval.values), name="template_approval_is_known"),
        )

    def __str__(self) -> str:
        return self.name

    def rendered(self, parameters: dict[str, str]) -> str:
        """The text that the contact reads, with `parameters` in their places."""
        text = self.body
        for name in self.parameters:
            text = text.replace("{{" + name + "}}", str(parameters.get(name, "")))
        return text


def open_simulators(organization: Organization) -> None:
    """Give a new organization a working provider on every channel: the simulator, and webhooks for real."""
    Connection.objects.bulk_create(
        [
            Connection(
                organization=organization,
                kind=kind,
                provider="http" if kind == ChannelKind.WEBHOOK else "simulator",
                name="Webhooks" if kind == ChannelKind.WEBHOOK else f"Simulator ({kind.label})",
                is_default=True,
            )
            for kind in ChannelKind
        ]
    )
