"""The open hours of a week, as they are typed, stored, joined and told.

Hours are wall-clock hours, in minutes of the day from 0 to 1440, half-open: 08:00–20:00 holds 08:00 and no longer
holds 20:00.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeGuard

Span = tuple[int, int]
Spans = tuple[Span, ...]

DAY_KEYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WHOLE_DAY = 24 * 60
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


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
