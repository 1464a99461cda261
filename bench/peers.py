"""Procrastinate with the smallest job there is, in a database of its own on the same server."""

from __future__ import annotations

import asyncio
from functools import cached_property

from procrastinate import App, PsycopgConnector

from bench.report import Result
from bench.size import Size
from bench.stand import Failed, process, progress, settle_down, superuser, url

DATABASE = "peer"
CONCURRENCIES = (1, 5, 10, 20, 50)
MOST_TO_STOP = 30.0


class Procrastinate:
    """One worker, with the concurrency that suits it best."""

    def __init__(self, size: Size) -> None:
        self._size = size
        with superuser("postgres") as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        asyncio.run(_make_tables())

    @cached_property
    def _concurrency(self) -> int:
        """Found once, on a tenth of the jobs, while nothing waits."""
        tried = {number: self._run(self._size.jobs // 10, number)["per_second"] for number in CONCURRENCIES}
        progress("  concurrency: " + ", ".join(f"{number}: {rate:,.0f}/s" for number, rate in tried.items()))
        return max(tried, key=lambda number: tried[number])

    def measure(self, waiting: int) -> Result:
        """Its rate; stopped when its time is over, it is the rate of those it came to."""
        name = f"Procrastinate, one worker, concurrency {self._concurrency}"
        if waiting:
            self._wait_for_later(waiting)
        numbers = self._run(self._size.jobs, self._concurrency)
        progress(f"  {name}: {numbers['per_second']:,.0f}/s, {numbers['done']:,.0f} of {self._size.jobs:,} jobs done")
        return Result(f"{self._size.jobs:,} due jobs of one insert each", name, waiting, numbers)

    def _run(self, jobs: int, concurrency: int) -> dict[str, float]:
        with superuser(DATABASE) as connection:
            connection.execute("TRUNCATE done")
            connection.execute("DELETE FROM procrastinate_jobs WHERE scheduled_at IS NULL")
            connection.execute(_DEFER, {"jobs": jobs, "days": 0})
        settle_down(DATABASE)
        seconds = self._size.job_seconds
        with process("bench.jobs", url(DATABASE), str(concurrency), str(seconds)) as worker:
            worker.wait(seconds + MOST_TO_STOP)
        return _reached(jobs)

    def _wait_for_later(self, waiting: int) -> None:
        with superuser(DATABASE) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(_DEFER, {"jobs": waiting, "days": 1})


_DEFER = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)
SELECT 'bench', 'insert', jsonb_build_object('number', n),
       CASE WHEN %(days)s > 0 THEN now() + (%(days)s + random() * 90) * interval '1 day' END
FROM generate_series(1, %(jobs)s) AS n
"""


def app_on(address: str, connections: int = 4) -> App:
    """The app with its one task, on a database of its own."""
    connector = PsycopgConnector(conninfo=address, min_size=connections, max_size=connections)
    app = App(connector=connector)

    @app.task(name="insert", queue="bench")
    async def insert(number: int) -> None:
        await connector.execute_query_async("INSERT INTO done (number) VALUES (%(number)s)", number=number)

    return app


_DONE = "CREATE TABLE done (number int NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())"


async def _make_tables() -> None:
    async with app_on(url(DATABASE)).open_async() as app:
        await app.schema_manager.apply_schema_async()
        await app.connector.execute_query_async(_DONE)


def _reached(jobs: int) -> dict[str, float]:
    with superuser(DATABASE) as connection:
        [(done, seconds)] = connection.execute(
            "SELECT count(*), extract(epoch FROM max(at) - min(at))::float FROM done"
        )
        [(succeeded,)] = connection.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'")
    if not done or done > jobs or done - succeeded > max(CONCURRENCIES):
        raise Failed(f"Procrastinate did {done:,} of {jobs:,} jobs and says {succeeded:,}.")
    return {"per_second": done / float(seconds) if seconds else 0.0, "done": done, "of": jobs}
