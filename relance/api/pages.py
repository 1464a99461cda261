"""Lists in parts, as the API hands them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import models
from django.db.models import QuerySet

from relance.api.schemas import Page, Paging
from relance.models import paging

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")


def page(rows: QuerySet[M], order: Sequence[str], asked: Paging, show: Callable[[M], T]) -> Page[T]:
    """The part of `rows` that is asked for. `order` names columns that are unique together, all in one direction."""
    found = paging.part(rows, order, limit=asked.limit, cursor=asked.cursor)
    return Page[Any](items=[show(row) for row in found.rows], next_cursor=found.next_cursor or None)
