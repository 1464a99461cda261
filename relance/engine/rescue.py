"""Finding what a dead worker left: queued ones go back, open attempts become unknown, and what stays unknown ends."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.db import transaction

from relance.channels.base import Order
from relance.channels.provider import Channels
from relance.engine import carry_out, jobs
from relance.engine.database import in_database
from relance.engine.settle import settle_apart
from relance.engine.subjects import Subject, of_follow_ups
from relance.engine.surroundings import Surroundings
from relance.models import Connection, clock, sql
from relance.models.moves import ENGINE, Move, move
from relance.rules.outcomes import Final, Outcome, Unknown, when_never_heard
from relance.rules.states import Status

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500
SILENT_FOR = timedelta(seconds=30)
FAILED_JOBS_KEPT_FOR = timedelta(days=7)  # for whoever wants to know what went wrong
PATIENCE = 10.0  # seconds, for a provider that is asked what became of an attempt

_LEFT = """
SELECT f.id FROM relance_followup f
WHERE f.status = %s AND f.lease_until < clock_timestamp() ORDER BY f.lease_until LIMIT %s
FOR NO KEY UPDATE SKIP LOCKED
"""
_OPEN = """
SELECT a.id, a.follow_up_id, a.number, a.idempotency_key, a.unheard, a.provider, f.lease_until < clock_timestamp(),
       a.reference, a.answered_at IS NOT NULL, a.connection_id
FROM relance_attempt a JOIN relance_followup f ON f.id = a.follow_up_id
WHERE f.status = 'in_progress' AND a.outcome IS NULL AND (a.unheard OR f.lease_until < clock_timestamp())
ORDER BY f.lease_until LIMIT %s
"""

_SILENT = """
SELECT j.id FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
WHERE j.status = 'doing' AND j.queue_name = %(queue)s
  AND (w.id IS NULL OR w.last_heartbeat < clock_timestamp() - %(silent_for)s) FOR NO KEY UPDATE OF j SKIP LOCKED
"""
_SILENT_BATCHES = f"DELETE FROM procrastinate_jobs WHERE id IN ({_SILENT})"
_SILENT_CHORES = f"UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL WHERE id IN ({_SILENT})"
_FAILED = """
DELETE FROM procrastinate_jobs j WHERE j.status = 'failed' AND j.queue_name = ANY(%(queues)s::text[])
    AND (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id) < clock_timestamp() - %(kept_for)s
"""


def return_queued() -> int:
    """Put back what was queued by a worker that never began it; returns how many."""
    with transaction.atomic():
        ids = [row[0] for row in sql.rows(_LEFT, [Status.QUEUED.value, MOST_AT_ONCE])]
        now = clock.now()
        moves = [Move(id, Status.SCHEDULED, "The worker that held it went away.", now) for id in ids]
        return len(move(moves, expect=[Status.QUEUED], by=ENGINE))


def return_jobs() -> None:
    """Deal with the jobs of workers that went silent: the follow-ups of a batch come back by their own leases, so
    that their job goes; a chore is done again. Those that failed long ago go too."""
    sql.run(_SILENT_BATCHES, {"queue": jobs.CARRY_OUT, "silent_for": SILENT_FOR})
    sql.run(_SILENT_CHORES, {"queue": jobs.CHORES, "silent_for": SILENT_FOR})
    sql.run(_FAILED, {"queues": jobs.QUEUES, "kept_for": FAILED_JOBS_KEPT_FOR})


async def resolve_open(channels: Channels) -> int:
    """Ask providers about attempts nobody heard of; end those whose time for an answer is over. Returns how many."""
    lost = await in_database(_lost)
    words = await asyncio.gather(*(_word_of(found, channels) for found in lost))
    outcomes = {found.order.attempt_id: word for found, word in zip(lost, words, strict=True) if word is not None}
    if outcomes:
        await in_database(settle_apart, outcomes)
    return len(outcomes)


@dataclass(frozen=True, slots=True)
class Lost:
    """An open attempt without a worker: how to ask about it, whether it was known to be lost, and for how long."""

    order: Order
    provider: str
    unheard: bool
    overdue: bool


async def _word_of(lost: Lost, channels: Channels) -> Outcome | None:
    said = await _said(lost, channels)
    if isinstance(said, Final):
        return said
    if not lost.overdue:
        return None
    if lost.unheard:
        return when_never_heard(_is_idempotent(lost, channels))
    return Unknown("the worker went away after it may have asked the provider.")


async def _said(lost: Lost, channels: Channels) -> Outcome | None:
    """What the provider says of it; None where it says nothing, also for want of a provider or of an answer."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await channels.of(lost.order.kind, lost.provider).look_up(lost.order)
    except Exception as problem:
        log.warning("%s could not be asked about attempt %s: %r", lost.provider, lost.order.attempt_id, problem)
        return None


def _is_idempotent(lost: Lost, channels: Channels) -> bool:
    try:
        return channels.idempotent(lost.order.kind, lost.provider)
    except LookupError:
        return False


def _lost() -> list[Lost]:
    rows = {row[1]: row for row in sql.rows(_OPEN, [MOST_AT_ONCE])}
    subjects = of_follow_ups(list(rows), [Status.IN_PROGRESS])
    around = Surroundings.of(subjects)
    accounts = Connection.objects.in_bulk({row[-1] for row in rows.values()})
    return [_lost_one(subject, around, rows[cast(int, subject.id)], accounts) for subject in subjects]


def _lost_one(subject: Subject, around: Surroundings, row: tuple[Any, ...], accounts: dict[int, Connection]) -> Lost:
    attempt_id, _, number, key, unheard, provider, overdue, reference, answered, account = row
    order = carry_out.order(subject, around, (attempt_id, number, key), accounts.get(account))
    return Lost(replace(order, reference=reference, answered=answered), provider, unheard, overdue)


def period() -> float:
    """Seconds between two looks for what was left."""
    return min(15.0, settings.LEASE_SECONDS / 4, timedelta(seconds=settings.UNKNOWN_SECONDS).total_seconds() / 4)
