"""From expressions to what is wished: days and times joined ("between two and four") and bounded ("not before three"),
without those that are ruled out ("I'm busy on Tuesday")."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from relance.rules.when.shapes import Clock, Days, Grain, Item, Moment, PartOfDay, Unsure
from relance.rules.when.words import codes, pattern

Bound = Literal["at", "after", "before", "between", "or"]
_OTHER_SIDE = {"until": "from", "by": "after", "before": "from"}


@dataclass(frozen=True, slots=True)
class DayTerm:
    """Days to choose from."""

    days: Days
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class TimeTerm:
    """A time of day: at, after or before the first clock, or between the two."""

    bound: Bound
    clocks: tuple[Clock, ...]
    about: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A term and the words that say it."""

    term: DayTerm | TimeTerm | PartOfDay | Moment
    start: int
    end: int
    clause: int = 0
    asked: bool = False
    """Whether its clause, known by its number, asks for something."""


_CLOCK = "(?:ABOUT? (?:AT|TO_THE|THE)? ABOUT? ARTICLE? (?:CLOCK|BARE))"
_SECOND = "(?:(?:TO|AND|DASH|UNTIL) ABOUT? (?:AT|TO_THE)? | AT) (?:CLOCK|BARE)"
_BOUND = "(?:AFTER|FROM|BEFORE|BY|UNTIL)"
_DAY = "(?:ON|THE){0,2} DAYS"
_RULES: Sequence[tuple[str, re.Pattern[str]]] = [
    (name, pattern(says))
    for name, says in (
        ("range", f"(?:BETWEEN|FROM|OF) {_CLOCK} {_SECOND} | BETWEEN {_CLOCK} {_SECOND}"),
        ("loose range", "(?:AT|TO_THE)? (?:CLOCK|BARE) (?:TO|DASH|UNTIL) (?:AT|TO_THE)? (?:CLOCK|BARE)"),
        ("either time", f"(?:AT|TO_THE|ABOUT|AFTER|(?<=DAYS)|(?=CLOCK)) {_CLOCK} OR {_CLOCK}"),
        ("onwards", f"(?:FROM|OF)? {_CLOCK} ONWARDS"),
        ("bound time", f"{_BOUND} {_CLOCK} | (?:BEFORE|UNTIL) PART"),
        ("time", "ABOUT? (?:AT|TO_THE) ABOUT? (?:CLOCK|BARE) | ABOUT (?:CLOCK|BARE) | CLOCK"),
        ("time", "(?:(?<=DAYS)|(?<=DAYS COMMA)|(?<=PART)|(?<=PART COMMA)) BARE | BARE (?=PART)"),
        ("soft time", "SOFT ABOUT? (?:CLOCK|BARE)"),
        ("either part", "PART OR PART"),
        ("part", "PART"),
        ("days between", f"(?:BETWEEN|FROM|OF) {_DAY} (?:AND|TO|DASH|UNTIL) {_DAY} | DAYS (?:TO|DASH|UNTIL) {_DAY}"),
        ("either day", f"DAYS COMMA? (?:OR|AND) {_DAY}"),
        ("bound day", f"{_BOUND} {_DAY}"),
        ("day", "DAYS"),
        ("moment", "MOMENT"),
    )
]
_ANY = re.compile("|".join(f"(?:{says.pattern})" for _, says in _RULES))
_ASKED_NOT = pattern("NOT ENDER? $")


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands in a clause beside its terms."""

    number: int
    ruled_out: bool
    bygone: bool
    free: bool
    asked: bool


@dataclass(frozen=True, slots=True)
class Match:
    """A term with its clause, and the word that bounds it where one does."""

    said: Said
    word: str
    clause: Clause


def terms(items: Sequence[Item], text: str, today: date) -> list[Said]:
    """What is wished, in the order of the text; empty where nothing to come is named.

    Raises Unsure where all is ruled out, and where two readings are left.
    """
    found = list(_matches(items))
    bounding = {match.clause.number for match in found if match.word in _OTHER_SIDE}
    to_come = [match for match in found if not match.clause.bygone]
    kept = [match for match in to_come if not match.clause.ruled_out or match.clause.number in bounding]
    if to_come and not kept:
        raise Unsure("What is named is ruled out, and no other time is named.")
    return [_turned(match, text, today) for match in kept]


def _clauses(items: Sequence[Item], kinds: str) -> list[Clause]:
    """The clause of each item. A new one begins at a stop, at "but", and where something is asked for."""
    starts = [0]
    for place, item in enumerate(items):
        asked = item.kind == "ask" and not _ASKED_NOT.search(kinds, max(0, place - 2), place)
        if asked or item.kind in ("stop", "comma", "but"):
            starts.append(place)
    clauses: list[Clause] = []
    for start, end in pairwise([*starts, len(items)]):
        inside = {item.kind for item in items[start:end]}
        out = bool(inside & {"not", "busy"})
        clauses += [Clause(start, out, "bygone" in inside, "free" in inside, "ask" in inside)] * (end - start)
    return clauses


def _matches(items: Sequence[Item]) -> Iterator[Match]:
    kinds = codes(item.kind for item in items)
    clauses = _clauses(items, kinds)
    has_day = any(item.kind in ("days", "part") for item in items)
    place = 0
    while next_one := _ANY.search(kinds, place):
        place = next_one.start()
        for name, says in _RULES:
            found = says.match(kinds, place)
            row = items[place : found.end()] if found else ()
            if row and (term := _term(name, row, has_day=has_day)):
                word = row[0].kind if name.startswith("bound") else ""
                clause = clauses[place]
                yield Match(Said(term, row[0].start, row[-1].end, clause.number, clause.asked), word, clause)
                place += len(row)
                break
        else:
            place += 1


def _term(name: str, row: Sequence[Item], *, has_day: bool) -> DayTerm | TimeTerm | PartOfDay | Moment | None:
    clocks = tuple(item.value for item in row if isinstance(item.value, Clock))
    days = [item.value for item in row if isinstance(item.value, Days)]
    parts = [item.value for item in row if isinstance(item.value, PartOfDay)]
    about = any(item.kind == "about" for item in row)
    match name:
        case "range":
            return TimeTerm("between", clocks, about)
        case "loose range" if has_day or any(item.kind in ("at", "clock") for item in row):
            return TimeTerm("between", clocks, about)
        case "either time":
            return TimeTerm("or", clocks, about)
        case "onwards":
            return TimeTerm("after", clocks, about)
        case "bound time":
            return TimeTerm(_bound(row[0].kind), clocks or (_edge(parts[0]),), about)
        case "soft time" if has_day:
            return TimeTerm("at", clocks, about)
        case "time":
            return TimeTerm("at", clocks, about)
        case "either part":
            return _either_part(*parts)
        case "part":
            return parts[0]
        case "days between" | "either day":
            return DayTerm(_joined(days[0], days[1], adjacent=name == "either day"))
        case "bound day":
            return DayTerm(days[0], bounded=True)
        case "day":
            return DayTerm(days[0])
        case "moment":
            return next(item.value for item in row if isinstance(item.value, Moment))
    return None


def _bound(word: str) -> Bound:
    return "after" if word in ("after", "from") else "before"


def _edge(part: PartOfDay) -> Clock:
    return Clock(part.part.start, True, Grain.HOUR, 0.8)


def _either_part(first: PartOfDay, second: PartOfDay) -> PartOfDay:
    a, b = first.part, second.part
    whole = replace(a, start=min(a.start, b.start), end=max(a.end, b.end), latest=max(a.latest, b.latest))
    return PartOfDay(whole, first.today or second.today)


def _joined(first: Days, second: Days, *, adjacent: bool) -> Days:
    """Both days and those between. "Monday or Thursday" leaves out the days between, so it is not one stretch."""
    if second.weekday is not None:  # the next such day after the first, be it of this week or not
        ahead = (second.weekday - first.last.weekday()) % 7
        second = Days.one(first.last + timedelta(ahead), second.sure, second.weekday)
    if second.last < first.first or (adjacent and second.first - first.last != timedelta(1)):
        raise Unsure("More than one day is named. Name one.")
    return Days(first.first, second.last, sure=0.8)


def _turned(match: Match, text: str, today: date) -> Said:
    """A bound as it is meant: who is busy until four is free after four."""
    said, flipped = match.said, match.clause.ruled_out
    if match.word == "until" and not flipped and not match.clause.free:
        raise Unsure(f"“{text[said.start : said.end]}” may be when it begins or ends. Say “after” or “before”.")
    match said.term:
        case TimeTerm() if match.word in _OTHER_SIDE and flipped:
            return replace(said, term=replace(said.term, bound="after"))
        case DayTerm(days=days) if match.word:
            return replace(said, term=DayTerm(_bounded(days, match.word, today, flipped=flipped), bounded=True))
    return said


def _bounded(days: Days, word: str, today: date, *, flipped: bool) -> Days:
    """The days after, from, before or until some days. Who is away until Monday is there from Monday."""
    word = _OTHER_SIDE.get(word, word) if flipped else word
    if word in ("after", "from"):
        first = days.first if word == "from" else days.last + timedelta(1)
        return Days(first, first + timedelta(6), sure=0.7)
    last = days.first - timedelta(1) if word == "before" else days.last
    if last < today:
        raise Unsure("There is no day left before that. Name a day to come.")
    return Days(today, last, sure=0.7)
