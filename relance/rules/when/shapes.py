"""What words for time come to: days, times of day, moments; and the sentence where they come to nothing."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from relance.rules.when.words import Part

NOON = 12 * 60
WHOLE_DAY = 24 * 60


class Unsure(ValueError):
    """No moment can be told from a text. A sentence for whoever wrote it: what is missing or could mean two things."""


class Grain(StrEnum):
    """How exactly a time is named: "15:04", "three", "the afternoon", "Tuesday", "next week", "in December"."""

    MINUTE = "minute"
    HOUR = "hour"
    PART = "part of day"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Days:
    """Some days, the last included. `weekday` is set where nothing but a weekday is named: the week may still come."""

    first: date
    last: date
    grain: Grain = Grain.DAY
    sure: float = 1.0
    weekday: int | None = None

    @classmethod
    def one(cls, day: date, sure: float = 1.0, weekday: int | None = None) -> "Days":
        """A single day."""
        return cls(day, day, sure=sure, weekday=weekday)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day in minutes. One that is not `fixed` lies between 1:00 and 12:59, before noon or after."""

    minute: int
    fixed: bool
    grain: Grain
    sure: float = 1.0

    def halves(self) -> tuple[int, ...]:
        """The minutes of the day that it may mean, the earlier first; twelve is noon, or the night's midnight."""
        if self.fixed:
            return (self.minute,)
        if self.minute >= NOON:
            return (self.minute, self.minute + NOON) if self.minute == NOON else (self.minute,)
        return (self.minute, self.minute + NOON)

    def likely(self) -> int:
        """The minute of a working day: one to six are of the afternoon, seven to eleven of the morning."""
        return self.minute + NOON if not self.fixed and self.minute < 7 * 60 else self.minute


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of time that needs no day, as in "in two hours"."""

    start: datetime
    end: datetime
    grain: Grain
    sure: float = 1.0


@dataclass(frozen=True, slots=True)
class PartOfDay:
    """A part of the day, of today where it is said so."""

    part: Part
    today: bool


Value = Days | Clock | Moment | PartOfDay | None


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of the text: an expression for a day or a time with its value, or a word left as it is."""

    kind: str
    start: int
    end: int
    value: Value = None


@dataclass(frozen=True, slots=True)
class Here:
    """Where and when a text is read."""

    now: datetime
    """UTC."""
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The day it is here."""
        return self.now.astimezone(self.zone).date()

    @property
    def this_minute(self) -> datetime:
        """The beginning of the minute it is: what is said of it has not passed."""
        return self.now.replace(second=0, microsecond=0)

    def instant(self, day: date, minute: int) -> datetime:
        """A minute of a day here, in UTC.

        One that the clocks skip is as much later as they are set forward. Of one that they show twice it is the first
        that has not passed.
        """
        wall = datetime.combine(day, time()) + timedelta(minutes=minute)
        first, second = (wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return second if first < self.this_minute <= second else first
