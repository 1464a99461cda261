"""What carrying out leaves in the database, counted, so that no figure stands for work that was not done."""

from __future__ import annotations

from collections.abc import Sequence

from bench.stand import Failed
from relance.models import sql

_WRITTEN = """
WITH ours AS MATERIALIZED (SELECT unnest(%s::bigint[]) AS id)
SELECT 'completed', count(*) FROM ours JOIN relance_followup f USING (id)
    WHERE f.status = 'completed' AND f.attempts_made = 1 AND f.finished_at IS NOT NULL
UNION ALL SELECT 'attempts', count(*) FROM ours JOIN relance_attempt a ON a.follow_up_id = ours.id
    WHERE a.outcome = 'success' AND a.number = 1 AND a.finished_at IS NOT NULL
UNION ALL SELECT 'history: ' || h.to_status, count(*) FROM ours JOIN relance_change h ON h.follow_up_id = ours.id
    GROUP BY h.to_status
UNION ALL SELECT 'notifications', count(*) FROM ours JOIN relance_notification n ON n.follow_up_id = ours.id
"""
_MESSAGES = """
SELECT 'messages', count(*) FROM relance_message WHERE follow_up_id = ANY(%(ids)s::bigint[]) AND status = 'sent'
UNION ALL SELECT 'conversations', count(DISTINCT c.id) FROM relance_message m
    JOIN relance_conversation c ON c.id = m.conversation_id AND c.last_message_at >= m.at
    WHERE m.follow_up_id = ANY(%(ids)s::bigint[])
"""
STATES = ("scheduled", "queued", "in_progress", "completed")


def reconcile(ids: Sequence[int], *, messages: bool = True) -> dict[str, int]:
    """Count the rows that these follow-ups left; each kind must be there once for each. Raises `Failed`."""
    found = dict(sql.rows(_WRITTEN, [list(ids)]))
    kinds = ["completed", "attempts", *(f"history: {state}" for state in STATES), "notifications"]
    if messages:
        found |= dict(sql.rows(_MESSAGES, {"ids": list(ids)}))
        kinds += ["messages", "conversations"]
    wanted = dict.fromkeys(kinds, len(ids))
    if found != wanted:
        wrong = {kind: found.get(kind, 0) for kind in found | wanted if found.get(kind, 0) != wanted.get(kind, 0)}
        raise Failed(f"{len(ids):,} follow-ups were carried out, but of these rows there are: {wrong}.")
    return found


def are_done(ids: Sequence[int]) -> bool:
    """Whether all of these follow-ups have come to an end."""
    open_ = "SELECT count(*) FROM relance_followup WHERE id = ANY(%s::bigint[]) AND finished_at IS NULL"
    return sql.rows(open_, [list(ids)]) == [(0,)]
