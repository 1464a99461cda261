"""From what is wished to the time it comes to: days and times taken together, seen from now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import product

from relance.rules.when import dates
from relance.rules.when.shapes import NOON, WHOLE_DAY, Clock, Days, Grain, Here, Moment, PartOfDay, Unsure
from relance.rules.when.terms import DayTerm, Said, TimeTerm
from relance.rules.when.words import Part

OPENING = 9 * 60
"""The minute at which a day without a time begins."""
_MINUTE = timedelta(minutes=1)
_FARTHEST = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some minutes of a day. A `point` has passed when its beginning has."""

    start: int
    end: int
    grain: Grain
    sure: float
    point: bool = False
    ahead: bool = False
    """Whether without a day it means one that has not begun: "after three", said at four, is tomorrow's."""
    other: "Stretch | None" = None
    """The other half of the day, where nothing says which is meant."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A time in UTC, with the instant of it to choose."""

    start: datetime
    end: datetime
    at: datetime
    grain: Grain
    sure: float


def meaning(said: Sequence[Said], here: Here) -> Meant:
    """The one time that all the terms agree upon. Raises Unsure where they do not, and where it has passed."""
    days = _days([one.term for one in said if isinstance(one.term, DayTerm)])
    parts = [one.term for one in said if isinstance(one.term, PartOfDay)]
    times = {one.term for one in said if isinstance(one.term, TimeTerm)}
    moments = {one.term for one in said if isinstance(one.term, Moment)}
    if moments:
        meant = _moment(moments, here, alone=not (parts or times or (days and days.first != here.today)))
    elif times or parts:
        meant = _timed(_stretch(times, _part(parts)), _today(days, parts, here), here)
    elif days:
        meant = _whole_days(days, here)
    else:
        raise Unsure("No day or time is named.")
    if meant.start - here.now > _FARTHEST:
        raise Unsure("That is more than five years ahead. Name a nearer day.")
    return meant


# Days.


def _days(terms: Sequence[DayTerm]) -> Days | None:
    if len(terms) > 1 and any(term.bounded for term in terms):
        raise Unsure("More than one day is named. Name one.")
    days: Days | None = None
    for term in terms:
        days = _agreed(days, term.days) if days else term.days
    return days


def _agreed(one: Days, other: Days) -> Days:
    """The narrower of two, of which one says more of the other, as in "Tuesday next week"."""
    if other.weekday is not None and one.weekday is None:
        one, other = other, one
    if one.weekday is None or other.weekday is not None:
        return _overlap(one, other)
    if other.first == other.last and other.first.weekday() != one.weekday:
        raise Unsure(f"{dates.named(other.first)} is not the weekday that is named with it.")
    for ahead in range((other.last - other.first).days + 1):
        if (day := other.first + timedelta(ahead)).weekday() == one.weekday:
            return Days.one(day, other.sure if other.grain is Grain.DAY else 1.0)
    raise Unsure("That day has passed. Name a day to come.")


def _overlap(one: Days, other: Days) -> Days:
    first, last = max(one.first, other.first), min(one.last, other.last)
    if (first, last) not in ((one.first, one.last), (other.first, other.last)):
        raise Unsure("More than one day is named. Name one.")
    return one if (first, last) == (one.first, one.last) else other


def _today(days: Days | None, parts: Sequence[PartOfDay], here: Here) -> Days | None:
    """The days, today where a part of it is meant."""
    if not any(part.today for part in parts):
        return days
    today = Days.one(here.today)
    return _agreed(days, today) if days else today


def _whole_days(days: Days, here: Here) -> Meant:
    start, end = here.instant(days.first, 0), here.instant(days.last, WHOLE_DAY)
    if end <= here.now:
        raise Unsure("That day has passed. Name a day to come.")
    start = max(start, here.now)
    opening = here.instant(days.first, OPENING)
    return Meant(start, end, opening if start <= opening < end else start, days.grain, days.sure)


# Times of day.


def _part(parts: Sequence[PartOfDay]) -> Part | None:
    """What the parts named have in common: "tomorrow morning, first thing"."""
    if not parts:
        return None
    common = parts[0].part
    for other in (part.part for part in parts[1:]):
        common = replace(common, start=max(common.start, other.start), end=min(common.end, other.end))
    if common.start >= common.end:
        raise Unsure("More than one part of the day is named. Name one.")
    return common


def _stretch(times: set[TimeTerm], part: Part | None) -> Stretch:
    if len(times) > 1 and len({term.clocks for term in times}) == 1:  # "she is home at six, so after six"
        times = {term for term in times if term.bound != "at"}
    if len(times) > 1:
        raise Unsure("More than one time of day is named. Name one.")
    if not times:
        return _whole_part(part) if part else Stretch(0, WHOLE_DAY, Grain.PART, 0.5)
    (term,) = times
    match term.bound:
        case "at":
            return _point(term, part)
        case "after":
            return _after(term.clocks[0], part)
        case "before":
            return _before(term.clocks[0], part)
    first, second = term.clocks
    return _between(first, second, part, either=term.bound == "or")


