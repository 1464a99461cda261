"""A program: a Procrastinate worker whose job is one insert, until nothing is due or the time is over."""

from __future__ import annotations

import asyncio
import sys

from procrastinate import App, PsycopgConnector

DELETE = "never"


def app_on(address: str, connections: int = 4) -> App:
    """The app with its one task, on a database of its own."""
    connector = PsycopgConnector(conninfo=address, min_size=connections, max_size=connections)
    app = App(connector=connector)

    @app.task(name="insert", queue="bench")
    async def insert(number: int) -> None:
        await connector.execute_query_async("INSERT INTO done (number) VALUES (%(number)s)", number=number)

    return app


async def main(address: str, concurrency: int, seconds: float) -> None:
    """Work the queue."""
    app = app_on(address, concurrency + 2)
    async with app.open_async():
        work = app.run_worker_async(
            queues=["bench"], concurrency=concurrency, wait=False, delete_jobs=DELETE, install_signal_handlers=False
        )
        try:
            await asyncio.wait_for(work, seconds)
        except TimeoutError:
            pass


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
