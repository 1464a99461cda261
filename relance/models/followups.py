"""Follow-ups: the scheduled actions, their attempts, and the history of every change."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual

from relance.models.accounts import Member, Organization
from relance.models.agents import Agent
from relance.models.base import Scoped
from relance.models.campaigns import Campaign
from relance.models.connections import ChannelKind, Connection, Template
from relance.models.contacts import Contact
from relance.models.inbox import Conversation
from relance.rules.states import FINAL, UNDER_WAY, WAITING, Status

HEADINGS = {
    "call": "Call to",
    "sms": "SMS to",
    "whatsapp": "WhatsApp message to",
    "email": "E-mail to",
    "webhook": "Webhook about",
}
"""What a follow-up is, before the name of its contact."""
NOTES_LIMIT = 500
MOST_ATTEMPTS = 20


class Priority(models.IntegerChoices):
    """Who goes first when many are due: a lower number is sooner."""

    URGENT = 0, "urgent"
    HIGH = 1, "high"
    NORMAL = 2, "normal"
    LOW = 3, "low"


class Source(models.TextChoices):
    """Who had the follow-up made."""

    MANUAL = "manual"
    AGENT = "agent"
    CAMPAIGN = "campaign"
    INBOX = "inbox"
    API = "api"
    IMPORT = "import"


class Purpose(models.TextChoices):
    """What kind of promise it keeps: post-call ones go once per contact, missed-call e-mails without consent."""

    GENERAL = "general"
    POST_CALL = "post_call"
    MISSED_CALL = "missed_call"


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    """Follow-ups as members ask for them."""

    def visible_to(self, member: Member) -> Self:
        """Those that `member` may see: an agent's are those of the contacts assigned to them."""
        mine = self.filter(organization=member.organization_id)
        return mine if member.is_admin else mine.filter(contact__assignments__member=member)

    def workable_by(self, member: Member) -> Self:
        """Those that `member` may cancel and retry: what they see, and those they made."""
        ours = self.filter(organization=member.organization_id)
        if member.is_admin:
            return ours
        return ours.filter(Q(created_by=member) | Q(contact__in=Contact.objects.visible_to(member)))


def _values(statuses: frozenset[Status]) -> list[str]:
    return sorted(statuses)


class FollowUp(Scoped):
    """A scheduled action that Relance carries out by itself.

    `scheduled_at` is the moment that was asked for, `next_attempt_at` when it is looked at next (null when it is
    under way or done). `because` is the last change's reason, `held_by` the gate that made it wait. `attempts_made`
    counts the tries of the present set: a retry by hand starts a new one. `rewritten_after` is the number of the last
    try before somebody changed what it says, 0 if nobody did. `lease_until` is when a worker that holds it is presumed
    dead, by the database's own clock.
    """

    PREFIX = "followup"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="follow_ups", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="follow_ups", db_index=False, db_constraint=False)
    type = models.TextField(choices=ChannelKind)
    status = models.TextField(choices=[(s.value, s.value) for s in Status], default=Status.SCHEDULED.value)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    source = models.TextField(choices=Source, default=Source.MANUAL)
    purpose = models.TextField(choices=Purpose, default=Purpose.GENERAL)
    agent = models.ForeignKey(
        Agent, models.SET_NULL, null=True, blank=True, related_name="follow_ups", db_index=False, db_constraint=False
    )
    campaign = models.ForeignKey(
        Campaign, models.SET_NULL, null=True, blank=True, related_name="follow_ups", db_index=False, db_constraint=False
    )
    conversation = models.ForeignKey(
        Conversation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="follow_ups",
        db_index=False,
        db_constraint=False,
    )
    template = models.ForeignKey(
        Template, models.SET_NULL, null=True, blank=True, related_name="follow_ups", db_index=False, db_constraint=False
    )
    parameters = models.JSONField(default=dict)
    subject = models.TextField(blank=True, default="")
    body = models.TextField(blank=True, default="")
    url = models.TextField(blank=True, default="")
    notes = models.TextField(blank=True, default="")
    scheduled_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    attempts_made = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    rewritten_after = models.PositiveSmallIntegerField(default=0, db_default=0)
    allow_out_of_window = models.BooleanField(default=False)
    cancel_on_reply = models.BooleanField(default=False)
    because = models.TextField(blank=True, default="")
    held_by = models.TextField(blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = FollowUpQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(status__in=list(Status)), name="follow_up_status_is_known"),
            models.CheckConstraint(condition=Q(type__in=ChannelKind.values), name="follow_up_type_is_known"),
            models.CheckConstraint(condition=Q(priority__range=(0, 3)), name="follow_up_priority_is_known"),
            models.CheckConstraint(
                condition=Q(max_attempts__range=(1, MOST_ATTEMPTS)), name="follow_up_1_to_20_attempts"
            ),
            models.CheckConstraint(
                condition=Q(attempts_made__lte=models.F("max_attempts")), name="follow_up_attempts_within_bounds"
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("notes"), NOTES_LIMIT), name="follow_up_notes_at_most_500"
            ),
            models.CheckConstraint(
                condition=Q(status__in=_values(FINAL), finished_at__isnull=False)
                | (~Q(status__in=_values(FINAL)) & Q(finished_at__isnull=True)),
                name="follow_up_final_states_are_finished",
            ),
            models.CheckConstraint(
                condition=Q(status__in=_values(WAITING), next_attempt_at__isnull=False)
                | (~Q(status__in=_values(WAITING)) & Q(next_attempt_at__isnull=True)),
                name="follow_up_waits_until_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(status__in=_values(UNDER_WAY), lease_until__isnull=False)
                | (~Q(status__in=_values(UNDER_WAY)) & Q(lease_until__isnull=True)),
                name="follow_up_under_way_is_leased",
            ),
            models.UniqueConstraint(
                fields=["campaign", "contact", "type"],
                condition=~Q(purpose=Purpose.GENERAL) & ~Q(status__in=["cancelled", "failed", "expired"]),
                name="post_call_once_per_contact_and_channel",
            ),
        )
        indexes = (
            models.Index(
                fields=["organization", "priority", "next_attempt_at"],
                condition=Q(status__in=_values(WAITING)),
                name="follow_up_due",
            ),
            models.Index(fields=["next_attempt_at"], condition=Q(status__in=_values(WAITING)), name="follow_up_next"),
            models.Index(fields=["lease_until"], condition=Q(status__in=_values(UNDER_WAY)), name="follow_up_leased"),
            models.Index(fields=["contact", "scheduled_at", "id"], name="follow_up_by_contact"),
            models.Index(  # in place of one by time alone: it is written as often, and answers every list of them
                fields=["organization", "status", "scheduled_at", "id"],
                include=["type", "source", "campaign", "agent", "contact"],
                name="follow_up_by_status",
            ),
            models.Index(  # of what has ended only: each is written into it once
                fields=["organization", "status", "finished_at", "id"],
                include=["contact"],
                condition=Q(finished_at__isnull=False),
                name="follow_up_by_end",
            ),
        )

    @property
    def state(self) -> Status:
        """The status as the rules know it."""
        return Status(self.status)

    @property
    def resolved_agent(self) -> Agent | None:
        """Who carries it out: its own agent, else its campaign's, else the organization's default."""
        campaigns = self.campaign and self.campaign.agent
        return self.agent or campaigns or self.organization.default_agent


