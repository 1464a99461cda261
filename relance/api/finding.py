"""Fetching what a request names: through what the caller may see, so that all else does not exist."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import QuerySet
from pydantic.alias_generators import to_camel

from relance.api.problems import Missing
from relance.models.base import PublicModel

M = TypeVar("M", bound=PublicModel)


def find(rows: QuerySet[M], public_id: str, field: str = "id") -> M:
    """The row of `rows` with this public id. Raises `Missing`, which names the field that held the id."""
    key = rows.model.key_of(public_id)
    found = rows.filter(pk=key).first() if key else None
    if found is None:
        raise Missing(field, f"There is no {rows.model.PREFIX} “{public_id[:60]}”. Check the id.")
    return found


def find_if_named(rows: QuerySet[M], public_id: str | None, field: str) -> M | None:
    """The same where the id may be left out."""
    return find(rows, public_id, field) if public_id else None


def look_up(values: dict[str, Any], id_name: str, rows: QuerySet[M]) -> None:
    """Where `values` name a row by its id, as in "connection_id", put the row itself there instead, as "connection"."""
    if id_name in values:
        values[id_name.removesuffix("_id")] = find_if_named(rows, values.pop(id_name), to_camel(id_name))
