"""Text as words for time: each token is of a kind, by the lists in `english.toml` and `spanish.toml`."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Language = Literal["en", "es"]
_FILES: Mapping[Language, str] = {"en": "english.toml", "es": "spanish.toml"}

# Kinds that the lists of words do not name, those of atoms among them (see `atoms`).
_OTHER_KINDS = (
    "number year decimal time dotted date ordinal nth weekday short month day unit clockword part stop comma dash"
    " unknown money days clock bare moment bygone repeat"
)
_FIGURES = re.compile(
    r"""
    (?P<iso>[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2})(?![0-9])
  | (?P<always>24/7)(?![0-9])
  | (?P<date>[0-9]{1,2}(?P<sep>[/.-])[0-9]{1,2}(?P=sep)(?:[0-9]{4}|[0-9]{2})|[0-9]{1,2}/[0-9]{1,2})(?![0-9/])
  | (?P<time>[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2})?)(?![0-9:])
  | (?P<dotted>[0-9]{1,2}\.[0-9]{2})(?![0-9]|[.,][0-9])
  | (?P<decimal>[0-9]{1,2}[.,][0-9])(?![0-9]|[.,][0-9])
  | (?P<ordinal>[0-9]{1,2})(?:st|nd|rd|th|º|ª)(?!\w)
  | (?P<number>(?<![^\W\d_])[0-9]{1,4})(?![0-9]|[.,/][0-9])
  | (?P<money>[£$€¥%\#+][\s]?[0-9.,]*|[0-9]+(?:[.,/:][0-9]+)*)
  | (?P<meridiem>(?<![^\W\d_])[ap]\.\s{0,3}m\b\.?)
  | (?P<word>[^\W\d_]+(?:['’´`][^\W\d_]+)*)
  | (?P<stop>[.;:!?¡¿()\n\r…|]+)
  | (?P<comma>,)
  | (?P<at>@)
  | (?P<dash>[-–—]+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_JOINED = re.compile(r"(?<=[0-9])T(?=[0-9]{2}:)")
_SHORTENED = frozenset({"month", "short"})
_JOINING = {"at", "after", "before", "from", "comma", "or"}
_BESIDE_SHORT = _JOINING | {"number", "time", "dotted", "ordinal", "part", "date", "month", "clockword", "dash"}
_BEFORE_SHORT = _JOINING | {"dash", "next", "this", "on", "by", "until", "to"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a phrase of the lists or a figure, and where it stands in the text.

    `number` is what it counts (of a time of day its minutes), `name` which unit or part of the day, `numbers` the
    figures of a date as written. `exact` is a time that can only be of the 24-hour clock, such as "03:00".
    """

    kind: str
    start: int
    end: int
    number: int = 0
    name: str = ""
    numbers: tuple[int, ...] = ()
    exact: bool = False
    said: bool = False
    """Whether a number is written as a word."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day, in minutes: its hours, and the hours that may be named with it."""

    start: int
    end: int
    earliest: int
    latest: int
    today: bool


@dataclass(frozen=True, slots=True)
class Book:
    """The words of a language. `longest` is how many words the longest phrase has that begins with a word."""

    language: Language
    phrases: Mapping[tuple[str, ...], Token]
    longest: Mapping[str, int]
    parts: Mapping[str, Part]
    contractions: Mapping[str, str]
    day_number_after_weekday: bool
    next_weekday_is_next_week: bool
    day_before_month: bool


@cache
def book(language: Language) -> Book:
    """The words of a language, read once."""
    data = tomllib.loads(files(__package__).joinpath(_FILES[language]).read_text(encoding="utf-8"))
    phrases: dict[tuple[str, ...], Token] = {}
    longest: dict[str, int] = {}
    short: dict[str, str] = data["contractions"]
    for phrase, token in _entries(data):
        words = tuple(" ".join(short.get(word, word) for word in phrase.split()).split())
        phrases[words] = token
        longest[words[0]] = max(len(words), longest.get(words[0], 1))
    return Book(
        language=language,
        phrases=phrases,
        longest=longest,
        parts={name: _part(row) for name, row in data["part"].items()},
        contractions=short,
        day_number_after_weekday=data["day_number_after_weekday"],
        next_weekday_is_next_week=data["next_weekday_is_next_week"],
        day_before_month=data["day_before_month"],
    )


def _entries(data: Mapping[str, Any]) -> Iterator[tuple[str, Token]]:
    for kind in ("nth", "weekday", "short", "month", "day", "clockword"):
        for number, phrases in data[kind].items():
            yield from ((phrase, Token(kind, 0, 0, int(number))) for phrase in phrases)
    for number, phrases in data["numbers"].items():
        yield from ((phrase, Token("number", 0, 0, int(number), said=True)) for phrase in phrases)
    ones = {int(number): phrases[0] for number, phrases in data["numbers"].items() if int(number) < 10}
    for ten, word in data["tens"]["tens"].items():
        for one, said in ones.items():
            yield f"{word}{data['tens']['between']}{said}", Token("number", 0, 0, int(ten) + one, said=True)
    for name, phrases in data["unit"].items():
        yield from ((phrase, Token("unit", 0, 0, name=name)) for phrase in phrases)
    for name, part in data["part"].items():
        yield from ((phrase, Token("part", 0, 0, name=name)) for phrase in part["says"])
    for kind, phrases in data["words"].items():
        kind, _, name = kind.partition("_") if kind.startswith("meridiem") else (kind, "", "")
        yield from ((phrase, Token(kind, 0, 0, name=name)) for phrase in phrases)


def _part(row: Mapping[str, Any]) -> Part:
    start, end, earliest, latest = (_minutes(clock) for clock in (*row["hours"], *row["fits"]))
    return Part(start, end, earliest, latest, row.get("today", False))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


@cache
def _codes() -> dict[str, str]:
    """A character for each kind, so that rows of tokens can be matched by regular expressions."""
    kinds = dict.fromkeys(_OTHER_KINDS.split())
    for language in _FILES:
        kinds.update(dict.fromkeys(token.kind for token in book(language).phrases.values()))
    return {kind: chr(0xE000 + place) for place, kind in enumerate(kinds)}


def codes(kinds: Iterable[str]) -> str:
    """The row of kinds, a character each."""
    known = _codes()
    return "".join(known[kind] for kind in kinds)


def pattern(row: str) -> re.Pattern[str]:
    """A regular expression over kinds, which it names in capitals: "NEXT UNIT | UNIT NEXT"."""
    known = _codes()
    return re.compile(re.sub(r"\s+", "", re.sub(r"[A-Z_]+", lambda kind: known[kind[0].lower()], row)))


def tokens(text: str, words: Book) -> list[Token]:
    """The tokens of a text, in order. Takes time in proportion to its length."""
    figures = (_figure(found) for found in _FIGURES.finditer(_JOINED.sub(" ", text)))
    said = [(word, token) for written, token in figures for word in words.contractions.get(written, written).split(" ")]
    return _with_abbreviations(_without_their_dots(list(_phrases(said, words))))


def _figure(found: re.Match[str]) -> tuple[str, Token]:
    """A piece of text in plain letters, "" where it is no word, and what it is taken alone."""
    kind, written = str(found.lastgroup), found[0]
    start, end = found.span()
    if kind == "word":
        return _plain(written), Token("unknown", start, end)
    if kind == "meridiem":
        return written[0].lower() + "m", Token("unknown", start, end)
    if kind in ("iso", "date", "time", "dotted", "decimal", "ordinal", "number"):
        return "", _numeral(kind, written, start, end)
    return "", Token({"always": "unknown"}.get(kind, kind), start, end)


def _numeral(kind: str, written: str, start: int, end: int) -> Token:
    numbers = tuple(int(figures) for figures in re.findall(r"[0-9]+", written))
    number = numbers[0]
    match kind:
        case "iso" | "date":
            return Token("date", start, end, name=kind, numbers=numbers)
        case "time" | "dotted":
            exact = written.startswith("0") or not 0 < number <= 12
            minutes = number * 60 + numbers[1] if numbers[1] < 60 and number < 25 else -1
            return Token(kind, start, end, minutes, numbers=numbers, exact=exact)
        case "decimal":
            return Token(kind, start, end, number * 10 + numbers[1])
    year = kind == "number" and 2000 <= number < 2200
    return Token("year" if year else kind, start, end, number, exact=written.startswith("0"))


def _plain(word: str) -> str:
    """Small letters without accents; "o’clock" is "oclock", and "Friday’s" is "friday"."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", word).casefold() if not unicodedata.combining(c))
    return re.sub(r"['’´`]", "", re.sub(r"['’´`]s$", "", bare))


def _phrases(said: list[tuple[str, Token]], words: Book) -> Iterator[Token]:
    spelling = [word for word, _ in said]
    place = 0
    while place < len(said):
        token, long = said[place][1], 1
        for count in range(words.longest.get(spelling[place], 0), 0, -1):
            row = tuple(spelling[place : place + count])
            if phrase := words.phrases.get(row):
                long = len(row)
                token = replace(phrase, start=token.start, end=said[place + long - 1][1].end)
                break
        yield token
        place += long


def _without_their_dots(row: list[Token]) -> list[Token]:
    """Without the dots of abbreviations, as in "Nov. 25" and "Tue. at 3"."""
    pairs = zip([None, *row], row, strict=False)
    return [token for before, token in pairs if not (token.kind == "stop" and before and before.kind in _SHORTENED)]


def _with_abbreviations(row: list[Token]) -> list[Token]:
    """Abbreviated weekdays as weekdays where they stand beside other words for time, and as other words elsewhere."""
    kinds = ["", *(token.kind for token in row), ""]
    for place, token in enumerate(row):
        if token.kind == "short":
            before, after = kinds[place], kinds[place + 2]
            meant = len(row) == 1 or before in _BEFORE_SHORT or after in _BESIDE_SHORT
            row[place] = replace(token, kind="weekday" if meant else "unknown")
    return row
