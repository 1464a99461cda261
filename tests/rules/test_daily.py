"""What is done once a day: at its time, on each day once, whatever the clocks of the zone do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from relance.rules.daily import day_due, hours, moment

# Where days have been short, long, or left out: clocks changed at midnight, by half an hour, across the date line.
ODD = [
    ("America/New_York", date(2026, 3, 8)), ("America/New_York", date(2026, 11, 1)),
    ("America/Havana", date(2026, 3, 8)), ("America/Havana", date(2026, 11, 1)),
    ("America/Nuuk", date(2026, 3, 28)), ("America/Nuuk", date(2026, 10, 24)),
    ("America/St_Johns", date(2010, 11, 7)), ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Asia/Beirut", date(2026, 3, 29)), ("Africa/Casablanca", date(2026, 3, 22)),
    ("Pacific/Apia", date(2011, 12, 30)), ("Asia/Pyongyang", date(2018, 5, 5)),
]  # fmt: skip
ZONES = sorted(name for name in available_timezones() if "/" in name)
DAYS = st.dates(date(2005, 1, 1), date(2036, 12, 1))
NEAR_ODD = st.sampled_from(ODD)
WHERE_AND_WHEN = NEAR_ODD | st.tuples(st.sampled_from(ZONES), DAYS)
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 49))


def looked(at, zone, looks):
    """The days for which it is done by somebody who looks at these moments, each with the moment."""
    last, done = None, []
    for now in looks:
        if day := day_due(at, zone, now, last):
            last = day
            done.append((day, now))
    return done


def around(day, minutes):
    """Moments so many minutes apart, from two days before the day to three after it began."""
    start = datetime.combine(day, time(), UTC) - timedelta(days=2)
    return [start + timedelta(minutes=n) for n in range(0, 5 * 24 * 60, minutes)]


@settings(deadline=None)
@given(WHERE_AND_WHEN, TIMES)
@example(("Asia/Pyongyang", date(2018, 5, 5)), time(23, 19))  # the day before ended at half past eleven
def test_who_looks_often_does_it_once_on_every_day(where, at):
    zone, day = where
    looks = around(day, 10)
    days = [now.astimezone(ZoneInfo(zone)).date() for now in looks]
    whole = sorted(set(days))[1:-1]
    # The last minutes of a day are left to those who look often enough.
    ends = {d: moment(d + timedelta(days=1), time(), zone) for d in whole}
    assume(all(moment(d, at, zone) + timedelta(minutes=10) <= ends[d] for d in whole))
    done = looked(at, zone, looks)
    assert [d for d, _ in done if d in whole] == whole


@settings(deadline=None)
@given(WHERE_AND_WHEN, TIMES, st.lists(st.integers(0, 5 * 24 * 60), unique=True).map(sorted))
def test_who_looks_now_and_then_does_it_at_most_once_on_a_day_and_never_for_another(where, at, minutes):
    zone, day = where
    start = around(day, 60)[0]
    done = looked(at, zone, [start + timedelta(minutes=n) for n in minutes])
    assert all(d == now.astimezone(ZoneInfo(zone)).date() for d, now in done)
    assert all(earlier < later for (earlier, _), (later, _) in pairwise(done))
    assert all(now >= moment(d, at, zone) for d, now in done)


@settings(deadline=None)
@given(WHERE_AND_WHEN, TIMES)
def test_the_moment_is_when_the_clock_shows_it_for_the_first_time_if_it_does(where, at):
    zone, day = where
    home = ZoneInfo(zone)
    shown = [now for now in around(day, 1) if now.astimezone(home).replace(tzinfo=None) == datetime.combine(day, at)]
    found = moment(day, at, zone)
    if shown:
        assert found == shown[0]
    elif zone != "Pacific/Apia":
        assert found.astimezone(home).date() == day


@pytest.mark.parametrize(
    ("day", "at", "shown"),
    [
        (date(2026, 3, 8), time(2, 30), "2026-03-08 03:30 EDT"),
        (date(2026, 11, 1), time(1, 30), "2026-11-01 01:30 EDT"),
        (date(2026, 6, 1), time(8), "2026-06-01 08:00 EDT"),
    ],
)
def test_in_new_york(day, at, shown):
    assert f"{moment(day, at, 'America/New_York').astimezone(ZoneInfo('America/New_York')):%Y-%m-%d %H:%M %Z}" == shown


def test_where_the_end_of_the_day_is_left_out_it_is_before_that():
    """In Nuuk the clocks go from 23:00 on Saturday to Sunday."""
    found = moment(date(2026, 3, 28), time(23, 30), "America/Nuuk")
    assert f"{found.astimezone(ZoneInfo('America/Nuuk')):%Y-%m-%d %H:%M}" == "2026-03-28 22:30"


@settings(deadline=None)
@given(WHERE_AND_WHEN)
def test_the_hours_of_a_day_follow_each_other_from_its_first_moment_to_its_last(where):
    zone, day = where
    found = hours(day, zone)
    assert found == sorted(found)
    assert len(found) == 25
    home = ZoneInfo(zone)
    of_the_day = [now for now in around(day, 10) if now.astimezone(home).date() == day]
    assert all(found[0] <= now < found[-1] for now in of_the_day)


@pytest.mark.parametrize(
    ("day", "length", "odd"),
    [(date(2026, 3, 8), 23, {2: 0}), (date(2026, 11, 1), 25, {1: 2}), (date(2026, 6, 1), 24, {})],
)
def test_an_hour_that_is_left_out_is_empty_and_one_that_comes_twice_is_two_long(day, length, odd):
    found = hours(day, "America/New_York")
    assert found[-1] - found[0] == timedelta(hours=length)
    lengths = [(after - hour) / timedelta(hours=1) for hour, after in pairwise(found)]
    assert lengths == [odd.get(hour, 1) for hour in range(24)]


def test_after_an_absence_it_is_late_on_the_same_day_and_not_made_up_for_on_another():
    noon = datetime(2026, 6, 4, 12, tzinfo=UTC)
    assert day_due(time(8), "UTC", noon, date(2026, 5, 1)) == date(2026, 6, 4)
    assert day_due(time(13), "UTC", noon, date(2026, 5, 1)) is None


def test_who_flew_west_has_had_the_day_already():
    evening = datetime(2026, 6, 4, 23, tzinfo=UTC)
    assert day_due(time(8), "Asia/Tokyo", evening, date(2026, 6, 4)) == date(2026, 6, 5)
    assert day_due(time(8), "America/Los_Angeles", evening + timedelta(hours=17), date(2026, 6, 5)) is None
