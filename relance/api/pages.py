"""Lists in parts: a cursor holds where the part before ended, signed, so that only ours are taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.core import signing
from django.db import models
from django.db.models import F, Func, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan

from relance.api.problems import invalid
from relance.api.schemas import Page, Paging

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")

_MANGLED = "This cursor is not one of this list. Take the “nextCursor” of the page before, or leave it out."


class Row(Func):
    """Several columns compared as one, which an index over them answers."""

    function = "ROW"
    output_field = models.BooleanField()


def page(rows: QuerySet[M], order: Sequence[str], asked: Paging, show: Callable[[M], T]) -> Page[T]:
    """The part of `rows` that is asked for. `order` names columns that are unique together, all in one direction."""
    if asked.cursor:
        rows = _after(rows, order, _read(asked.cursor, _label(rows, order)))
    found = list(rows.order_by(*order)[: asked.limit + 1])
    more = len(found) > asked.limit
    return Page[Any](
        items=[show(row) for row in found[: asked.limit]],
        next_cursor=_write(found[asked.limit - 1], rows, order) if more else None,
    )


def _after(rows: QuerySet[M], order: Sequence[str], values: Sequence[Any]) -> QuerySet[M]:
    names = [name.removeprefix("-") for name in order]
    fields: list[Any] = [rows.model._meta.get_field(name) for name in names]
    reached = [Value(field.to_python(value), field) for field, value in zip(fields, values, strict=True)]
    further = LessThan if order[0].startswith("-") else GreaterThan
    return rows.filter(further(Row(*map(F, names)), Row(*reached)))


def _write(row: models.Model, rows: QuerySet[Any], order: Sequence[str]) -> str:
    values = [getattr(row, name.removeprefix("-")) for name in order]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return signing.dumps(plain, salt=_label(rows, order))


def _read(cursor: str, label: str) -> list[Any]:
    try:
        values: list[Any] = signing.loads(cursor, salt=label)
    except signing.BadSignature:
        raise invalid([("cursor", _MANGLED)]) from None
    return values


def _label(rows: QuerySet[Any], order: Sequence[str]) -> str:
    return " ".join([rows.model._meta.label, *order])
