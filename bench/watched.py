"""A program: a worker that watches itself, and writes where its time went to a file when it is stopped.

Statements are timed where they are sent. Threads are looked at every two milliseconds: what a profiler that counts
calls would add to short functions would hide what is slow. SIGUSR1 begins anew, after the warm-up.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import django

EVERY = 0.002
LONGEST = 140
OURS = ("/relance/", "/procrastinate/", "/psycopg/", "/django/")
IDLE = {"select", "_worker", "wait", "_watch"}
TOP = {"claim", "prepare", "settle", "seconds_until_next", "return_queued"}


class Statements:
    """Seconds and counts by statement, as the worker's own connections see them."""

    def __init__(self) -> None:
        self.taken: defaultdict[str, list[float]] = defaultdict(lambda: [0, 0.0])

    def watch(self) -> None:
        """Time all statements of Django's connections, and the commits that follow them."""
        from django.db.backends.base.base import BaseDatabaseWrapper
        from django.db.backends.signals import connection_created

        connection_created.connect(self._watch_connection)
        wrapper: Any = BaseDatabaseWrapper
        commit = wrapper._commit
        wrapper._commit = lambda connection: self._time("COMMIT", commit, connection)

    def _watch_connection(self, connection: Any, **_: object) -> None:
        connection.execute_wrappers.append(self._execute)

    def _execute(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        return self._time(" ".join(sql.split())[:LONGEST], execute, sql, *rest)

    def _time(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            self.taken[name][0] += 1
            self.taken[name][1] += time.perf_counter() - began


class Threads:
    """Seconds of threads, by step of the work and by the innermost function that is not a library's."""

    def __init__(self) -> None:
        self.steps: defaultdict[str, float] = defaultdict(float)
        self.functions: defaultdict[str, float] = defaultdict(float)

    def watch(self) -> None:
        """Look for as long as the process lives."""
        sys.setswitchinterval(EVERY / 4)
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        own, last = threading.get_ident(), time.perf_counter()
        while True:
            time.sleep(EVERY)
            now = time.perf_counter()
            for thread, frame in sys._current_frames().items():
                if thread != own:
                    self._count(frame, now - last)
            last = now

    def _count(self, frame: FrameType | None, seconds: float) -> None:
        stack = []
        while frame:
            stack.append(frame.f_code)
            frame = frame.f_back
        leaf = stack[0]
        waiting = "psycopg" in leaf.co_filename and leaf.co_name == "wait"
        if not waiting and leaf.co_name in IDLE:
            return
        ours = [code for code in stack if "/relance/" in code.co_filename]
        step = next((code.co_name for code in reversed(ours) if code.co_name in TOP), "event loop")
        self.steps[f"{step}: {'waiting for the database' if waiting else 'Python'}"] += seconds
        if not waiting:
            here = next((code for code in stack if any(part in code.co_filename for part in OURS)), leaf)
            self.functions[f"{_module(here.co_filename)}.{here.co_qualname}"] += seconds


def _module(path: str) -> str:
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[-2:])


def main(path: Path) -> None:
    """Run a worker until it is told to stop."""
    statements, threads = Statements(), Threads()

    def begin_anew(*_: object) -> None:
        for kept in (statements.taken, threads.steps, threads.functions):
            kept.clear()

    signal.signal(signal.SIGUSR1, begin_anew)
    django.setup()
    statements.watch()
    threads.watch()

    from relance.config import serving

    serving.work()
    found = {"statements": statements.taken, "steps": threads.steps, "functions": threads.functions}
    path.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
