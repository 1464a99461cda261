"""The installation that a command works on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click


@contextmanager
def instance(*, migrated: bool = True) -> Iterator[None]:
    """The installation within reach: its database running and, unless told otherwise, up to date."""
    from django.conf import settings
    from django.db import connection

    _set_up()
    server = settings.EMBEDDED_POSTGRES
    try:
        if server:
            server.start()
        if migrated:
            _require_migrated()
        yield
    except _expected() as problem:
        raise click.ClickException(str(problem)) from problem
    finally:
        connection.close()
        if server:
            server.stop()


@contextmanager
def existing(*, migrated: bool = True) -> Iterator[None]:
    """The same, for commands that make no sense without an instance: they must not make an empty one by the way."""
    data = Path(os.environ.get("RELANCE_DATA") or "data")
    if not os.environ.get("DATABASE_URL") and not (data / "postgres").exists():
        raise click.ClickException(
            f"There is no instance in {data.absolute()}. Start one with “relance up”, or set RELANCE_DATA."
        )
    with instance(migrated=migrated):
        yield


def _set_up() -> None:
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except (ImproperlyConfigured, OSError) as problem:
        raise click.ClickException(str(problem)) from problem


def _expected() -> tuple[type[Exception], ...]:
    from django.db import OperationalError

    from relance.config.keeping import NotKept
    from relance.config.postgres import ServerFailed
    from relance.models.base import Conflict, Invalid
    from relance.models.vault import WrongKey

    return OperationalError, OSError, ServerFailed, NotKept, Conflict, Invalid, WrongKey


def _require_migrated() -> None:
    from relance.config import migrating

    if not migrating.is_current():
        click.echo("Bringing the database up to date …", err=True)
        migrating.migrate()
