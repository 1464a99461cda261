"""Statements of our own: the hot paths say in one statement what the ORM would say row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

Parameters = Mapping[str, Any] | Sequence[Any]


def run(statement: str, parameters: Parameters = ()) -> None:
    """Execute `statement`; its values are always parameters."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def rows(statement: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
    """Execute `statement` and return all its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
