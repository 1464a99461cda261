"""When a contact may be reached: weekly hours, the sources that set them, and the window they leave open.

A moment is an aware datetime. Hours are the contact's wall-clock hours, in minutes of the day from 0 to 1440,
half-open: 08:00–20:00 holds 08:00 and no longer holds 20:00.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache, reduce
from itertools import pairwise
from typing import ClassVar, Protocol, TypeGuard
from zoneinfo import ZoneInfo

Span = tuple[int, int]
Spans = tuple[Span, ...]

DAY_KEYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WHOLE_DAY = 24 * 60
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Week:
    """The open hours of each day, Monday first: for each day its spans, in order and not overlapping.

    Raises `ValueError`, naming the day and what would be right, when they are not.
    """

    days: tuple[Spans, ...]
    ALWAYS: ClassVar["Week"]

    def __post_init__(self) -> None:
        if len(self.days) != len(DAY_KEYS):
            raise ValueError(f"A week has seven days, not {len(self.days)}.")
        for name, spans in zip(_DAY_NAMES, self.days, strict=True):
            _check_spans(name, spans)

    @classmethod
    def every_day(cls, start: str, end: str) -> "Week":
        """The same hours on all seven days, such as `every_day("08:00", "20:00")`."""
        return cls.parse({day: [[start, end]] for day in DAY_KEYS})

    @classmethod
    def parse(cls, stored: Mapping[str, object]) -> "Week":
        """Read the stored shape `{"mon": [["09:00", "13:00"], ["14:00", "24:00"]], ...}`.

        A missing day is closed. Raises `ValueError` with a sentence for the person who typed the hours.
        """
        if not isinstance(stored, Mapping):
            raise ValueError('The hours of a week look like {"mon": [["09:00", "18:00"]]}.')
        for key in stored:
            if key not in DAY_KEYS:
                raise ValueError(f"{key!r} is not a day: use {', '.join(DAY_KEYS)}.")
        named = zip(_DAY_NAMES, DAY_KEYS, strict=True)
        return cls(tuple(_parse_day(name, stored.get(key, ())) for name, key in named))

    def to_json(self) -> dict[str, list[list[str]]]:
        """The stored shape, all seven days in it: what `parse` reads."""
        return {
            key: [[_hhmm(start), _hhmm(end)] for start, end in spans]
            for key, spans in zip(DAY_KEYS, self.days, strict=True)
        }

    @property
    def is_never(self) -> bool:
        """No hour of any day is open."""
        return not any(self.days)

    def intersect(self, other: "Week") -> "Week":
        """The hours open in both."""
        return Week(tuple(_common(mine, theirs) for mine, theirs in zip(self.days, other.days, strict=True)))

    def by_days(self) -> tuple[tuple[str, Spans], ...]:
        """The open days grouped by equal hours: `(("Mon–Fri", spans), ("Sat", spans))`; "" is every day."""
        groups: dict[Spans, list[int]] = {}
        for weekday, spans in enumerate(self.days):
            if spans:
                groups.setdefault(spans, []).append(weekday)
        return tuple((_name_days(weekdays), spans) for spans, weekdays in groups.items())

    def describe(self) -> str:
        """For people: "9:00–18:00 Mon–Sat", "10:00–13:00 and 14:00–20:00 Mon–Fri", "at any time", "never"."""
        if self == Week.ALWAYS:
            return "at any time"
        groups = (f"{render_spans(spans, '–')} {days}".rstrip() for days, spans in self.by_days())
        return "; ".join(groups) or "never"


def render_spans(spans: Spans, to: str) -> str:
    """Spans for people, as in "10:00–13:00 and 14:00–20:00"; `to` stands between start and end."""
    return " and ".join(f"{_clock(start)}{to}{_clock(end)}" for start, end in spans)


def _check_spans(day: str, spans: Spans) -> None:
    free_from = 0
    for start, end in spans:
        if not 0 <= start < end <= _WHOLE_DAY:
            raise ValueError(f"{day}: {_hhmm(start)} to {_hhmm(end)} must end later than it starts.")
        if start < free_from:
            raise ValueError(
                f"{day}: {_hhmm(start)} to {_hhmm(end)} must start at {_hhmm(free_from)} or later: "
                "write the hours in order and without overlaps."
            )
        free_from = end


def _parse_day(day: str, spans: object) -> Spans:
    if not _is_list(spans):
        raise ValueError(f'{day}: write the hours as a list such as [["09:00", "18:00"]].')
    return tuple(_parse_span(day, span) for span in spans)


def _parse_span(day: str, span: object) -> Span:
    if not (_is_list(span) and len(span) == 2):
        raise ValueError(f'{day}: each opening is a start and an end, such as ["09:00", "18:00"].')
    return _parse_time(day, span[0]), _parse_time(day, span[1])


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _parse_time(day: str, text: object) -> int:
    if not (isinstance(text, str) and _TIME.fullmatch(text)):
        raise ValueError(f"{day}: {text!r} is not a time of day: write it as HH:MM, from 00:00 to 24:00.")
    return int(text[:2]) * 60 + int(text[3:])


def _common(mine: Spans, theirs: Spans) -> Spans:
    pairs = ((max(a, c), min(b, d)) for a, b in mine for c, d in theirs)
    return tuple((start, end) for start, end in pairs if start < end)


def _hhmm(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _name_days(weekdays: Sequence[int]) -> str:
    if len(weekdays) == len(DAY_KEYS):
        return ""
    runs: list[list[int]] = []
    for weekday in weekdays:
        if runs and weekday == runs[-1][-1] + 1:
            runs[-1].append(weekday)
        else:
            runs.append([weekday])
    return ", ".join(_name_run(run) for run in runs)


def _name_run(run: Sequence[int]) -> str:
    first, last = (_DAY_NAMES[day][:3] for day in (run[0], run[-1]))
    return first if len(run) == 1 else f"{first}–{last}"


Week.ALWAYS = Week.every_day("00:00", "24:00")


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
            _zone(name)

    def is_open(self, at: datetime) -> bool:
        """Whether the contact may be reached at this moment."""
        return self.closed_by(at) is None

    def closed_by(self, at: datetime) -> Closed | None:
        """What closes this moment, zones first, then layers in their order; None when it is open."""
        moment = _utc(at)
        for name in self.zones:
            local = moment.astimezone(_zone(name))
            for layer in self.layers:
                if not layer.is_open(local):
                    return Closed(layer, name, local, layer.holiday(local.date()))
        return None

    def next_opening(self, at: datetime, within: timedelta = timedelta(days=400)) -> datetime | None:
        """The earliest open moment from `at` (itself, if open) to before `at + within`, in UTC; or None."""
        moment = _utc(at)
        for start, until, offsets in _steady_stretches(self.zones, moment, moment + within):
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


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    # The name of a folder of the tz database, such as "America", gives an OSError on some platforms.
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"Unknown time zone {name!r}: use an IANA name such as 'Europe/Madrid'.") from None


def _steady_stretches(
    zones: Sequence[str], moment: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, list[timedelta]]]:
    """Cut the time between two moments where a zone's clocks change: (start, until, offsets), in naive UTC.

    Between two changes local time is plain arithmetic: gaps, repeated hours and skipped days lie at the cuts.
    Zones of one offset are there one zone.
    """
    changes = {
        change
        for name in zones
        for year in range(moment.year, end.year + 1)
        for change in _clock_changes(name, year)
        if moment < change < end
    }
    for start, until in pairwise((moment, *sorted(changes), end)):
        yield start.replace(tzinfo=None), until.replace(tzinfo=None), sorted({_offset(name, start) for name in zones})


@lru_cache(maxsize=4096)
def _clock_changes(zone: str, year: int) -> tuple[datetime, ...]:
    """The moments of a UTC year at which the zone's offset changes."""
    # Two days at a time: in the whole of the tz database no zone has changed its offset twice within three.
    first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    marks = [*(first + _DAY * n for n in range(0, 366, 2) if first + _DAY * n < last), last]
    return tuple(
        _first_second_after_change(zone, before, after)
        for before, after in pairwise(marks)
        if _offset(zone, before) != _offset(zone, after)
    )


def _first_second_after_change(zone: str, before: datetime, after: datetime) -> datetime:
    old = _offset(zone, before)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: str, moment: datetime) -> timedelta:
    return moment.astimezone(_zone(zone)).replace(tzinfo=None) - moment.replace(tzinfo=None)
