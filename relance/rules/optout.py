"""What a contact's message asks for: to be left in peace, to be written to again, or for help.

The rule is 47 CFR 64.1200(a)(10): the standard words, and any other reasonable means. The words and phrases
are data, `data/optout.toml`.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Literal

_LONGEST = 10_000  # characters read of one message: a request stands at its beginning
_QUOTED = re.compile(r"^\s*(?:>.*|on .{5,200} wrote:.*|el .{5,200} escribió:.*|-{2,}.*original.*)$", re.I | re.M)
_SIGNATURE = re.compile(r"^\s*(?:sent from my|get outlook for|enviado desde mi) .*", re.I | re.M)
_CLAUSE_END = re.compile(r"[.,;:!?¡¿()\n\r…—–|]+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


class Wish(StrEnum):
    """What a message asks for."""

    STOP = "stop"
    """No more messages, on any channel."""
    DO_NOT_CALL = "do not call"
    """No more calls, or no contact of any kind: goes on the do-not-call list, which stops everything."""
    START = "start"
    """Messages may come again."""
    HELP = "help"
    """Who is writing, and how it is stopped."""


def read(text: str) -> Wish | None:
    """The wish of a message in English or Spanish, or None. The wider wish wins. Never raises."""
    clauses = _clauses(text)
    return _alone(" ".join(clauses)) or _asked(clauses)


def _alone(message: str) -> Wish | None:
    words = _without_courtesy(message).split()
    if len(words) > 1 and all(len(word) == 1 for word in words):
        words = ["".join(words)]
    return _book().alone.get(" ".join(dict.fromkeys(words)))


def _asked(clauses: list[str]) -> Wish | None:
    said = [_book().polite_end.sub("", clause) for clause in clauses]
    wishes = {phrase.wish for phrase in _book().phrases for clause in said if phrase.said_in(clause, said)}
    if Wish.DO_NOT_CALL in wishes:
        return Wish.DO_NOT_CALL
    plain = any(_without_courtesy(clause) in _book().clause for clause in clauses)
    return Wish.STOP if wishes or plain else None


def _without_courtesy(clause: str) -> str:
    return " ".join(word for word in clause.split() if word not in _book().courtesy)


def _clauses(text: str) -> list[str]:
    """The contact's own words, plain, cut at the punctuation; what they quote of ours is not theirs."""
    own = _SIGNATURE.sub("", _without_quotation(text[:_LONGEST]))
    clauses = (" ".join(_plain(part).split()) for part in _CLAUSE_END.split(own))
    return [clause for clause in clauses if clause]


def _without_quotation(text: str) -> str:
    quoted = _QUOTED.search(text)
    return text[: quoted.start()] if quoted else text


def _plain(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))
    letters = re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’‘´`]", "", bare))
    return _DRAWN_OUT.sub(r"\1", letters)


@dataclass(frozen=True, slots=True)
class _Around:
    """What turns a phrase's meaning when it stands around it."""

    negated_before: re.Pattern[str]
    others_before: re.Pattern[str]
    dont_before: re.Pattern[str]
    when_after: re.Pattern[str]
    thing_after: re.Pattern[str]
    instead: re.Pattern[str]
    invites: re.Pattern[str]
    quoting: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Phrase:
    wish: Wish
    kind: Literal["plain", "declared", "ending", "imperative"]
    says: re.Pattern[str]
    around: _Around

    def said_in(self, clause: str, message: list[str]) -> bool:
        found = self.says.search(clause)
        if found is None or self.around.quoting.search(clause):
            return False
        return not self._turned(clause[: found.start()], clause[found.end() :], message)

    def _turned(self, before: str, after: str, message: list[str]) -> bool:
        around = self.around
        turns: list[re.Match[str] | None] = []
        match self.kind:
            case "declared":
                turns = [around.negated_before.search(before)]
            case "ending":
                turns = [p.search(before) for p in (around.negated_before, around.others_before)]
                turns.append(around.when_after.search(after))
            case "imperative":
                turns = [p.search(after) for p in (around.when_after, around.thing_after)]
                turns.append(around.dont_before.search(before))
                turns += [p.search(clause) for p in (around.instead, around.invites) for clause in message]
        return any(turns)


@dataclass(frozen=True, slots=True)
class _Book:
    alone: dict[str, Wish]
    clause: frozenset[str]
    courtesy: frozenset[str]
    polite_end: re.Pattern[str]
    phrases: tuple[_Phrase, ...]


@cache
def _book() -> _Book:
    data = tomllib.loads(files(__package__).joinpath("data/optout.toml").read_text(encoding="utf-8"))
    around = _Around(**{name: re.compile(pattern) for name, pattern in data["around"].items()})
    return _Book(
        alone={word: Wish(wish) for wish, words in data["alone"].items() for word in words},
        clause=frozenset(data["clause"]["stop"]),
        courtesy=frozenset(data["courtesy"]["words"].split()),
        polite_end=re.compile(data["courtesy"]["at_the_end"]),
        phrases=tuple(_phrase(row, data["words"], around) for row in data["phrase"]),
    )


def _phrase(row: dict[str, Any], words: dict[str, str], around: _Around) -> _Phrase:
    """The row with its {names} filled in; a word list may itself name another."""
    says = row["says"].format(**{name: f"(?:{either.format(**words)})" for name, either in words.items()})
    return _Phrase(Wish(row["wish"]), row.get("kind", "plain"), re.compile(rf"\b(?:{says})"), around)
