"""Follow-ups as the API says them: what is wanted, what is shown, and how the one becomes a plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from pydantic import Field

from relance.api.auth import Caller
from relance.api.finding import find_if_named, look_up
from relance.api.schemas import (
    AgentId,
    Body,
    CampaignId,
    ContactId,
    ConversationId,
    Instant,
    Kind,
    Page,
    Parameters,
    Shown,
    TemplateId,
    Text,
    public,
)
from relance.channels.webhook import url_problem
from relance.models import (
    Agent,
    Attempt,
    Campaign,
    Change,
    Contact,
    Conversation,
    FollowUp,
    Invalid,
    Member,
    Priority,
    Template,
)
from relance.models.followups import MOST_ATTEMPTS, NOTES_LIMIT
from relance.models.scheduling import SUBJECT_LIMIT, TEXT_LIMIT, URL_LIMIT, Plan
from relance.rules.states import group_of

PriorityName = Literal["low", "normal", "high", "urgent"]
StatusName = Literal["scheduled", "snoozed", "queued", "in_progress", "completed", "failed", "cancelled", "expired"]
GroupName = Literal["pending", "processing", "sent", "failed", "canceled"]
SourceName = Literal["manual", "agent", "campaign", "inbox", "api", "import"]


class Wanted(Body):
    """What any follow-up may say; `null` and what is left out take their default."""

    agent_id: AgentId | None = Field(None, description="Left out: the campaign’s agent, else the organization’s.")
    priority: PriorityName = "normal"
    max_attempts: int | None = Field(
        None, ge=1, le=MOST_ATTEMPTS, description="3, or 4 for a template, unless it says otherwise."
    )
    allow_out_of_window: bool = Field(False, description="The customer wishes to be reached outside the usual hours.")
    notes: Text = Field("", max_length=NOTES_LIMIT)
    template_id: TemplateId | None = None
    parameters: Parameters = Field(default_factory=dict)
    subject: Text = Field("", max_length=SUBJECT_LIMIT)
    body: Text = Field("", max_length=TEXT_LIMIT)
    url: Text = Field("", max_length=URL_LIMIT, description="Of a webhook; left out: the organization’s.")
    cancel_on_reply: bool | None = None
    expires_at: Instant | None = Field(None, description="Given up then; left out: 7 days after its time.")


class Planned(Wanted):
    """A follow-up to be, whoever it is for."""

    type: Kind
    scheduled_at: Instant
    campaign_id: CampaignId | None = None


class NewFollowUp(Planned):
    """A follow-up to one contact."""

    contact_id: ContactId
    conversation_id: ConversationId | None = None


class EditedFollowUp(Wanted):
    """What to change of a follow-up that has not run; a new time reschedules it."""

    scheduled_at: Instant | None = None


class FollowUpRow(Shown):
    """A follow-up in a list."""

    id: str
    contact_id: str
    contact_name: str
    type: Kind
    status: StatusName
    group: GroupName
    priority: PriorityName
    source: SourceName
    agent_id: str | None
    campaign_id: str | None
    conversation_id: str | None
    template_id: str | None
    parameters: dict[str, Any]
    subject: str
    body: str
    url: str
    notes: str
    scheduled_at: datetime
    next_attempt_at: datetime | None
    expires_at: datetime
    attempts_made: int
    max_attempts: int
    allow_out_of_window: bool
    cancel_on_reply: bool
    because: str
    held_by: str | None = Field(description="The gate that makes it wait.")
    created_by: str | None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class AttemptShown(Shown):
    """One try. `outcome` is null while it is under way, `unknown` when nobody has heard how it ended."""

    number: int
    provider: str
    idempotency_key: str
    started_at: datetime
    finished_at: datetime | None
    outcome: Literal["success", "unreached", "temporary", "permanent", "unknown"] | None
    detail: str
    reference: str


class ChangeShown(Shown):
    """One line of the history."""

    at: datetime
    actor: str
    member_id: str | None
    from_: str | None = Field(serialization_alias="from")
    to: str
    because: str
    gate: str | None
    until: datetime | None


class FollowUpShown(FollowUpRow):
    """A follow-up with everything that happened to it."""

    attempts: list[AttemptShown]
    history: list[ChangeShown]


FollowUpPage = Page[FollowUpRow]


def plan(wanted: Planned, caller: Caller, conversation: Conversation | None = None) -> Plan:
    """The plan that `wanted` asks for. Raises `Missing` for an id that is nobody's, `Invalid` for a wrong address."""
    said = wanted.model_dump(include=set(Wanted.model_fields))
    return Plan(
        type=wanted.type,
        at=wanted.scheduled_at,
        campaign=find_if_named(_campaigns(caller), wanted.campaign_id, "campaignId"),
        conversation=conversation,
        source=caller.source,
        **_fields(said, caller),
    )


