"""`/api/agents`: the AI agents, with their instructions and follow-up settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Status
from pydantic import Field

from relance.api.auth import Caller, Request
from relance.api.finding import find, look_up
from relance.api.pages import page
from relance.api.routing import resource
from relance.api.saving import save
from relance.api.schemas import Body, ConnectionId, Page, Paging, Shown, TemplateId, Text, public
from relance.models import Agent, Approval, Connection, Template
from relance.models.agents import spec_call_ladder, weekdays_eight_to_eight
from relance.rules.retries import Ladder
from relance.rules.weeks import Week

router = resource("Agents")

INSTRUCTIONS = 20_000
Time = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-4]):[0-5][0-9]$")]
Span = Annotated[list[Time], Field(min_length=2, max_length=2)]
Hours = dict[str, Annotated[list[Span], Field(max_length=12)]]


class AgentSaid(Body):
    """The settings of an agent. Hours are by day, `mon` to `sun`, as spans of local time."""

    active: bool = True
    call_instructions: Text = Field("", max_length=INSTRUCTIONS)
    whatsapp_instructions: Text = Field("", max_length=INSTRUCTIONS)
    hours: Hours = Field(default_factory=weekdays_eight_to_eight)
    calls_enabled: bool = False
    calls_when: Text = Field("", max_length=INSTRUCTIONS)
    calls_instructions: Text = Field("", max_length=INSTRUCTIONS)
    calls_max_retries: int = Field(3, ge=0, le=19)
    call_ladder: list[int | str] = Field(
        default_factory=spec_call_ladder, max_length=20, description="Minutes, or “next day”."
    )
    lines: int | None = Field(None, ge=1, le=1000)
    whatsapp_enabled: bool = False
    whatsapp_when: Text = Field("", max_length=INSTRUCTIONS)
    whatsapp_follow_up_instructions: Text = Field("", max_length=INSTRUCTIONS)
    whatsapp_template_id: TemplateId | None = None
    connection_id: ConnectionId | None = None


class NewAgent(AgentSaid):
    """An agent to be."""

    name: Text = Field(min_length=1, max_length=100)


class EditedAgent(AgentSaid):
    """What to change of an agent; what is left out stays."""

    name: Text = Field("", min_length=1, max_length=100)


class AgentShown(Shown):
    """An agent."""

    id: str
    name: str
    active: bool
    call_instructions: str
    whatsapp_instructions: str
    hours: dict[str, list[list[str]]]
    calls_enabled: bool
    calls_when: str
    calls_instructions: str
    calls_max_retries: int
    call_ladder: list[int | str]
    lines: int | None
    whatsapp_enabled: bool
    whatsapp_when: str
    whatsapp_follow_up_instructions: str
    whatsapp_template_id: str | None
    connection_id: str | None
    created_at: datetime


AgentPage = Page[AgentShown]


@router.get("", response=AgentPage)
def list_agents(request: Request, paging: Query[Paging]) -> AgentPage:
    """The organization’s agents."""
    return page(_mine(request.auth), ["id"], paging, _shown)


@router.post("", response={201: AgentShown})
def create(request: Request, wanted: NewAgent) -> Status[AgentShown]:
    """A new agent; admins only."""
    request.auth.must_be_admin("make agents")
    made = Agent(organization=request.auth.organization)
    _change(made, wanted, request.auth)
    made.refresh_from_db()
    return Status(201, _shown(made))


@router.get("/{id}", response=AgentShown)
def agent(request: Request, id: str) -> AgentShown:
    """One agent."""
    return _shown(find(_mine(request.auth), id))


@router.patch("/{id}", response=AgentShown)
def edit(request: Request, id: str, edited: EditedAgent) -> AgentShown:
    """Change an agent; admins only."""
    found = find(_mine(request.auth), id)
    request.auth.must_be_admin("change agents")
    _change(found, edited, request.auth)
    return _shown(found)


def _mine(caller: Caller) -> Any:
    return Agent.objects.filter(organization=caller.organization)


def _change(agent: Agent, said: AgentSaid, caller: Caller) -> None:
    values = said.model_dump(exclude_unset=True)
    mine = {"organization": caller.organization}
    look_up(values, "whatsapp_template_id", Template.objects.filter(**mine))
    look_up(values, "connection_id", Connection.objects.filter(**mine))
    save(agent, values, "agent", review=review)


def review(agent: Agent) -> Iterator[tuple[str, str]]:
    """The points that are checked on save: hours in order, a day chosen, texts and a template where a channel is on."""
    if problem := _problem(Week.parse, agent.hours):
        yield "hours", problem
    elif Week.parse(agent.hours).is_never:
        yield "hours", "Choose at least one day on which this agent may reach people."
    if problem := _problem(Ladder.parse, agent.call_ladder):
        yield "callLadder", problem
    if agent.calls_enabled:
        yield from _texts(agent, callsWhen="calls_when", callsInstructions="calls_instructions")
    if agent.whatsapp_enabled:
        yield from _texts(agent, whatsappWhen="whatsapp_when")
        yield from _texts(agent, whatsappFollowUpInstructions="whatsapp_follow_up_instructions")
        if agent.whatsapp_template is None or agent.whatsapp_template.approval != Approval.APPROVED:
            yield "whatsappTemplateId", "Choose an approved template for the first message."


def _problem(parse: Callable[[Any], object], value: object) -> str:
    try:
        parse(value)
    except ValueError as problem:
        return str(problem)
    return ""


def _texts(agent: Agent, **attributes: str) -> Iterator[tuple[str, str]]:
    for field, attribute in attributes.items():
        if not getattr(agent, attribute).strip():
            yield field, "Write this; the channel is on and needs it."


def _shown(a: Agent) -> AgentShown:
    same = set(AgentShown.model_fields) - {"id", "whatsapp_template_id", "connection_id"}
    return AgentShown(
        **{name: getattr(a, name) for name in same},
        id=a.public_id,
        whatsapp_template_id=public(Template, a.whatsapp_template_id),
        connection_id=public(Connection, a.connection_id),
    )
