"""Turning outcomes into states, in bulk: one transaction for however many tries ended together.

Everything here is guarded by what it expects: the attempt still open, its follow-up still in progress. A worker that
was held up past its lease, a callback delivered twice or an outcome that comes after rescue finds nothing to change.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence, Set
from datetime import datetime

from django.db import transaction

from relance.engine import record
from relance.engine.attempts import Open, Settled, settled, still_open
from relance.engine.awaiting import await_word
from relance.engine.database import AWAY
from relance.models import changes, clock, sql, touches
from relance.models.consents import Evidence
from relance.models.moves import ENGINE, Actor, Move, move
from relance.models.suppression import opt_out_many
from relance.rules.outcomes import Final, Outcome, Pending, Permanent, Success, Temporary, Unknown, Unreached
from relance.rules.states import Status

log = logging.getLogger(__name__)


def settle(outcomes: dict[int, Outcome], by: Actor = ENGINE, *, recorded: Set[int] = frozenset()) -> set[int]:
    """Write what became of these attempts (by id); returns the ids of those that were still open.

    Of the attempts `recorded` somebody else writes down what the contact got.
    """
    with transaction.atomic():
        locked = _lock_contacts(outcomes)
        attempts, now = still_open(list(outcomes)), clock.now()
        await_word([a for a in attempts if isinstance(outcomes[a.id], Pending | Unknown)], outcomes)
        ended = [settled(a, outcome, now) for a in attempts if isinstance(outcome := outcomes[a.id], Final)]
        _close_attempts(ended)
        _move(ended, by)
        _heed(ended, now)
        _touch(ended, locked)
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


# A success moves the day of a contact on a cadence; an opt-out is written on the contact. Contacts are found by their
# keys alone: joined to the attempts, all there are would be read.
_LOCK = """
WITH meant AS MATERIALIZED (
    SELECT contact_id, id = ANY(%(opted_out)s::bigint[]) AS opted_out FROM relance_attempt
    WHERE id = ANY(%(reached)s::bigint[] || %(opted_out)s::bigint[])
)
SELECT c.id FROM relance_contact c
WHERE c.id = ANY(ARRAY(SELECT contact_id FROM meant)) AND (
    c.cadence_days IS NOT NULL
    OR c.stage_id = ANY(ARRAY(SELECT id FROM relance_stage WHERE cadence_days IS NOT NULL))
    OR c.id = ANY(ARRAY(SELECT contact_id FROM meant WHERE opted_out)))
ORDER BY c.id FOR NO KEY UPDATE
"""


def _lock_contacts(outcomes: dict[int, Outcome]) -> set[int]:
    """Lock the contacts that may be written before their follow-ups, as everybody does who locks both; their ids."""
    reached = [id for id, outcome in outcomes.items() if isinstance(outcome, Success)]
    opted_out = [id for id, outcome in outcomes.items() if isinstance(outcome, Permanent) and outcome.opted_out]
    if not (reached or opted_out):
        return set()
    return {id for (id,) in sql.rows(_LOCK, {"reached": reached, "opted_out": opted_out})}


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


def _close_attempts(ended: Sequence[Settled]) -> None:
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


def _touch(ended: Sequence[Settled], locked: Set[int]) -> None:
    """Whoever was called or written to and is on a cadence is due again later."""
    reached = {s.attempt.contact_id for s in ended if isinstance(s.outcome, Success) and s.attempt.kind != "webhook"}
    touches.touched(reached & locked)


def _announce(attempts: Sequence[Open]) -> None:
    ids: dict[int, list[int]] = {}
    for attempt in attempts:
        ids.setdefault(attempt.organization_id, []).append(attempt.follow_up_id)
    changes.announce_all(ids, "followUp")
