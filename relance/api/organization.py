"""`/api/organization`: the settings that hold for everybody in it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from relance.api.agents import Hours
from relance.api.auth import Request
from relance.api.finding import look_up
from relance.api.routing import resource
from relance.api.schemas import AgentId, Body, Shown, Text, public
from relance.models import Agent, Organization, organizations
from relance.models.organizations import CALLS_PER_DAY, LEAD_DAYS_LEAST, LEAD_DAYS_MOST, LONGEST, MOST_CLOSED_DAYS

router = resource("Organization")

Closed = Annotated[dict[Text, Annotated[Text, Field(max_length=100)]], Field(max_length=MOST_CLOSED_DAYS)]
Policy = Literal["everybody", "admins", "nobody"]


class OrganizationSaid(Body):
    """What to change; what is left out stays. `closedDays` are dates with their reasons."""

    name: Text = Field("", min_length=1, max_length=LONGEST["name"])
    time_zone: Text = Field("", max_length=100)
    country: Text = Field("", pattern="^[A-Z]{2}$")
    region: Text = Field("", max_length=LONGEST["region"])
    hours: Hours = Field(default_factory=dict)
    observe_public_holidays: bool = False
    closed_days: Closed = Field(default_factory=dict)
    override_policy: Policy = "everybody"
    default_agent_id: AgentId | None = None
    calls_per_day: int = Field(3, ge=CALLS_PER_DAY[0], le=CALLS_PER_DAY[1])
    frequency_presets: list[Text] = Field(default_factory=list, max_length=20)
    lead_days_least: int = Field(5, ge=LEAD_DAYS_LEAST[0], le=LEAD_DAYS_LEAST[1])
    lead_days_most: int = Field(90, ge=LEAD_DAYS_MOST[0], le=LEAD_DAYS_MOST[1])
    sender_name: Text = Field("", max_length=LONGEST["sender_name"])
    meeting_link: Text = Field("", max_length=LONGEST["meeting_link"], pattern="^(https?://.*)?$")


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
    look_up(values, "default_agent_id", Agent.objects.filter(organization=home))
    organizations.change(home, values)
    return _shown(home)


def _shown(o: Organization) -> OrganizationSettings:
    same = set(OrganizationSettings.model_fields) - {"id", "default_agent_id"}
    return OrganizationSettings(
        **{name: getattr(o, name) for name in same},
        id=o.public_id,
        default_agent_id=public(Agent, o.default_agent_id),
    )
