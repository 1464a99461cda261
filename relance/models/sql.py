"""Statements of our own: the hot paths say in one statement what the ORM would say row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor
from psycopg.pq import Format

Kind = type[models.Model]
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


def columns(**kinds: Kind) -> str:
    """All columns of these models, each by the name that its table has in the statement: what `instances` reads."""
    return ", ".join(_column(alias, field) for alias, kind in kinds.items() for field in kind._meta.concrete_fields)


def _column(alias: str, field: models.Field[Any, Any]) -> str:
    as_text = "::text" if isinstance(field, models.JSONField) else ""  # which the field reads by itself
    return f"{alias}.{field.column}{as_text}"


def instances(row: Sequence[Any], *kinds: Kind) -> list[Any]:
    """The models that a row of their `columns` holds, as the ORM would read them, which compiles for each anew."""
    values, made = iter(row), []
    for kind in kinds:
        fields = kind._meta.concrete_fields
        read = [_read(field, next(values)) for field in fields]
        made.append(kind.from_db(connection.alias, [field.attname for field in fields], read))
    return made


def _read(field: Any, value: Any) -> Any:
    for convert in field.get_db_converters(connection):
        value = convert(value, None, connection)
    return value


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
