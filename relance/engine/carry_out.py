"""Carrying out a batch: facts, gates, attempts written and committed, and only then the providers asked.

The gates see what was committed before the contacts were locked; a withdrawal of consent takes the same lock. So a
STOP that was committed before the attempt is written stops the send, and one that comes later finds it sent. The
lock also keeps two workers from counting one contact's tries at the same time.
"""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.db import transaction

from relance.channels.base import Kind, Message, Order, Recipient
from relance.engine import facts, record, room
from relance.engine.database import AWAY
from relance.engine.subjects import Subject, of_follow_ups
from relance.engine.surroundings import Surroundings
from relance.models import Connection, changes, clock, sql
from relance.models.moves import ENGINE, Move, move
from relance.rules.gates import LOOK_AGAIN, Stop, Wait, decide
from relance.rules.states import FINAL, Status

log = logging.getLogger(__name__)

ASK_WITHIN = 0.5  # of the lease: a worker that was held up longer than this no longer asks


@dataclass(frozen=True, slots=True)
class Ask:
    """An attempt that is written and may be made: whom to ask what, until when (by `_steady_seconds`)."""

    order: Order
    provider: str
    organization_id: int
    before: float


def prepare(ids: Sequence[int], worker: str) -> list[Ask]:
    """Pass queued follow-ups through the gates; write the attempts of those that go, and return what to ask."""
    before = _steady_seconds() + settings.LEASE_SECONDS * ASK_WITHIN
    with transaction.atomic():
        _lock_contacts(ids)
        subjects = of_follow_ups(ids, [Status.QUEUED])
        around, now = Surroundings.of(subjects), clock.now()
        going, moves = _through_gates(subjects, around, now)
        moved = move(moves, expect=[Status.QUEUED], by=ENGINE)
        going = [subject for subject in going if subject.id in moved]
        record.tell_ended([m.id for m in moves if m.to in FINAL and m.id in moved])
        attempts = _write_attempts(going, around, worker)
        _announce(subjects)
        return [_ask(s, around, attempt, before) for s, attempt in zip(going, attempts, strict=True)]


def prepare_apart(ids: Sequence[int], worker: str) -> list[Ask]:
    """`prepare`, and where that fails in halves: one that cannot be decided is put off and keeps no other back.

    Where the database is away nothing is prepared; what stays queued comes back when its lease is over.
    """
    try:
        return prepare(ids, worker)
    except AWAY as problem:
        log.warning("%s follow-ups could not be prepared: %s", len(ids), problem)
        return []
    except Exception:
        log.exception("%s follow-ups could not be prepared", len(ids))
    if len(ids) == 1:
        _put_off(ids[0])
        return []
    half = len(ids) // 2
    return prepare_apart(ids[:half], worker) + prepare_apart(ids[half:], worker)


def _put_off(id: int) -> None:
    because = "Something is wrong with it that Relance does not understand. The log says more."
    later = Move(id, Status.SCHEDULED, because, clock.now() + LOOK_AGAIN)
    with contextlib.suppress(*AWAY):
        move([later], expect=[Status.QUEUED], by=ENGINE)


_LOCK = """
SELECT 1 FROM relance_contact
WHERE id IN (SELECT contact_id FROM relance_followup WHERE id = ANY(%s::bigint[])) ORDER BY id FOR NO KEY UPDATE
"""


def _lock_contacts(ids: Sequence[int]) -> None:
    sql.run(_LOCK, [list(ids)])


def _through_gates(
    subjects: Sequence[Subject], around: Surroundings, now: datetime
) -> tuple[list[Subject], list[Move]]:
    going: list[Subject] = []
    moves: list[Move] = []
    capacity = room.Room(subjects, around, now)
    for subject, known in zip(subjects, facts.gather(subjects, around, now), strict=True):
        found = _spent(subject) or decide(known, now) or capacity.take(subject)
        if found is None:
            going.append(subject)
            capacity.count(subject, now)
        moves.append(_move_of(subject, found))
    capacity.settle()
    return going, moves


def _spent(s: Subject) -> tuple[str, Stop] | None:
    """The number of tries may have been lowered while it waited for the next."""
    return ("", Stop(Status.FAILED, "No tries are left.")) if s.attempts_made >= s.max_attempts else None


def _move_of(subject: Subject, found: tuple[str, Any] | None) -> Move:
    id = cast(int, subject.id)
    if found is None:
        return Move(id, Status.IN_PROGRESS, f"Try {subject.attempts_made + 1} of {subject.max_attempts}.")
    gate, answer = found
    because = f"{answer.because} {answer.citation}".strip()
    if isinstance(answer, Wait):
        return Move(id, Status.SCHEDULED, because, min(answer.until, subject.expires_at), gate)
    return Move(id, answer.status, because, gate=gate)


