"""The days of a zone whose clocks may change: when a time of day is, and whether it has come."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def moment(day: date, at: time, zone: str) -> datetime:
    """The moment, UTC, at which the clocks of `zone` show `at` on that day: the first where they show it twice.

    Where they leave it out, it is as long after the gap begins, or before it ends where that were another day already.
    """
    home = ZoneInfo(zone)
    first = datetime.combine(day, at, home).astimezone(UTC)
    if first.astimezone(home).date() == day:
        return first
    return datetime.combine(day, at, home).replace(fold=1).astimezone(UTC)


def hours(day: date, zone: str) -> list[datetime]:
    """The moments, UTC, at which the hours 0 to 23 of that day begin, and the one at which it ends.

    An hour that the clocks leave out is empty, one that they show twice is two hours long.
    """
    return [*(moment(day, time(hour), zone) for hour in range(24)), moment(day + timedelta(days=1), time(), zone)]


def day_due(at: time, zone: str, now: datetime, last: date | None) -> date | None:
    """The day of `zone` for which it is to be done now, when it was done for the day `last` before.

    That is today, from the time on; None before it, and where it was done. Days that have passed are left out.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    if (last is not None and last >= today) or now < moment(today, at, zone):
        return None
    return today
