"""When a contact may be reached: the sources that set their hours, and the window these leave open.

A moment is an aware datetime. Hours are the contact's wall-clock hours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, reduce
from typing import Protocol

from relance.rules.clock_changes import known_zone, steady_stretches
from relance.rules.weeks import Spans, Week

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)


class Closures(Protocol):
    """Whole days on which nobody may be reached, such as public holidays. Hashable."""

    def why_closed(self, day: date) -> str | None:
        """The name of what closes this local day, or None when the day is open."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of hours: the agent's, the organization's, or a law's (then with its citation)."""

    label: str
    week: Week
    citation: str = ""
    closed: Closures | None = None

    def is_open(self, local: datetime) -> bool:
        """Whether this wall-clock time, whatever its zone, lies in the hours and on no closed day."""
        minute = local.hour * 60 + local.minute
        for start, end in self.week.days[local.weekday()]:
            if start <= minute < end:
                return self.holiday(local.date()) is None
        return False

    def holiday(self, day: date) -> str | None:
        """The name of what closes this local day, if anything does."""
        return None if self.closed is None else self.closed.why_closed(day)


@dataclass(frozen=True, slots=True)
class Closed:
    """Why a moment is closed: by which layer, in which zone, at what local time, for which holiday if any."""

    layer: Layer
    zone: str
    local: datetime
    holiday: str | None

    @property
    def reason(self) -> str:
        """For people: the holiday's name, or "outside 9:00–18:00 Mon–Sat"."""
        if self.holiday is not None:
            return self.holiday
        return "no open hours" if self.layer.week.is_never else f"outside {self.layer.week.describe()}"


@dataclass(frozen=True)
class Window:
    """Open when in every one of the zones (IANA names) every one of the layers is open.

    A contact whose number lies in several zones has them all. Raises `ValueError` for an unknown zone.
    """

    zones: tuple[str, ...]
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not self.zones:
            raise ValueError("A window needs at least one time zone.")
        for name in self.zones:
            known_zone(name)

    def is_open(self, at: datetime) -> bool:
        """Whether the contact may be reached at this moment."""
        return self.closed_by(at) is None

    def closed_by(self, at: datetime) -> Closed | None:
        """What closes this moment, zones first, then layers in their order; None when it is open."""
        moment = _utc(at)
        for name in self.zones:
            local = moment.astimezone(known_zone(name))
            for layer in self.layers:
                if not layer.is_open(local):
                    return Closed(layer, name, local, layer.holiday(local.date()))
        return None

    def next_opening(self, at: datetime, within: timedelta = timedelta(days=400)) -> datetime | None:
        """The earliest open moment from `at` (itself, if open) to before `at + within`, in UTC; or None."""
        moment = _utc(at)
        for start, until, offsets in steady_stretches(self.zones, moment, moment + within):
            # Hours that never meet in a week will not meet as long as the clocks stay as they are.
            meeting = _first_common(start, min(until, start + _WEEK), offsets, self._hours)
            opening = meeting and _first_common(meeting, until, offsets, self._hours_but_closures)
            if opening is not None:
                return opening.replace(tzinfo=UTC)
        return None

    @cached_property
    def _week(self) -> Week:
        return reduce(Week.intersect, (layer.week for layer in self.layers), Week.ALWAYS)

    def _hours(self, day: date) -> Spans:
        return self._week.days[day.weekday()]

    def _hours_but_closures(self, day: date) -> Spans:
        return () if any(layer.holiday(day) is not None for layer in self.layers) else self._hours(day)


HoursOn = Callable[[date], Spans]


def _first_common(moment: datetime, until: datetime, offsets: list[timedelta], hours: HoursOn) -> datetime | None:
    """The first moment before `until` open under every offset: each pushes it on in turn, until none does."""
    while moment < until:
        opening = moment
        for offset in offsets:
            opening = _first_open(opening + offset, until + offset, hours) - offset
        if opening == moment:
            return moment
        moment = opening
    return None


def _first_open(wall: datetime, until: datetime, hours: HoursOn) -> datetime:
    """The first open wall-clock time, if it is before `until`; else a time that is not."""
    while wall < until:
        midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
        for start, stop in hours(midnight.date()):
            if wall < midnight + timedelta(minutes=stop):
                return max(wall, midnight + timedelta(minutes=start))
        wall = midnight + _DAY
    return until


def _utc(at: datetime) -> datetime:
    # Even a moment in the window's own zone: inside a DST gap its wall clock shows an hour that never was.
    if at.tzinfo is None:
        raise ValueError("A moment needs a time zone: pass an aware datetime.")
    return at.astimezone(UTC)
