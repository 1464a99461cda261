from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.rules.retries import (
    CALL_LADDER,
    HAND_RETRY_AFTER,
    LONGEST_STEP,
    MOST_STEPS,
    NEXT_DAY,
    TEMPLATE_ATTEMPTS,
    TEMPORARY_LADDER,
    Kind,
    Ladder,
    LadderError,
    call_attempts,
    next_try,
)

# Whole, half and quarter hours, both hemispheres, a half-hour daylight saving, and a date line crossed.
ZONES = (
    "America/New_York",
    "America/Phoenix",
    "America/St_Johns",
    "Europe/Madrid",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "America/Havana",
    "UTC",
)
DAILY = Ladder((NEXT_DAY,))

zones = st.sampled_from(ZONES)
kinds = st.sampled_from(Kind)
tries = st.integers(1, 20)
instants = st.floats(1.1e9, 2.2e9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))  # 2004 to 2039
steps = st.one_of(st.integers(1, LONGEST_STEP), st.just(NEXT_DAY))
ladders = st.lists(steps, min_size=1, max_size=MOST_STEPS).map(Ladder.parse)


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold)  # type: ignore[arg-type, misc]


def shown(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")


def next_day(zone: str, *parts: int, fold: int = 0) -> str:
    at = local(zone, *parts, fold=fold)
    return shown(next_try(Kind.UNREACHED, 1, at, zone=zone, ladder=DAILY), zone)


@pytest.mark.parametrize(
    ("tries_made", "wait"), [(1, timedelta(minutes=30)), (2, timedelta(hours=2)), (3, timedelta(days=1))]
)
def test_a_call_that_reached_nobody_climbs_its_ladder(tries_made: int, wait: timedelta) -> None:
    at = datetime(2026, 6, 3, 15, tzinfo=UTC)
    assert next_try(Kind.UNREACHED, tries_made, at, zone="America/Phoenix") == at + wait


@pytest.mark.parametrize(("tries_made", "minutes"), [(1, 5), (2, 15), (3, 60), (4, 60), (20, 60)])
def test_a_temporary_failure_climbs_its_ladder_and_repeats_the_last_step(tries_made: int, minutes: int) -> None:
    at = datetime(2026, 6, 3, 15, tzinfo=UTC)
    assert next_try(Kind.TEMPORARY, tries_made, at, zone="UTC") == at + timedelta(minutes=minutes)


def test_after_its_last_step_a_call_is_tried_each_next_day() -> None:
    at = local("Europe/Madrid", 2026, 6, 3, 17)
    for tries_made in (4, 5, 19):
        assert shown(next_try(Kind.UNREACHED, tries_made, at, zone="Europe/Madrid"), "Europe/Madrid") == (
            "2026-06-04T17:00+02:00"
        )


def test_an_agents_ladder_replaces_the_default() -> None:
    at = datetime(2026, 6, 3, 15, tzinfo=UTC)
    assert next_try(Kind.UNREACHED, 2, at, zone="UTC", ladder=Ladder((7, 9))) == at + timedelta(minutes=9)


@pytest.mark.parametrize(("asked", "minutes"), [(2, 5), (5, 5), (45, 45), (24 * 60, 24 * 60)])
def test_a_provider_can_lengthen_a_wait_and_never_shorten_it(asked: int, minutes: int) -> None:
    at = datetime(2026, 6, 3, 15, tzinfo=UTC)
    moment = next_try(Kind.TEMPORARY, 1, at, zone="UTC", retry_after=timedelta(minutes=asked))
    assert moment == at + timedelta(minutes=minutes)


def test_next_day_keeps_the_hour_when_clocks_change_overnight() -> None:
    assert next_day("America/New_York", 2026, 3, 7, 17) == "2026-03-08T17:00-04:00"
    assert next_day("America/New_York", 2026, 10, 31, 17) == "2026-11-01T17:00-05:00"


def test_an_hour_that_is_skipped_next_day_becomes_the_first_moment_after() -> None:
    assert next_day("America/New_York", 2026, 3, 7, 2, 30) == "2026-03-08T03:00-04:00"
    assert next_day("America/New_York", 2026, 3, 7, 2, 0) == "2026-03-08T03:00-04:00"
    assert next_day("America/New_York", 2026, 3, 7, 2, 59, 59, 999_999) == "2026-03-08T03:00-04:00"
    assert next_day("Australia/Lord_Howe", 2026, 10, 3, 2, 15) == "2026-10-04T02:30+11:00"


def test_the_first_moment_after_a_skip_has_no_stray_seconds() -> None:
    at = local("America/New_York", 2026, 3, 7, 2, 30, 17, 250_000)
    assert next_try(Kind.UNREACHED, 1, at, zone="America/New_York", ladder=DAILY) == datetime(2026, 3, 8, 7, tzinfo=UTC)


def test_an_hour_that_comes_twice_next_day_is_taken_the_first_time() -> None:
    assert next_day("America/New_York", 2026, 10, 31, 1, 30) == "2026-11-01T01:30-04:00"


def test_from_the_second_time_an_hour_comes_the_next_day_is_an_ordinary_one() -> None:
    assert next_day("America/New_York", 2026, 11, 1, 1, 30, fold=1) == "2026-11-02T01:30-05:00"


def test_a_day_that_a_country_skips_is_skipped() -> None:
    assert next_day("Pacific/Apia", 2011, 12, 29, 15) == "2011-12-31T00:00+14:00"


def test_the_next_day_is_the_contacts_not_utcs() -> None:
    at = datetime(2026, 6, 4, 1, 30, tzinfo=UTC)
    moment = next_try(Kind.UNREACHED, 3, at, zone="America/Los_Angeles")
    assert shown(moment, "America/Los_Angeles") == "2026-06-04T18:30-07:00"


@given(kinds, tries, instants, zones, ladders, st.one_of(st.none(), st.timedeltas(max_value=timedelta(30))))
def test_the_next_try_is_always_later_and_in_utc(kind, tries_made, at, zone, ladder, retry_after) -> None:
    moment = next_try(kind, tries_made, at, zone=zone, ladder=ladder, retry_after=_bounded(retry_after))
    assert moment > at
    assert moment.tzinfo is UTC


def _bounded(wait: timedelta | None) -> timedelta | None:
    return None if wait is None else max(wait, timedelta(-30))


@given(kinds, st.integers(1, 19), instants, zones)
def test_each_further_try_waits_at_least_as_long(kind, tries_made, at, zone) -> None:
    assert next_try(kind, tries_made, at, zone=zone) <= next_try(kind, tries_made + 1, at, zone=zone)


@given(instants, zones)
def test_next_day_shows_the_same_wall_time_whenever_that_exists(at: datetime, zone: str) -> None:
    moment = next_try(Kind.UNREACHED, 1, at, zone=zone, ladder=DAILY).astimezone(ZoneInfo(zone))
    wanted = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=1)
    if moment.replace(tzinfo=None) != wanted:
        just_before = (moment.astimezone(UTC) - timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
        assert just_before.replace(tzinfo=None) < wanted < moment.replace(tzinfo=None)


@given(st.dates(date(2024, 1, 1), date(2032, 12, 31)), zones)
def test_around_every_midnight_and_two_oclock_the_rule_holds(day: date, zone: str) -> None:
    for hour, minute in ((0, 0), (0, 30), (1, 59), (2, 0), (2, 30), (3, 0)):
        at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        test_next_day_shows_the_same_wall_time_whenever_that_exists.hypothesis.inner_test(at, zone)


@given(st.lists(steps, min_size=1, max_size=MOST_STEPS))
def test_a_stored_ladder_comes_back_as_it_was(stored: list[object]) -> None:
    assert Ladder.parse(stored).to_json() == stored


@pytest.mark.parametrize("stored", [None, "30", {}, [], 30, (30,), [30] * (MOST_STEPS + 1)])
def test_a_ladder_that_is_no_list_of_waits_says_what_one_is(stored: object) -> None:
    with pytest.raises(LadderError, match=r'1 to 19 waits, such as \[30, 120, "next day"\]'):
        Ladder.parse(stored)


@pytest.mark.parametrize("step", [0, -5, LONGEST_STEP + 1, 1.5, True, "30", "tomorrow", None, [30], {}])
def test_a_bad_wait_is_named_by_its_place(step: object) -> None:
    with pytest.raises(LadderError, match=r"Wait 2 is .*whole minutes from 1 to 10080, or “next day”"):
        Ladder.parse([30, step])


def test_the_longest_ladder_and_wait_are_taken() -> None:
    assert Ladder.parse([LONGEST_STEP] * MOST_STEPS).steps == (LONGEST_STEP,) * MOST_STEPS


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        next_try(Kind.TEMPORARY, 1, datetime(2026, 6, 3, 15), zone="UTC")  # noqa: DTZ001


def test_before_any_try_there_is_no_retry() -> None:
    with pytest.raises(ValueError, match="starts at 1"):
        next_try(Kind.TEMPORARY, 0, datetime(2026, 6, 3, 15, tzinfo=UTC), zone="UTC")


def test_the_numbers_of_the_spec() -> None:
    assert CALL_LADDER.to_json() == [30, 120, "next day"]
    assert TEMPORARY_LADDER.to_json() == [5, 15, 60]
    assert timedelta(minutes=5) == HAND_RETRY_AFTER
    assert TEMPLATE_ATTEMPTS == 4
    assert [call_attempts(n) for n in (0, 1, 5)] == [1, 2, 6]
