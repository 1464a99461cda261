"""`why` and `bulk`: what would become of a follow-up, and scheduling for many contacts at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from ninja import Query, Status
from pydantic import Field, model_validator

from relance.api.auth import Caller, Request
from relance.api.contact_filters import ContactWhich, narrowed
from relance.api.finding import find, find_if_named
from relance.api.follow_up_schemas import Planned, plan
from relance.api.problems import Missing
from relance.api.routing import resource
from relance.api.schemas import AgentId, ContactId, Filters, Instant, Kind, Shown, TemplateId
from relance.engine import foresight
from relance.engine.preflight import Preflight
from relance.models import Agent, Contact, FollowUp, Invalid, Template, clock
from relance.models.scheduling import Plan
from relance.models.verbs import FURTHEST
from relance.rules.gates import Go, Verdict, Wait

router = resource("Follow-ups")
why_router = resource("Follow-ups")

MOST = 100_000
NOBODY = "There is no such contact, or it is not assigned to you."


class GateShown(Shown):
    """One gate's answer, with the rule behind it and when it would let the follow-up go."""

    gate: str
    answer: Literal["go", "wait", "stop"]
    until: datetime | None
    because: str
    citation: str


class Why(Shown):
    """Every gate’s answer at `at`, and when the follow-up goes if nothing changes; null if it never does."""

    at: datetime
    goes_at: datetime | None
    gates: list[GateShown]


class WhyFilters(Filters):
    """A follow-up that is only thought of."""

    contact_id: ContactId
    type: Kind
    at: Instant | None = Field(None, description="Left out: now.")
    agent_id: AgentId | None = None
    template_id: TemplateId | None = None


class Bulk(Planned):
    """One follow-up for each of many contacts: `contactIds`, or those that `filter` finds."""

    contact_ids: list[ContactId] | None = Field(None, min_length=1, max_length=MOST)
    filter: ContactWhich | None = None
    dry_run: bool = Field(False, description="Schedule nothing; say what would become of it.")

    @model_validator(mode="after")
    def _one(self) -> Bulk:
        if (self.contact_ids is None) == (self.filter is None):
            raise ValueError("Give “contactIds” or “filter”, one of them.")
        return self


class CreatedOne(Shown):
    contact_id: str
    follow_up_id: str


class SkippedOne(Shown):
    contact_id: str
    gate: str
    because: str


class BulkDone(Shown):
    """What was scheduled, and who was skipped and why."""

    created: list[CreatedOne]
    skipped: list[SkippedOne]


class RuleShown(Shown):
    """How many one rule holds first, and when the first and last of them would go."""

    gate: str
    answer: Literal["wait", "stop"]
    because: str
    citation: str
    count: int
    first_at: datetime | None
    last_at: datetime | None


class RegionShown(Shown):
    """What becomes of those in one country and region."""

    country: str
    region: str
    now: int
    waiting: int
    stopped: int
    first_at: datetime | None
    last_at: datetime | None


class MomentShown(Shown):
    """How many go within one minute, and the moment at which the first of them does."""

    goes_at: datetime
    count: int


class PreflightShown(Shown):
    """What would become of it: how many go at their time, wait, or are stopped, and by what."""

    total: int
    now: int
    waiting: int
    stopped: int
    by_rule: list[RuleShown]
    by_region: list[RegionShown]
    by_time: list[MomentShown]
    last_goes_at: datetime | None
    skipped: list[SkippedOne]


@router.get("/{id}/why", response=Why)
def why_follow_up(request: Request, id: str) -> Why:
    """Why it has not gone: every gate it meets, the rule with its source, and when it would go."""
    found = find(FollowUp.objects.visible_to(request.auth.member), id)
    why = _why(foresight.explain_follow_up(found))
    return why.model_copy(update={"goes_at": None}) if found.finished_at else why


