"""How many follow-ups a second are carried out when many fall due at once."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from statistics import median

import psycopg

from bench.cast import Cast
from bench.counts import are_done, reconcile
from bench.report import Result
from bench.size import Size
from bench.stand import Failed, process, progress, settle_down, url, wait_until
from relance.models import clock, sql
from relance.models.changes import CHANNEL

MOST_SECONDS = 60.0
WARM_UP = 500
QUIET = 0.25


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run: how many in how many seconds, first taken to last written; and due to last written."""

    count: int
    seconds: float
    wall: float

    @property
    def per_second(self) -> float:
        """How many a second."""
        return self.count / self.seconds


Contender = Callable[[int], dict[str, Run]]


def measure(cast: Cast, size: Size, waiting: int, against: Sequence[Contender]) -> list[Result]:
    """Relance with one and with two worker processes and whoever it is measured against, in turn, some rounds."""
    contenders: list[Contender] = [partial(relance, cast), *against]
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    for turn in range(size.rounds):
        for contender in contenders:
            for name, run in contender(size.follow_ups).items():
                runs[name].append(run)
                progress(f"  round {turn + 1}: {name}: {run.per_second:,.0f}/s")
    return [_result(name, found, size, waiting) for name, found in runs.items()]


def _result(name: str, runs: Sequence[Run], size: Size, waiting: int) -> Result:
    rates = [run.per_second for run in runs]
    numbers = {
        "per_second": median(rates),
        "lowest": min(rates),
        "highest": max(rates),
        "seconds": median(run.wall for run in runs),
    }
    return Result(f"{size.follow_ups:,} SMS follow-ups due at once", name, waiting, numbers)


def relance(cast: Cast, count: int) -> dict[str, Run]:
    """Carry out `count` with one worker process, then as many with two."""
    runs = {}
    with ExitStack() as running:
        for workers, name in enumerate(("relance, 1 worker process", "relance, 2 worker processes"), 1):
            running.enter_context(process("relance", "worker"))
            await_workers(workers)
            fall_due(cast, WARM_UP * workers)
            runs[name] = fall_due(cast, count)
    return runs


def await_workers(wanted: int) -> None:
    """Return when so many workers are there."""
    count = "SELECT count(*) FROM procrastinate_workers"
    wait_until(lambda: sql.rows(count)[0][0] >= wanted, MOST_SECONDS, "worker")


def fall_due(cast: Cast, count: int, before: Callable[[], None] = lambda: None) -> Run:
    """Schedule `count` for one moment, await their end, and count what they left; `before` is called in between."""
    contacts = cast.contacts(count)
    settle_down()
    with ear() as heard:
        due = clock.now() + timedelta(seconds=0.3 + count / 10_000)
        ids = cast.schedule(contacts, cast.text_message(due))
        before()
        last = _last_commit(heard, ids)
    reconcile(ids)
    [(first,)] = sql.rows(
        "SELECT extract(epoch FROM min(at))::float FROM relance_change"
        " WHERE follow_up_id = ANY(%s::bigint[]) AND to_status = 'queued'",
        [ids],
    )
    return Run(count, last - first, last - due.timestamp())


@contextmanager
def ear() -> Iterator[psycopg.Connection]:
    """Hears of every change when its transaction is committed."""
    with psycopg.connect(url("relance"), autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        yield connection


def _last_commit(heard: psycopg.Connection, ids: Sequence[int]) -> float:
    # The times in the history are those of a transaction's start; what counts is when its rows were there.
    # Looking meanwhile would slow down what is looked at, so we look when it has fallen silent.
    last, deadline = 0.0, time.monotonic() + MOST_SECONDS
    while time.monotonic() < deadline:
        before = last
        for _ in heard.notifies(timeout=QUIET):
            last = time.time()
        if last == before and are_done(ids):
            return last
    raise Failed(f"{len(ids):,} follow-ups were not carried out within {MOST_SECONDS:.0f} s.")