def conversation_of(contact: Contact, wanted: NewFollowUp, caller: Caller) -> Conversation | None:
    """The conversation that is named. Raises `Invalid` for one with another contact."""
    mine = Conversation.objects.filter(organization=caller.organization)
    found = find_if_named(mine, wanted.conversation_id, "conversationId")
    if found and found.contact_id != contact.pk:
        raise Invalid(conversationId="This conversation is with another contact. Choose one of this contact.")
    return found


def changes(edited: EditedFollowUp, caller: Caller) -> dict[str, Any]:
    """What `edited` changes, by the fields of `Plan`. A time of null is left as it is."""
    said = edited.model_dump(exclude_unset=True)
    times = {"scheduled_at": "at", "expires_at": "expires_at"}
    new = {name: moment for field, name in times.items() if (moment := said.pop(field, None))}
    return _fields(said, caller) | new


def _fields(said: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """The fields of `Plan` from what was said, ids looked up."""
    fields = dict(said)
    mine = {"organization": caller.organization}
    look_up(fields, "agent_id", Agent.objects.filter(**mine))
    look_up(fields, "template_id", Template.objects.filter(**mine))
    if "priority" in fields:
        fields["priority"] = Priority[fields["priority"].upper()]
    if fields.get("url") and (problem := url_problem(fields["url"], settings.WEBHOOK_ALLOW_PRIVATE)):
        raise Invalid(url=problem)
    return fields


def _campaigns(caller: Caller) -> Any:
    return Campaign.objects.filter(organization=caller.organization)


def row(f: FollowUp) -> FollowUpRow:
    """A follow-up as lists have it; its contact must be at hand."""
    return FollowUpRow(**_said(f))


def shown(f: FollowUp) -> FollowUpShown:
    """A follow-up with its attempts and history."""
    return FollowUpShown(
        **_said(f),
        attempts=[_attempt(a) for a in f.attempts.order_by("number")],
        history=[_change(c) for c in f.history.order_by("id")],
    )


def _said(f: FollowUp) -> dict[str, Any]:
    same = (
        "type", "status", "source", "parameters", "subject", "body", "url", "notes", "scheduled_at", "next_attempt_at",
        "expires_at", "attempts_made", "max_attempts", "allow_out_of_window", "cancel_on_reply", "because",
        "created_at", "updated_at", "finished_at",
    )  # fmt: skip
    return {name: getattr(f, name) for name in same} | {
        "id": f.public_id,
        "contact_id": public(Contact, f.contact_id),
        "contact_name": f.contact.name,
        "group": group_of(f.state),
        "priority": Priority(f.priority).label,
        "agent_id": public(Agent, f.agent_id),
        "campaign_id": public(Campaign, f.campaign_id),
        "conversation_id": public(Conversation, f.conversation_id),
        "template_id": public(Template, f.template_id),
        "held_by": f.held_by or None,
        "created_by": public(Member, f.created_by_id),
    }


def _attempt(a: Attempt) -> AttemptShown:
    return AttemptShown(
        number=a.number,
        provider=a.provider,
        idempotency_key=str(a.idempotency_key),
        started_at=a.started_at,
        finished_at=a.finished_at,
        outcome="unknown" if a.outcome is None and a.unheard else a.outcome,  # type: ignore[arg-type]
        detail=a.detail,
        reference=a.reference,
    )


def _change(c: Change) -> ChangeShown:
    return ChangeShown(
        at=c.at,
        actor=c.actor,
        member_id=public(Member, c.member_id),
        from_=c.from_status or None,
        to=c.to_status,
        because=c.because,
        gate=c.gate or None,
        until=c.until,
    )
