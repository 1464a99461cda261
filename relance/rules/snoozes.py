"""The spans by which a person puts something off with one press, and the moments they lead to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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
