"""Statements of our own: the hot paths say in one statement what the ORM would say row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor
from psycopg.pq import Format

Parameters = Mapping[str, Any] | Sequence[Any]


def run(statement: str, parameters: Parameters = ()) -> None:
    """Execute `statement`; its values are always parameters."""
    with _cursor() as cursor:
        cursor.execute(statement, _bound(parameters))


def rows(statement: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
    """Execute `statement` and return all its rows."""
    with _cursor() as cursor:
        cursor.execute(statement, _bound(parameters))
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _cursor() -> CursorWrapper:
    """A cursor whose parameters the server binds: a statement that comes again is neither parsed nor planned anew.

    Django's own, which write them into the statement, are kept for the ORM: it may use more than a server takes.
    """
    cursor = connection.cursor()
    cursor.cursor = own = Cursor(connection.connection)
    own.format = Format.BINARY  # instants and arrays are read in a fraction of the time
    return cursor


def _bound(parameters: Parameters) -> Parameters:
    if isinstance(parameters, Mapping):
        return {name: _array(value) if isinstance(value, list) else value for name, value in parameters.items()}
    return [_array(value) if isinstance(value, list) else value for value in parameters]


def _array(values: list[Any]) -> str:
    """The list as PostgreSQL writes an array; the statement says of what type. A tenth of what psycopg takes for it."""
    return "{" + ",".join(["NULL" if value is None else _quoted(str(value)) for value in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
