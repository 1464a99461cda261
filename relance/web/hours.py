"""Hours of a week as people write them into a form: for each day a line such as “09:00–13:00, 14:00–18:00”."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relance.rules.weeks import DAY_KEYS

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_SPANS = 12
_SPAN = re.compile(r"\s*(\d{1,2})(?:[:.h](\d{2}))?\s*(?:-|–|—|to)\s*(\d{1,2})(?:[:.h](\d{2}))?\s*", re.ASCII)


class Unreadable(ValueError):
    """A line that says no hours; the message names the day and what would be right."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the form: its field is `hours.` and the key."""

    key: str
    name: str
    text: str


def written(hours: Mapping[str, Sequence[Sequence[str]]]) -> list[Day]:
    """The stored hours, for a form."""
    lines = [", ".join("–".join(span) for span in hours.get(key, ())) for key in DAY_KEYS]
    return [Day(key, name, line) for key, name, line in zip(DAY_KEYS, NAMES, lines, strict=True)]


def typed(post: Mapping[str, str]) -> list[Day]:
    """What was typed, as it was."""
    return [Day(key, name, post.get(f"hours.{key}", "")[:300]) for key, name in zip(DAY_KEYS, NAMES, strict=True)]


def read(days: Sequence[Day]) -> dict[str, list[list[str]]]:
    """The hours as they are stored; a day without any is closed. Raises `Unreadable`.

    Only the writing is judged here: what hours may be, `rules.windows.Week` says.
    """
    return {day.key: spans for day in days if (spans := _spans(day))}


def _spans(day: Day) -> list[list[str]]:
    if day.text.strip().casefold() in {"", "closed", "–", "-"}:
        return []
    found = [_SPAN.fullmatch(part) for part in re.split(r",|;|\band\b", day.text)]
    if len(found) > MOST_SPANS or None in found:
        raise Unreadable(f"{day.name}: write the hours as 09:00–13:00, 14:00–18:00, or leave them out.")
    return [[_time(span[1], span[2]), _time(span[3], span[4])] for span in found if span]


def _time(hour: str, minute: str | None) -> str:
    return f"{int(hour):02}:{minute or '00'}"
