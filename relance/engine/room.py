"""Room within a batch: lines that are free, the rate an account allows, and one contact's own share.

The gates look at each follow-up by itself; this looks at all of a batch together, so that the fifth of five due
calls sees the four before it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from relance.engine.subjects import Subject
from relance.engine.surroundings import Surroundings
from relance.models import Agent, Connection, sql
from relance.rules.facts import BY_PHONE
from relance.rules.gates import Wait

CALL_TAKES = timedelta(minutes=1)
"""How long a line is thought to be busy: those who wait for one are looked at again in the order of their turn."""

APART = timedelta(minutes=1)
"""How far apart two tries to one contact are kept when they fall due together."""

SOON = timedelta(seconds=1)
"""A send whose slot is no further ahead than this goes at once."""


def caller(s: Subject, around: Surroundings) -> Agent | None:
    """The agent of whose lines `s` needs one; None for all that is no call."""
    return around.agents.get(s.agent_id) if s.kind == "call" and s.agent_id else None


def all_busy(agent: Agent) -> str:
    """The sentence for those that wait for one of its lines."""
    if agent.lines == 1:
        return f"The one line of {agent.name} is busy."
    return f"All {agent.lines} lines of {agent.name} are busy."


class Rate:
    """The evenly spaced slots of an account with a rate: how far they are used up, and when the next one is."""

    def __init__(self, account: Connection) -> None:
        self.because = f"{account.name} sends at most {account.per_second:g} a second."
        self.apart = timedelta(seconds=1 / (account.per_second or 1))
        self.next_slot_at = account.next_slot_at

    def free_at(self, at: datetime) -> datetime:
        """When one may go that is ready at `at`: at once, or at its slot."""
        slot = self._slot(at)
        return at if slot <= at + SOON else slot

    def take(self, at: datetime) -> None:
        """Note that one goes at `at`."""
        self.next_slot_at = self._slot(at) + self.apart

    def _slot(self, at: datetime) -> datetime:
        return max(self.next_slot_at or at, at)


class Room:
    """What is left of each shared thing while a batch is decided."""

    def __init__(self, subjects: Sequence[Subject], around: Surroundings, now: datetime) -> None:
        self._around, self._now = around, now
        self._under_way = Counter(_calls_under_way([a.pk for a in around.agents.values() if a.lines]))
        self._waiting_for_line: Counter[int] = Counter()
        self._slots = _Slots([c for c in around.accounts.values() if c.per_second], now)
        self._tried: defaultdict[int, int] = defaultdict(int)

    def take(self, s: Subject) -> tuple[str, Wait] | None:
        """Take what `s` needs; if there is none, the wait until there may be."""
        wait = self._contact(s) or self._line(s) or self._slots.take(self._around.connection_of(s))
        return ("capacity", wait) if wait else None

    def count(self, s: Subject, now: datetime) -> None:
        """Note that `s` goes."""
        if s.kind in BY_PHONE:
            self._tried[s.contact_id] += 1
        if s.kind == "call" and s.agent_id:
            self._under_way[s.agent_id] += 1

    def settle(self) -> None:
        """Write down how far the rates are used up."""
        self._slots.save()

    def _contact(self, s: Subject) -> Wait | None:
        """Two calls to one contact in one batch: the frequency gate must see the first before the second."""
        if s.kind not in BY_PHONE or not self._tried[s.contact_id]:
            return None
        return Wait(self._now + APART, "Another follow-up to this contact is going out just now.")

    def _line(self, s: Subject) -> Wait | None:
        agent = caller(s, self._around)
        if agent is None or not agent.lines or self._under_way[agent.pk] < agent.lines:
            return None
        turn = self._waiting_for_line[agent.pk] // agent.lines + 1
        self._waiting_for_line[agent.pk] += 1
        return Wait(self._now + CALL_TAKES * turn, all_busy(agent))


class _Slots:
    """Evenly spaced sends of accounts with a rate: each takes the next free slot, or is looked at again in its turn.

    Only a send uses a slot up. One that waits holds none: it may be cancelled meanwhile, and when it comes back it
    would find all slots taken up to its own time and later, by those that wait as it does.
    """

    def __init__(self, limited: Sequence[Connection], now: datetime) -> None:
        self._now = now
        self._accounts = (
            {
                account.pk: account
                for account in Connection.objects.select_for_update()
                .filter(pk__in=[account.pk for account in limited])
                .order_by("pk")
            }
            if limited
            else {}
        )
        self._rates = {key: Rate(account) for key, account in self._accounts.items() if account.per_second}
        self._waiting: Counter[int] = Counter()

    def take(self, account: Connection | None) -> Wait | None:
        if account is None or account.pk not in self._rates:
            return None
        rate = self._rates[account.pk]
        free = rate.free_at(self._now)
        if free == self._now:
            rate.take(self._now)
            return None
        turn = free + self._waiting[account.pk] * rate.apart
        self._waiting[account.pk] += 1
        return Wait(turn, rate.because)

    def save(self) -> None:
        for key, rate in self._rates.items():
            self._accounts[key].next_slot_at = rate.next_slot_at
        Connection.objects.bulk_update(self._accounts.values(), ["next_slot_at"])


def _calls_under_way(agents: Sequence[int]) -> dict[int, int]:
    if not agents:
        return {}
    sql.run("SELECT 1 FROM relance_agent WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE", [list(agents)])
    under_way = sql.rows(
        "SELECT agent_id, count(*) FROM relance_attempt"
        " WHERE agent_id = ANY(%s::bigint[]) AND outcome IS NULL AND kind = 'call' GROUP BY agent_id",
        [list(agents)],
    )
    return dict(under_way)
