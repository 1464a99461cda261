"""Seeing ahead: why a follow-up has not gone and when it will, for one that exists and for thousands only planned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from relance.engine import facts
from relance.engine.preflight import Preflight, what_becomes
from relance.engine.queueing import Alike, in_turn, shared_by, sorted_alike
from relance.engine.subjects import Subject, of_contacts, of_follow_ups
from relance.engine.surroundings import Surroundings
from relance.models import ChannelKind, Contact, FollowUp, Member, Organization, clock, scheduling
from relance.models.scheduling import Plan
from relance.rules.facts import Facts
from relance.rules.gates import Verdict, explain, foresee
from relance.rules.states import Status

AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every gate's answer at `at` (UTC), and when the follow-up goes if nothing changes; None if it never does.

    `held` is what holds it first, as in `Forecast`.
    """

    verdicts: list[Verdict]
    goes_at: datetime | None
    at: datetime
    held: Verdict | None = None


def explain_follow_up(follow_up: FollowUp) -> Explanation:
    """Why `follow_up` goes, waits or stops, as things stand: at its time, or now if that has come."""
    subjects = of_follow_ups([follow_up.pk], list(Status))
    return _explanation(subjects, follow_up.next_attempt_at or follow_up.scheduled_at)


def explain_plan(organization: Organization, contact: Contact, plan: Plan) -> Explanation:
    """What would become of `plan` for one contact, before anything is scheduled."""
    return _explanation(_planned(organization, [contact.pk], plan), plan.at)


def unreachable(organization: Organization, contact: Contact, plan: Plan) -> str:
    """Why no moment would do for `plan`, in a sentence: the contact has no number or address for it, or is on the
    do-not-call list. Empty where they can be reached, and for a webhook, which reaches nobody."""
    held = explain_plan(organization, contact, plan).held
    if plan.type == ChannelKind.WEBHOOK or held is None or held.gate not in ("contact", "doNotCall"):
        return ""
    return held.answer.because


def _explanation(subjects: Sequence[Subject], at: datetime) -> Explanation:
    now = clock.now()
    (known,) = facts.gather(subjects, Surroundings.of(subjects), now)
    at = max(at, now)
    foreseen = foresee(known, at)
    return Explanation(explain(known, at), foreseen.goes_at, at, foreseen.held)


def preflight(organization: Organization, contact_ids: Sequence[int], plan: Plan) -> Preflight:
    """What would become of `plan` for these contacts if nothing changes, each in its turn at the lines and the rate.

    Turns are a guess as far as the length of a call is (`CALL_TAKES`), and no other work counts.
    """
    found, groups = Preflight(), _alike(organization, contact_ids, plan)
    for subject, forecast in in_turn(groups, shared_by(groups)):
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
    """Schedule `plan` for all of these contacts but those whom a gate would stop. Raises `Invalid`.

    One that would expire while it waits for a line or the rate is scheduled: that is a guess, and lines can be added.
    """
    scheduling.check(plan, organization, by)
    going: list[int] = []
    skipped: list[Skipped] = []
    for alike in _alike(organization, contact_ids, plan):
        ids, held = [s.contact_id for s in alike.members], alike.forecast.held
        if held and what_becomes(alike.forecast) == "stopped":
            skipped += [Skipped(id, held.gate, held.answer.because) for id in ids]
        else:
            going += ids
    skipped.sort(key=lambda one: one.contact_id)
    return Scheduled(scheduling.schedule(organization, going, plan, by=by), skipped)


def _alike(organization: Organization, contact_ids: Sequence[int], plan: Plan) -> list[Alike]:
    now = clock.now()
    return sorted_alike(_known(organization, sorted(contact_ids), plan, now), max(plan.at, now))


def _known(
    organization: Organization, contact_ids: Sequence[int], plan: Plan, now: datetime
) -> Iterator[tuple[Subject, Facts]]:
    for start in range(0, len(contact_ids), AT_ONCE):
        subjects = _planned(organization, contact_ids[start : start + AT_ONCE], plan)
        yield from zip(subjects, facts.gather(subjects, Surroundings.of(subjects), now), strict=True)


def _planned(organization: Organization, contact_ids: Sequence[int], plan: Plan) -> list[Subject]:
    return of_contacts(
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
