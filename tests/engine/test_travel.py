"""Moving the clock: it stops at all that is due, leaves phones to ring out on the way, and goes one way at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from relance.channels.simulator import Simulator
from relance.demo import journeys, travel
from relance.demo.told import told
from relance.demo.travel import Stop
from relance.engine import calls
from relance.engine.settle import settle
from relance.models import Conflict, DemoClock, FollowUp, Invalid, Template, clock, sql
from relance.rules.outcomes import Pending
from tests.engine.scene import carry_out, history, state


@pytest.mark.parametrize(("changed", "words"), [(0, "0 changes"), (1, "1 change"), (2, "2 changes")])
def test_one_change_is_no_plural(office, monkeypatch, changed, words):
    to = clock.now() + timedelta(days=1)
    monkeypatch.setattr(travel, "forward", lambda _: iter([Stop(to, changed)]))
    stop, *_ = travel.command(to.isoformat())
    assert stop.endswith(f"UTC: {words}")


@pytest.fixture
def worker(monkeypatch):
    """A worker that looks whenever the traveller does: what is due is carried out by its channel."""

    def work(_):
        for ask in carry_out():
            settle({ask.order.attempt_id: asyncio.run(Simulator(ask.order.kind).send(ask.order))})

    monkeypatch.setattr(travel.time, "sleep", work)


def phone(office, **weights):
    account = office.account("call")
    account.settings = {"phone": True, "weights": weights or {"answered": 1}}
    account.save()


def in_an_hour(office, kind="call", **plan):
    known = {"after": timedelta(hours=1), "allow_out_of_window": True, **plan}
    (id,) = office.schedule(kind, office.contacts(1), **known)
    return id


def go(**by):
    return list(travel.forward(clock.now() + timedelta(**by)))


def test_a_call_on_the_way_ends_by_its_seed_and_is_tried_again(office, worker):
    phone(office, busy=1)
    id = in_an_hour(office)
    stops = go(days=3)
    assert state(id).status == "failed"
    assert history(id).count("in_progress") == 3
    assert [len(stop.told) for stop in stops] == [1, 1, 1]
    assert stops[0].told[0].because == "Nobody was reached: busy. Try 2 of 3 follows."
    assert stops[0].told[0].until == stops[1].at


def test_a_phone_that_is_called_at_the_moment_of_arrival_rings_on(office, worker):
    phone(office)
    id = in_an_hour(office)
    list(travel.forward(state(id).next_attempt_at))
    assert state(id).status == "in_progress"
    assert calls.under_way().get().answered_at is None


@pytest.mark.parametrize(
    ("answered", "status", "call"), [(False, "scheduled", "missed"), (True, "completed", "answered")]
)
def test_who_moves_the_clock_hangs_up(office, worker, answered, status, call):
    phone(office)
    id = in_an_hour(office)
    list(travel.forward(state(id).next_attempt_at))
    (ringing,) = calls.under_way()
    if answered:
        calls.picked_up(ringing.connection_id, ringing.reference)
    go(minutes=1)
    assert state(id).status == status
    assert ringing.contact.calls.get().status == call


def test_a_call_of_another_provider_is_waited_for(office, worker, monkeypatch):
    """Its provider will say: only phones of the simulator are the traveller's."""
    id = in_an_hour(office)
    monkeypatch.setattr(travel.time, "sleep", lambda _: carry_out(Pending("")))
    monkeypatch.setattr(travel, "SETTLE_SECONDS", 0.05)
    with pytest.raises(Conflict, match="Is a worker running"):
        go(hours=2)
    assert state(id).status == "in_progress"


def test_without_a_worker_it_says_so_and_the_clock_can_be_moved_again(office, monkeypatch):
    monkeypatch.setattr(travel, "SETTLE_SECONDS", 0)
    in_an_hour(office)
    with pytest.raises(Conflict, match="Is a worker running"):
        go(hours=2)
    assert not travel.is_moving()


