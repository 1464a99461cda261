"""What happened with a contact: conversations, their messages and calls, and what members are told of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from relance.models.accounts import Member, Organization
from relance.models.base import PublicModel, Scoped
from relance.models.connections import ChannelKind


class Direction(models.TextChoices):
    """Who began it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Conversation(Scoped):
    """Everything said with one contact on one channel; an inbox shows it as a thread."""

    PREFIX = "conversation"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="conversations", db_index=False)
    contact = models.ForeignKey(
        "relance.Contact", models.CASCADE, related_name="conversations", db_index=False, db_constraint=False
    )
    kind = models.TextField(choices=ChannelKind)
    last_message_at = models.DateTimeField(null=True, blank=True)
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    unread = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "id"], name="conversation_of_organization"),
            models.UniqueConstraint(fields=["contact", "kind"], name="one_conversation_per_contact_and_channel"),
        )
        indexes = (
            models.Index(fields=["organization", "-last_message_at", "-id"], name="conversation_by_last_message"),
        )


class Call(Scoped):
    """A call that ended, from Relance's own lines or from any other telephony."""

    PREFIX = "call"

    class Status(models.TextChoices):
        """How it ended."""

        ANSWERED = "answered"
        MISSED = "missed"
        VOICEMAIL = "voicemail"
        DECLINED = "declined"
        BUSY = "busy"
        FAILED = "failed"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="calls", db_index=False)
    contact = models.ForeignKey("relance.Contact", models.CASCADE, related_name="calls", db_index=False)
    conversation = models.ForeignKey(Conversation, models.SET_NULL, null=True, related_name="calls", db_index=False)
    agent = models.ForeignKey("relance.Agent", models.SET_NULL, null=True, related_name="+", db_index=False)
    campaign = models.ForeignKey("relance.Campaign", models.SET_NULL, null=True, related_name="calls", db_index=False)
    follow_up = models.ForeignKey("relance.FollowUp", models.SET_NULL, null=True, related_name="calls", db_index=False)
    direction = models.TextField(choices=Direction, default=Direction.OUTBOUND)
    status = models.TextField(choices=Status)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    transcript = models.JSONField(default=list)
    recording_url = models.TextField(blank=True, default="")
    consents = models.JSONField(default=dict)
    external_id = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(ended_at__gte=models.F("started_at")), name="call_ends_after_its_start"),
            models.UniqueConstraint(
                fields=["organization", "external_id"], condition=~Q(external_id=""), name="call_reported_once"
            ),
        )
        indexes = (
            models.Index(fields=["contact", "-started_at"], name="call_by_contact"),
            models.Index(fields=["organization", "-started_at", "-id"], name="call_by_organization"),
            models.Index(fields=["follow_up"], name="call_by_follow_up", condition=Q(follow_up__isnull=False)),
        )


class Message(PublicModel):
    """One text, WhatsApp message or e-mail, either way."""

    PREFIX = "message"

    class Status(models.TextChoices):
        """How far it came; an inbound one is `received`."""

        SENT = "sent"
        DELIVERED = "delivered"
        READ = "read"
        FAILED = "failed"
        RECEIVED = "received"

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="messages", db_index=False, db_constraint=False
    )
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages", db_index=False)
    direction = models.TextField(choices=Direction)
    subject = models.TextField(blank=True, default="")
    body = models.TextField(blank=True, default="")
    template = models.ForeignKey("relance.Template", models.SET_NULL, null=True, related_name="+", db_index=False)
    follow_up = models.ForeignKey(
        "relance.FollowUp", models.SET_NULL, null=True, related_name="messages", db_index=False, db_constraint=False
    )
    status = models.TextField(choices=Status)
    reference = models.TextField(blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["conversation", "reference"],
                condition=Q(direction=Direction.INBOUND) & ~Q(reference=""),
                name="inbound_message_taken_once",
            ),
        )
        indexes = (models.Index(fields=["conversation", "-at", "-id"], name="message_by_conversation"),)


class Notification(PublicModel):
    """What a member is told: their follow-up went out, failed, or needs them."""

    PREFIX = "notification"

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="notifications", db_index=False, db_constraint=False
    )
    # No constraint: thousands of notifications to one member at once would queue up for its row's lock.
    member = models.ForeignKey(
        Member, models.CASCADE, related_name="notifications", db_index=False, db_constraint=False
    )
    kind = models.TextField()
    text = models.TextField()
    follow_up = models.ForeignKey(
        "relance.FollowUp", models.CASCADE, null=True, related_name="notifications", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["member", "-id"], name="notification_by_member"),)
