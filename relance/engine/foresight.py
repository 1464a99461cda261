"""Seeing ahead: why a follow-up has not gone and when it will, for one that exists and for thousands only planned."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from relance.engine import facts
from relance.engine.facts import Subject, Surroundings
from relance.models import Contact, FollowUp, Member, Organization, clock, scheduling
from relance.models.scheduling import Plan
from relance.rules.facts import Facts
from relance.rules.gates import Forecast, Verdict, Wait, explain, foresee
from relance.rules.states import Status

AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every gate's answer at `at` (UTC), and when the follow-up goes if nothing changes; None if it never does."""

    verdicts: list[Verdict]
    goes_at: datetime | None
    at: datetime


def explain_follow_up(follow_up: FollowUp) -> Explanation:
    """Why `follow_up` goes, waits or stops, as things stand: at its time, or now if that has come."""
    subjects = facts.of_follow_ups([follow_up.pk], list(Status))
    return _explanation(subjects, follow_up.next_attempt_at or follow_up.scheduled_at)


def explain_plan(organization: Organization, contact: Contact, plan: Plan) -> Explanation:
    """What would become of `plan` for one contact, before anything is scheduled."""
    return _explanation(_planned(organization, [contact.pk], plan), plan.at)


def _explanation(subjects: Sequence[Subject], at: datetime) -> Explanation:
    now = clock.now()
    (known,) = facts.gather(subjects, Surroundings.of(subjects), now)
    at = max(at, now)
    return Explanation(explain(known, at), foresee(known, at).goes_at, at)


@dataclass(slots=True)
class RuleCount:
    """How many follow-ups one rule holds first, and when the first and last of them would go (UTC)."""

    gate: str
    answer: str
    because: str
    citation: str
    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(slots=True)
class RegionCount:
    """What becomes of the follow-ups to one country and region."""

    country: str
    region: str
    now: int = 0
    waiting: int = 0
    stopped: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(slots=True)
class Preflight:
    """What would become of a plan for many contacts: how many go at their time, wait, or are stopped, and why."""

    total: int = 0
    now: int = 0
    waiting: int = 0
    stopped: int = 0
    rules: dict[tuple[str, ...], RuleCount] = field(default_factory=dict)
    regions: dict[tuple[str, str], RegionCount] = field(default_factory=dict)
    times: Counter[datetime] = field(default_factory=Counter)
    last_goes_at: datetime | None = None

    @property
    def by_rule(self) -> list[RuleCount]:
        """The rules that hold something, the most frequent first."""
        return sorted(self.rules.values(), key=lambda rule: (-rule.count, rule.because))

    @property
    def by_region(self) -> list[RegionCount]:
        """The regions, by country and code."""
        return [self.regions[key] for key in sorted(self.regions)]

    @property
    def by_time(self) -> list[tuple[datetime, int]]:
        """How many go at which moment, in order."""
        return sorted(self.times.items())

    def count(self, subject: Subject, forecast: Forecast) -> None:
        """Take in one contact's forecast."""
        self.total += 1
        region = self.regions.setdefault(
            (subject.country, subject.region), RegionCount(subject.country, subject.region)
        )
        what = _what(forecast)
        setattr(self, what, getattr(self, what) + 1)
        setattr(region, what, getattr(region, what) + 1)
        if forecast.held:
            self._count_rule(forecast.held, forecast.goes_at)
        if forecast.goes_at:
            self.times[forecast.goes_at] += 1
            self.last_goes_at = max(self.last_goes_at or forecast.goes_at, forecast.goes_at)
            _stretch(region, forecast.goes_at)

    def _count_rule(self, held: Verdict, goes_at: datetime | None) -> None:
        answer = "wait" if isinstance(held.answer, Wait) else "stop"
        because = rule_of(held.answer.because)
        key = (held.gate, answer, because, held.answer.citation)
        rule = self.rules.setdefault(key, RuleCount(*key))
        rule.count += 1
        if goes_at:
            _stretch(rule, goes_at)


