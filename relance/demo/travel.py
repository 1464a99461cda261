"""Moving a demo instance's time forward without jumping over anything: from one due moment to the next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from relance.models import clock, sql
from relance.models.base import Conflict, Invalid

SETTLE_SECONDS = 600.0
LOOK_EVERY = 0.02
AT_MOST_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Stop:
    """A moment at which something was due, and how many follow-ups were carried out or moved on there."""

    at: datetime
    changed: int


_NEXT_DUE = """
SELECT min(next_attempt_at) FROM relance_followup WHERE status IN ('scheduled', 'snoozed')
"""
_BUSY = """
SELECT EXISTS (SELECT 1 FROM relance_followup WHERE status IN ('queued', 'in_progress'))
    OR EXISTS (SELECT 1 FROM relance_followup WHERE status IN ('scheduled', 'snoozed') AND next_attempt_at <= {now})
"""


def forward(to: datetime) -> Iterator[Stop]:
    """Move the clock to `to`, pausing at each due moment until the engine has done what was due there.

    Raises `Conflict` outside demo mode, `Invalid` for a moment that is past.
    """
    if not settings.DEMO:
        raise Conflict("The clock moves on demo instances only.")
    if to <= clock.now():
        raise Invalid(to="The clock only goes forward. Choose a later moment.")
    for _ in range(AT_MOST_STEPS):
        due = sql.rows(_NEXT_DUE)[0][0]
        if due is None or due > to:
            break
        yield _pause_at(due)
    clock.set_forward(to)


def _pause_at(due: datetime) -> Stop:
    before = _changes()
    clock.set_forward(due + timedelta(milliseconds=1))
    _wait_until_idle()
    return Stop(due, _changes() - before)


def _wait_until_idle() -> None:
    """Wait for the workers, which do this instance's work as on every other day."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while sql.rows(_BUSY.format(now=clock.now_sql()))[0][0]:
        if time.monotonic() > deadline:
            raise Conflict("What was due has not been carried out. Is a worker running?")
        time.sleep(LOOK_EVERY)


def _changes() -> int:
    found: int = sql.rows("SELECT coalesce(max(id), 0) FROM relance_change")[0][0]
    return found


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
    yield f"It is {clock.now():%a %d %b %Y %H:%M} UTC."
