"""When to try again: the ladders of spec section 2, in real minutes or at the same hour next day."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal, Self
from zoneinfo import ZoneInfo

NEXT_DAY: Literal["next day"] = "next day"
LONGEST_STEP = 7 * 24 * 60  # minutes: a follow-up expires 7 days after its time
MOST_STEPS = 19  # between at most 20 attempts

HAND_RETRY_AFTER = timedelta(minutes=5)
"""A failed follow-up retried by a person is scheduled this far ahead, with a fresh set of attempts."""

TEMPLATE_ATTEMPTS = 4
"""A template message: one try and three retries."""

Step = int | Literal["next day"]


class Kind(StrEnum):
    """Why another try is due: nobody was reached, or something failed that may pass."""

    UNREACHED = "unreached"
    TEMPORARY = "temporary"


class LadderError(ValueError):
    """A sentence that says what is wrong with a stored ladder and what would be right."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The waits between tries: minutes, or "next day" for the same local hour. The last one repeats."""

    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, stored: object) -> Self:
        """Read decoded JSON such as `[30, 120, "next day"]`. Raises LadderError."""
        if not isinstance(stored, list) or not 1 <= len(stored) <= MOST_STEPS:
            raise LadderError(f'Give a list of 1 to {MOST_STEPS} waits, such as [30, 120, "next day"].')
        return cls(tuple(_step(position, step) for position, step in enumerate(stored, start=1)))

    def to_json(self) -> list[Step]:
        return list(self.steps)


def _step(position: int, step: object) -> Step:
    if step == NEXT_DAY:
        return NEXT_DAY
    if isinstance(step, int) and not isinstance(step, bool) and 1 <= step <= LONGEST_STEP:
        return step
    raise LadderError(f"Wait {position} is {step!r}. Use whole minutes from 1 to {LONGEST_STEP}, or “{NEXT_DAY}”.")


CALL_LADDER = Ladder((30, 120, NEXT_DAY))
TEMPORARY_LADDER = Ladder((5, 15, 60))
_DEFAULTS = {Kind.UNREACHED: CALL_LADDER, Kind.TEMPORARY: TEMPORARY_LADDER}


def call_attempts(max_retries: int) -> int:
    """All tries of a call whose agent has this *maximum number of retries*."""
    return max_retries + 1


def next_try(
    kind: Kind,
    tries_made: int,
    at: datetime,
    *,
    zone: str,
    ladder: Ladder | None = None,
    retry_after: timedelta | None = None,
) -> datetime:
    """The moment, in UTC, of the try after `tries_made` (1 or more), the last of which ended at `at`.

    `at` is an aware datetime. `zone` is the contact's IANA zone, in which "next day" keeps the hour.
    `ladder` replaces the one of this kind. `retry_after` is the provider's least wait, which no ladder
    shortens.

    Raises ValueError for a naive `at` or no try made.
    """
    if at.tzinfo is None:
        raise ValueError("`at` must be an aware datetime.")
    if tries_made < 1:
        raise ValueError("The first try is not a retry: tries_made starts at 1.")
    steps = (ladder or _DEFAULTS[kind]).steps
    climbed = _climb(steps[min(tries_made, len(steps)) - 1], at.astimezone(UTC), ZoneInfo(zone))
    return max(climbed, at.astimezone(UTC) + (retry_after or timedelta()))


def _climb(step: Step, at: datetime, zone: ZoneInfo) -> datetime:
    if step == NEXT_DAY:
        local = at.astimezone(zone).replace(tzinfo=None)
        return _moment(local + timedelta(days=1), zone)
    return at + timedelta(minutes=step)


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """When clocks in `zone` show `wall`, in UTC: its first time, or if skipped the first moment after."""
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    before_the_skip = wall.replace(tzinfo=zone, fold=1, microsecond=0).astimezone(UTC)
    return _change(before_the_skip, moment, zone)


def _change(start: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """The moment from which the zone's clock differs from UTC as it does at `end`, to the second."""

    def changed(seconds: int) -> bool:
        later = start + timedelta(seconds=seconds)
        return later.astimezone(zone).utcoffset() != start.astimezone(zone).utcoffset()

    span = range(int((end - start).total_seconds()) + 1)
    return start + timedelta(seconds=bisect_left(span, True, key=changed))