def _what(forecast: Forecast) -> str:
    if forecast.held is None:
        return "now"
    return "waiting" if isinstance(forecast.held.answer, Wait) or forecast.goes_at else "stopped"


def _stretch(span: RuleCount | RegionCount, at: datetime) -> None:
    span.first_at = min(span.first_at or at, at)
    span.last_at = max(span.last_at or at, at)


def rule_of(because: str) -> str:
    """The part of a sentence that is the same for everybody the rule holds, without whom and what time it is."""
    return because.split("; it is ", 1)[0].split(" (+", 1)[0].rstrip(".") + "."


def preflight(organization: Organization, contact_ids: Sequence[int], plan: Plan) -> Preflight:
    """What would become of `plan` for these contacts, if nothing changes. Raises `Invalid` as scheduling does."""
    found = Preflight()
    for subject, forecast in _forecasts(organization, contact_ids, plan):
        found.count(subject, forecast)
    return found


@dataclass(frozen=True, slots=True)
class Skipped:
    """A contact for whom nothing was scheduled, the gate that would stop it, and its sentence."""

    contact_id: int
    gate: str
    because: str


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What a plan for many became: the follow-up's id by contact, and who was skipped and why."""

    created: dict[int, int]
    skipped: list[Skipped]


def schedule_many(organization: Organization, contact_ids: Sequence[int], plan: Plan, by: Member | None) -> Scheduled:
    """Schedule `plan` for all of these contacts but those whom a gate would stop. Raises `Invalid`."""
    scheduling.check(plan, organization, by)
    going: list[int] = []
    skipped: list[Skipped] = []
    for subject, forecast in _forecasts(organization, contact_ids, plan):
        if _what(forecast) != "stopped":
            going.append(subject.contact_id)
        elif forecast.held:
            skipped.append(Skipped(subject.contact_id, forecast.held.gate, forecast.held.answer.because))
    return Scheduled(scheduling.schedule(organization, going, plan, by=by), skipped)


def _forecasts(organization: Organization, contact_ids: Sequence[int], plan: Plan) -> list[tuple[Subject, Forecast]]:
    now, seen = clock.now(), _Seen()
    found: list[tuple[Subject, Forecast]] = []
    for start in range(0, len(contact_ids), AT_ONCE):
        subjects = _planned(organization, contact_ids[start : start + AT_ONCE], plan)
        known = facts.gather(subjects, Surroundings.of(subjects), now)
        found += [(s, seen.forecast(k, max(plan.at, now))) for s, k in zip(subjects, known, strict=True)]
    return found


class _Seen:
    """Forecasts of contacts that differ in nothing that a gate asks: worked out once for all of them."""

    def __init__(self) -> None:
        self._known: defaultdict[tuple[Any, ...], dict[datetime, Forecast]] = defaultdict(dict)

    def forecast(self, known: Facts, at: datetime) -> Forecast:
        if known.tries or known.rests or known.listed_as or known.replied_at:
            return foresee(known, at)
        reachable = (known.contact_exists, bool(known.phone), bool(known.email), known.consents.get(known.kind))
        key = (*reachable, known.window, known.opt_in, known.holds)
        if at not in self._known[key]:
            self._known[key][at] = foresee(known, at)
        return self._known[key][at]


def _planned(organization: Organization, contact_ids: Sequence[int], plan: Plan) -> list[Subject]:
    return facts.of_contacts(
        {
            "organization": organization.pk,
            "contacts": list(contact_ids),
            "kind": plan.type,
            "agent": plan.agent and plan.agent.pk,
            "campaign": plan.campaign and plan.campaign.pk,
            "template": plan.template and plan.template.pk,
            "url": plan.url,
            "at": plan.at,
            "expires": plan.expiry,
            "override": plan.allow_out_of_window,
            "cancel_on_reply": plan.ends_on_reply,
        }
    )
