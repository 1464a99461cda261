"""What a daily digest says, in plain text. No database: what there is to tell is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import chain

MOST_LINES = 20
LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Line:
    """One of those that a part is about, and its page."""

    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Part:
    """What there is of one kind: `count` in all, `lines` for the first of them, and `path` where all of them are."""

    kind: str
    count: int
    lines: Sequence[Line]
    path: str
    heading: str


def subject(parts: Sequence[Part]) -> str:
    """Such as “12 due today, 3 overdue, 1 failed”; empty where there is nothing to tell."""
    return ", ".join(f"{part.count:,} {part.kind}" for part in parts if part.count)


def body(parts: Sequence[Part], *, day: date, at: time, place: str, base_url: str) -> str:
    """The mail to a member who wants it at `at` by the clock of `place`; every path in it with `base_url`."""
    told = [_written(part, base_url) for part in parts if part.count]
    lines = [f"{day:%A}, {day.day} {day:%B %Y}", "", *chain.from_iterable(told)]
    why = f"You asked for this mail at {at:%H:%M} ({place} time), on days with something to tell."
    return "\n".join([*lines, "-- ", why, f"Change or stop it: {base_url}/settings/profile", ""])


def _written(part: Part, base_url: str) -> Iterator[str]:
    yield f"{part.heading} ({part.count:,})"
    for line in part.lines[:MOST_LINES]:
        yield f"* {_one_line(line.text)}"
        yield f"  {base_url}{line.path}"
    if (more := part.count - min(len(part.lines), MOST_LINES)) > 0:
        yield f"and {more:,} more: {base_url}{part.path}"
    yield ""


def _one_line(text: str) -> str:
    """What others wrote cannot begin a line of its own."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"
