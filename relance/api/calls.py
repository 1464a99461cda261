"""`/api/calls`: calls that ended, from any telephony."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from ninja import Query, Status
from pydantic import Field, model_validator

from relance.api.auth import Caller, Request
from relance.api.finding import find, find_if_named
from relance.api.pages import page
from relance.api.routing import commits_by_itself, resource
from relance.api.schemas import AgentId, Body, CampaignId, ContactId, Instant, Page, Paging, Shown, Text, public
from relance.inbound.calls import Ended, Line, call_ended, reported
from relance.models import Agent, Call, Campaign, Contact, Conversation, FollowUp, Invalid, clock, suppression

router = resource("Calls")

CallStatus = Literal["answered", "missed", "voicemail", "declined", "busy", "failed"]
DirectionName = Literal["inbound", "outbound"]
Answer = Literal["agreed", "declined", "notAsked"]
SKEW = timedelta(minutes=5)  # a telephony's clock may run ahead of ours


class Turn(Body):
    """One turn of a transcript."""

    speaker: Text = Field(min_length=1, max_length=100, description="“agent” for ours; anybody else is the contact.")
    text: Text = Field(max_length=10_000)
    at: Instant | None = None


class Answers(Body):
    """What the contact said when asked for their consent on the call."""

    sms: Answer = "notAsked"
    email: Answer = "notAsked"
    whatsapp: Answer = "notAsked"


class EndedCall(Body):
    """A call that ended. The same `externalId` twice is the same call."""

    contact_id: ContactId | None = None
    phone: Text = Field("", max_length=40, description="Finds the contact, where `contactId` is not given.")
    direction: DirectionName
    agent_id: AgentId | None = None
    campaign_id: CampaignId | None = None
    status: CallStatus
    started_at: Instant
    ended_at: Instant
    transcript: list[Turn] = Field(default_factory=list, max_length=5000)
    recording_url: Text = Field("", max_length=2000, pattern="^(https?://.*)?$")
    consents: Answers = Field(default_factory=Answers)
    external_id: Text = Field("", max_length=200)

    @model_validator(mode="after")
    def _whole(self) -> EndedCall:
        if (self.contact_id is None) == (not self.phone.strip()):
            raise ValueError("Give “contactId” or “phone”, one of them.")
        if self.ended_at < self.started_at:
            raise ValueError("The call ends before it starts. Check “startedAt” and “endedAt”.")
        return self


class TurnShown(Shown):
    speaker: str
    text: str
    at: str | None = None


class CallRow(Shown):
    """A call in a list."""

    id: str
    contact_id: str
    contact_name: str
    direction: DirectionName
    status: CallStatus
    agent_id: str | None
    campaign_id: str | None
    conversation_id: str | None
    follow_up_id: str | None
    started_at: datetime
    ended_at: datetime
    recording_url: str
    external_id: str


class CallShown(CallRow):
    """A call with what was said."""

    transcript: list[TurnShown]
    consents: dict[str, Answer]


class CallFilters(Paging):
    """Which calls."""

    contact_id: ContactId | None = None
    status: CallStatus | None = None
    direction: DirectionName | None = None


CallPage = Page[CallRow]


@router.get("", response=CallPage)
def list_calls(request: Request, filters: Query[CallFilters]) -> CallPage:
    """Calls, the latest first."""
    wanted = {"contact": Contact.key_of(filters.contact_id), "status": filters.status, "direction": filters.direction}
    found = visible(request.auth).filter(**{name: value for name, value in wanted.items() if value is not None})
    return page(found, ["-started_at", "-id"], filters, lambda call: CallRow(**_said(call)))


@router.post("", response={200: CallShown, 201: CallShown})
@commits_by_itself
def report(request: Request, said: EndedCall) -> Status[CallShown]:
    """Report a call that ended; 200 when it was reported before."""
    caller = request.auth
    if known := reported(caller.organization, said.external_id):
        return Status(200, _shown(find(visible(caller), known.public_id, "externalId")))
    if said.started_at > clock.now() + SKEW:
        raise Invalid(startedAt="A call that ended lies in the past. Check the time and its zone.")
    return Status(201, _shown(call_ended(caller.organization, _ended(said, caller))))


@router.get("/{id}", response=CallShown)
def call(request: Request, id: str) -> CallShown:
    """One call, with its transcript."""
    return _shown(find(visible(request.auth), id))


def visible(caller: Caller) -> Any:
    """The calls that the caller may see."""
    mine = Call.objects.filter(organization=caller.organization)
    if not caller.member.is_admin:
        mine = mine.filter(contact__assignments__member=caller.member)
    return mine.filter(contact__deleted_at=None).select_related("contact").defer("contact__search")


def _ended(said: EndedCall, caller: Caller) -> Ended:
    mine = {"organization": caller.organization}
    return Ended(
        contact=_contact(said, caller),
        direction=said.direction,
        status=said.status,
        started_at=said.started_at,
        ended_at=said.ended_at,
        agent=find_if_named(Agent.objects.filter(**mine), said.agent_id, "agentId"),
        campaign=find_if_named(Campaign.objects.filter(**mine), said.campaign_id, "campaignId"),
        transcript=[Line(t.speaker, t.text, t.at.isoformat() if t.at else None) for t in said.transcript],
        recording_url=said.recording_url,
        consents=said.consents.model_dump(by_alias=True),
        external_id=said.external_id,
    )


def _contact(said: EndedCall, caller: Caller) -> Contact:
    contacts = Contact.objects.visible_to(caller.member).select_related("organization")
    if said.contact_id:
        return find(contacts, said.contact_id, "contactId")
    number = suppression.number(caller.organization, said.phone)
    found: Contact | None = contacts.filter(phone=number).order_by("id").first()
    if found is None:
        raise Invalid(phone=f"No contact has the number {number}. Add the contact first, or name one by “contactId”.")
    return found


def _said(c: Call) -> dict[str, Any]:
    same = ("direction", "status", "started_at", "ended_at", "recording_url", "external_id")
    return {name: getattr(c, name) for name in same} | {
        "id": c.public_id,
        "contact_id": public(Contact, c.contact_id),
        "contact_name": c.contact.name,
        "agent_id": public(Agent, c.agent_id),
        "campaign_id": public(Campaign, c.campaign_id),
        "conversation_id": public(Conversation, c.conversation_id),
        "follow_up_id": public(FollowUp, c.follow_up_id),
    }


def _shown(c: Call) -> CallShown:
    return CallShown(**_said(c), transcript=[TurnShown(**turn) for turn in c.transcript], consents=c.consents)
