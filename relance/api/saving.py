"""Settings that a PATCH changes: set on the row, checked, saved and announced in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, models, transaction

from relance.models import Invalid, changes


def save(row: models.Model, values: Mapping[str, Any], what: str, taken: str = "", of: int | None = None) -> None:
    """Set `values` on `row`, save it and tell its organization (`of`, where the row does not say itself).

    Raises `Invalid` on the field `taken` where another has the same.
    """
    for name, value in values.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
            changes.announce(of or row.organization_id, what, [row.pk])  # type: ignore[attr-defined]
    except IntegrityError:
        if not taken:
            raise
        raise Invalid([(taken, "There is one of this name already. Choose another.")]) from None
