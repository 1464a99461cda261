"""The moments that a snooze with one press leads to."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from relance.rules.snoozes import SPANS, days_on, put_off

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 6, 10, 12, tzinfo=MADRID)


def test_each_span_from_now_where_it_was_due_already():
    assert put_off(NOON - timedelta(days=2), NOON, "Europe/Madrid") == {
        "hour": NOON + timedelta(hours=1),
        "tomorrow": datetime(2026, 6, 11, 12, tzinfo=MADRID),
        "3-days": datetime(2026, 6, 13, 12, tzinfo=MADRID),
        "week": datetime(2026, 6, 17, 12, tzinfo=MADRID),
    }


def test_nothing_is_put_off_to_an_earlier_time_than_it_had():
    due = NOON + timedelta(days=30)
    moments = put_off(due, NOON, "Europe/Madrid")
    assert list(moments) == list(SPANS)
    assert min(moments.values()) > due


@pytest.mark.parametrize(
    ("at", "day_later"),
    [
        (datetime(2026, 3, 28, 15, tzinfo=MADRID), datetime(2026, 3, 29, 15, tzinfo=MADRID)),
        (datetime(2026, 10, 24, 15, tzinfo=MADRID), datetime(2026, 10, 25, 15, tzinfo=MADRID)),
        (datetime(2026, 3, 28, 2, 30, tzinfo=MADRID), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
    ids=["clocks forward", "clocks back", "the hour that is left out"],
)
def test_the_time_of_day_stays_when_the_clocks_change(at, day_later):
    assert put_off(at, at, "Europe/Madrid")["tomorrow"] == day_later


def test_the_moments_are_utc():
    assert {moment.tzinfo for moment in put_off(NOON.astimezone(UTC), NOON, "Europe/Madrid").values()} == {UTC}


@pytest.mark.parametrize(
    ("today", "month"),
    [(date(2026, 6, 10), 30), (date(2026, 1, 31), 28), (date(2028, 1, 30), 30), (date(2026, 12, 31), 31)],
)
def test_a_month_on_is_the_same_day_of_the_next_or_its_last(today, month):
    assert days_on(today) == {"day": 1, "week": 7, "two-weeks": 14, "month": month}
