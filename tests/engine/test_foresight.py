"""The pre-flight of many follow-ups, and what the engine then does: the same, as far as it can be foretold."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import islice

import pytest

from relance.engine import claim as claiming
from relance.engine import foresight
from relance.models import Agent, FollowUp, clock
from relance.models.scheduling import Plan
from relance.rules.outcomes import Success
from tests.engine.scene import ALWAYS, CONTENT, WORKER, claim, forward, prepare, settle
from tests.engine.test_query_counts import counted


def agent_with_lines(office, lines):
    return Agent.objects.create(organization=office.organization, name="Sofia", hours=ALWAYS, lines=lines)


def give_rate(office, kind, per_second):
    account = office.account(kind)
    account.per_second = per_second
    account.save()


def planned(kind, **plan):
    """One that is due in ten seconds."""
    return Plan(kind, clock.now() + timedelta(seconds=10), **CONTENT.get(kind, {}) | plan)


def foretold(found, step):
    """How many go within each `step` (seconds) from the first one on, that moment being a step of its own."""
    (first, _), *_ = found.by_time
    steps = Counter(-(-(at - first).total_seconds() // step) for at in found.times.elements())
    return [steps[n] for n in range(int(max(steps)) + 1)]


def carry_out():
    """Let everything go that is due and has room, and have it end; returns how many went."""
    asks = []
    while ids := claim():
        asks += prepare(ids, WORKER)
    settle({ask.order.attempt_id: Success() for ask in asks})
    return len(asks)


def happens(step):
    """How many go now and after each further `step` (seconds), without end."""
    while True:
        yield carry_out()
        forward(seconds=step)


@pytest.mark.parametrize("batch", [500, 4])
def test_calls_go_as_their_lines_were_foretold(office, monkeypatch, batch):
    monkeypatch.setattr(claiming, "BATCH", batch)
    contacts = [c.pk for c in office.contacts(17)]
    plan = planned("call", agent=agent_with_lines(office, 3), allow_out_of_window=True)
    found = foresight.preflight(office.organization, contacts, plan)
    assert foretold(found, 60) == [3, 3, 3, 3, 3, 2]
    assert (found.now, found.waiting) == (3, 14)
    foresight.schedule_many(office.organization, contacts, plan, office.member)
    forward(seconds=11)
    assert list(islice(happens(60), 7)) == [*foretold(found, 60), 0]


def test_whose_turn_it_is_when_others_become_ready_and_hours_end_is_foretold(office):
    """East has half an hour left when west opens: whoever waited for a line has no precedence, and some wait a day.

    To the minute: a line is idle for one when all those whose turn it is find that their hours have ended.
    """
    ava = agent_with_lines(office, 1)
    ava.hours = {day: [["09:00", "10:30"]] for day in ALWAYS}
    ava.save()
    at = (clock.now() + timedelta(days=1)).replace(hour=8, minute=30, second=0, microsecond=0)
    sides = [("east", "Etc/GMT-1"), ("west", "Etc/GMT")] * 40
    contacts = [office.contact(region=side, zones=[zone]).pk for side, zone in sides]
    found = foresight.preflight(office.organization, contacts, Plan("call", at, agent=ava))
    east, west = found.by_region
    assert (west.first_at, west.last_at) == (at + timedelta(minutes=30), at + timedelta(minutes=69))
    assert (east.first_at, east.last_at) == (at, at + timedelta(days=1, minutes=-21))

    foresight.schedule_many(office.organization, contacts, Plan("call", at, agent=ava), office.member)
    went = []
    for minutes in (*range(75), *range(24 * 60 - 30, 24 * 60)):
        moment = at + timedelta(minutes=minutes)
        clock.set_forward(moment + timedelta(seconds=1))
        went += [moment] * carry_out()
    late = [did - said for said, did in zip(sorted(found.times.elements()), went, strict=True)]
    assert timedelta() <= min(late) <= max(late) <= timedelta(minutes=1)


def test_messages_go_as_their_accounts_rate_was_foretold(office):
    give_rate(office, "sms", 1)
    contacts, plan = [c.pk for c in office.contacts(10)], planned("sms")
    found = foresight.preflight(office.organization, contacts, plan)
    assert foretold(found, 2) == [2, 1, 2, 2, 2, 1]
    assert [rule.because for rule in found.by_rule] == [f"{office.account('sms').name} sends at most 1 a second."]
    foresight.schedule_many(office.organization, contacts, plan, office.member)
    forward(seconds=11)
    assert list(islice(happens(2), 7)) == [*foretold(found, 2), 0]


def test_an_agents_lines_hold_nothing_but_its_calls(office):
    contacts = [c.pk for c in office.contacts(3)]
    sofia = agent_with_lines(office, 1)
    assert foresight.preflight(office.organization, contacts, planned("sms", agent=sofia)).now == 3
    assert foresight.preflight(office.organization, contacts, planned("call", allow_out_of_window=True)).now == 3


def test_by_minute_they_are_counted_under_the_first_moment(office):
    give_rate(office, "sms", 1)
    contacts, plan = [c.pk for c in office.contacts(100)], planned("sms")
    found = foresight.preflight(office.organization, contacts, plan)
    minutes = [at.replace(second=0, microsecond=0) for at, _ in found.by_time]
    assert found.by_time[0][0] == plan.at
    assert len(minutes) == len(set(minutes)) <= 3
    assert sum(count for _, count in found.by_time) == 100
    assert found.last_goes_at == plan.at + timedelta(seconds=99)


def test_one_that_may_expire_before_its_turn_is_foretold_to_and_is_scheduled_all_the_same(office):
    contacts = [c.pk for c in office.contacts(3)]
    plan = planned("call", agent=agent_with_lines(office, 1), allow_out_of_window=True)
    plan = replace(plan, expires_at=plan.at + timedelta(minutes=2))
    found = foresight.preflight(office.organization, contacts, plan)
    assert (found.now, found.waiting, found.stopped) == (1, 1, 1)
    assert {(rule.answer, rule.because) for rule in found.by_rule} == {
        ("wait", "The one line of Sofia is busy."),
        ("stop", "The one line of Sofia is busy. It expires before it may go."),
    }
    made = foresight.schedule_many(office.organization, contacts, plan, office.member)
    assert (len(made.created), made.skipped) == (3, [])
    forward(seconds=11)
    assert list(islice(happens(60), 4)) == [1, 1, 0, 0]
    assert FollowUp.objects.filter(status="expired").count() == 1


def test_whom_nothing_was_scheduled_for_comes_by_contact(office):
    everybody = [*office.contacts(2, phone=""), office.contact(), *office.contacts(2, consents={"sms": "revoked"})]
    made = foresight.schedule_many(
        office.organization, [c.pk for c in reversed(everybody)], planned("sms"), office.member
    )
    assert [one.contact_id for one in made.skipped] == [c.pk for n, c in enumerate(everybody) if n != 2]


def test_queries_do_not_grow_with_those_that_take_turns(office):
    give_rate(office, "call", 0.5)
    plan = planned("call", agent=agent_with_lines(office, 2), allow_out_of_window=True)
    costs = [
        counted(foresight.preflight, office.organization, [c.pk for c in office.contacts(many)], plan)[0]
        for many in (2, 60)
    ]
    assert costs[0] == costs[1] <= 12