def _whole_part(part: Part) -> Stretch:
    return Stretch(part.start, part.end, Grain.PART, 0.95, ahead=True)


def _fitting(clock: Clock, part: Part | None) -> Iterator[int]:
    """The minutes that the clock may mean, the likeliest first."""
    for minute in sorted(clock.halves(), key=lambda half: half != clock.likely()):
        if part is None or part.earliest <= minute <= part.latest:
            yield minute


def _chosen(clock: Clock, part: Part | None) -> tuple[int, float]:
    minute = next(_fitting(clock, part), None)
    if minute is None:
        raise Unsure("The time of day and the part of the day do not go together.")
    return minute, clock.sure * (1.0 if clock.fixed or part else 0.9)


def _point(term: TimeTerm, part: Part | None) -> Stretch:
    clock = term.clocks[0]
    minute, sure = _chosen(clock, part)
    grain = Grain.HOUR if term.about else clock.grain
    long = 60 if grain is Grain.HOUR else 1
    found = Stretch(minute, minute + long, grain, sure * (0.9 if term.about else 1.0), point=True, ahead=True)
    other = next((half for half in clock.halves() if half != minute and half <= WHOLE_DAY), None)
    if other is None or part:
        return found
    return replace(found, other=replace(found, start=other, end=other + long, sure=0.6))


def _after(clock: Clock, part: Part | None) -> Stretch:
    minute, sure = _chosen(clock, part)
    end = part.end if part and part.end > minute else max(WHOLE_DAY, minute + 60)
    return Stretch(minute, end, Grain.PART, sure * _plainly(clock, part), ahead=True)


def _before(clock: Clock, part: Part | None) -> Stretch:
    minute, sure = _chosen(clock, part)
    start = part.start if part and part.start < minute else min(OPENING, max(0, minute - 60))
    return Stretch(start, max(minute, start + 1), Grain.PART, sure * _plainly(clock, part))


def _plainly(clock: Clock, part: Part | None) -> float:
    """“After seven” is of the morning by the rule, and of the evening for many."""
    return 0.65 if part is None and not clock.fixed and 7 * 60 <= clock.minute < 9 * 60 else 1.0


def _between(first: Clock, second: Clock, part: Part | None, *, either: bool) -> Stretch:
    """The shortest stretch that the two may mean; where two are as short, that which begins at the likelier hour."""
    pairs = list(_pairs(first, second, part))
    if not pairs:
        raise Unsure("The time it ends is not after the time it begins.")
    start, end = min(pairs, key=lambda pair: (pair[1] - pair[0], pair[0] != first.likely()))
    if either and end - start > 60:
        raise Unsure("More than one time of day is named. Name one.")
    known = part is not None or first.fixed or second.fixed
    long = (60 if second.grain is Grain.HOUR else 1) if either else 0
    return Stretch(start, end + long, Grain.PART, first.sure * second.sure * (1.0 if known else 0.9))


def _pairs(first: Clock, second: Clock, part: Part | None) -> Iterator[tuple[int, int]]:
    for start, end in product(_fitting(first, part), _fitting(second, part)):
        if end > start:
            yield start, end
        elif first.fixed and second.fixed and start >= NOON > end:
            yield start, end + WHOLE_DAY


# Taken together.


def _moment(moments: set[Moment], here: Here, *, alone: bool) -> Meant:
    if len(moments) > 1 or not alone:
        raise Unsure("More than one time is named. Name one.")
    (moment,) = moments
    start = max(moment.start, here.now)
    return Meant(start, max(moment.end, start + _MINUTE), start, moment.grain, moment.sure)


def _timed(stretch: Stretch, days: Days | None, here: Here) -> Meant:
    if days is None:
        return _next(stretch, here)
    several = 1.0 if days.first == days.last else 0.8
    for day in _each(days):
        for candidate in (stretch, stretch.other):
            if candidate and (meant := _on(candidate, day, here, begun=not candidate.point)):
                return replace(meant, sure=meant.sure * days.sure * several)
    raise Unsure("That time has passed. Name a time to come.")


def _each(days: Days) -> Iterable[date]:
    return (days.first + timedelta(ahead) for ahead in range(min((days.last - days.first).days, 7) + 1))


def _next(stretch: Stretch, here: Here) -> Meant:
    """Today, or tomorrow when it has passed; a part of the day that has begun is tomorrow's."""
    if meant := _on(stretch, here.today, here, begun=not stretch.ahead):
        return meant
    tomorrow = _on(stretch, here.today + timedelta(1), here, begun=True)
    if tomorrow is None:
        raise Unsure("That time has passed. Name a time to come.")
    return replace(tomorrow, sure=tomorrow.sure * 0.75)


def _on(stretch: Stretch, day: date, here: Here, *, begun: bool) -> Meant | None:
    """The stretch on a day; None where it has passed, or has begun and may not have."""
    start, end = here.instant(day, stretch.start), here.instant(day, stretch.end)
    if end <= here.now or (start < here.this_minute and not begun):
        return None
    start = max(start, here.now)
    return Meant(start, max(end, start + _MINUTE), start, stretch.grain, stretch.sure)
