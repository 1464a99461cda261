"""Taking due follow-ups: one short transaction that queues them and defers the job which carries them out."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from relance.models import clock, sql
from relance.models.moves import ENGINE, Move, move
from relance.rules.states import WAITING, Status

BATCH = 500

# Every organization with something due gets an equal share of the batch, its most urgent first. Each step down an
# index finds due rows only: the cost does not grow with what waits for later. A priority is said as a range of rows
# since that fits this index alone, and no other looks cheaper in an organization whose rows are all alike.
# SKIP LOCKED twice: another worker that holds rows, even one that was stopped while it did, delays nobody.
_DUE = """
WITH heads AS MATERIALIZED (
    SELECT o.id AS organization_id, head.priority
    FROM (SELECT id FROM relance_organization WHERE id <> ALL(%(full)s::bigint[])) AS o CROSS JOIN LATERAL (
        SELECT p.priority FROM generate_series(0, 3) AS p (priority)
        WHERE (SELECT true FROM relance_followup f
               WHERE f.organization_id = o.id AND f.status IN ('scheduled', 'snoozed')
                 AND f.priority >= p.priority AND (f.priority, f.next_attempt_at) <= (p.priority, {now})
               ORDER BY f.priority, f.next_attempt_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
        ORDER BY p.priority LIMIT 1
    ) AS head
), shares AS (
    SELECT organization_id, priority, greatest(1, %(batch)s / count(*) OVER ()) AS share FROM heads
)
SELECT due.id, due.status, due.expires_at <= {now} FROM shares s CROSS JOIN LATERAL (
    SELECT f.id, f.status, f.expires_at FROM relance_followup f
    WHERE f.organization_id = s.organization_id AND f.status IN ('scheduled', 'snoozed')
      AND f.priority >= s.priority AND (f.priority, f.next_attempt_at) <= (s.priority, {now})
    ORDER BY f.priority, f.next_attempt_at LIMIT s.share FOR NO KEY UPDATE SKIP LOCKED
) AS due
"""

_NEXT = """
SELECT extract(epoch FROM next_attempt_at - {now}) FROM relance_followup
WHERE status IN ('scheduled', 'snoozed') ORDER BY next_attempt_at LIMIT 1
"""


def claim(full: Sequence[int] = ()) -> list[int]:
    """Queue what is due, up to a batch, with the job that carries it out; returns the ids that were queued.

    Nothing is taken of the organizations `full`, whose providers have not answered enough of what they were asked.
    """
    from relance.engine import jobs, record

    with transaction.atomic():
        rows = sql.rows(_DUE.format(now=clock.now_sql()), {"batch": BATCH, "full": list(full)})
        late = [id for id, _, expired in rows if expired]
        for state in WAITING:
            moves = [_move_of(id, expired) for id, status, expired in rows if status == state]
            move(moves, expect=[state], by=ENGINE)
        record.tell_ended(late)
        due = sorted(id for id, _, expired in rows if not expired)
        if due:
            jobs.defer_carry_out(due)
    return due


def seconds_until_next() -> float | None:
    """How long until something is due (negative: already is), by the instance's clock; None if nothing waits."""
    found = sql.rows(_NEXT.format(now=clock.now_sql()))
    return float(found[0][0]) if found else None


def _move_of(id: int, expired: bool) -> Move:
    if expired:
        return Move(id, Status.EXPIRED, "It could not run before it expired. Reschedule it if it is still wanted.")
    return Move(id, Status.QUEUED, "Due.")
