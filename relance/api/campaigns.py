"""`/api/campaigns`: contacts worked by one agent, and what is sent when a call has ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from ninja import Query, Status
from pydantic import Field

from relance.api.auth import Caller, Request
from relance.api.finding import find, look_up
from relance.api.pages import page
from relance.api.routing import resource
from relance.api.saving import save
from relance.api.schemas import AgentId, Body, ConnectionId, Page, Paging, Shown, Text, public
from relance.models import Agent, Campaign, ChannelKind, Connection

router = resource("Campaigns")

SmsName = Literal["meeting_request", "next_step", "appointment_confirmation", "conversation_summary", "offer_promo"]
CampaignStatusName = Literal["active", "paused", "ended"]


class CampaignSaid(Body):
    """The settings of a campaign. Its SMS is one of five fixed texts, with the slots that are given here."""

    status: CampaignStatusName = "active"
    sms_enabled: bool = False
    sms_template: SmsName | None = None
    sender_name: Text = Field("", max_length=100)
    meeting_link: Text = Field("", max_length=2000)
    offer_summary: Text = Field("", max_length=500)
    promo_code: Text = Field("", max_length=100)
    email_enabled: bool = False
    email_connection_id: ConnectionId | None = None
    email_from_name: Text = Field("", max_length=100)
    email_subject: Text = Field("", max_length=300)
    email_body: Text = Field("", max_length=20_000)
    email_meeting_link: Text = Field("", max_length=2000)
    ask_for_email: bool = False
    missed_call_subject: Text = Field("", max_length=300)
    missed_call_body: Text = Field("", max_length=20_000)


class NewCampaign(CampaignSaid):
    """A campaign to be."""

    name: Text = Field(min_length=1, max_length=200)
    agent_id: AgentId


class EditedCampaign(CampaignSaid):
    """What to change of a campaign; what is left out stays."""

    name: Text = Field("", min_length=1, max_length=200)
    agent_id: AgentId = ""


class CampaignShown(Shown):
    """A campaign."""

    id: str
    name: str
    agent_id: str
    status: CampaignStatusName
    sms_enabled: bool
    sms_template: SmsName | None
    sender_name: str
    meeting_link: str
    offer_summary: str
    promo_code: str
    email_enabled: bool
    email_connection_id: str | None
    email_from_name: str
    email_subject: str
    email_body: str
    email_meeting_link: str
    ask_for_email: bool
    missed_call_subject: str
    missed_call_body: str
    created_at: datetime


CampaignPage = Page[CampaignShown]


@router.get("", response=CampaignPage)
def list_campaigns(request: Request, paging: Query[Paging]) -> CampaignPage:
    """The organization’s campaigns."""
    return page(_mine(request.auth), ["id"], paging, _shown)


@router.post("", response={201: CampaignShown})
def create(request: Request, wanted: NewCampaign) -> Status[CampaignShown]:
    """A new campaign; admins only."""
    request.auth.must_be_admin("make campaigns")
    made = Campaign(organization=request.auth.organization)
    _change(made, wanted, request.auth)
    made.refresh_from_db()
    return Status(201, _shown(made))


@router.get("/{id}", response=CampaignShown)
def campaign(request: Request, id: str) -> CampaignShown:
    """One campaign."""
    return _shown(find(_mine(request.auth), id))


@router.patch("/{id}", response=CampaignShown)
def edit(request: Request, id: str, edited: EditedCampaign) -> CampaignShown:
    """Change a campaign; admins only."""
    found = find(_mine(request.auth), id)
    request.auth.must_be_admin("change campaigns")
    _change(found, edited, request.auth)
    return _shown(found)


def _mine(caller: Caller) -> Any:
    return Campaign.objects.filter(organization=caller.organization)


def _change(campaign: Campaign, said: CampaignSaid, caller: Caller) -> None:
    values = said.model_dump(exclude_unset=True)
    if "agent_id" in values:
        agents = Agent.objects.filter(organization=caller.organization)
        values["agent"] = find(agents, values.pop("agent_id"), "agentId")
    accounts = Connection.objects.filter(organization=caller.organization, kind=ChannelKind.EMAIL)
    look_up(values, "email_connection_id", accounts)
    if "sms_template" in values:
        values["sms_template"] = values["sms_template"] or ""
    save(campaign, values, "campaign", review=review)


def review(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """The points that are checked on save: what a channel that is on needs."""
    if campaign.sms_enabled and not campaign.sms_template:
        yield "smsTemplate", "Choose one of the five texts before SMS is switched on."
    if campaign.email_enabled:
        if campaign.email_connection is None:
            yield "emailConnectionId", "Connect an e-mail account before e-mail is switched on."
        for field, text in (("emailSubject", campaign.email_subject), ("emailBody", campaign.email_body)):
            if not text.strip():
                yield field, "Write this; e-mail is on and needs it."


def _shown(c: Campaign) -> CampaignShown:
    same = set(CampaignShown.model_fields) - {"id", "agent_id", "email_connection_id", "sms_template"}
    return CampaignShown(
        **{name: getattr(c, name) for name in same},
        id=c.public_id,
        agent_id=f"{Agent.PREFIX}_{c.agent_id}",
        email_connection_id=public(Connection, c.email_connection_id),
        sms_template=c.sms_template or None,  # type: ignore[arg-type]
    )
