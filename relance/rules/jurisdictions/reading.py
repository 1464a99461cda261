"""Reading the table of laws from its TOML: whatever is not right is refused, with its row and what would be right."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any, TypeVar

from relance.rules.jurisdictions.law import CHANNELS, Cap, Law, Preset, Table
from relance.rules.weeks import DAY_KEYS, Week

T = TypeVar("T")


def read(text: str) -> Table:
    """Read the TOML of a table of laws. Raises `ValueError` naming the row and what is wrong with it."""
    top = _Row("The table", tomllib.loads(text))
    part_of = _read_part_of(top.take("part_of", dict, {}))
    laws = tuple(law for row in top.rows("law") for law in _read_laws(row))
    presets = tuple(_read_preset(row) for row in top.rows("preset"))
    top.done()
    _check_never_twice_at_once(laws)
    return Table(part_of, laws, presets)


class _Row:
    """A TOML table whose keys are taken out one by one: what is left at the end is a mistake."""

    def __init__(self, name: str, content: object) -> None:
        if not isinstance(content, dict):
            raise ValueError(f"{name}: must be a table of its own.")
        self._name = f"{name} ({content['code']})" if "code" in content else name
        self._left: dict[str, Any] = dict(content)

    def wrong(self, what: str) -> ValueError:
        return ValueError(f"{self._name}: {what}")

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        value = self._left.pop(key, default)
        # Not isinstance: to Python a bool is an int, and a datetime a date.
        if type(value) is not kind:
            raise self.wrong(f"{key} must be given, as {kind.__name__}, not {value!r}.")
        return value

    def maybe(self, key: str, kind: type[T]) -> T | None:
        return self.take(key, kind) if key in self._left else None

    def rows(self, key: str) -> "list[_Row]":
        return [_Row(f"{key} {n}", content) for n, content in enumerate(self.take(key, list, []), 1)]

    def text(self, key: str) -> str:
        text = self.take(key, str)
        if not text.strip():
            raise self.wrong(f"{key} must not be empty.")
        return text

    def count(self, key: str) -> int:
        number = self.take(key, int)
        if number < 1:
            raise self.wrong(f"{key} must be 1 or more, not {number}.")
        return number

    def days(self, key: str) -> timedelta | None:
        return timedelta(days=self.count(key)) if key in self._left else None

    def done(self) -> None:
        if self._left:
            raise self.wrong(f"unknown {', '.join(sorted(self._left))}.")


def _read_part_of(codes: Mapping[str, object]) -> dict[str, str]:
    for pair in codes.items():
        if not all(isinstance(code, str) and re.fullmatch("[A-Z]{2}", code) for code in pair):
            raise ValueError(f"part_of: {pair} must be two country codes such as PR and US.")
    return {code: str(nation) for code, nation in codes.items()}


def _read_laws(row: _Row) -> list[Law]:
    """The law of one row, once for each of its channels."""
    channels = _read_channels(row)
    law = Law(
        code=_read_code(row),
        place=row.text("place"),
        channel=channels[0],
        channels=frozenset(channels),
        week=_read_week(row),
        closed_on_holidays=row.take("closed_on_holidays", bool, False),
        caps=_read_caps(row),
        rest_after_refusal=row.days("rest_after_refusal_days"),
        needs_opt_in_since=row.maybe("needs_opt_in_since", date),
        since=row.maybe("since", date),
        until=row.maybe("until", date),
        citation=row.text("citation"),
    )
    row.done()
    if law.week is None and not law.caps:
        raise row.wrong("hours or caps must be given: it forbids nothing.")
    if law.since and law.until and law.since >= law.until:
        raise row.wrong("until must be later than since.")
    return [replace(law, channel=channel) for channel in channels]


def _read_code(row: _Row) -> str:
    code = row.text("code")
    if not re.fullmatch("[A-Z]{2}(-[A-Z0-9]{1,3})?", code):
        raise row.wrong("code must be an ISO 3166 code such as FR or US-FL.")
    return code


def _read_channels(row: _Row) -> list[str]:
    channels = row.take("channels", list)
    if not channels or len(channels) != len(set(channels)) or not CHANNELS.keys() >= set(channels):
        raise row.wrong(f"channels must be some of {', '.join(CHANNELS)}, each once.")
    return channels


def _read_week(row: _Row) -> Week | None:
    hours = row.maybe("hours", dict)
    if hours is None:
        return None
    week: dict[str, object] = {}
    for run, spans in hours.items():
        for day in _read_run(row, run):
            if day in week:
                raise row.wrong(f"hours gives {day} twice.")
            week[day] = spans
    try:
        return Week.parse(week)
    except ValueError as error:
        raise row.wrong(str(error)) from None


def _read_run(row: _Row, run: str) -> Sequence[str]:
    first, _, last = run.partition("-")
    if not {first, last or first} <= set(DAY_KEYS):
        raise row.wrong(f"hours has {run!r}: use a day or a run of days, such as sun or mon-sat.")
    days = DAY_KEYS[DAY_KEYS.index(first) : DAY_KEYS.index(last or first) + 1]
    if not days:
        raise row.wrong(f"hours has {run!r}: a run of days goes forward from mon to sun.")
    return days


def _read_caps(row: _Row) -> tuple[Cap, ...]:
    return tuple(_read_cap(cap) for cap in row.rows("caps"))


def _read_cap(row: _Row) -> Cap:
    within = row.days("days") or timedelta(hours=row.count("hours"))
    cap = Cap(row.count("most"), within, row.text("what"))
    row.done()
    return cap


def _read_preset(row: _Row) -> Preset:
    preset = Preset(
        code=row.text("code"),
        name=row.text("name"),
        caps=_read_caps(row),
        rest_after_conversation=timedelta(days=row.count("rest_after_conversation_days")),
        since=row.take("since", date),
        citation=row.text("citation"),
    )
    row.done()
    return preset


def _check_never_twice_at_once(laws: Sequence[Law]) -> None:
    for one, other in combinations(laws, 2):
        if (one.code, one.channel) == (other.code, other.channel) and _overlap(one, other):
            raise ValueError(f"{one.code}: two rows hold for {one.channel} at once: end the first by until.")


def _overlap(one: Law, other: Law) -> bool:
    starts = max(one.since or date.min, other.since or date.min)
    return starts < min(one.until or date.max, other.until or date.max)
