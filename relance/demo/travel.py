"""Moving a demo instance's time forward without jumping over anything: from one due moment to the next."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Thread

from django.conf import settings
from django.db import connection

from relance.channels import simulator
from relance.channels.base import Message, Order, Recipient
from relance.demo.phones import on_phones
from relance.demo.told import Told, latest_change, told
from relance.engine import calls
from relance.engine.settle import settle
from relance.models import Attempt, DemoClock, changes, clock, sql
from relance.models.base import Conflict, Invalid

log = logging.getLogger(__name__)

SETTLE_SECONDS = 600.0
LOOK_EVERY = 0.02
AT_MOST_STEPS = 100_000
BEGINS_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Stop:
    """A moment at which something was due, how many changes were made there, and those worth telling."""

    at: datetime
    changed: int
    told: Sequence[Told] = ()


def forward(to: datetime) -> Iterator[Stop]:
    """Move the clock to `to`, pausing at each due moment until the engine has done what was due there.

    A phone that rings on the way is left to ring out, by its seed; one that is called at `to` itself goes on ringing.
    Raises `Conflict` outside demo mode and while the clock is moved already, `Invalid` for a moment that is past.
    """
    with _alone(to):
        yield from _stops(to)


def begin(to: datetime) -> None:
    """The same in the background; returns when it has begun. Raises as `forward` does."""
    begun: Future[None] = Future()
    Thread(target=_run, args=(to, begun), daemon=True, name="travel").start()
    begun.result(BEGINS_WITHIN)


def _run(to: datetime, begun: Future[None]) -> None:
    try:
        with _alone(to):
            begun.set_result(None)
            for _ in _stops(to):
                pass
    except Exception as problem:
        if begun.done():
            log.exception("The clock stopped on its way to %s", to)
        else:
            begun.set_exception(problem)
    finally:
        connection.close()


# -- one at a time -------------------------------------------------------------------------------------------

_LOCK = 7_325_863_001
"""Held by whoever moves the clock, on its connection to the database: it goes with that."""

_MOVING = """
SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
               WHERE l.locktype = 'advisory' AND l.granted
                 AND (l.classid::bigint << 32 | l.objid::bigint) = %s::bigint)
"""


def is_moving() -> bool:
    """Whether the clock is on its way just now."""
    return bool(sql.rows(_MOVING, [_LOCK])[0][0])


@contextmanager
def _alone(to: datetime) -> Iterator[None]:
    if not settings.DEMO:
        raise Conflict("The clock moves on demo instances only.")
    if to <= clock.now():
        raise Invalid(to="The clock only goes forward. Choose a later moment.")
    if not sql.rows("SELECT pg_try_advisory_lock(%s)", [_LOCK])[0][0]:
        raise Conflict("The clock is on its way already. Wait until it has arrived.")
    try:
        way = {"from_at": clock.now(), "to_at": to, "since_change": latest_change()}
        DemoClock.objects.update_or_create(id=1, defaults=way)
        yield
    finally:
        sql.run("SELECT pg_advisory_unlock(%s)", [_LOCK])
        changes.announce_to_all("everything")  # what is due, overdue or late hangs on the time


# -- the way -------------------------------------------------------------------------------------------------

# What waits for a template that is not approved is looked at every quarter of an hour, to no end while nobody acts. On
# the way it is looked at wherever something else is due.
_NEXT_DUE = """
SELECT f.next_attempt_at FROM relance_followup f
WHERE f.status IN ('scheduled', 'snoozed') AND NOT (f.held_by = 'capacity' AND EXISTS (
    SELECT 1 FROM relance_template t WHERE t.id = f.template_id AND t.approval <> 'approved'))
ORDER BY f.next_attempt_at LIMIT 1
"""
_RINGS = """
EXISTS (SELECT 1 FROM relance_attempt a WHERE a.follow_up_id = f.id AND a.kind = 'call' AND a.provider = 'simulator'
          AND a.outcome IS NULL AND a.reference <> '')
"""
_BUSY = f"""
SELECT EXISTS (SELECT 1 FROM relance_followup f WHERE status = 'queued' OR (status = 'in_progress' AND NOT {_RINGS}))
    OR EXISTS (SELECT 1 FROM relance_followup WHERE status IN ('scheduled', 'snoozed') AND next_attempt_at <= {{now}})
"""


def _stops(to: datetime) -> Iterator[Stop]:
    _hang_up()
    for _ in range(AT_MOST_STEPS):
        found = sql.rows(_NEXT_DUE)
        if not found or found[0][0] > to:
            break
        yield _pause_at(found[0][0], arrived=found[0][0] == to)
    clock.set_forward(to)


def _pause_at(due: datetime, *, arrived: bool) -> Stop:
    before = latest_change()
    clock.set_forward(due + timedelta(milliseconds=1))
    _wait_until_idle()
    if not arrived:
        _let_ring_out()
    return Stop(due, latest_change() - before, told(before))


def _wait_until_idle() -> None:
    """Wait for the workers, which do this instance's work as on every other day."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while sql.rows(_BUSY.format(now=clock.now_sql()))[0][0]:
        if time.monotonic() > deadline:
            raise Conflict("What was due has not been carried out. Is a worker running?")
        time.sleep(LOOK_EVERY)


def _hang_up() -> None:
    """Who moves the clock does not answer a phone that rings, and has said what they had to say."""
    for call in on_phones():
        calls.ended(call.connection_id, call.reference, "answered" if call.answered_at else "no answer")


def _let_ring_out() -> None:
    """End the calls whose moment is over before anybody could answer, as their seeds will have it."""
    settle({call.pk: simulator.unattended(_order(call)) for call in on_phones()})


def _order(call: Attempt) -> Order:
    return Order(
        attempt_id=call.pk,
        follow_up=call.follow_up.public_id,
        number=call.number,
        idempotency_key=str(call.idempotency_key),
        kind="call",
        to=Recipient(call.contact.public_id, call.contact.name, call.contact.phone, call.contact.email, ""),
        message=Message(),
        due_at=call.follow_up.scheduled_at,
        settings=call.connection.settings if call.connection else {},
    )


# -- in words ------------------------------------------------------------------------------------------------


def command(moment: str) -> Iterator[str]:
    """The command line's way: with no moment, the time it is; else each stop on the way, as it happens."""
    if not moment:
        yield f"{clock.now():%Y-%m-%d %H:%M:%S} UTC"
        return
    try:
        to = datetime.fromisoformat(moment)
    except ValueError:
        raise Invalid(to=f"“{moment}” is no instant. Write it as 2026-11-23T18:00:00Z.") from None
    if to.tzinfo is None:
        raise Invalid(to="Give the zone too, as in 2026-11-23T18:00:00Z or …+01:00.")
    for stop in forward(to):
        changes = "1 change" if stop.changed == 1 else f"{stop.changed} changes"
        yield f"{stop.at:%a %d %b %Y %H:%M} UTC: {changes}"
        for happened in reversed(stop.told):
            yield f"  {happened.what}: {happened.because}"
    yield f"It is {clock.now():%a %d %b %Y %H:%M} UTC."
