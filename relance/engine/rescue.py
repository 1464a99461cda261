"""Finding what a dead worker left: queued ones go back, open attempts become unknown, and what stays unknown ends."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from relance.channels.provider import Channels
from relance.engine import carry_out, facts
from relance.engine.carry_out import Ask
from relance.engine.database import in_database
from relance.engine.facts import Surroundings
from relance.engine.settle import settle
from relance.models import clock, sql
from relance.models.moves import ENGINE, Move, move
from relance.rules.outcomes import Final, Outcome, Unknown, when_never_heard
from relance.rules.states import Status

MOST_AT_ONCE = 500

_LEFT = """
SELECT f.id FROM relance_followup f
WHERE f.status = %s AND f.lease_until < clock_timestamp() ORDER BY f.lease_until LIMIT %s
FOR NO KEY UPDATE SKIP LOCKED
"""
_OPEN = """
SELECT a.id, a.follow_up_id, a.number, a.idempotency_key, a.unheard, a.reference, a.kind, a.provider,
       f.lease_until < clock_timestamp()
FROM relance_attempt a JOIN relance_followup f ON f.id = a.follow_up_id
WHERE f.status = 'in_progress' AND a.outcome IS NULL AND (a.unheard OR f.lease_until < clock_timestamp())
ORDER BY f.lease_until LIMIT %s
"""


def return_queued() -> int:
    """Put back what was queued by a worker that never began it; returns how many."""
    with transaction.atomic():
        ids = [row[0] for row in sql.rows(_LEFT, [Status.QUEUED.value, MOST_AT_ONCE])]
        now = clock.now()
        moves = [Move(id, Status.SCHEDULED, "The worker that held it went away.", now) for id in ids]
        return len(move(moves, expect=[Status.QUEUED], by=ENGINE))


async def resolve_open(channels: Channels) -> int:
    """Ask providers about attempts nobody heard of; end those whose time for an answer is over. Returns how many."""
    lost = await in_database(_lost)
    outcomes: dict[int, Outcome] = {}
    for found in lost:
        outcome = await _word_of(found, channels)
        if outcome is not None:
            outcomes[found.ask.order.attempt_id] = outcome
    if outcomes:
        await in_database(settle, outcomes)
    return len(outcomes)


class Lost:
    """An open attempt without a worker: how to ask about it, whether it was known to be lost, and for how long."""

    def __init__(self, ask: Ask, unheard: bool, overdue: bool) -> None:
        self.ask, self.unheard, self.overdue = ask, unheard, overdue


async def _word_of(lost: Lost, channels: Channels) -> Outcome | None:
    channel = channels.of(lost.ask.order.kind, lost.ask.provider)
    said = await channel.look_up(lost.ask.order)
    if isinstance(said, Final):
        return said
    if not lost.overdue:
        return None
    if lost.unheard:
        return when_never_heard(channel.idempotent)
    return Unknown("the worker went away after it may have asked the provider.")


def _lost() -> list[Lost]:
    rows = {row[1]: row for row in sql.rows(_OPEN, [MOST_AT_ONCE])}
    subjects = facts.of_follow_ups(list(rows), [Status.IN_PROGRESS])
    around = Surroundings.of(subjects)
    lost = []
    for subject in subjects:
        attempt_id, _, number, key, unheard, _, _, provider, overdue = rows[subject.id]
        order = carry_out.order(subject, around, (attempt_id, number, key))
        lost.append(Lost(Ask(order, provider, 0.0), unheard, overdue))
    return lost


def period() -> float:
    """Seconds between two looks for what was left."""
    return min(15.0, settings.LEASE_SECONDS / 4, timedelta(seconds=settings.UNKNOWN_SECONDS).total_seconds() / 4)
