"""Lists in parts: a cursor holds where the part before ended, signed, so that only ours are taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db import models
from django.db.models import F, Func, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan

from relance.models.base import Invalid

M = TypeVar("M", bound=models.Model)

_MANGLED = "This cursor is not one of this list. Take the “nextCursor” of the page before, or leave it out."


@dataclass(frozen=True, slots=True)
class Part(Generic[M]):
    """Some rows of a list; `next_cursor` leads to those that follow, "" at the end, and `previous_cursor` as `before`
    to those that come first, "" at the start."""

    rows: list[M]
    next_cursor: str
    previous_cursor: str = ""


class Row(Func):
    """Several columns compared as one, which an index over them answers."""

    function = "ROW"
    output_field = models.BooleanField()


def fetched(rows: QuerySet[M], order: Sequence[str], most: int) -> list[M]:
    """The first of `rows` in this order."""
    return list(rows.order_by(*order)[:most])


Fetch = Callable[[QuerySet[M], Sequence[str], int], list[M]]


def part(
    rows: QuerySet[M],
    order: Sequence[str],
    *,
    limit: int,
    cursor: str = "",
    before: str = "",
    fetch: Fetch[M] = fetched,
) -> Part[M]:
    """At most `limit` of `rows`, from where `cursor` points on, or those that end where `before` points to.

    `order` names columns or annotations that are never null, unique together, and all in one direction. `fetch` gets
    the first rows of an order, for lists that know a quicker way. Raises `Invalid` for a cursor that is not one of
    this list.
    """
    label = _label(rows, order)
    if before:
        return _part_before(rows, order, limit, _read(before, label), fetch)
    following = _after(rows, order, _read(cursor, label)) if cursor else rows
    found = fetch(following, order, limit + 1)
    more = len(found) > limit
    return Part(
        found[:limit],
        _write(found[limit - 1], rows, order) if more else "",
        _write(found[0], rows, order) if cursor and found else "",
    )


def _part_before(rows: QuerySet[M], order: Sequence[str], limit: int, reached: list[Any], fetch: Fetch[M]) -> Part[M]:
    """What comes before; where that would be less than a part, the first part, so that no page is a short one."""
    backward = [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in order]
    found = fetch(_after(rows, backward, reached), backward, limit + 1)
    if len(found) <= limit:
        return part(rows, order, limit=limit, fetch=fetch)
    shown = found[limit - 1 :: -1]
    return Part(shown, _write(shown[-1], rows, order), _write(shown[0], rows, order))


def _after(rows: QuerySet[M], order: Sequence[str], values: Sequence[Any]) -> QuerySet[M]:
    names = [name.removeprefix("-") for name in order]
    fields = [_field(rows, name) for name in names]
    reached = [Value(field.to_python(value), field) for field, value in zip(fields, values, strict=True)]
    further = LessThan if order[0].startswith("-") else GreaterThan
    return rows.filter(further(Row(*map(F, names)), Row(*reached)))


def _field(rows: QuerySet[Any], name: str) -> Any:
    annotated = rows.query.annotations.get(name)
    return annotated.output_field if annotated is not None else rows.model._meta.get_field(name)


def _write(row: models.Model, rows: QuerySet[Any], order: Sequence[str]) -> str:
    values = [getattr(row, name.removeprefix("-")) for name in order]
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    return signing.dumps(plain, salt=_label(rows, order))


def _read(cursor: str, label: str) -> list[Any]:
    try:
        values: list[Any] = signing.loads(cursor, salt=label)
    except signing.BadSignature:
        raise Invalid(cursor=_MANGLED) from None
    return values


def _label(rows: QuerySet[Any], order: Sequence[str]) -> str:
    return " ".join([rows.model._meta.label, *order])
