"""The engine's hands in the database: a few threads, each with a connection of its own, off the event loop."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, InternalError, OperationalError, close_old_connections, connection

P = ParamSpec("P")
T = TypeVar("T")

AWAY = (InterfaceError, InternalError, OperationalError)
"""What is raised when the database is away, or ended a transaction that waited or stood still for too long."""

THREADS = 4
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="database")


def leave() -> None:
    """Close every thread's connection; nothing may be asked of the database after this."""
    together = threading.Barrier(THREADS)

    def close() -> None:
        together.wait()
        connection.close()

    for done in [_threads.submit(close) for _ in range(THREADS)]:
        done.result()
    _threads.shutdown()


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function`, which talks to the database, in a thread. A connection that broke is not used again."""
    call = functools.partial(_with_sound_connection, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_threads, call)


def _with_sound_connection(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    except AWAY:
        connection.close()
        raise
    finally:
        close_old_connections()
