"""One worker process: its due clock, its Procrastinate worker, its rescue, its digests, the channels they share."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Coroutine
from typing import Any

from django.conf import settings
from procrastinate.contrib.django import app

from relance.channels.provider import Channels, Environment
from relance.engine import database, digest, rescue
from relance.engine.ask import Asking
from relance.engine.carry_out import prepare_apart
from relance.engine.clock import Clock
from relance.engine.database import in_database
from relance.engine.jobs import QUEUES
from relance.models import requests

log = logging.getLogger(__name__)

BATCHES_AT_ONCE = 4
FINISH_WITHIN = 15.0  # seconds for providers to answer what was asked before a stop
RESTART_AFTER = 0.5

_current: Worker | None = None


def current() -> Worker:
    """The worker of this process; jobs run nowhere else."""
    if _current is None:
        raise RuntimeError("Follow-ups are carried out in a worker: start one with “relance worker”.")
    return _current


class Worker:
    """Claims, carries out and rescues, until stopped. Any number of them share the work; any may die."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.channels = Channels(Environment(webhook_allow_private=settings.WEBHOOK_ALLOW_PRIVATE))
        self._less = asyncio.Event()
        self.asking = Asking(self.channels, self._less.set)
        self.clock = Clock(self._room, self.asking.full)
        self._preparing = 0

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT; then finish what was begun."""
        global _current
        _current = self
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        going = (self.clock.run(), self.clock.listen(), self._rescue(), self._digests())
        duties = [asyncio.create_task(duty) for duty in going]
        jobs = asyncio.create_task(self._jobs())
        await stop.wait()
        for duty in (*duties, jobs):
            duty.cancel()
        await asyncio.gather(*duties, jobs, return_exceptions=True)
        await self.asking.finish(within=FINISH_WITHIN)
        await self.channels.close()
        database.leave()

    async def carry_out(self, ids: list[int]) -> None:
        """Pass what was queued through the gates, write the attempts, and begin to ask the providers.

        The job ends here: an attempt that is written is found by rescue should this process not hear its outcome.
        """
        self._preparing += 1
        try:
            asks = await in_database(prepare_apart, ids, self.name)
        finally:
            self._preparing -= 1
            self._less.set()
        self.asking.begin(asks)

    async def _room(self) -> None:
        while self._preparing >= BATCHES_AT_ONCE or self.asking.is_full:
            self._less.clear()
            await self._less.wait()

    async def _jobs(self) -> None:
        while True:
            try:
                await self._procrastinate()
            except Exception as problem:
                log.warning("The job worker stopped: %s", problem)
                await asyncio.sleep(RESTART_AFTER)

    async def _procrastinate(self) -> None:
        # An app of its own: the shared one goes on deferring jobs through Django's connection, in its transaction.
        jobs = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
        async with jobs.open_async():
            await jobs.run_worker_async(
                queues=QUEUES,
                concurrency=BATCHES_AT_ONCE * 2,
                name=self.name,
                install_signal_handlers=False,
                delete_jobs="successful",
                fetch_job_polling_interval=1.0,
                update_heartbeat_interval=5.0,
                stalled_worker_timeout=rescue.SILENT_FOR.total_seconds(),
            )

    async def _rescue(self) -> None:
        while True:
            await asyncio.sleep(rescue.period())
            await _survive(in_database(rescue.return_queued))
            await _survive(in_database(rescue.return_jobs))
            await _survive(rescue.resolve_open(self.channels))
            await _survive(in_database(requests.forget_old))

    async def _digests(self) -> None:
        while True:
            await asyncio.sleep(digest.PERIOD)
            await _survive(in_database(digest.claim))


async def _survive(step: Coroutine[Any, Any, object]) -> None:
    try:
        await step
    except Exception as problem:
        log.warning("A worker could not look around: %s", problem)


def main() -> None:
    """Run one worker in this process."""
    asyncio.run(Worker().run())
