"""The stand: an embedded server of its own in a temporary directory, and the processes that are measured on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from relance.config.postgres import EmbeddedPostgres

STOP_SECONDS = 20.0


class Failed(RuntimeError):
    """What was measured did not do what it should have; the message says which count or process."""


@contextmanager
def standing() -> Iterator[None]:
    """Django on an empty, migrated database that is gone afterwards, with the settings that nobody has changed."""
    home = tempfile.mkdtemp(prefix="relance-bench-")
    for name in [name for name in os.environ if name.startswith("RELANCE_") or name == "DATABASE_URL"]:
        del os.environ[name]
    os.environ |= {
        "RELANCE_DATA": home,
        "RELANCE_DEMO": "0",
        "RELANCE_WEBHOOK_ALLOW_PRIVATE": "1",
        "DJANGO_SETTINGS_MODULE": "relance.config.settings",
    }
    from relance.cli.instance import instance

    try:
        with instance():
            yield
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def superuser(database: str = "relance") -> Iterator[psycopg.Connection]:
    """A connection for what the product's own role may not do: checkpoints, and filling tables past their triggers."""
    with psycopg.connect(url(database), autocommit=True) as connection:
        yield connection


@contextmanager
def database(name: str) -> Iterator[str]:
    """An empty database of this name; its address, for the product's own role."""
    from relance.config.postgres import ROLE

    with superuser("postgres") as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {ROLE}")
    try:
        yield server().url(name)
    finally:
        with superuser("postgres") as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def url(database: str) -> str:
    """The superuser's address of a database on this server."""
    from relance.config.postgres import SUPERUSER

    return server().url(database, SUPERUSER)


def server() -> EmbeddedPostgres:
    """The server of this stand."""
    from django.conf import settings

    assert settings.EMBEDDED_POSTGRES is not None
    return settings.EMBEDDED_POSTGRES


HOT = ("contact", "followup", "change", "attempt", "conversation", "message", "notification")
JOBS = ("procrastinate_jobs", "procrastinate_events")


def settle_down(database: str = "relance") -> None:
    """Start every measurement from vacuumed tables and written pages, whatever ran before."""
    ours = [f"relance_{name}" for name in HOT] if database == "relance" else []
    with superuser(database) as connection:
        connection.execute(f"VACUUM (ANALYZE, SKIP_LOCKED) {', '.join([*ours, *JOBS])}")
        connection.execute("CHECKPOINT")


@contextmanager
def process(module: str, *arguments: str, talks: bool = False, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process; one that `talks` has its standard input and output here."""
    from relance.config.serving import PARENT

    pipe = subprocess.PIPE if talks else None
    started = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=pipe or subprocess.DEVNULL,
        stdout=pipe or sys.stderr,
        text=True,
        env=os.environ | environment | {PARENT: str(os.getpid())},
    )
    try:
        yield started
    finally:
        _stop(started)


def _stop(started: subprocess.Popen[str]) -> None:
    started.terminate()
    try:
        started.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        started.kill()
        started.communicate()


def wait_until(holds: Callable[[], bool], seconds: float, what: str, every: float = 0.02) -> None:
    """Return as soon as `holds()`. Raises `Failed`, naming `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise Failed(f"After {seconds:.0f} s there is still no {what}.")
        time.sleep(every)


def progress(words: str) -> None:
    """Tell whoever waits what is going on."""
    print(words, file=sys.stderr, flush=True)


def tell(program: subprocess.Popen[str], word: str) -> None:
    """Say a line to a program that talks."""
    assert program.stdin is not None
    program.stdin.write(f"{word}\n")
    program.stdin.flush()


def hear(program: subprocess.Popen[str]) -> str:
    """The next line of a program that talks. Raises `Failed` if it has died."""
    assert program.stdout is not None
    if line := program.stdout.readline():
        return line
    raise Failed(f"A program has died: {program.args!r}")
