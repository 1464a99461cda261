"""The words and phrases, compiled from the data: `common.toml`, `english.toml`, `spanish.toml`."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from relance.rules.optout.plain import slips

Kind = Literal["plain", "declared", "ending", "imperative", "rather"]
_LANGUAGES = ("english", "spanish")


@dataclass(frozen=True, slots=True)
class Around:
    """What turns a phrase's meaning when it stands around it."""

    negated_before: re.Pattern[str]
    others_before: re.Pattern[str]
    dont_before: re.Pattern[str]
    when_after: re.Pattern[str]
    thing_after: re.Pattern[str]
    naming: re.Pattern[str]
    quoting: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to refuse. `wish` is set where the words refused do not tell it."""

    says: re.Pattern[str]
    kind: Kind
    wish: str | None
    around: Around

    def refusals_in(self, clause: str, *, is_for_now: bool) -> Iterator[tuple[int, int]]:
        """Where in `clause` it is said and meant; `is_for_now` of a message that is about the moment."""
        if self.around.quoting.search(clause):
            return
        for found in self.says.finditer(clause):
            if not self._turned(clause[: found.start()], clause[found.end() :], clause, is_for_now):
                yield found.span()

    def _turned(self, before: str, after: str, clause: str, is_for_now: bool) -> bool:
        around = self.around
        turns: list[object] = []
        match self.kind:
            case "declared":
                turns = [around.negated_before.search(before)]
            case "ending":
                turns = [p.search(before) for p in (around.negated_before, around.others_before)]
                turns.append(around.when_after.search(after))
            case "imperative" | "rather":
                turns = [is_for_now, *(p.search(after) for p in (around.when_after, around.thing_after))]
                turns += [around.dont_before.search(before), around.naming.search(clause)]
        return any(turns)


@dataclass(frozen=True, slots=True)
class Book:
    """All that is known of how people ask."""

    alone: dict[str, str]
    clause: frozenset[str]
    courtesy: frozenset[str]
    polite_end: re.Pattern[str]
    meant: dict[str, str]
    named: dict[str, re.Pattern[str]]
    by: re.Pattern[str]
    welcomed: tuple[re.Pattern[str], ...]
    only: re.Pattern[str]
    for_now: re.Pattern[str]
    phrases: tuple[Phrase, ...]


@cache
def book() -> Book:
    """The book, read once."""
    common, *languages = (_data(name) for name in ("common", *_LANGUAGES))
    turning = {name: re.compile(pattern) for name, pattern in common["around"].items()}
    for_now, around = turning.pop("for_now"), Around(**turning)
    channels = {f"a_{name}": f"(?:{pattern})" for name, pattern in common["channel"].items()}
    channels["channel"] = f"(?:{'|'.join(channels.values())})"
    tables = [(language, _words(language["words"]) | channels) for language in languages]
    return Book(
        alone={word: wish for wish, words in common["alone"].items() for word in words},
        clause=frozenset(common["clause"]["stop"]),
        courtesy=frozenset(common["courtesy"]["words"].split()),
        polite_end=re.compile(common["courtesy"]["at_the_end"]),
        meant=_meant(common["misspelt"]),
        named={name: re.compile(rf"\b(?:{pattern})\b") for name, pattern in common["channel"].items()},
        by=re.compile(common["by"]["says"].format(**channels)),
        welcomed=tuple(re.compile(p.format(**words)) for data, words in tables for p in data["welcome"]["says"]),
        only=re.compile("|".join(p.format(**words) for data, words in tables for p in data["only"]["says"])),
        for_now=for_now,
        phrases=tuple(_phrase(row, words, around) for data, words in tables for row in data["phrase"]),
    )


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _words(lists: dict[str, str]) -> dict[str, str]:
    """The lists as alternatives; a list may name those above it."""
    words: dict[str, str] = {}
    for name, either in lists.items():
        words[name] = f"(?:{either.format(**words)})"
    return words


def _phrase(row: dict[str, Any], words: dict[str, str], around: Around) -> Phrase:
    says = re.compile(rf"\b(?:{row['says'].format(**words)})")
    return Phrase(says, row.get("kind", "plain"), row.get("wish"), around)


def _meant(misspelt: dict[str, Any]) -> dict[str, str]:
    slipped = {slip: word for word in misspelt["slips"].split() for slip in slips(word)}
    known = {word for group in (misspelt["slips"], misspelt["also_words"]) for word in group.split()}
    heard = {wrong: word for word, wrongs in misspelt["by_ear"].items() for wrong in wrongs.split()}
    return {slip: word for slip, word in slipped.items() if slip not in known} | heard
