"""The eight gates that a due follow-up passes, in their order (SPEC section 2, "Carrying one out").

Each gate is a function of the facts and a moment. It answers None for go, else a `Wait` or a `Stop` that names
its rule in words and, where a law stands behind it, the citation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from relance.rules.facts import BY_PHONE, PERSONAL, Facts, Limit
from relance.rules.states import Status
from relance.rules.windows import Closed

LOOKAHEAD_STEPS = 100
LOOK_AGAIN = timedelta(minutes=15)
"""When something paused, whose end nobody knows, is looked at again."""

NAMES = {"call": "call", "sms": "SMS", "whatsapp": "WhatsApp", "email": "e-mail", "webhook": "webhook"}


@dataclass(frozen=True, slots=True)
class Go:
    """Nothing stands in the way."""

    because: str
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: looked at again at `until` (UTC). With `open_ended` nobody knows whether it goes then."""

    until: datetime
    because: str
    citation: str = ""
    open_ended: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Not at all: the follow-up ends as `status`."""

    status: Status
    because: str
    citation: str = ""


Answer = Go | Wait | Stop
Gate = Callable[[Facts, datetime], Wait | Stop | None]


def contact(facts: Facts, at: datetime) -> Stop | None:
    """The contact still exists and can be reached on this channel."""
    if not facts.contact_exists:
        return Stop(Status.FAILED, "The contact no longer exists.")
    if facts.kind in BY_PHONE and not facts.phone:
        return Stop(Status.FAILED, "The contact has no phone number. Add one and retry.")
    if facts.kind == "email" and not facts.email:
        return Stop(Status.FAILED, "The contact has no e-mail address. Add one and retry.")
    if facts.kind == "webhook" and not facts.url:
        return Stop(Status.FAILED, "There is no address to send to. Set the organization's webhook address and retry.")
    return None


def do_not_call(facts: Facts, at: datetime) -> Stop | None:
    """Nobody on the do-not-call list is reached; there is no override. A webhook reaches nobody."""
    if facts.listed_as and facts.kind in PERSONAL:
        return Stop(Status.CANCELLED, f"On the do-not-call list ({facts.listed_as}).")
    return None


def consent(facts: Facts, at: datetime) -> Stop | None:
    """Messages need standing consent for their channel, except the missed-call e-mail; calls honour a revocation."""
    if facts.kind not in PERSONAL:
        return None
    standing = facts.consents.get(facts.kind)
    if standing == "revoked":
        return Stop(Status.CANCELLED, f"The contact asked not to be contacted by {NAMES[facts.kind]}.")
    if standing == "granted" or facts.purpose == "missed_call":
        return None
    if facts.kind != "call":
        missing = f"The contact has not agreed to {NAMES[facts.kind]} messages. Record their consent and retry."
        return Stop(Status.FAILED, missing)
    if facts.opt_in:
        return Stop(Status.FAILED, facts.opt_in.sentence, facts.opt_in.citation)
    return None


def once_only(facts: Facts, at: datetime) -> Stop | None:
    """A post-call follow-up of a campaign goes to a contact once per channel, however many calls were made."""
    if facts.purpose != "general" and facts.already_sent:
        return Stop(Status.CANCELLED, "This campaign has already sent the contact its follow-up on this channel.")
    return None


def replied(facts: Facts, at: datetime) -> Stop | None:
    """A follow-up that says so is cancelled when the contact wrote or called back after it was made."""
    if facts.cancel_on_reply and facts.replied_at and facts.replied_at > facts.created_at:
        return Stop(Status.CANCELLED, "The contact has been in touch since this was scheduled.")
    return None


def calling_window(facts: Facts, at: datetime) -> Wait | Stop | None:
    """Agent's, organization's and the law's hours must be open in every zone the contact may be in."""
    if facts.window is None or facts.allow_out_of_window:
        return None
    closed = facts.window.closed_by(at)
    if closed is None:
        return None
    opens = facts.window.next_opening(at)
    if opens is None:
        never = "The hours that apply never meet: widen the agent's or the organization's."
        return Stop(Status.FAILED, f"{_closed(closed)} {never}")
    return Wait(opens, _closed(closed), closed.layer.citation)


