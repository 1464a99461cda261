"""An outcome that is still to come: the attempt stays open, and its follow-up in progress, while it may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.conf import settings

from relance.engine.attempts import Open
from relance.models import clock, sql
from relance.rules.outcomes import Outcome, Pending, Unknown

PENDING_FOR = timedelta(hours=1)
"""How long a call may ring and talk before its provider is asked what became of it."""

# That an outcome is unknown is told once: two rescuers may find the same attempt, and a worker its own one late.
_AWAIT = """
WITH wanted AS (
    SELECT w.* FROM unnest(%(attempts)s::bigint[], %(follow_ups)s::bigint[], %(unheard)s::boolean[],
                           %(details)s::text[], %(references)s::text[], %(leases)s::interval[])
        AS w (id, follow_up_id, unheard, detail, reference, lease) JOIN relance_attempt a ON a.id = w.id
    WHERE NOT (a.unheard AND w.unheard)
), kept AS (
    UPDATE relance_attempt a SET unheard = w.unheard, detail = w.detail,
        reference = coalesce(nullif(w.reference, ''), a.reference)
    FROM wanted w WHERE a.id = w.id
), told AS (
    INSERT INTO relance_change (organization_id, follow_up_id, at, actor, from_status, to_status, because, gate)
    SELECT f.organization_id, f.id, {now}, 'engine', 'in_progress', 'in_progress', w.detail, ''
    FROM wanted w JOIN relance_followup f ON f.id = w.follow_up_id WHERE w.unheard
)
UPDATE relance_followup f SET lease_until = clock_timestamp() + w.lease, because = w.detail, updated_at = {now}
FROM wanted w WHERE f.id = w.follow_up_id
"""


def await_word(attempts: Sequence[Open], outcomes: Mapping[int, Outcome]) -> None:
    """Keep an attempt open: it rings, or nobody heard how it ended and its provider may still say."""
    if not attempts:
        return
    unheard = [isinstance(outcomes[a.id], Unknown) for a in attempts]
    grace = timedelta(seconds=settings.UNKNOWN_SECONDS)
    sql.run(
        _AWAIT.format(now=clock.now_sql()),
        {
            "attempts": [a.id for a in attempts],
            "follow_ups": [a.follow_up_id for a in attempts],
            "unheard": unheard,
            "details": [_waiting_words(outcomes[a.id]) for a in attempts],
            "references": [getattr(outcomes[a.id], "reference", "") for a in attempts],
            "leases": [grace if lost else _patience(outcomes[a.id]) for a, lost in zip(attempts, unheard, strict=True)],
        },
    )


def _patience(outcome: Outcome) -> timedelta:
    return (isinstance(outcome, Pending) and outcome.within) or PENDING_FOR


def _waiting_words(outcome: Outcome) -> str:
    if isinstance(outcome, Unknown):
        return f"Outcome unknown: {outcome.detail} The provider may still say."
    return "Under way; the provider will say how it ended."
