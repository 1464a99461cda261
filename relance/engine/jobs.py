"""The jobs that Procrastinate hands to workers, and how they are deferred: always in the transaction they are about."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

CARRY_OUT, CHORES = "carry_out", "chores"
QUEUES = [CARRY_OUT, CHORES]


def defer_carry_out(ids: Sequence[int]) -> None:
    """Have some worker carry these queued follow-ups out."""
    app.configure_task("relance.carry_out", queue=CARRY_OUT).defer(ids=list(ids))


def defer_import(import_id: int) -> None:
    """Have some worker take a CSV of contacts in: one at a time, so that follow-ups always find hands free."""
    app.configure_task("relance.import_contacts", queue=CHORES, lock="import").defer(import_id=import_id)


def defer_mail(address: str, sentences: Sequence[str], count: int) -> None:
    """Have some worker mail a member these sentences, the first of `count`."""
    task = app.configure_task("relance.mail", queue=CHORES)
    task.defer(address=address, sentences=list(sentences), count=count)


def defer_digests(ids: Sequence[int], claimed_at: datetime) -> None:
    """Have some worker mail these members their digests of the day: one job for all, which takes up one hand."""
    task = app.configure_task("relance.digests", queue=CHORES)
    task.defer(ids=list(ids), claimed_at=claimed_at.isoformat())


@app.task(name="relance.carry_out", queue=CARRY_OUT)
async def carry_out(ids: list[int]) -> None:
    """Carry out what a claim queued."""
    from relance.engine import worker

    await worker.current().carry_out(ids)


@app.task(name="relance.import_contacts", queue=CHORES, retry=RetryStrategy(max_attempts=10, linear_wait=30))
async def import_contacts(import_id: int) -> None:
    """Take in an uploaded CSV."""
    from relance.contacts_csv import job
    from relance.engine.database import in_database

    await in_database(job.run, import_id)


@app.task(name="relance.mail", queue=CHORES, retry=RetryStrategy(max_attempts=5, linear_wait=60))
async def mail(address: str, sentences: list[str], count: int) -> None:
    """Mail a member what became of their follow-ups."""
    from relance.engine import mailing

    await asyncio.to_thread(mailing.send, address, sentences, count)


@app.task(name="relance.digests", queue=CHORES, retry=RetryStrategy(max_attempts=12, linear_wait=300))
async def digests(ids: list[int], claimed_at: str) -> None:
    """Mail members their digests; for some hours, until the mail server takes them."""
    from relance.engine import digest

    await asyncio.to_thread(digest.send_in_thread, ids, datetime.fromisoformat(claimed_at))
