"""A program: a Procrastinate worker whose job is one insert, until nothing is due or the time is over."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

from bench.peers import app_on


async def main(address: str, concurrency: int, seconds: float) -> None:
    """Work the queue."""
    app = app_on(address, concurrency + 2)
    async with app.open_async():
        work = app.run_worker_async(
            queues=["bench"], concurrency=concurrency, wait=False, install_signal_handlers=False
        )
        with suppress(TimeoutError):
            await asyncio.wait_for(work, seconds)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
