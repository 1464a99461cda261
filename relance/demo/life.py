"""The week before the demo begins, lived by the engine itself: planned, carried out and answered, then dated back.

The clock is set forward a week while the story is played, and every instant is moved back by as much at the end. So
all that the pages show came about as it does on every other day: by the gates, in the hours that hold there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import models

from relance.demo.story import CAMPAIGNS, STORIES, Beat, Talk
from relance.engine import calls
from relance.engine.carry_out import Ask, prepare
from relance.engine.claim import claim
from relance.engine.settle import settle
from relance.inbound.calls import Line
from relance.inbound.messages import received
from relance.models import (
    Approval,
    Attempt,
    Campaign,
    Consent,
    Contact,
    DemoClock,
    Enrolment,
    FollowUp,
    Member,
    Organization,
    clock,
    scheduling,
    sql,
    verbs,
)
from relance.models.moves import Actor
from relance.models.scheduling import Plan
from relance.rules.outcomes import Pending, Success

WEEK = timedelta(days=7)  # a day of the week stays that day, and its hours those hours
RINGS = timedelta(seconds=12)
TALKS = timedelta(seconds=70)
REPLIES_AFTER = timedelta(minutes=9)
SNOOZED_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class House:
    """An organization with those who play in its story: its contacts by name, and who plans what."""

    organization: Organization
    people: Mapping[str, Contact]
    by: Member
    campaign: Campaign


def live(casts: Sequence[tuple[Organization, Sequence[Contact], Member]]) -> None:
    """Play the story of these organizations, each with its contacts and the member who plans."""
    begin = clock.now()
    houses = [_house(*cast) for cast in casts]
    beats: dict[int, tuple[Contact, Beat]] = {}
    for house, beat in _beats(houses):
        if _is_past(beat):
            beats[_plan(house, beat, _moment(house, beat, begin)).pk] = (house.people[beat.to], beat)
    _carry_out(beats, until=begin + WEEK)
    clock.set_forward(begin + WEEK)
    for house, beat in _beats(houses):
        if not _is_past(beat):
            _deal_with(_plan(house, beat, _moment(house, beat, begin)), house, beat)
    _date_back()


def _is_past(beat: Beat) -> bool:
    return 0 < beat.day < WEEK.days


def _beats(houses: Sequence[House]) -> Iterator[tuple[House, Beat]]:
    return ((house, beat) for house in houses for beat in STORIES[house.organization.name])


def _house(organization: Organization, people: Sequence[Contact], by: Member) -> House:
    campaign = Campaign.objects.create(
        organization=organization, name=CAMPAIGNS[organization.name], agent=organization.agents.get()
    )
    Enrolment.objects.bulk_create(
        Enrolment(organization=organization, campaign=campaign, contact=contact) for contact in people
    )
    return House(organization, {contact.name: contact for contact in people}, by, campaign)


# -- planning ------------------------------------------------------------------------------------------------


def _moment(house: House, beat: Beat, begin: datetime) -> datetime:
    if beat.in_hours:
        return begin + WEEK + timedelta(hours=beat.in_hours)
    zone = ZoneInfo(house.people[beat.to].zone)
    day = begin.astimezone(zone).date() + timedelta(days=beat.day)
    return datetime.combine(day, time.fromisoformat(beat.at), zone)


def _plan(house: House, beat: Beat, at: datetime) -> FollowUp:
    wanted: dict[str, Any] = dict(beat.plan)
    if name := wanted.pop("template", ""):
        wanted["template"] = house.organization.templates.get(name=name)
    if hours := wanted.pop("expires_in_hours", 0):
        wanted["expires_at"] = at + timedelta(hours=hours)
    if wanted.get("source") == "campaign":
        wanted["campaign"] = house.campaign
    contact = house.people[beat.to]
    by = None if wanted.get("source") in ("agent", "campaign") else house.by
    return scheduling.schedule_one(house.organization, contact, Plan(beat.kind, at, **wanted), by=by)


def _deal_with(follow_up: FollowUp, house: House, beat: Beat) -> None:
    if beat.then == "cancel":
        verbs.cancel([follow_up], Actor.of(house.by), "Cancelled.")
    elif beat.then == "snooze":
        verbs.snooze(follow_up, follow_up.scheduled_at + SNOOZED_FOR, Actor.of(house.by))
    elif beat.then == "pause" and follow_up.template:
        follow_up.template.approval = Approval.PAUSED
        follow_up.template.save(update_fields=["approval"])


# -- carrying out --------------------------------------------------------------------------------------------


def _carry_out(beats: Mapping[int, tuple[Contact, Beat]], until: datetime) -> None:
    while (due := _next_due()) is not None and due < until:
        clock.set_forward(due)
        for ask in prepare(claim(), "demo"):
            _end(ask, beats[int(ask.order.follow_up.removeprefix("followup_"))])


def _next_due() -> datetime | None:
    waiting = FollowUp.objects.filter(next_attempt_at__isnull=False)
    return waiting.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()


def _end(ask: Ask, what: tuple[Contact, Beat]) -> None:
    contact, beat = what
    reference = f"SIM-{ask.order.idempotency_key[:12]}"
    if beat.kind == "call":
        ending = beat.ends[ask.order.number - 1]
        _call(ask.order.attempt_id, reference, ending, beat.agreed)
    else:
        settle({ask.order.attempt_id: Success(reference, "Accepted.")})
    if beat.reply:
        _pass(REPLIES_AFTER)
        received(contact, beat.kind, beat.reply, subject=f"Re: {ask.order.message.subject}".removesuffix("Re: "))


def _call(attempt_id: int, reference: str, ending: Any, agreed: Sequence[str]) -> None:
    settle({attempt_id: Pending(reference)})
    line = Attempt.objects.get(pk=attempt_id).connection_id
    _pass(RINGS)
    if isinstance(ending, str):
        calls.ended(line, reference, ending)  # type: ignore[arg-type]
        return
    talk: Talk = ending
    calls.picked_up(line, reference)
    _pass(TALKS)
    consented = dict.fromkeys(agreed, "agreed")
    calls.ended(line, reference, "answered", lines=[Line(*said) for said in talk], consented=consented)


def _pass(time: timedelta) -> None:
    clock.set_forward(clock.now() + time)


# -- dating back ---------------------------------------------------------------------------------------------


def _date_back() -> None:
    """Move every instant there is back by the week that was lived, and the clock with them."""
    for model in apps.get_app_config("relance").get_models():
        instants = [f.column for f in model._meta.local_fields if isinstance(f, models.DateTimeField)]
        if instants and model is not DemoClock:
            earlier = ", ".join(f"{column} = {column} - %(week)s::interval" for column in instants)
            sql.run(f"UPDATE {model._meta.db_table} SET {earlier}", {"week": WEEK})
    _chain_anew()
    DemoClock.objects.update(ahead_by=timedelta())
    sql.run("DELETE FROM procrastinate_jobs")  # what they were to carry out is carried out


def _chain_anew() -> None:
    """A consent is chained by what it says, which includes when it was given."""
    lines = list(Consent.objects.order_by("contact_id", "id"))
    for _, ledger in groupby(lines, key=lambda line: line.contact_id):
        previous = ""
        for line in ledger:
            line.previous_digest, line.digest = previous, line.chained(previous)
            previous = line.digest
    Consent.objects.bulk_update(lines, ["previous_digest", "digest"])