def test_it_goes_forward_only(office):
    with pytest.raises(Invalid):
        list(travel.forward(clock.now()))


def test_two_do_not_move_it_at_once(committed_office):
    to = clock.now() + timedelta(hours=1)
    with travel._alone(to):
        assert travel.is_moving()
        with pytest.raises(Conflict, match="on its way already"):
            travel.begin(to)
    assert not travel.is_moving()


def test_it_goes_in_the_background_and_says_when_it_cannot(committed_office):
    to = clock.now() + timedelta(hours=1)
    travel.begin(to)
    while travel.is_moving() or clock.now() < to:
        pass
    with pytest.raises(Invalid):
        travel.begin(to)


def test_what_waits_for_a_paused_template_makes_no_stops_of_its_own(office, worker):
    template = Template.objects.create(organization=office.organization, name="offer", body="Hi", approval="approved")
    waits = in_an_hour(office, "whatsapp", template=template)
    Template.objects.update(approval="paused")
    goes = in_an_hour(office, "email", after=timedelta(hours=5))
    assert len(go(days=1)) == 2
    assert (state(waits).status, state(goes).status) == ("scheduled", "completed")
    assert len(go(days=8)) == 0
    carry_out()
    assert state(waits).status == "expired"


# -- what is told of it --------------------------------------------------------------------------------------


def test_a_wait_that_goes_on_is_told_once(office, worker):
    account = office.account("sms")
    account.paused_because = "The number is being checked."
    account.save()
    in_an_hour(office, "sms")
    go(hours=3)
    (waits,) = journeys.last(office.member).told
    assert "is paused" in waits.because
    assert waits.what.startswith("SMS to")


def test_a_journey_tells_a_member_of_their_own_organization_only(office, worker):
    from tests.engine.scene import Office

    in_an_hour(office, "sms")
    other = Office("Other House")
    go(hours=3)
    assert [t.status for t in journeys.last(office.member).told] == ["completed"]
    assert journeys.last(other.member).told == []
    office.member.role = "agent"
    assert journeys.last(office.member).told == [], "an agent without the contact sees nothing of it"


def test_one_that_was_broken_off_says_so(office):
    assert journeys.last(office.member) is None
    way = {"from_at": clock.now(), "to_at": clock.now() + timedelta(days=1), "since_change": 0}
    DemoClock.objects.update_or_create(id=1, defaults=way)
    journey = journeys.last(office.member)
    assert (journey.stopped, journey.moving, journey.percent) == (True, False, 0)


def test_being_scheduled_and_handed_on_is_not_told(office, worker):
    before = sql.rows("SELECT coalesce(max(id), 0) FROM relance_change")[0][0]
    in_an_hour(office, "sms")
    assert told(before) == []


# -- where it can go -----------------------------------------------------------------------------------------


def test_the_next_follow_up_is_what_goes_before_what_is_paused(office, worker):
    paused, goes = in_an_hour(office, "sms"), in_an_hour(office, "email")
    FollowUp.objects.filter(pk=paused).update(held_by="capacity")
    FollowUp.objects.filter(pk=goes).update(next_attempt_at=clock.now() + timedelta(hours=5))
    assert journeys.next_follow_up(office.member).pk == goes
    FollowUp.objects.filter(pk=goes).delete()
    assert journeys.destination("next", office.member) == state(paused).next_attempt_at


def test_tomorrow_morning_is_nine_by_the_members_clock(office):
    office.member.time_zone = "Pacific/Auckland"
    to = journeys.destination("morning", office.member)
    assert (to.hour, to.minute, str(to.tzinfo)) == (9, 0, "Pacific/Auckland")
    assert timedelta() < to - clock.now() < timedelta(hours=34)


@pytest.mark.parametrize("name", ["next", "yesterday", ""])
def test_where_there_is_nothing_to_go_to_it_says_so(office, name):
    with pytest.raises(Invalid):
        journeys.destination(name, office.member)