class Attempt(Scoped):
    """One try at carrying out a follow-up: written before the provider is asked, closed by its outcome.

    `outcome` is null while it is open. `number` counts all tries of the follow-up, over every set. `unheard` says of
    an open one that nobody knows how it ended, and of one with an outcome that this was so for a while. Of a call,
    `answered_at` is when somebody picked up, and `transcript` what was said while it lasted, as far as it was told.
    """

    PREFIX = "attempt"

    class Result(models.TextChoices):
        """How a try ended."""

        SUCCESS = "success"
        UNREACHED = "unreached"
        TEMPORARY = "temporary"
        PERMANENT = "permanent"
        UNKNOWN = "unknown"

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    follow_up = models.ForeignKey(FollowUp, models.CASCADE, related_name="attempts", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+", db_index=False, db_constraint=False)
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, related_name="+", db_index=False, db_constraint=False
    )
    number = models.PositiveSmallIntegerField()
    kind = models.TextField()
    provider = models.TextField()
    idempotency_key = models.UUIDField()
    worker = models.TextField()
    started_at = models.DateTimeField()
    outcome = models.TextField(choices=Result, null=True)
    unheard = models.BooleanField(default=False)
    detail = models.TextField(blank=True, default="")
    reference = models.TextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    transcript = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["follow_up", "number"], name="attempt_numbers_are_unique"),
            models.UniqueConstraint(
                fields=["follow_up"], condition=Q(outcome__isnull=True), name="one_open_attempt_per_follow_up"
            ),
            models.CheckConstraint(
                condition=Q(outcome__isnull=True, finished_at__isnull=True)
                | Q(outcome__isnull=False, finished_at__isnull=False),
                name="attempt_with_an_outcome_is_finished",
            ),
        )
        indexes = (
            models.Index(fields=["contact", "started_at"], name="attempt_by_contact"),
            models.Index(
                fields=["agent"], condition=Q(outcome__isnull=True, kind="call"), name="attempt_calls_under_way"
            ),
            models.Index(
                fields=["connection", "reference"],
                condition=~Q(reference="") & Q(outcome__isnull=True),
                name="attempt_by_reference",
            ),
        )


class Change(models.Model):
    """One row of a follow-up's history: who or what changed it, from where to where, when and why.

    Written only in the statement that changes the follow-up (`moves`), so that no foreign key is needed to tell that
    it exists: checking one would be a third of a change's cost.
    """

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    follow_up = models.ForeignKey(FollowUp, models.CASCADE, related_name="history", db_index=False, db_constraint=False)
    at = models.DateTimeField()
    actor = models.TextField()
    member = models.ForeignKey(
        Member, models.SET_NULL, null=True, related_name="+", db_index=False, db_constraint=False
    )
    from_status = models.TextField(blank=True, default="")
    to_status = models.TextField()
    because = models.TextField(blank=True, default="")
    gate = models.TextField(blank=True, default="")
    until = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["follow_up", "id"], name="change_by_follow_up"),)
