"""`/api/organization`: the settings that hold for everybody in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from relance.api.agents import Hours
from relance.api.auth import Request
from relance.api.finding import find_if_named
from relance.api.routing import resource
from relance.api.saving import save
from relance.api.schemas import AgentId, Body, Shown, Text, public
from relance.models import Agent, Invalid, Organization
from relance.rules import jurisdictions, places
from relance.rules.windows import Week

router = resource("Organization")

Closed = Annotated[dict[Text, Annotated[Text, Field(max_length=100)]], Field(max_length=400)]
Policy = Literal["everybody", "admins", "nobody"]


class OrganizationSaid(Body):
    """What to change; what is left out stays. `closedDays` are dates with their reasons."""

    name: Text = Field("", min_length=1, max_length=200)
    time_zone: Text = Field("", max_length=100)
    country: Text = Field("", pattern="^[A-Z]{2}$")
    region: Text = Field("", max_length=100)
    hours: Hours = Field(default_factory=dict)
    observe_public_holidays: bool = False
    closed_days: Closed = Field(default_factory=dict)
    override_policy: Policy = "everybody"
    default_agent_id: AgentId | None = None
    calls_per_day: int = Field(3, ge=1, le=100)
    frequency_presets: list[Text] = Field(default_factory=list, max_length=20)
    lead_days_least: int = Field(5, ge=0, le=365)
    lead_days_most: int = Field(90, ge=0, le=730)
    sender_name: Text = Field("", max_length=100)
    meeting_link: Text = Field("", max_length=2000, pattern="^(https?://.*)?$")


class OrganizationSettings(Shown):
    """The organization with its settings."""

    id: str
    name: str
    time_zone: str
    country: str
    region: str
    hours: dict[str, list[list[str]]]
    observe_public_holidays: bool
    closed_days: dict[str, str]
    override_policy: Policy
    default_agent_id: str | None
    calls_per_day: int
    frequency_presets: list[str]
    lead_days_least: int
    lead_days_most: int
    sender_name: str
    meeting_link: str


@router.get("", response=OrganizationSettings)
def organization(request: Request) -> OrganizationSettings:
    """The caller’s organization."""
    return _shown(request.auth.organization)


@router.patch("", response=OrganizationSettings)
def edit(request: Request, said: OrganizationSaid) -> OrganizationSettings:
    """Change it; admins only."""
    request.auth.must_be_admin("change the organization")
    home = request.auth.organization
    values = said.model_dump(exclude_unset=True)
    if "default_agent_id" in values:
        agents = Agent.objects.filter(organization=home)
        values["default_agent"] = find_if_named(agents, values.pop("default_agent_id"), "defaultAgentId")
    if errors := list(_problems(values, home)):
        raise Invalid(errors)
    save(home, values, "organization", of=home.pk)
    return _shown(home)


def _problems(values: dict[str, Any], home: Organization) -> Iterator[tuple[str, str]]:
    if "time_zone" in values and (problem := places.zone_error(values["time_zone"])):
        yield "timeZone", problem
    if "hours" in values and (problem := _hours_problem(values["hours"])):
        yield "hours", problem
    for day in values.get("closed_days", ()):
        if not _is_day(day):
            yield "closedDays", f"“{day}” is no day. Write it as 2026-12-24."
    known = {preset.code for preset in jurisdictions.presets()}
    if unknown := set(values.get("frequency_presets", ())) - known:
        yield "frequencyPresets", f"Unknown: {', '.join(sorted(unknown))}. Use {', '.join(sorted(known))}."
    least = values.get("lead_days_least", home.lead_days_least)
    if least > values.get("lead_days_most", home.lead_days_most):
        yield "leadDaysLeast", "This must not be more than “leadDaysMost”."


def _hours_problem(hours: dict[str, Any]) -> str:
    try:
        never = Week.parse(hours).is_never
    except ValueError as problem:
        return str(problem)
    return "Choose at least one day on which people may be reached." if never else ""


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _shown(o: Organization) -> OrganizationSettings:
    same = set(OrganizationSettings.model_fields) - {"id", "default_agent_id"}
    return OrganizationSettings(
        **{name: getattr(o, name) for name in same},
        id=o.public_id,
        default_agent_id=public(Agent, o.default_agent_id),
    )