def frequency(facts: Facts, at: datetime) -> Wait | None:
    """No more tries to one contact than the law and the organization allow."""
    waits = [
        Wait(rest.until, rest.sentence, rest.citation)
        for rest in facts.rests
        if rest.until > at and facts.kind in rest.kinds
    ]
    waits += [
        Wait(until, limit.sentence, limit.citation)
        for limit in facts.limits
        if facts.kind in limit.kinds and (until := _free_again(facts, limit, at))
    ]
    return max(waits, key=lambda wait: wait.until, default=None)


def capacity(facts: Facts, at: datetime) -> Wait | None:
    """A line is free, the channel's rate allows it, and neither sender nor template is paused."""
    for hold in facts.holds:
        if hold.until is None:
            return Wait(at + LOOK_AGAIN, hold.sentence, open_ended=True)
    waits = [Wait(hold.until, hold.sentence) for hold in facts.holds if hold.until and hold.until > at]
    return max(waits, key=lambda wait: wait.until, default=None)


GATES: tuple[tuple[str, Gate, str], ...] = (
    ("contact", contact, "The contact can be reached on this channel."),
    ("doNotCall", do_not_call, "Not on the do-not-call list."),
    ("consent", consent, "Nothing the contact said forbids it."),
    ("onceOnly", once_only, "Not sent to this contact before."),
    ("replied", replied, "No reply that would make it needless."),
    ("callingWindow", calling_window, "Inside the hours in which the contact may be reached."),
    ("frequency", frequency, "Not too often for this contact."),
    ("capacity", capacity, "There is room to carry it out."),
)


def decide(facts: Facts, at: datetime) -> tuple[str, Wait | Stop] | None:
    """The first gate that does not let the follow-up go at this moment, with its answer; None when all do."""
    for name, gate, _ in GATES:
        answer = gate(facts, at)
        if answer is not None:
            return name, answer
    return None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One gate's answer at one moment."""

    gate: str
    answer: Answer


def explain(facts: Facts, at: datetime) -> list[Verdict]:
    """Every gate's answer at this moment, in their order: why it would go, wait or stop."""
    return [Verdict(name, gate(facts, at) or _go(name, facts, going)) for name, gate, going in GATES]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What will become of a follow-up if nothing changes: when it goes, or what keeps it from ever going.

    `held` is what holds it first: None when it goes at the moment asked about. Without `goes_at` it is what stops it,
    or the wait whose end nobody knows.
    """

    goes_at: datetime | None
    held: Verdict | None


def foresee(facts: Facts, at: datetime) -> Forecast:
    """Follow the waits from `at` on, until every gate lets it go, one stops it, or they never agree."""
    held: Verdict | None = None
    for _ in range(LOOKAHEAD_STEPS):
        found = decide(facts, at)
        if found is None:
            return Forecast(at, held)
        name, answer = found
        held = held or Verdict(name, answer)
        if isinstance(answer, Stop) or answer.open_ended:
            return Forecast(None, Verdict(name, answer))
        if facts.expires_at and answer.until >= facts.expires_at:
            late = f"{answer.because.rstrip('.')}. It expires before it may go."
            return Forecast(None, Verdict(name, Stop(Status.EXPIRED, late, answer.citation)))
        at = answer.until
    return Forecast(None, held)


def _go(name: str, facts: Facts, going: str) -> Go:
    if name == "doNotCall" and facts.listed_as:
        return Go("On the do-not-call list, but a webhook reaches no person; its payload says so.")
    if name == "callingWindow":
        if facts.window is None:
            return Go("This channel knows no calling hours.")
        if facts.allow_out_of_window:
            return Go("Allowed outside the usual hours, on the customer's wish.")
        return Go(f"{going} {facts.zone_sentence}".strip())
    return Go(going)


def _closed(closed: Closed) -> str:
    place = closed.zone.rsplit("/", 1)[-1].replace("_", " ")
    now_there = f"it is {closed.local:%H:%M} on {closed.local:%A} in {place}"
    if closed.holiday is not None:
        return f"{closed.layer.label}: closed for {closed.holiday}; {now_there}."
    return f"{closed.layer.label}: outside calling hours; {now_there}."


def _free_again(facts: Facts, limit: Limit, at: datetime) -> datetime | None:
    """When the oldest try that still counts has fallen out of the span; None while the limit is not reached."""
    # One that began after `at` counts too: it is another worker's, in a transaction that started later than this one.
    counted = [start for kind, start in facts.tries if kind in limit.kinds and start > at - limit.within]
    if len(counted) < limit.most:
        return None
    return counted[-limit.most] + limit.within + timedelta(microseconds=1)
