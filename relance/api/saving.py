"""Settings that a PATCH changes: set on the row, checked, saved and announced in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.db import IntegrityError, transaction

from relance.models import Invalid, changes
from relance.models.base import Scoped

R = TypeVar("R", bound=Scoped)


def save(
    row: R,
    values: Mapping[str, Any],
    what: str,
    *,
    review: Callable[[R], Iterable[tuple[str, str]]] = lambda _: (),
    taken: str = "",
) -> None:
    """Set `values` on `row`, save it and tell its organization.

    Raises `Invalid` with what `review` finds wrong then (fields and sentences), and on the field `taken` where another
    has the same.
    """
    for name, value in values.items():
        setattr(row, name, value)
    if errors := list(review(row)):
        raise Invalid(errors)
    try:
        with transaction.atomic():
            row.save()
            changes.announce(row.organization_id, what, [row.pk])
    except IntegrityError:
        if not taken:
            raise
        raise Invalid([(taken, "There is one of this name already. Choose another.")]) from None
