"""Attempts on their way to being settled: as they are found open, and with what follows from their outcome."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from relance.models import sql
from relance.rules.outcomes import Final, Next, Tries, Unreached, after
from relance.rules.retries import Ladder


class Open(NamedTuple):
    """An attempt that awaits its outcome, with what is needed to record it."""

    id: int
    follow_up_id: int
    organization_id: int
    contact_id: int
    contact_name: str
    agent_id: int | None
    campaign_id: int | None
    created_by_id: int | None
    connection_id: int | None
    template_id: int | None
    kind: str
    subject: str
    body: str
    parameters: dict[str, Any]
    started_at: datetime
    made: int
    most: int
    zone: str  # as `Contact.zone`
    call_ladder: list[Any] | None
    transcript: list[dict[str, Any]] | None


# Found by their keys before they are asked how they stand: the planner thinks that next to none are under way, and
# would look through all of those that are for each of these.
_OPEN = """
WITH found AS MATERIALIZED (
    SELECT a.outcome, f.status, a.id, f.id AS follow_up_id, f.organization_id, f.contact_id, c.name, a.agent_id,
           f.campaign_id, f.created_by_id, a.connection_id, f.template_id, a.kind, f.subject, f.body, f.parameters,
           a.started_at, f.attempts_made, f.max_attempts, coalesce(nullif(c.time_zone, ''), c.zones[1], o.time_zone),
           g.call_ladder, a.transcript
    FROM unnest(%s::bigint[]) AS w (id) JOIN relance_attempt a ON a.id = w.id
        JOIN relance_followup f ON f.id = a.follow_up_id JOIN relance_contact c ON c.id = f.contact_id
        JOIN relance_organization o ON o.id = f.organization_id LEFT JOIN relance_agent g ON g.id = a.agent_id
    ORDER BY f.id FOR NO KEY UPDATE OF f
)
SELECT * FROM found WHERE outcome IS NULL AND status = 'in_progress'
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """One try with its outcome and what follows from it."""

    attempt: Open
    outcome: Final
    next: Next


def still_open(ids: Sequence[int]) -> list[Open]:
    """Those of the attempts with these ids that await their outcome; their follow-ups are locked, by id."""
    return [Open._make(row)._replace(**_decoded(row)) for _, _, *row in sql.rows(_OPEN, [ids])]


def _decoded(row: Sequence[Any]) -> dict[str, Any]:
    """Django leaves jsonb as text in cursors of its own."""
    fields = {name: row[Open._fields.index(name)] for name in ("parameters", "call_ladder", "transcript")}
    return {name: json.loads(value) if isinstance(value, str) else value for name, value in fields.items()}


def settled(attempt: Open, outcome: Final, now: datetime) -> Settled:
    """The attempt with its outcome, and what follows from it for the follow-up."""
    tries = Tries(attempt.made, attempt.most, attempt.zone, _ladder(attempt, outcome))
    return Settled(attempt, outcome, after(outcome, tries, now))


def _ladder(attempt: Open, outcome: Final) -> Ladder | None:
    """The ladder of the agent that reached nobody. Any other outcome can be settled whatever is wrong with it."""
    climbs = isinstance(outcome, Unreached) and attempt.call_ladder
    return Ladder.parse(attempt.call_ladder) if climbs else None
