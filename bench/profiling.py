"""Where the time of a carried-out follow-up goes: by process, by step, by statement, by function."""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.cast import Cast
from bench.rate import WARM_UP, await_workers, fall_due
from bench.size import Size
from bench.stand import process, progress, server

FUNCTIONS = 25


@dataclass(frozen=True, slots=True)
class Profile:
    """Microseconds for each follow-up: of processors, of threads by step and function, and of statements."""

    count: int
    per_second: float
    processors: Mapping[str, float]
    steps: Mapping[str, float]
    statements: Sequence[tuple[str, int, float]]
    functions: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """For the file that is kept."""
        return {name: getattr(self, name) for name in self.__slots__}

    def text(self) -> str:
        """For people."""
        head = f"Where it goes: µs for each of {self.count:,} (one worker, watched: {self.per_second:,.0f}/s)"
        parts = [
            ("Processor time", _lines(self.processors)),
            ("Time of threads, by step (several run at once)", _lines(self.steps)),
            ("Statements, as the worker sees them", [f"{us:8.1f}  {n:4}×  {sql}" for sql, n, us in self.statements]),
            ("Python, by function (its own time)", _lines(self.functions)),
        ]
        return "\n".join([head, *(line for title, lines in parts for line in ("", title, *lines))])


def _lines(found: Mapping[str, float]) -> list[str]:
    return [f"{us:8.1f}  {name}" for name, us in found.items()]


def take(cast: Cast, size: Size) -> Profile:
    """Carry follow-ups out by one worker that watches itself."""
    progress("Profile …")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "watched.json"
        with process("bench.watched", str(path)) as worker:
            await_workers(1)
            fall_due(cast, WARM_UP)
            watched = _Processors(worker.pid)

            def begin() -> None:
                worker.send_signal(signal.SIGUSR1)
                watched.begin()

            run = fall_due(cast, size.follow_ups, begin)
            processors = watched.taken()
        found = json.loads(path.read_text())
    each = 1e6 / size.follow_ups
    return Profile(
        size.follow_ups,
        run.per_second,
        {name: seconds * each for name, seconds in processors.items()},
        _most(found["steps"], each),
        _slowest(found["statements"], each),
        _most(found["functions"], each),
    )


def _slowest(found: Mapping[str, tuple[float, float]], each: float) -> list[tuple[str, int, float]]:
    rows = [(sql, int(count), seconds * each) for sql, (count, seconds) in found.items()]
    return sorted(rows, key=lambda row: -row[2])


def _most(found: Mapping[str, float], each: float) -> dict[str, float]:
    ordered = sorted(found.items(), key=lambda item: -item[1])[:FUNCTIONS]
    return {name: seconds * each for name, seconds in ordered}


class _Processors:
    """Processor seconds of a worker and of the database's processes."""

    def __init__(self, worker: int) -> None:
        pid = int((server().home / "postmaster.pid").read_text().split("\n", 1)[0])
        self._worker, self._server = psutil.Process(worker), psutil.Process(pid)
        self._before: dict[str, float] = {}

    def begin(self) -> None:
        """Count from here."""
        self._before = self._seconds()

    def taken(self) -> dict[str, float]:
        """What was used since."""
        return {name: seconds - self._before.get(name, 0.0) for name, seconds in self._seconds().items()}

    def _seconds(self) -> dict[str, float]:
        """The event loop's thread is the process's own, the others talk to the database."""
        threads = {thread.id: thread.user_time + thread.system_time for thread in self._worker.threads()}
        loop = threads.pop(self._worker.pid)
        server = (one.cpu_times() for one in self._server.children())
        return {
            "worker: event loop": loop,
            "worker: other threads": sum(threads.values()),
            "database server": sum(times.user + times.system for times in server),
        }
