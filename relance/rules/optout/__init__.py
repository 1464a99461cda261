"""What a contact's message asks for: to be left in peace, wholly or on some channels, to be written to again, or help.

The rule is 47 CFR 64.1200(a)(10): the standard words, and any other reasonable means. The words and phrases are data,
a file a language: verbs of refusing, what of contact they refuse, and what around them makes it a wish about a time,
a thing or somebody else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from relance.rules.optout.channels import CHANNELS, MESSAGES, left_open, refused_by, welcomed_by
from relance.rules.optout.phrasebook import Phrase, book
from relance.rules.optout.plain import clauses, parts

__all__ = ["Wish", "read", "refused"]


class Wish(StrEnum):
    """What a message asks for."""

    STOP = "stop"
    """No more messages, on any channel."""
    DO_NOT_CALL = "do not call"
    """No more calls, or no contact of any kind: goes on the do-not-call list, which stops everything."""
    NOT_THIS_WAY = "not this way"
    """Contact, but not by every channel: `refused` says which are refused. The others stay as they were."""
    START = "start"
    """Messages may come again."""
    HELP = "help"
    """Who is writing, and how it is stopped."""


def read(text: str, *, spoken: bool = False) -> Wish | None:
    """The wish of a message in English or Spanish, or None. The wider wish wins. Never raises.

    One `spoken` on a call that names no channel, such as "take me off your list", is about the call too.
    """
    reading = _reading(text)
    return Wish.DO_NOT_CALL if spoken and reading.wish is Wish.STOP and reading.names_none else reading.wish


def refused(text: str) -> frozenset[str]:
    """The channels (call, sms, whatsapp, email) by which the writer wants no more contact."""
    return _reading(text).channels


@dataclass(frozen=True, slots=True)
class _Reading:
    wish: Wish | None = None
    channels: frozenset[str] = frozenset()
    names_none: bool = False
    """Whether something was refused without saying by which channel."""


_WIDE = {Wish.STOP: _Reading(Wish.STOP, MESSAGES), Wish.DO_NOT_CALL: _Reading(Wish.DO_NOT_CALL, CHANNELS)}


@dataclass(frozen=True, slots=True)
class _Refusal:
    phrase: Phrase
    clause: int
    start: int
    end: int
    channels: frozenset[str]
    """Those that are named: none where everything is meant, as in "lose my number"."""

    @property
    def wish(self) -> Wish:
        """What it asks for where no other way is welcome."""
        if self.phrase.wish:
            return Wish(self.phrase.wish)
        return Wish.DO_NOT_CALL if "call" in self.channels else Wish.STOP


def _reading(text: str) -> _Reading:
    message = clauses(text, book().meant)
    if alone := _alone(" ".join(message)):
        return _WIDE.get(alone, _Reading(alone))
    said = [book().polite_end.sub("", part) for clause in message for part in parts(clause)]
    return _asked(said, is_question="?" in text)


def _alone(message: str) -> Wish | None:
    words = _without_courtesy(message).split()
    if len(words) > 1 and all(len(word) == 1 for word in words):
        words = ["".join(words)]
    wish = book().alone.get(" ".join(dict.fromkeys(words)))
    return Wish(wish) if wish else None


def _asked(message: list[str], *, is_question: bool) -> _Reading:
    """What the clauses ask for, taken together: where another way is welcome, only the ways named are refused."""
    refusals = list(_refusals(message))
    welcome = welcomed_by(_without(message, refusals))
    only = frozenset() if is_question else left_open(message)
    if only or (welcome and refusals and all(refusal.channels for refusal in refusals)):
        return _some_channels(refusals, welcome, only)
    return _wide(message, refusals)


def _some_channels(refusals: list[_Refusal], welcome: frozenset[str], only: frozenset[str]) -> _Reading:
    """What is refused and not welcome; who refuses what they welcome speaks of a time, a place or a person.

    The narrower word is the one meant: "no WhatsApp, messages are fine" still refuses WhatsApp.
    """
    named = frozenset().union(*(refusal.channels for refusal in refusals))
    ways = named if named < welcome else named - welcome
    if only:
        ways |= CHANNELS - only
    return _Reading(Wish.NOT_THIS_WAY, ways) if ways else _Reading()


def _wide(message: list[str], refusals: list[_Refusal]) -> _Reading:
    wishes = {refusal.wish for refusal in refusals if refusal.phrase.kind != "rather"}
    if any(_without_courtesy(clause) in book().clause for clause in message):
        wishes.add(Wish.STOP)
    reading = next((_WIDE[wish] for wish in (Wish.DO_NOT_CALL, Wish.STOP) if wish in wishes), _Reading())
    return replace(reading, names_none=any(not refusal.channels for refusal in refusals))


def _refusals(message: list[str]) -> Iterator[_Refusal]:
    is_for_now = any(book().for_now.search(clause) for clause in message)
    for place, clause in enumerate(message):
        for phrase in book().phrases:
            for start, end in phrase.refusals_in(clause, is_for_now=is_for_now):
                end, channels = refused_by(clause, start, end)
                yield _Refusal(phrase, place, start, end, channels)


def _without(message: list[str], refusals: list[_Refusal]) -> list[str]:
    """What is left of the message when what refuses is taken out."""
    left = [list(clause) for clause in message]
    for refusal in refusals:
        left[refusal.clause][refusal.start : refusal.end] = "|" * (refusal.end - refusal.start)
    return ["".join(clause) for clause in left]


def _without_courtesy(clause: str) -> str:
    return " ".join(word for word in clause.split() if word not in book().courtesy)
