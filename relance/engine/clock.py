"""The due clock: sleeps until something is due, wakes for what was scheduled sooner, never blind for over a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from relance.engine.claim import BATCH, claim, seconds_until_next
from relance.engine.database import in_database
from relance.models import listening
from relance.models.clock import CHANGED
from relance.models.moves import DUE

log = logging.getLogger(__name__)

LONGEST_SLEEP = 1.0
RECONNECT_AFTER = 0.5


class Clock:
    """Claims what is due for as long as `room` says that there is room for another batch; of the organizations that
    `full` names nothing more for now."""

    def __init__(self, room: Callable[[], Awaitable[None]], full: Callable[[], list[int]]) -> None:
        self._room, self._full = room, full
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look now."""
        self._woken.set()

    async def run(self) -> None:
        """Claim and sleep, until cancelled. A database that is away is waited for."""
        while True:
            try:
                await self._tick()
            except Exception as problem:
                log.warning("The due clock could not look: %s", problem)
                await asyncio.sleep(RECONNECT_AFTER)

    async def _tick(self) -> None:
        await self._room()
        self._woken.clear()
        claimed = await in_database(claim, self._full())
        if len(claimed) == BATCH:
            return
        await self._sleep(await in_database(seconds_until_next))

    async def _sleep(self, due_in: float | None) -> None:
        # What is due but was not claimed is held by another worker just now: a short look aside.
        seconds = LONGEST_SLEEP if due_in is None else min(max(due_in, 0.01), LONGEST_SLEEP)
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return

    async def listen(self) -> None:
        """Wake for every NOTIFY that something is due sooner or that the clock was moved, until cancelled."""
        await listening.listen([DUE, CHANGED], connected=self.wake, heard=lambda _: self.wake())