@why_router.get("", response=Why)
def why_planned(request: Request, wanted: Query[WhyFilters]) -> Why:
    """The same for a contact and channel, before anything is scheduled."""
    caller = request.auth
    contact = find(Contact.objects.visible_to(caller.member), wanted.contact_id, "contactId")
    mine = {"organization": caller.organization}
    planned = Plan(
        type=wanted.type,
        at=_within_reach(wanted.at),
        agent=find_if_named(Agent.objects.filter(**mine), wanted.agent_id, "agentId"),
        template=find_if_named(Template.objects.filter(**mine), wanted.template_id, "templateId"),
    )
    return _why(foresight.explain_plan(caller.organization, contact, planned))


@router.post("/bulk", response={200: PreflightShown, 201: BulkDone})
def bulk(request: Request, wanted: Bulk) -> Status[Any]:
    """Schedule for many contacts at once, or (`dryRun`) see what would become of it."""
    caller = request.auth
    keys, skipped = _chosen(wanted, caller)
    planned = plan(wanted, caller)
    if wanted.dry_run:
        return Status(200, _preflight(foresight.preflight(caller.organization, keys, planned), skipped))
    done = foresight.schedule_many(caller.organization, keys, planned, caller.member)
    return Status(201, _done(done, skipped))


def _within_reach(at: datetime | None) -> datetime:
    now = clock.now()
    if at and at > now + FURTHEST:
        raise Invalid(at="This is more than two years ahead. Choose an earlier time.")
    return at or now


def _why(explained: foresight.Explanation) -> Why:
    return Why(at=explained.at, goes_at=explained.goes_at, gates=[_gate(v) for v in explained.verdicts])


def _gate(verdict: Verdict) -> GateShown:
    said = verdict.answer
    return GateShown(
        gate=verdict.gate,
        answer="go" if isinstance(said, Go) else "wait" if isinstance(said, Wait) else "stop",
        until=said.until if isinstance(said, Wait) else None,
        because=said.because,
        citation=said.citation,
    )


def _chosen(wanted: Bulk, caller: Caller) -> tuple[Sequence[int], list[SkippedOne]]:
    """The contacts that are meant, and those that are not the caller's. Raises `Missing` when none is theirs."""
    visible = Contact.objects.visible_to(caller.member)
    if wanted.filter is not None:
        meant = narrowed(visible, wanted.filter, caller.member).order_by("id")
        keys = list(meant.values_list("pk", flat=True)[: MOST + 1])
        if len(keys) > MOST:
            raise Invalid(filter=f"This finds more than {MOST:,} contacts. Narrow it, and do it in parts.")
        return keys, []
    asked = {Contact.key_of(id) or 0: id for id in wanted.contact_ids or []}
    known = set(visible.filter(pk__in=asked).values_list("pk", flat=True))
    if not known:
        raise Missing("contactIds", NOBODY)
    strangers = [id for key, id in asked.items() if key not in known]
    return sorted(known), [SkippedOne(contact_id=id, gate="contact", because=NOBODY) for id in strangers]


def _done(done: foresight.Scheduled, skipped: list[SkippedOne]) -> BulkDone:
    created = [
        CreatedOne(contact_id=f"{Contact.PREFIX}_{contact}", follow_up_id=f"{FollowUp.PREFIX}_{key}")
        for contact, key in done.created.items()
    ]
    stopped = [
        SkippedOne(contact_id=f"{Contact.PREFIX}_{s.contact_id}", gate=s.gate, because=s.because) for s in done.skipped
    ]
    return BulkDone(created=created, skipped=stopped + skipped)


def _preflight(found: Preflight, skipped: list[SkippedOne]) -> PreflightShown:
    return PreflightShown(
        total=found.total,
        now=found.now,
        waiting=found.waiting,
        stopped=found.stopped,
        by_rule=[RuleShown.model_validate(rule, from_attributes=True) for rule in found.by_rule],
        by_region=[RegionShown.model_validate(region, from_attributes=True) for region in found.by_region],
        by_time=[MomentShown(goes_at=at, count=count) for at, count in found.by_time],
        last_goes_at=found.last_goes_at,
        skipped=skipped,
    )
