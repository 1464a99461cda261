"""How instants are written on pages: near ones relative to now, others absolute, always with the whole on hover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

NEAR = timedelta(hours=12)
"""Within this, an instant is written by its distance from now. `static/js/times.js` ages it by the same rules."""


@dataclass(frozen=True, slots=True)
class Written:
    """An instant in words: `text` is what stands there, `absolute` what replaces it when it is no longer near, `full`
    everything, with the zone."""

    text: str
    absolute: str
    full: str
    near: bool


def written(at: datetime, now: datetime, zone: str, *, relative: bool = True) -> Written:
    """`at` as it is written for somebody in `zone`. Both instants are UTC."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    absolute = moment(local, today)
    near = relative and abs(at - now) < NEAR
    full = f"{local:%A} {local.day} {local:%B %Y, %H:%M:%S} {zone.replace('_', ' ')}"
    return Written(distance(at - now) if near else absolute, absolute, full, near)


def moment(local: datetime, today: datetime) -> str:
    """Such as “Tue 25 Nov, 15:00”; with the year where it is another."""
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}"


def moment_in(zone: str, at: datetime, now: datetime) -> str:
    """The same by the clocks in `zone`. Both instants are UTC."""
    home = ZoneInfo(zone)
    return moment(at.astimezone(home), now.astimezone(home))


def there(at: datetime, now: datetime, zone: str) -> str:
    """Such as “Mon 24 Nov, 08:00 in Madrid”."""
    return f"{moment_in(zone, at, now)} in {place(zone)}"


def day(value: date, today: date) -> str:
    """Such as “Tue 25 Nov”; “today”, “tomorrow” and “yesterday” by name."""
    named = {0: "today", 1: "tomorrow", -1: "yesterday"}.get((value - today).days)
    year = f" {value.year}" if value.year != today.year else ""
    return named or f"{value:%a} {value.day} {value:%b}{year}"


def clock_time(at: datetime, zone: str) -> str:
    """The time of day there, such as “15:04”."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def apart(at: datetime, one: str, other: str) -> bool:
    """Whether clocks in the two zones show different times at this moment."""
    return at.astimezone(ZoneInfo(one)).utcoffset() != at.astimezone(ZoneInfo(other)).utcoffset()


def distance(span: timedelta) -> str:
    """Such as “in 25 min” or “2 h ago”, cut off to whole units."""
    seconds = int(abs(span.total_seconds()))
    if seconds < 45:
        return "now" if seconds < 5 else ("in a moment" if span > timedelta() else "just now")
    amount = f"{max(1, seconds // 60)} min" if seconds < 3600 else f"{seconds // 3600} h"
    return f"in {amount}" if span > timedelta() else f"{amount} ago"


def place(zone: str) -> str:
    """The zone's city, such as “New York”."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")
