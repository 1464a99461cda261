"""The spans by which a person puts something off with one press, and the moments or days they lead to."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
DAYS = {"tomorrow": 1, "3-days": 3, "week": 7}
SPANS = ("hour", *DAYS)


def put_off(due: datetime, now: datetime, zone: str) -> dict[str, datetime]:
    """What each of `SPANS` puts off to: an hour on, or the same time of day in `zone` some days on.

    Counted from `due` where that lies ahead, so that nothing is put off to an earlier time than it had. A time of day
    that the clocks of that day leave out becomes the one as long after the gap begins.
    """
    start = max(due, now)
    local = start.astimezone(ZoneInfo(zone))
    days = {span: (local + timedelta(days=days)).astimezone(UTC) for span, days in DAYS.items()}
    return {"hour": start + HOUR} | days


def days_on(today: date) -> Mapping[str, int]:
    """How many days each span is that whole days are put off by, from `today`. A month leads to the same day of the
    next, or to its last."""
    return {"day": 1, "week": 7, "two-weeks": 14, "month": (_a_month_on(today) - today).days}


def _a_month_on(day: date) -> date:
    year, month = day.year + day.month // 12, day.month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
