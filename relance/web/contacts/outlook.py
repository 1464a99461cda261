"""The pre-flight in words: what would become of a plan for many contacts, before anybody presses Schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relance.engine.preflight import Preflight, RuleCount
from relance.web import times
from relance.web.ui import counted

AT_FIRST = 6
"""So many rules are told at once; the others fold."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule does: `answer` is wait or stop, `sentence` how many it holds and until when, `because` the rule
    where the sentence does not say it."""

    answer: str
    sentence: str
    because: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """All of it: how many go, wait and are left out, and the rules behind that."""

    answer: str
    sentence: str
    lines: Sequence[Line]

    @property
    def first(self) -> Sequence[Line]:
        """The rules that hold most."""
        return self.lines[:AT_FIRST]

    @property
    def rest(self) -> Sequence[Line]:
        """Those that hold fewer."""
        return self.lines[AT_FIRST:]


def told(found: Preflight, now: datetime, zone: str) -> Outlook:
    """What the pre-flight found; moments by the clock of whoever reads it, in `zone`."""
    answer = "go" if found.now else "wait" if found.waiting else "stop"
    last = ""
    if found.waiting and found.last_goes_at:
        last = f" The last goes {times.moment_in(zone, found.last_goes_at, now)}."
    return Outlook(answer, f"{_counts(found)}{last}", [_line(rule, now, zone) for rule in found.by_rule])


def left_out(because: str, many: int) -> str:
    """That so many are left out, and by which rule: such as “4 have no phone number.”"""
    own = because.partition(". ")[0].rstrip(".")
    words = _PLURAL if many != 1 else _SINGULAR
    for beginning, verb in words.items():
        if own.startswith(beginning):
            return f"{many:,} {verb}{own.removeprefix(beginning)}."
    return f"{many:,} {'are' if many != 1 else 'is'} left out: {because}"


_SINGULAR = {
    "On the do-not-call list": "is on the do-not-call list",
    "The contact has ": "has ",
    "The contact asked ": "asked ",
    "The contact no longer exists": "no longer exists",
}
_PLURAL = {
    "On the do-not-call list": "are on the do-not-call list",
    "The contact has ": "have ",
    "The contact asked ": "asked ",
    "The contact no longer exists": "no longer exist",
}
"""How the sentences of the gates, each about one contact, begin when they are about many."""


def _counts(found: Preflight) -> str:
    parts = [
        (found.now, "goes then", "go then"),
        (found.waiting, "waits", "wait"),
        (found.stopped, "is left out", "are left out"),
    ]
    said = [f"{n:,} {one if n == 1 else many}" for n, one, many in parts if n]
    if len(said) == 1:
        alone = "This one" if found.total == 1 else f"All {found.total:,}"
        return f"{alone} {said[0].partition(' ')[2]}."
    return f"Of {counted(found.total, 'contact')}, {', '.join(said[:-1])} and {said[-1]}."


def _line(rule: RuleCount, now: datetime, zone: str) -> Line:
    if rule.answer == "stop":
        return Line("stop", left_out(rule.because, rule.count), citation=rule.citation)
    waits = "waits" if rule.count == 1 else "wait"
    return Line("wait", f"{rule.count:,} {waits}{_until(rule, now, zone)}:", rule.because, rule.citation)


def _until(rule: RuleCount, now: datetime, zone: str) -> str:
    if rule.first_at is None or rule.last_at is None:
        return ", nobody knows until when"
    first, last = (times.moment_in(zone, at, now) for at in (rule.first_at, rule.last_at))
    if first == last:
        return f" until {first}"
    day, _, time = last.rpartition(", ")
    return f" until between {first} and {time if first.startswith(f'{day}, ') else last}"
