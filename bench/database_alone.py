"""The database alone: what it allows when the rows of a carried-out follow-up are all there is to do."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import timedelta

from bench.cast import Cast
from bench.counts import reconcile
from bench.rate import Run
from bench.stand import hear, process, settle_down, tell, url, wait_until
from relance.models import Connection, clock, sql

LEAD = 0.5


def alone(cast: Cast, count: int) -> dict[str, Run]:
    """One process and then two, on the same tables with the same constraints."""
    return {
        "the database alone, 1 process": _run(cast, 1, count),
        "the database alone, 2 processes": _run(cast, 2, count),
    }


def _run(cast: Cast, processes: int, count: int) -> Run:
    account = Connection.objects.get(organization=cast.organization, kind="sms", is_default=True)
    arguments = [url("relance"), str(cast.organization.pk), str(account.pk)]
    contacts = cast.contacts(count)
    settle_down()
    with ExitStack() as running:
        writers = [running.enter_context(process("bench.writer", *arguments, talks=True)) for _ in range(processes)]
        for writer in writers:
            hear(writer)
        ids = cast.schedule(contacts, cast.text_message(clock.now() + timedelta(seconds=LEAD)))
        wait_until(lambda: _due(ids), LEAD + 30, "follow-up due")
        for writer in writers:
            tell(writer, "go")
        said = [json.loads(hear(writer)) for writer in writers]
    reconcile(ids)
    seconds = max(word["ended"] for word in said) - min(word["began"] for word in said)
    return Run(count, seconds, seconds)


def _due(ids: list[int]) -> bool:
    due: bool = sql.rows("SELECT next_attempt_at <= now() FROM relance_followup WHERE id = %s", [ids[0]])[0][0]
    return due
