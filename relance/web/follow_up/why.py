"""Why a follow-up waits, goes or stopped: one sentence, and the gates as a list that can be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from relance.engine import foresight, hindsight
from relance.engine.foresight import Explanation
from relance.engine.hindsight import Met
from relance.models import FollowUp
from relance.rules.gates import LOOK_AGAIN, Go, Stop, Verdict, Wait
from relance.rules.states import WAITING, Status
from relance.web import times

NAMES = {
    "contact": "Contact",
    "doNotCall": "Do-not-call list",
    "consent": "Consent",
    "onceOnly": "Once only",
    "replied": "Replied",
    "callingWindow": "Calling window",
    "frequency": "Frequency",
    "capacity": "Capacity",
}
TITLES = {
    Status.IN_PROGRESS: "What it met",
    Status.COMPLETED: "What it met",
    Status.FAILED: "Why did this fail?",
    Status.CANCELLED: "Why was this cancelled?",
    Status.EXPIRED: "Why did this expire?",
}
DUE = "It is due, and a worker has it."
ENDS_AS = {Status.CANCELLED: "be cancelled", Status.FAILED: "fail", Status.EXPIRED: "expire"}
ICONS = {
    "go": ("check", "Clear"),
    "wait": ("pause", "Waits"),
    "stop": ("octagon-x", "Stops"),
    "unasked": ("circle", "Not asked"),
}


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate's line: its answer (go, wait, stop or unasked), its rule in words, and when it was or is asked again."""

    key: str
    answer: str
    because: str
    citation: str = ""
    until: datetime | None = None
    held_at: datetime | None = None
    times: int = 0
    unfolded: bool = False

    @property
    def name(self) -> str:
        """What the gate is about."""
        return NAMES[self.key]

    @property
    def icon(self) -> str:
        """The picture of its answer."""
        return ICONS[self.answer][0]

    @property
    def word(self) -> str:
        """Its answer in a word."""
        return ICONS[self.answer][1]


@dataclass(frozen=True, slots=True)
class Why:
    """The card: its title, the sentence for the head of the page, and the gates; none where nothing was asked."""

    title: str
    sentence: str
    goes_at: datetime | None
    gates: list[Gate]


def why(follow_up: FollowUp, now: datetime, zone: str) -> Why:
    """Why `follow_up` goes, waits or has ended. Moments in the sentence are in `zone`, the contact's."""
    title = TITLES.get(follow_up.state, "Why has this not gone?")
    if follow_up.state not in WAITING | {Status.QUEUED}:
        gates = [_met(met) for met in hindsight.gates_met(follow_up)]
        asked = gates if any(gate.answer != "unasked" for gate in gates) else []
        return Why(title, _ended(follow_up), None, _first_unfolded(asked))
    explained = foresight.explain_follow_up(follow_up)
    sentence = DUE if follow_up.state is Status.QUEUED else _waiting(follow_up, explained, now, zone)
    return Why(title, sentence, explained.goes_at, _first_unfolded([_asked(v) for v in explained.verdicts]))


def _ended(follow_up: FollowUp) -> str:
    carried_out = follow_up.state is Status.COMPLETED and follow_up.because
    return f"Carried out: {follow_up.because}" if carried_out else follow_up.because


def _waiting(follow_up: FollowUp, explained: Explanation, now: datetime, zone: str) -> str:
    tried = f"{follow_up.because} " if follow_up.attempts_made and not follow_up.held_by else ""
    held, goes_at = explained.held, explained.goes_at
    if goes_at is None:
        return tried + _stuck(held) if held else tried
    if held:
        return f"{tried}Waits until {times.there(goes_at, now, zone)}: {held.answer.because}"
    return tried + ("It is due and goes in a moment." if goes_at <= now else f"Goes {times.there(goes_at, now, zone)}.")


def _stuck(held: Verdict) -> str:
    """What is said of one that, as things stand, never goes."""
    if isinstance(held.answer, Stop):
        return f"As things stand it will {ENDS_AS[held.answer.status]}: {held.answer.because}"
    if isinstance(held.answer, Wait) and held.answer.open_ended:
        minutes = int(LOOK_AGAIN.total_seconds()) // 60
        return f"Waits: {held.answer.because} It is looked at again every {minutes} minutes."
    return f"Waits: {held.answer.because} No moment was found at which it may go."


def _asked(verdict: Verdict) -> Gate:
    said = verdict.answer
    answer = "go" if isinstance(said, Go) else "wait" if isinstance(said, Wait) else "stop"
    until = said.until if isinstance(said, Wait) and not said.open_ended else None
    return Gate(verdict.gate, answer, said.because, said.citation, until)


def _met(met: Met) -> Gate:
    if met.answer == "unasked":
        return Gate(met.gate, met.answer, "It ended before this was asked.")
    until = met.until if met.answer == "wait" else None
    return Gate(met.gate, met.answer, met.because, "", until, met.at, met.times)


def _first_unfolded(gates: list[Gate]) -> list[Gate]:
    first = next((n for n, gate in enumerate(gates) if gate.answer in ("wait", "stop")), None)
    return [replace(gate, unfolded=n == first) for n, gate in enumerate(gates)]