# A try repeats the key of the one before while that one's outcome leaves open whether it had an effect, so that a
# receiver who drops keys that it knows acts once. New content gets a new key: it would be dropped with the old one.
_WRITE = """
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(organizations)s::bigint[], %(contacts)s::bigint[], %(agents)s::bigint[],
                         %(connections)s::bigint[], %(kinds)s::text[], %(providers)s::text[], %(keys)s::uuid[],
                         %(rewritten_after)s::integer[])
         WITH ORDINALITY
         AS w (follow_up_id, organization_id, contact_id, agent_id, connection_id, kind, provider, key, rewritten_after,
               place)
), written AS (
    INSERT INTO relance_attempt (organization_id, follow_up_id, contact_id, agent_id, connection_id, number, kind,
                                 provider, idempotency_key, worker, started_at, unheard, detail, reference)
    SELECT w.organization_id, w.follow_up_id, w.contact_id, w.agent_id, w.connection_id, coalesce(last.number, 0) + 1,
           w.kind, w.provider, coalesce(last.key, w.key), %(worker)s, {now}, false, '', ''
    FROM wanted w LEFT JOIN LATERAL (
        SELECT a.number, CASE WHEN a.outcome IN ('temporary', 'unknown') AND a.number > w.rewritten_after
                              THEN a.idempotency_key END AS key
        FROM relance_attempt a WHERE a.follow_up_id = w.follow_up_id ORDER BY a.number DESC LIMIT 1
    ) AS last ON true
    RETURNING id, follow_up_id, number, idempotency_key
)
SELECT written.id, written.number, written.idempotency_key FROM written JOIN wanted USING (follow_up_id) ORDER BY place
"""


def _write_attempts(going: Sequence[Subject], around: Surroundings, worker: str) -> list[tuple[int, int, uuid.UUID]]:
    if not going:
        return []
    accounts = [_connection(around, s) for s in going]
    return sql.rows(
        _WRITE.format(now=clock.now_sql()),
        {
            "ids": [s.id for s in going],
            "organizations": [s.organization_id for s in going],
            "contacts": [s.contact_id for s in going],
            "agents": [s.agent_id for s in going],
            "connections": [account.pk for account in accounts],
            "kinds": [s.kind for s in going],
            "providers": [account.provider for account in accounts],
            "keys": [uuid.uuid4() for _ in going],
            "rewritten_after": [s.rewritten_after for s in going],
            "worker": worker,
        },
    )


def _ask(s: Subject, around: Surroundings, attempt: tuple[int, int, uuid.UUID], before: float) -> Ask:
    account = _connection(around, s)
    return Ask(order(s, around, attempt, account), account.provider, s.organization_id, before)


def order(
    s: Subject,
    around: Surroundings,
    attempt: tuple[int, int, uuid.UUID],
    account: Connection | None,
) -> Order:
    """What the channel is given for an attempt (its id, number and key) at carrying `s` out with this account."""
    attempt_id, number, key = attempt
    return Order(
        attempt_id=attempt_id,
        follow_up=f"followup_{s.id}",
        number=number,
        idempotency_key=str(key),
        kind=cast(Kind, s.kind),
        to=Recipient(
            id=f"person_{s.contact_id}",
            name=s.contact_name,
            phone=s.phone,
            email=s.email,
            time_zone=s.time_zone or (s.zones[0] if s.zones else ""),
            do_not_call=s.phone_listed or s.email_listed,
        ),
        message=_message(s, around),
        due_at=s.scheduled_at,
        settings=_settings(s, around, account),
    )


def _message(s: Subject, around: Surroundings) -> Message:
    template = around.templates.get(s.template_id) if s.template_id else None
    return Message(
        subject=s.subject,
        body=template.rendered(s.parameters) if template else s.body,
        template=template.name if template else "",
        language=template.language if template else "",
        parameters=s.parameters,
        notes=s.notes,
        url=s.url,
    )


def _settings(s: Subject, around: Surroundings, account: Connection | None) -> dict[str, Any]:
    if account is None:
        return {}
    own: dict[str, Any] = account.settings
    if account.provider != "http":
        return own
    organization = around.organizations[s.organization_id]
    secrets = {"secret": organization.webhook_secret, "previous_secret": organization.webhook_secret_previous}
    return own | {name: secret for name, secret in secrets.items() if secret}


def _connection(around: Surroundings, s: Subject) -> Connection:
    # The capacity gate lets nothing through that has no account.
    return cast(Connection, around.connection_of(s))


def _announce(subjects: Sequence[Subject]) -> None:
    ids: dict[int, list[int]] = {}
    for subject in subjects:
        ids.setdefault(subject.organization_id, []).append(cast(int, subject.id))
    changes.announce_all(ids, "followUp")


def held_up(ask: Ask) -> bool:
    """Whether so much time went by since the attempt was written that another worker may have taken it over."""
    return _steady_seconds() > ask.before


def _steady_seconds() -> float:
    """Seconds by a clock that nobody sets. Leases run on while a machine is suspended, so this one should too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
