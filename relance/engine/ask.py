"""Asking providers, all of a batch at once and outside any transaction, and handing their answers on to settle."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence

from relance.channels.base import Kind
from relance.channels.provider import Channels
from relance.engine.carry_out import Ask, held_up
from relance.engine.database import AWAY, in_database
from relance.engine.settle import settle_apart
from relance.rules.outcomes import Outcome, Temporary, Unknown

log = logging.getLogger(__name__)

PATIENCE = 25.0  # seconds, well inside the lease, for a channel that keeps no time-out of its own
MOST_AT_ONCE = 500
MOST_OPEN, MOST_OPEN_OF_ONE = 4_000, 1_000
PAUSE_AFTER_FAILURE = 0.5


class Settler:
    """Settles answers as they come: whatever arrived while the last transaction ran goes into the next together."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[Outcome, asyncio.Future[None]]] = {}
        self._running: asyncio.Task[None] | None = None

    async def settle(self, attempt_id: int, outcome: Outcome) -> None:
        """Return when the outcome is committed, or cannot be."""
        done = asyncio.get_running_loop().create_future()
        self._waiting[attempt_id] = (outcome, done)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        await done

    async def _run(self) -> None:
        await asyncio.sleep(0)  # the other answers of this turn of the loop come along
        try:
            while self._waiting:
                batch = dict(list(self._waiting.items())[:MOST_AT_ONCE])
                await self._write({attempt_id: outcome for attempt_id, (outcome, _) in batch.items()})
                for attempt_id, (_, done) in batch.items():
                    del self._waiting[attempt_id]
                    if not done.done():
                        done.set_result(None)
        finally:
            self._running = None

    async def _write(self, outcomes: dict[int, Outcome]) -> None:
        """An answer that was heard is kept while the database is away. What cannot be written for another reason is
        left to rescue, which finds the attempts open."""
        while True:
            try:
                await in_database(settle_apart, outcomes)
                return
            except AWAY as problem:
                log.warning("Outcomes could not be written yet: %s", problem)
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
            except Exception:
                log.exception("The outcomes of %s attempts could not be written", len(outcomes))
                return


class Asking:
    """The attempts of this worker whose providers have not answered. They hold up no others: what is slow for one
    organization leaves room for the rest."""

    def __init__(self, channels: Channels, fewer: Callable[[], None]) -> None:
        self._channels, self._fewer = channels, fewer
        self._settler = Settler()
        self._open: Counter[int] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, asks: Sequence[Ask]) -> None:
        """Ask every provider, concurrently."""
        for ask in asks:
            self._open[ask.organization_id] += 1
            task = asyncio.create_task(self._ask(ask))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _ask(self, ask: Ask) -> None:
        try:
            await self._settler.settle(ask.order.attempt_id, await _answer(ask, self._channels))
        finally:
            self._open[ask.organization_id] -= 1
            self._fewer()

    @property
    def is_full(self) -> bool:
        """Whether no more should be asked before some have answered."""
        return len(self._tasks) >= MOST_OPEN

    def full(self) -> list[int]:
        """The organizations that have as many open as one may have."""
        return [organization for organization, count in self._open.items() if count >= MOST_OPEN_OF_ONE]

    async def finish(self, within: float) -> None:
        """Wait for the answers that are still to come, for at most so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)


async def _answer(ask: Ask, channels: Channels) -> Outcome:
    if held_up(ask):
        return Temporary("The worker was held up and did not ask the provider.")
    kind: Kind = ask.order.kind
    try:
        async with asyncio.timeout(PATIENCE):
            return await channels.of(kind, ask.provider).send(ask.order)
    except TimeoutError:
        return Unknown(f"{ask.provider} did not answer within {PATIENCE:.0f} seconds.")
    except LookupError as problem:
        return Temporary(str(problem))
    except Exception:
        log.exception("The %s channel of %s broke its promise not to raise", kind, ask.provider)
        return Unknown("The channel failed while the provider was asked.")
