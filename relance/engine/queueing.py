"""Who goes when, of many follow-ups planned alike that share their agent's lines and their account's rate.

The gates look at each by itself. Here those that the gates let go take the next line and the next slot, by the rules of
`engine/room.py` and in the engine's order: by contact, however long one has waited. What comes out is a forecast: that
a call takes `CALL_TAKES` is a guess, and whatever else the agent and the account will have to do is not counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappop, heappush, heapreplace
from typing import Protocol

from relance.engine.room import CALL_TAKES, Rate, all_busy, caller
from relance.engine.subjects import Subject
from relance.engine.surroundings import Surroundings
from relance.rules.facts import Facts, Hold
from relance.rules.gates import Forecast, Gate, do_not_call, foresee, frequency, once_only, replied

OF_ONE_CONTACT: tuple[Gate, ...] = (do_not_call, once_only, replied, frequency)
"""The gates that ask what was with one contact before. Once they let go it is for good: tries only get older."""


@dataclass(slots=True)
class Alike:
    """Follow-ups that no gate tells apart, by contact: what becomes of one becomes of all, until they need room."""

    known: Facts
    forecast: Forecast
    members: deque[Subject] = field(default_factory=deque)

    @property
    def first(self) -> int:
        """The contact whose turn comes first."""
        return self.members[0].contact_id

    def told(self, forecast: Forecast) -> Iterator[tuple[Subject, Forecast]]:
        """Each of them, with this forecast."""
        return ((member, forecast) for member in self.members)

    def held(self, ready: datetime, hold: Hold) -> Forecast:
        """What becomes of them if they, ready as they are, wait for `hold` too. What held them first still does."""
        found = foresee(replace(self.known, holds=(*self.known.holds, hold)), ready)
        return replace(found, held=self.forecast.held or found.held) if found.goes_at else found


def sorted_alike(planned: Iterable[tuple[Subject, Facts]], at: datetime) -> list[Alike]:
    """The follow-ups with those together that no gate tells apart, and what the gates make of them from `at` on."""
    groups: dict[Hashable, Alike] = {}
    for subject, known in planned:
        key = _what_gates_ask(subject, known, at)
        if key not in groups:
            groups[key] = Alike(known, foresee(known, at))
        groups[key].members.append(subject)
    return list(groups.values())


def _what_gates_ask(subject: Subject, known: Facts, at: datetime) -> Hashable:
    if any(gate(known, at) for gate in OF_ONE_CONTACT):
        return subject.contact_id
    reachable = (known.contact_exists, bool(known.phone), bool(known.email), known.consents.get(known.kind))
    return (*reachable, known.window, known.opt_in, known.holds)


class Shared(Protocol):
    """What only so many can have at a time."""

    because: str

    def free_at(self, at: datetime) -> datetime:
        """When one may go that is ready at `at` (UTC)."""

    def take(self, at: datetime) -> None:
        """Note that one goes at `at`."""


class Lines:
    """An agent's lines, each busy for `CALL_TAKES` from the start of a call.

    Calls that are under way when the forecast is made are over by then, or nearly, and are not counted.
    """

    def __init__(self, lines: int, because: str) -> None:
        self.because = because
        self._lines = lines
        self._free_again: list[datetime] = []

    def free_at(self, at: datetime) -> datetime:
        """At once while there is a line that was not used yet, else when the call that began first is over."""
        return at if len(self._free_again) < self._lines else max(at, self._free_again[0])

    def take(self, at: datetime) -> None:
        """Note that a call begins at `at`."""
        put = heappush if len(self._free_again) < self._lines else heapreplace
        put(self._free_again, at + CALL_TAKES)


def shared_by(groups: Sequence[Alike]) -> list[Shared]:
    """What the follow-ups of one plan have to share: its agent's lines and its account's rate, where there are any."""
    if not groups:
        return []
    subject = groups[0].members[0]
    around = Surroundings.of([subject])
    agent, account = caller(subject, around), around.connection_of(subject)
    lines = [Lines(agent.lines, all_busy(agent))] if agent and agent.lines else []
    rates = [Rate(account)] if account and account.per_second else []
    return [*lines, *rates]


def in_turn(groups: Sequence[Alike], shared: Sequence[Shared]) -> Iterator[tuple[Subject, Forecast]]:
    """What becomes of each follow-up when they take what they share in turn, of those ready the lowest contact first.

    One whose turn falls outside its contact's hours lets the others go first and waits for the next opening.
    """
    later: list[tuple[datetime, int, Alike]] = []
    for group in groups:
        if shared and group.forecast.goes_at:
            heappush(later, (group.forecast.goes_at, group.first, group))
        else:
            yield from group.told(group.forecast)
    ready: list[tuple[int, datetime, Alike]] = []
    while later or ready:
        _make_ready(later, ready, shared)
        _, since, group = heappop(ready)
        at, because = _room(shared, since)
        forecast = group.held(since, Hold(at, because)) if because else group.forecast
        if forecast.goes_at is None:  # room only comes later for those behind it
            yield from group.told(forecast)
        elif forecast.goes_at != at:
            group.forecast = forecast
            heappush(later, (forecast.goes_at, group.first, group))
        else:
            for each in shared:
                each.take(at)
            yield group.members.popleft(), forecast
            if group.members:
                heappush(ready, (group.first, since, group))


def _make_ready(
    later: list[tuple[datetime, int, Alike]], ready: list[tuple[int, datetime, Alike]], shared: Sequence[Shared]
) -> None:
    """Let those join whom the gates let go by the time at which there is room for the next."""
    at, _ = _room(shared, ready[0][1] if ready else later[0][0])
    while later and later[0][0] <= at:
        since, first, group = heappop(later)
        heappush(ready, (first, since, group))


def _room(shared: Sequence[Shared], since: datetime) -> tuple[datetime, str]:
    """When there is room for one that is ready since then, and what it waits for first; "" if for nothing."""
    at, because = since, ""
    for each in shared:
        free = each.free_at(at)
        if free > at:
            at, because = free, because or each.because
    return at, because
