"""Changing a follow-up's state: one statement writes the state and its row of history, for one row or thousands.

Locks are always taken in the order contact, follow-up, attempt, conversation, and by id within each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from relance.models import clock, sql
from relance.models.accounts import Member
from relance.rules.states import Status, require_legal


@dataclass(frozen=True, slots=True)
class Actor:
    """Who or what makes a change: a member, or a part of Relance by its name."""

    name: str
    member_id: int | None = None

    @classmethod
    def of(cls, member: Member | None) -> Actor:
        """`member`, or Relance itself."""
        return cls("member", member.pk) if member else SYSTEM


ENGINE = Actor("engine")
SYSTEM = Actor("system")
CONTACT = Actor("contact")


@dataclass(frozen=True, slots=True)
class Move:
    """A wanted change of one follow-up. `next_attempt_at` is when it is looked at next, None in the states that
    do not wait; `gate` names the rule that asked for it."""

    id: int
    to: Status
    because: str = ""
    next_attempt_at: datetime | None = None
    gate: str = ""


# What a change of state does to the row stands here once: the set of attempts starts anew when a person retries or
# reschedules one that had ended, and an attempt counts from the moment it begins; leases run by the database's own
# clock, since they are about machines and not about contacts. Rows are locked by id before they are written: two
# changes of many rows that share some must not wait for each other.
_MOVE = """
WITH locked AS MATERIALIZED (
    SELECT id FROM relance_followup WHERE id = ANY(%(ids)s::bigint[]) AND status = %(expect)s::text
    ORDER BY id FOR NO KEY UPDATE
), changed AS (
    UPDATE relance_followup f SET
        status = w.status,
        because = w.because,
        held_by = w.gate,
        next_attempt_at = w.next_attempt_at,
        attempts_made = CASE WHEN w.status = 'in_progress' THEN f.attempts_made + 1
                             WHEN %(expect)s::text IN ('failed', 'expired') THEN 0 ELSE f.attempts_made END,
        lease_until = CASE WHEN w.status IN ('queued', 'in_progress') THEN clock_timestamp() + %(lease)s::interval END,
        finished_at = CASE WHEN w.status IN ('completed', 'failed', 'cancelled', 'expired') THEN {now} END,
        updated_at = {now}
    FROM unnest(%(ids)s::bigint[], %(to)s::text[], %(because)s::text[], %(next)s::timestamptz[], %(gates)s::text[])
        AS w (id, status, because, next_attempt_at, gate)
    WHERE f.id = w.id AND f.id = ANY(ARRAY(SELECT id FROM locked)) AND f.status = %(expect)s::text
    RETURNING f.id, f.organization_id, w.status, w.because, w.gate, w.next_attempt_at
), written AS (
    INSERT INTO relance_change (organization_id, follow_up_id, at, actor, member_id, from_status, to_status, because,
                                gate, until)
    SELECT organization_id, id, {now}, %(actor)s::text, %(member)s::bigint, %(expect)s::text, status, because, gate,
           next_attempt_at
    FROM changed
)
SELECT id FROM changed
"""


# Where several states are expected there is a statement for each, and one that changes from one of these states to
# another meanwhile must not slip between them. The contacts come first, as wherever both are locked: else who cancels
# many follow-ups of many contacts would lock them in another order than who cancels contact by contact.
_LOCK_CONTACTS = """
SELECT 1 FROM relance_contact
WHERE id IN (SELECT contact_id FROM relance_followup WHERE id = ANY(%s::bigint[])) ORDER BY id FOR NO KEY UPDATE
"""
_LOCK_FOLLOW_UPS = """
SELECT 1 FROM relance_followup WHERE id = ANY(%s::bigint[]) AND status = ANY(%s::text[])
ORDER BY id FOR NO KEY UPDATE
"""


def move(moves: Sequence[Move], *, expect: Collection[Status], by: Actor) -> set[int]:
    """Make every move whose follow-up is in one of the states in `expect`; returns the ids of those that were.

    Raises `IllegalMove` if the table of transitions does not know one of them, before anything is written.
    """
    require_legal(expect, {m.to for m in moves})
    wanted = {m.id: m for m in sorted(moves, key=lambda m: m.id)}
    if len(expect) > 1 and wanted:
        sql.run(_LOCK_CONTACTS, [list(wanted)])
        sql.run(_LOCK_FOLLOW_UPS, [list(wanted), list(expect)])
    moved: set[int] = set()
    for state in sorted(expect):
        moved |= _move_from(state, [m for id, m in wanted.items() if id not in moved], by)
    return moved


def _move_from(state: Status, moves: Sequence[Move], by: Actor) -> set[int]:
    if not moves:
        return set()
    moved = sql.rows(
        _MOVE.format(now=clock.now_sql()),
        {
            "ids": [m.id for m in moves],
            "to": [m.to.value for m in moves],
            "because": [m.because for m in moves],
            "next": [m.next_attempt_at for m in moves],
            "gates": [m.gate for m in moves],
            "expect": state.value,
            "lease": timedelta(seconds=settings.LEASE_SECONDS),
            "actor": by.name,
            "member": by.member_id,
        },
    )
    return {row[0] for row in moved}


DUE = "relance_due"


def wake_engine(at: datetime) -> None:
    """Tell the workers that something is due at `at`, in case they meant to sleep longer."""
    sql.run("SELECT pg_notify(%s, %s)", [DUE, at.isoformat()])
