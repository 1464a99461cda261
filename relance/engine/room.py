"""Room within a batch: lines that are free, the rate an account allows, and one contact's own share.

The gates look at each follow-up by itself; this looks at all of a batch together, so that the fifth of five due
calls sees the four before it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from relance.engine.facts import Subject, Surroundings
from relance.models import Connection, sql
from relance.rules.facts import BY_PHONE
from relance.rules.gates import Wait

CALL_TAKES = timedelta(minutes=1)
"""How long a line is thought to be busy: those who wait for one are looked at again in the order of their turn."""

APART = timedelta(minutes=1)
"""How far apart two tries to one contact are kept when they fall due together."""


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
        agent = self._around.agents.get(s.agent_id) if s.agent_id else None
        if s.kind != "call" or agent is None or not agent.lines or self._under_way[agent.pk] < agent.lines:
            return None
        turn = self._waiting_for_line[agent.pk] // agent.lines + 1
        self._waiting_for_line[agent.pk] += 1
        return Wait(self._now + CALL_TAKES * turn, f"All {agent.lines} lines of {agent.name} are busy.")


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
        self._waiting: Counter[int] = Counter()

    def take(self, account: Connection | None) -> Wait | None:
        if account is None or account.pk not in self._accounts:
            return None
        account, apart = self._accounts[account.pk], timedelta(seconds=1 / (account.per_second or 1))
        slot = max(account.next_slot_at or self._now, self._now)
        if slot <= self._now + timedelta(seconds=1):
            account.next_slot_at = slot + apart
            return None
        turn = slot + self._waiting[account.pk] * apart
        self._waiting[account.pk] += 1
        return Wait(turn, f"{account.name} sends at most {account.per_second:g} a second.")

    def save(self) -> None:
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
