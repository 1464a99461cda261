"""Whether the database has all migrations, and giving it those that it lacks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from relance.models import sql

TURN = 7354263  # an advisory lock's number, ours alone


def is_current() -> bool:
    """Whether nothing is left to migrate."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def migrate() -> None:
    """Apply what is missing. Processes that start together take turns."""
    with _turn():
        if not is_current():
            call_command("migrate", verbosity=0)


@contextmanager
def _turn() -> Iterator[None]:
    # Asked again and again: who waits within a statement would hold up a CREATE INDEX CONCURRENTLY for ever.
    while not sql.rows("SELECT pg_try_advisory_lock(%s)", [TURN])[0][0]:
        time.sleep(0.1)
    try:
        yield
    finally:
        sql.run("SELECT pg_advisory_unlock(%s)", [TURN])
