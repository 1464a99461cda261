"""Backup and restore of the whole database, by PostgreSQL's own programs."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from django.conf import settings
from django.db import connection
from psycopg import pq

from relance.atomic import replacing
from relance.config.postgres import binary
from relance.models import sql

ALIVE_SECONDS = 30
"""How old the last heartbeat of a worker that lives may be; it beats every five seconds."""

_CHUNK = 1 << 20
_KNOWN_SINCE_17 = b"SET transaction_timeout = 0;\n"

# Drops what this role owns in its schema, also what the backup knows nothing of; extensions keep what is theirs.
_EMPTY = """
BEGIN;
SET client_min_messages = warning;
DO $$
DECLARE
    statement text;
    here regnamespace := current_schema()::regnamespace;
BEGIN
    FOREACH statement IN ARRAY ARRAY(
        SELECT format('DROP %s IF EXISTS %s CASCADE', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE'
                      WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, oid::regclass)
        FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND relnamespace = here
            AND relowner = current_user::regrole
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype IN ('a', 'e', 'i'))
        UNION ALL
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure)
        FROM pg_proc WHERE pronamespace = here AND proowner = current_user::regrole
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
        UNION ALL
        SELECT format('DROP TYPE IF EXISTS %s CASCADE', oid::regtype)
        FROM pg_type WHERE typnamespace = here AND typowner = current_user::regrole
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_type.oid AND deptype IN ('e', 'i'))
    ) LOOP
        EXECUTE statement;
    END LOOP;
END $$;
"""


class NotKept(RuntimeError):
    """A backup or restore that did not happen; the message says why. The database is as it was."""


def backup(file: Path) -> None:
    """Write the database to `file`, as it is at one moment, while it runs. Raises `NotKept`."""
    with replacing(file) as fresh:
        command = [_program("pg_dump"), "--format=custom", "--no-password", f"--file={fresh}"]
        done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotKept(f"The backup could not be made: {done.stderr.strip()}")


def restore(file: Path) -> None:
    """Put the backup `file` in place of everything there is, in one transaction: all of it or nothing.

    Raises `NotKept`, also while anything else is connected to the database.
    """
    _require_alone()
    command = [_program("psql"), "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--file=-"]
    whole = False
    with tempfile.TemporaryFile() as said:
        try:
            with subprocess.Popen(
                command, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
            ) as database:
                whole = _pour(file, cast(IO[bytes], database.stdin), said)
        except BrokenPipeError:
            pass  # psql gave up; it has said why
        if database.returncode or not whole:
            said.seek(0)
            raise NotKept(f"Nothing was restored from {file}. {said.read().decode(errors='replace').strip()}")


def _pour(file: Path, database: IO[bytes], said: IO[bytes]) -> bool:
    """Send the backup's statements to `database`, and COMMIT only at their end; whether they came to it."""
    command = [_program("pg_restore"), "--no-owner", "--no-privileges", "--no-comments", "--file=-", str(file)]
    database.write(_EMPTY.encode())
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as archive:
        for chunk in _statements(cast(IO[bytes], archive.stdout)):
            database.write(chunk)
    if archive.returncode == 0:
        database.write(b"\nCOMMIT;\n")
    return archive.returncode == 0


def _statements(archive: IO[bytes]) -> Iterator[bytes]:
    first = archive.read(_CHUNK)
    yield first if server_version() >= 170000 else first.replace(_KNOWN_SINCE_17, b"", 1)
    while chunk := archive.read(_CHUNK):
        yield chunk


def _require_alone() -> None:
    """Refuse while Relance runs anywhere on this database."""
    others = sql.rows(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )[0][0]
    if others or workers_alive():
        raise NotKept(
            f"Relance is running on this database (connections: {others}, workers: {workers_alive()})."
            " Stop it on every machine, and try again. A worker that was killed counts for half a minute more."
        )


def server_version() -> int:
    """Such as 180004."""
    return int(sql.rows("SHOW server_version_num")[0][0])


def workers_alive() -> int:
    """How many workers have said within the last half minute that they live."""
    if sql.rows("SELECT to_regclass('procrastinate_workers')") == [(None,)]:
        return 0
    beat = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)"
    count: int = sql.rows(beat, [ALIVE_SECONDS])[0][0]
    return count


def _program(name: str) -> str:
    server = settings.EMBEDDED_POSTGRES
    return str(binary(name, server.home if server else None))


def _environment() -> dict[str, str]:
    """How PostgreSQL's programs find the database: in their environment, where no list of processes shows it."""
    given = connection.get_connection_params()
    ours = {
        option.envvar.decode(): str(given[option.keyword.decode()])
        for option in pq.Conninfo.get_defaults()
        if option.envvar and given.get(option.keyword.decode())
    }
    return os.environ | ours
