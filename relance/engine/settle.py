"""Turning outcomes into states, in bulk: one transaction for however many tries ended together.

Everything here is guarded by what it expects: the attempt still open, its follow-up still in progress. A worker that
was held up past its lease, a callback delivered twice or an outcome that comes after rescue finds nothing to change.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from relance.engine import record
from relance.engine.database import AWAY
from relance.models import changes, clock, sql
from relance.models.consents import Evidence
from relance.models.moves import ENGINE, Actor, Move, move
from relance.models.suppression import opt_out_many
from relance.rules.outcomes import (
    Final,
    Next,
    Outcome,
    Pending,
    Permanent,
    Success,
    Temporary,
    Tries,
    Unknown,
    Unreached,
    after,
)
from relance.rules.retries import Ladder
from relance.rules.states import Status

log = logging.getLogger(__name__)

PENDING_FOR = timedelta(hours=1)
"""How long a call may ring and talk before its provider is asked what became of it."""


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
    zone: str
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


def settle(outcomes: dict[int, Outcome], by: Actor = ENGINE, *, recorded: Set[int] = frozenset()) -> set[int]:
    """Write what became of these attempts (by id); returns the ids of those that were still open.

    Of the attempts `recorded` somebody else writes down what the contact got.
    """
    with transaction.atomic():
        _lock_opted_out(outcomes)
        attempts, now = _open(list(outcomes)), clock.now()
        _await_word([a for a in attempts if isinstance(outcomes[a.id], Pending | Unknown)], outcomes)
        ended = [_settled(a, outcome, now) for a in attempts if isinstance(outcome := outcomes[a.id], Final)]
        _close_attempts(ended, now)
        _move(ended, by)
        _heed(ended, now)
        record.write(ended, now, recorded)
        _announce(attempts)
    return {attempt.id for attempt in attempts}


def settle_apart(outcomes: dict[int, Outcome]) -> None:
    """Settle together, or if that fails each by itself: one that cannot be written keeps no other open.

    Such a one ends as failed, or if not even that can be written stays open. Raises only what says that the database
    is away.
    """
    try:
        settle(outcomes)
    except AWAY:
        raise
    except Exception:
        log.exception("The outcomes of %s attempts could not be written together", len(outcomes))
        for attempt_id, outcome in outcomes.items():
            _settle_alone(attempt_id, outcome)


_NOT_RECORDED = Permanent("Its outcome could not be recorded: it may have gone out. The log says why.")


def _settle_alone(attempt_id: int, outcome: Outcome) -> None:
    for wanted in (outcome, _NOT_RECORDED):
        try:
            settle({attempt_id: wanted})
        except AWAY:
            raise
        except Exception:
            log.exception("The outcome of attempt %s could not be written", attempt_id)
        else:
            return


def _lock_opted_out(outcomes: dict[int, Outcome]) -> None:
    """Lock those who opted out before their follow-ups, as everybody does who locks both."""
    opted_out = [id for id, outcome in outcomes.items() if isinstance(outcome, Permanent) and outcome.opted_out]
    if opted_out:
        sql.run(
            "SELECT 1 FROM relance_contact WHERE id IN"
            " (SELECT contact_id FROM relance_attempt WHERE id = ANY(%s::bigint[])) ORDER BY id FOR NO KEY UPDATE",
            [opted_out],
        )


def _open(ids: Sequence[int]) -> list[Open]:
    return [Open._make(row)._replace(**_decoded(row)) for _, _, *row in sql.rows(_OPEN, [ids])]


def _decoded(row: Sequence[Any]) -> dict[str, Any]:
    """Django leaves jsonb as text in cursors of its own."""
    fields = {name: row[Open._fields.index(name)] for name in ("parameters", "call_ladder", "transcript")}
    return {name: json.loads(value) if isinstance(value, str) else value for name, value in fields.items()}


def _settled(attempt: Open, outcome: Final, now: datetime) -> Settled:
    tries = Tries(attempt.made, attempt.most, attempt.zone, _ladder(attempt, outcome))
    return Settled(attempt, outcome, after(outcome, tries, now))


def _ladder(attempt: Open, outcome: Final) -> Ladder | None:
    """The ladder of the agent that reached nobody. Any other outcome can be settled whatever is wrong with it."""
    climbs = isinstance(outcome, Unreached) and attempt.call_ladder
    return Ladder.parse(attempt.call_ladder) if climbs else None


# -- an outcome that is still to come ------------------------------------------------------------------------

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


def _await_word(attempts: Sequence[Open], outcomes: dict[int, Outcome]) -> None:
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


# -- an outcome that is known --------------------------------------------------------------------------------

_CLOSE = """
UPDATE relance_attempt a SET outcome = w.outcome, detail = w.detail, finished_at = {now},
    reference = coalesce(nullif(w.reference, ''), a.reference)
FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[], %(details)s::text[], %(references)s::text[])
    AS w (id, outcome, detail, reference)
WHERE a.id = w.id AND a.outcome IS NULL
"""
_NAMES: dict[type[Final], str] = {
    Success: "success",
    Unreached: "unreached",
    Temporary: "temporary",
    Permanent: "permanent",
}


def _close_attempts(ended: Sequence[Settled], now: datetime) -> None:
    if not ended:
        return
    sql.run(
        _CLOSE.format(now=clock.now_sql()),
        {
            "ids": [s.attempt.id for s in ended],
            "outcomes": [_NAMES[type(s.outcome)] for s in ended],
            "details": [_words(s.outcome) for s in ended],
            "references": [getattr(s.outcome, "reference", "") for s in ended],
        },
    )


def _words(outcome: Final) -> str:
    return outcome.how if isinstance(outcome, Unreached) else outcome.detail


def _move(ended: Sequence[Settled], by: Actor) -> None:
    moves = [Move(s.attempt.follow_up_id, s.next.status, s.next.because, s.next.at) for s in ended]
    move(moves, expect=[Status.IN_PROGRESS], by=by)


def _heed(ended: Sequence[Settled], now: datetime) -> None:
    """Take from an outcome what it says beyond its own follow-up: a full account, a contact who opted out."""
    full: dict[int, datetime] = {}
    gone: defaultdict[str, list[int]] = defaultdict(list)
    for s in ended:
        if isinstance(s.outcome, Temporary) and s.outcome.retry_after and s.attempt.connection_id:
            until = now + s.outcome.retry_after
            full[s.attempt.connection_id] = max(until, full.get(s.attempt.connection_id, until))
        if isinstance(s.outcome, Permanent) and s.outcome.opted_out:
            gone[s.attempt.kind].append(s.attempt.contact_id)
    _hold_accounts(full)
    for kind, contacts in gone.items():
        opt_out_many(contacts, kind, Evidence("carrier", "Opted out at the carrier."))


def _hold_accounts(full: dict[int, datetime]) -> None:
    """A provider that asked for a pause gets it from the whole account. Webhooks have as many receivers as addresses:
    there only the one follow-up waits."""
    if not full:
        return
    sql.run(
        "WITH locked AS MATERIALIZED (SELECT id FROM relance_connection WHERE id = ANY(%(ids)s::bigint[])"
        " AND provider <> 'http' ORDER BY id FOR NO KEY UPDATE)"
        " UPDATE relance_connection c SET retry_after = greatest(c.retry_after, w.until)"
        " FROM unnest(%(ids)s::bigint[], %(untils)s::timestamptz[]) AS w (id, until)"
        " WHERE c.id = w.id AND c.id = ANY(ARRAY(SELECT id FROM locked))",
        {"ids": list(full), "untils": list(full.values())},
    )


def _announce(attempts: Sequence[Open]) -> None:
    ids: dict[int, list[int]] = {}
    for attempt in attempts:
        ids.setdefault(attempt.organization_id, []).append(attempt.follow_up_id)
    changes.announce_all(ids, "followUp")
