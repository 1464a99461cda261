"""Words for time, in English and Spanish: what people type in a date field or say on the telephone.

`read` gives the time that a text names, or refuses with a sentence. It says when; whether the text wishes it is for
others to judge. The words are data, a file a language. What is decided where words leave it open:

* **Halves of the day.** A bare hour is of a working day: 1–6 are of the afternoon, 7–11 of the morning, 12 is noon. A
  part of the day decides otherwise ("tonight at 8"). "03:00" and hours over 12 are of the 24-hour clock. Of a stretch
  the shortest is taken: "10 to 2" ends at 14:00. "Today at 9", said at 10, is 21:00.
* **Weekdays.** A weekday is the next to come; said on that day itself, the one in a week (today is called today), and
  less sure. English "next Friday" is that of next week, Monday first; Spanish "el viernes que viene" and "el próximo
  viernes" are the next to come. "This Friday" may be today.
* **What has passed.** A time alone that has passed today is tomorrow's. A day or date that has passed is refused; a
  date without a year is of next year only when it passed more than 90 days ago.
* **Figures.** 25/11 and 11/25 are plain. 3/4 is 3 April in Spanish, and refused in English. Figures that the two
  languages would read differently are refused when nothing tells the language.
* **Without a time** a day begins at 9:00, or now when it is today. A week is Monday to Sunday; its start is Monday and
  Tuesday, its end Friday. Parts of the day have the hours that the language's file gives them.
* **Stretches.** "After three" lasts until midnight, "before noon" begins at 9:00, "three" is the hour and "3:00" the
  minute. "Monday or Tuesday" is both days; "Monday or Thursday" is refused.
* **Clocks set forward or back.** A time that does not exist is as much later as the clock was set forward; of a time
  that comes twice it is the first not yet passed. "In two hours" is two hours later, whatever the clocks do.
* **Ruled out.** "Not Monday", "busy on Tuesday" and what is past ("you called yesterday") name no time. "Busy until
  four" is after four. A repetition, a time zone and two different times are refused.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from relance.rules.when.atoms import atoms
from relance.rules.when.context import Context
from relance.rules.when.meaning import Meant, meaning
from relance.rules.when.shapes import Grain, Here, Item, Unsure
from relance.rules.when.terms import DayTerm, Said, TimeTerm, terms
from relance.rules.when.words import Language, Token, book, tokens

__all__ = ["Grain", "Language", "Unsure", "When", "read"]

_LANGUAGES: tuple[Language, ...] = ("en", "es")
_ASIDE = frozenset({"ender", "ask", "stop", "comma", "now", "but", "the"})
_FIGURES = frozenset({"number", "bare", "dotted", "date", "decimal", "ordinal", "time"})
_WORDLESS = _FIGURES | {"unknown", "money", "stop", "comma", "dash", "year"}
_HINT = "Write one, such as “Tuesday 15:00”."


@dataclass(frozen=True, slots=True)
class When:
    """A time that a text names: from `start` until before `end`, both UTC and neither before now.

    `at` is the instant of it to schedule for: the start, or 9:00 where whole days are named. `confidence` is 1 where
    nothing had to be guessed; below 0.6 another reading is about as likely, so ask. `understood` are the pieces of the
    text relied upon, in its order.
    """

    start: datetime
    end: datetime
    at: datetime
    grain: Grain
    confidence: float
    understood: tuple[str, ...]


def read(text: str, *, now: datetime, zone: str, language: Language | None = None) -> When:
    """The time named in `text` by somebody in `zone` (IANA) at `now` (aware).

    Without a `language` it is told from the words. A given one is a hint: plain words of the other are read as well.
    Raises Unsure, and takes time in proportion to the length of the text.
    """
    here = Here(now.astimezone(UTC), ZoneInfo(zone))
    rows = {each: tokens(text, book(each)) for each in _LANGUAGES}
    likely = _likely(rows, language)
    readings = [_read(text, rows[each], here, each) for each in likely]
    if any((one.start, one.end) != (readings[0].start, readings[0].end) for one in readings):
        raise Unsure(f"“{_short(text)}” may be two different times. Write the day in words.")
    return readings[0]


def _likely(rows: dict[Language, list[Token]], hint: Language | None) -> tuple[Language, ...]:
    """The language that more of the words are of, both where neither is more likely."""
    known = {each: sum(_known(token) for token in row) for each, row in rows.items()}
    if hint:
        other = next(each for each in _LANGUAGES if each != hint)
        return (other,) if known[other] > 2 * known[hint] else (hint,)
    most = max(known.values())
    return tuple(each for each in _LANGUAGES if known[each] == most)


def _known(token: Token) -> int:
    return token.end - token.start if token.said or token.kind not in _WORDLESS else 0


def _read(text: str, row: Sequence[Token], here: Here, language: Language) -> When:
    items = atoms(row, Context(here, book(language), text))
    said = terms(items, text, here.today)
    if not said:
        return _without_terms(items, text, here)
    _refuse_what_is_not_one_time(items, said, text)
    sure = _doubt(items, said)
    try:
        return _when(meaning(said, here), _pieces(said, text), sure)
    except Unsure:
        asked = _asked_at_last(said)
        if not asked:
            raise
    return _when(meaning(asked, here), _pieces(asked, text), sure * 0.8)


def _when(meant: Meant, understood: tuple[str, ...], sure: float) -> When:
    return When(meant.start, meant.end, meant.at, meant.grain, round(meant.sure * sure, 2), understood)


def _asked_at_last(said: Sequence[Said]) -> list[Said]:
    """What the last clause asks for, where others say something else: "I'm out all day today. Call me tomorrow"."""
    last = [one for one in said if one.clause == said[-1].clause and one.asked]
    return last if len(last) < len(said) else []


def _without_terms(items: Sequence[Item], text: str, here: Here) -> When:
    """“Now” where nothing else is said, and else why there is no time to be read."""
    found = {item.kind: text[item.start : item.end] for item in reversed(items)}
    if "now" in found and set(found) <= _ASIDE:
        meant = Meant(here.now, here.now + timedelta(minutes=1), here.now, Grain.MINUTE, 0.9)
        return _when(meant, (found["now"],), 1.0)
    if "repeat" in found:
        raise Unsure(f"“{found['repeat']}” comes again and again. Name one day.")
    if "bygone" in found:
        raise Unsure(f"“{found['bygone']}” has passed. Name a time to come.")
    for kind in ("vague", "later"):
        if kind in found:
            raise Unsure(f"“{found[kind]}” does not say when. Name a day or a time.")
    raise Unsure(f"No day or time is named. {_HINT}")


def _refuse_what_is_not_one_time(items: Sequence[Item], said: Sequence[Said], text: str) -> None:
    found = {item.kind: text[item.start : item.end] for item in items}
    if "repeat" in found:
        raise Unsure(f"“{found['repeat']}” comes again and again. Name one day.")
    if "zone" in found and any(isinstance(one.term, TimeTerm) for one in said):
        raise Unsure(f"“{found['zone']}” is a time zone of its own. Write the time without it.")


def _doubt(items: Sequence[Item], said: Sequence[Said]) -> float:
    """How far to trust the rest where a number is left that may have been of it: most where it may be the hour.

    Raises Unsure where it touches a day, as in "3 or 4 tomorrow".
    """
    starts = [one.start for one in said]

    def relied_upon(item: Item) -> bool:
        place = bisect_right(starts, item.start)
        return place > 0 and item.start < said[place - 1].end

    for item, after in pairwise(items):
        if item.kind == "bare" and after.kind == "days" and relied_upon(after) and not relied_upon(item):
            raise Unsure("The number before the day may be a time or not. Write a time as 3 pm or 15:00.")
    left = {item.kind for item in items if item.kind in _FIGURES and not relied_upon(item)}
    timed = any(not isinstance(one.term, DayTerm) for one in said)
    return 0.5 if "bare" in left and not timed else 0.8 if left else 1.0


def _pieces(said: Sequence[Said], text: str) -> tuple[str, ...]:
    """The words of the terms; those with nothing but space between them are one piece."""
    pieces: list[tuple[int, int]] = []
    for one in said:
        if pieces and not text[pieces[-1][1] : one.start].strip(" ,"):
            pieces[-1] = (pieces[-1][0], one.end)
        else:
            pieces.append((one.start, one.end))
    return tuple(text[start:end] for start, end in pieces)


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 60 else f"{plain[:59]}…"
