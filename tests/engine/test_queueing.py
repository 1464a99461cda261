"""Taking turns: what must hold of the forecast for many that share lines and a rate, whoever they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from relance.engine import queueing
from relance.engine.queueing import Lines, in_turn, sorted_alike
from relance.engine.room import CALL_TAKES, SOON, Rate
from relance.engine.subjects import Subject
from relance.models import Connection
from relance.rules.facts import Facts, Limit
from relance.rules.gates import Stop, decide, foresee
from relance.rules.states import Status
from relance.rules.weeks import Week
from relance.rules.windows import Layer, Window

AT = datetime(2026, 11, 28, 15, 30, tzinfo=UTC)  # a Saturday, 10:30 in New York
ZONES = ("America/New_York", "America/Denver", "Pacific/Guam")
NINE_TO_SIX = Layer("The hours of Ava", Week.every_day("09:00", "18:00"))
HALF_AN_HOUR = Layer("The hours of Ava", Week.every_day("10:00", "11:00"))
ONCE_A_DAY = Limit(1, timedelta(days=1), frozenset({"call"}), "Once a day")
BUSY = "All lines are busy."


def contact(number: int) -> Subject:
    return Subject(**dict.fromkeys(Subject._fields) | {"contact_id": number})


def known(zone: str = ZONES[0], hours: Layer = NINE_TO_SIX, **more: object) -> Facts:
    window = Window((zone,), (hours,))
    plain = {"expires_at": AT + timedelta(days=300), "phone": "+12125550123", "window": window, "limits": (ONCE_A_DAY,)}
    return Facts("call", AT, AT - timedelta(days=1), **plain | more)


def rate(per_second: float, **known: object) -> Rate:
    return Rate(Connection(name="Line", per_second=per_second, **known))


@dataclass(frozen=True)
class Limits:
    """How many lines the agent and how high a rate (a second) the account has; None: as many as are wanted."""

    lines: int | None
    per_second: float | None

    def shared(self) -> list[Lines | Rate]:
        lines = [Lines(self.lines, BUSY)] if self.lines else []
        return [*lines, *([rate(self.per_second)] if self.per_second else [])]


def turns(everybody, shared):
    """The forecast of each, by number."""
    groups = sorted_alike(((contact(number), facts) for number, facts in enumerate(everybody)), AT)
    told = [(subject.contact_id, forecast) for subject, forecast in in_turn(groups, shared)]
    assert sorted(number for number, _ in told) == list(range(len(everybody)))
    return dict(told)


def starts(forecasts):
    return sorted(forecast.goes_at for forecast in forecasts.values() if forecast.goes_at)


tried = st.integers(1, 40).map(lambda hours: (("call", AT - timedelta(hours=hours)),))
facts = st.builds(
    known,
    st.sampled_from(ZONES),
    st.sampled_from((NINE_TO_SIX, HALF_AN_HOUR)),
    tries=st.just(()) | tried,
    phone=st.sampled_from(("+12125550123",) * 9 + ("",)),
)
sorts = st.lists(facts, min_size=1, max_size=5)
crowds = sorts.flatmap(lambda several: st.lists(st.sampled_from(several), min_size=20, max_size=60))
limits = st.builds(Limits, st.none() | st.integers(1, 4), st.none() | st.sampled_from((0.01, 0.3, 7, 50)))


@given(crowds, limits)
def test_each_goes_in_its_own_hours_and_never_before_the_gates_let_it(everybody, limits):
    for number, forecast in turns(everybody, limits.shared()).items():
        alone = foresee(everybody[number], AT)
        assert (forecast.goes_at is None) == (alone.goes_at is None)
        if forecast.goes_at:
            assert forecast.goes_at >= alone.goes_at
            assert decide(everybody[number], forecast.goes_at) is None


@given(crowds, st.integers(1, 4), st.none() | st.sampled_from((0.01, 0.3, 7)))
def test_no_more_calls_begin_within_a_minute_than_there_are_lines(everybody, lines, per_second):
    went = starts(turns(everybody, Limits(lines, per_second).shared()))
    for first, one_too_many in zip(went, went[lines:], strict=False):
        assert one_too_many - first >= CALL_TAKES


@given(crowds, st.none() | st.integers(1, 4), st.sampled_from((0.01, 0.3, 7, 50)))
def test_an_accounts_sends_are_apart_on_average(everybody, lines, per_second):
    """Whatever stretch is looked at; what falls into the next second goes at once."""
    went = starts(turns(everybody, Limits(lines, per_second).shared()))
    for place, first in enumerate(went):
        for more, later in enumerate(went[place:]):
            assert later - first >= more * timedelta(seconds=1 / per_second) - SOON - timedelta(milliseconds=1)


@given(crowds, limits, st.timedeltas(timedelta(minutes=1), timedelta(days=2)))
def test_as_many_go_as_without_limits_but_for_those_that_expire_meanwhile(everybody, limits, lasts):
    ends = AT + lasts
    short = [known(ZONES[0], each.window.layers[0], expires_at=ends, phone=each.phone) for each in everybody]
    free, limited = turns(short, []), turns(short, limits.shared())
    late = [forecast.held for number, forecast in limited.items() if free[number].goes_at and not forecast.goes_at]
    assert len(starts(limited)) + len(late) == len(starts(free))
    assert all(at < ends for at in starts(limited))
    assert {held.answer.status for held in late} <= {Status.EXPIRED}
    assert all(held.answer.because.endswith("It expires before it may go.") for held in late)


@given(crowds)
def test_where_nothing_is_shared_each_goes_as_the_gates_say(everybody):
    assert turns(everybody, []) == {number: foresee(each, AT) for number, each in enumerate(everybody)}


@given(crowds, limits)
def test_of_those_alike_the_first_goes_first(everybody, limits):
    forecasts = turns(everybody, limits.shared())
    for zone in ZONES:
        alike = [n for n, each in enumerate(everybody) if each == known(zone) and forecasts[n].goes_at]
        assert alike == sorted(alike, key=lambda number: (forecasts[number].goes_at, number))


def test_five_thousand_calls_over_ten_lines_go_ten_a_minute_and_on_the_next_day():
    forecasts = turns([known()] * 5000, [Lines(10, BUSY)])
    per_day = 9 * 60 * 10  # nine hours a day; on the first day an hour and a half less
    first_day = per_day - 90 * 10
    assert [forecasts[n].goes_at for n in (0, 9, 10, first_day - 1)] == [
        AT, AT, AT + timedelta(minutes=1), AT.replace(hour=22, minute=59),
    ]  # fmt: skip
    next_morning = AT.replace(hour=14, minute=0) + timedelta(days=1)
    assert forecasts[first_day].goes_at == next_morning
    assert starts(forecasts)[-1] == next_morning + timedelta(minutes=(5000 - first_day) // 10 - 1)


def test_whoever_may_go_at_the_same_time_goes_by_contact_whatever_the_zone():
    zones = ["America/New_York", "America/Chicago"] * 10
    forecasts = turns([known(zone) for zone in zones], [Lines(1, BUSY)])
    assert [forecasts[n].goes_at for n in range(20)] == [AT + timedelta(minutes=n) for n in range(20)]


def test_whoever_becomes_ready_goes_before_higher_contacts_that_have_waited_longer():
    """As in the engine, to which both are due."""
    forecasts = turns([known(ZONES[1])] + [known()] * 40, [Lines(1, BUSY)])  # Denver opens at 11:00
    assert forecasts[30].goes_at == AT + timedelta(minutes=29)
    assert forecasts[0].goes_at == AT + timedelta(minutes=30)
    assert forecasts[31].goes_at == AT + timedelta(minutes=31)


def test_one_that_waits_for_room_says_so_and_one_that_the_gates_held_first_says_that():
    soon, later = known(), known(ZONES[1], Layer("The hours of Ava", Week.every_day("09:00", "18:00"), "A law"))
    forecasts = turns([soon, soon, later, later], [Lines(1, BUSY)])
    assert forecasts[0].held is None
    assert (forecasts[1].held.gate, forecasts[1].held.answer.because) == ("capacity", BUSY)
    assert [forecasts[n].held.gate for n in (2, 3)] == ["callingWindow"] * 2
    assert [forecasts[n].goes_at for n in (2, 3)] == [AT + timedelta(minutes=m) for m in (30, 31)]


def test_one_that_waits_for_a_line_and_then_for_the_rate_names_the_line():
    forecasts = turns([known()] * 2, [Lines(1, BUSY), rate(0.01)])
    assert forecasts[1].goes_at == AT + timedelta(seconds=100)
    assert forecasts[1].held.answer.because == BUSY


def test_a_line_that_one_cannot_use_is_left_to_the_next():
    """At 11:00 New York closes for one and Denver opens for the other."""
    closing, opening = known(hours=HALF_AN_HOUR), known(ZONES[1])
    forecasts = turns([closing] * 31 + [opening], [Lines(1, BUSY)])
    assert forecasts[29].goes_at == AT + timedelta(minutes=29)
    assert forecasts[31].goes_at == AT + timedelta(minutes=30)
    assert forecasts[30].goes_at == AT.replace(hour=15, minute=0) + timedelta(days=1)


def test_what_falls_into_the_next_second_of_a_rate_goes_at_once():
    went = starts(turns([known()] * 8, [rate(5)]))
    assert went == [AT] * 6 + [AT + timedelta(seconds=1.2), AT + timedelta(seconds=1.4)]


def test_a_rate_that_is_used_up_is_waited_for():
    forecasts = turns([known()] * 2, [rate(0.5, next_slot_at=AT + timedelta(minutes=5))])
    assert starts(forecasts) == [AT + timedelta(minutes=5), AT + timedelta(minutes=5, seconds=2)]
    assert forecasts[0].held.answer.because == "Line sends at most 0.5 a second."


def test_whoever_expires_before_the_turn_is_stopped_by_what_was_waited_for():
    forecasts = turns([known(expires_at=AT + timedelta(minutes=2))] * 3, [Lines(1, BUSY)])
    assert starts(forecasts) == [AT, AT + timedelta(minutes=1)]
    assert forecasts[2].held.gate == "capacity"
    assert forecasts[2].held.answer == Stop(Status.EXPIRED, f"{BUSY} It expires before it may go.")


def test_a_crowd_that_is_put_off_day_after_day_is_put_off_as_one():
    """Were each put off by itself, every day would cost as much as the first."""
    everybody = [known(hours=HALF_AN_HOUR, tries=(("call", AT - timedelta(days=9, minutes=n)),)) for n in range(5000)]
    with patch.object(queueing, "foresee", wraps=foresee) as asked:
        forecasts = turns(everybody, [Lines(1, BUSY)])
    assert starts(forecasts)[-1] > AT + timedelta(days=80)
    assert asked.call_count < 5000 + 2 * 84
