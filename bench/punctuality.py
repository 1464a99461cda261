"""How late follow-ups go out whose moments lie scattered: webhooks by their receiver, texts by the database's clock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from bench.cast import Cast
from bench.counts import are_done, reconcile
from bench.rate import MOST_SECONDS, WARM_UP, await_workers, fall_due
from bench.report import Result, percentiles
from bench.size import Size
from bench.stand import Failed, hear, process, settle_down, tell, wait_until
from relance.models import clock, sql
from relance.models.scheduling import Plan

LEAD = 1.5


def measure(cast: Cast, size: Size, waiting: int) -> list[Result]:
    """Both kinds, one after the other, with one worker process."""
    with process("relance", "worker"):
        await_workers(1)
        fall_due(cast, WARM_UP)
        late = {
            "webhook: at its receiver, after it was due": _webhooks(cast, size),
            "SMS: attempt begun, after it was due": _texts(cast, size),
        }
    title = f"Punctuality: {size.punctual:,} at random moments within {size.punctual_seconds:.0f} s"
    return [Result(title, name, waiting, percentiles(seconds)) for name, seconds in late.items()]


def _webhooks(cast: Cast, size: Size) -> list[float]:
    with process("bench.receiver", talks=True) as receiver:
        port = int(hear(receiver))
        plan = Plan(type="webhook", at=clock.now(), url=f"http://127.0.0.1:{port}/", agent=cast.agent)
        ids = _carry_out(cast, plan, size, messages=False)
        tell(receiver, "done")
        arrivals = json.loads(hear(receiver))
    if len(arrivals) != len(ids) or {name for name, _ in arrivals} != {f"followup_{id}" for id in ids}:
        raise Failed(f"{len(ids):,} webhooks were carried out, but {len(arrivals):,} arrived.")
    return [seconds for _, seconds in arrivals]


def _texts(cast: Cast, size: Size) -> list[float]:
    ids = _carry_out(cast, cast.text_message(clock.now()), size)
    late = sql.rows(
        "SELECT extract(epoch FROM a.started_at - f.scheduled_at)::float"
        " FROM relance_attempt a JOIN relance_followup f ON f.id = a.follow_up_id WHERE f.id = ANY(%s::bigint[])",
        [ids],
    )
    return [seconds for (seconds,) in late]


def _carry_out(cast: Cast, plan: Plan, size: Size, *, messages: bool = True) -> list[int]:
    contacts = cast.contacts(size.punctual)
    settle_down()
    start = clock.now() + timedelta(seconds=LEAD)
    ids = cast.spread(replace(plan, at=start), contacts, _moments(start, size))
    seconds = LEAD + size.punctual_seconds
    wait_until(lambda: are_done(ids), seconds + MOST_SECONDS, "end of what was due", every=0.5)
    reconcile(ids, messages=messages)
    return ids


def _moments(start: datetime, size: Size) -> Sequence[datetime]:
    drawn = Random(7)
    return [start + timedelta(seconds=drawn.uniform(0, size.punctual_seconds)) for _ in range(size.punctual)]
