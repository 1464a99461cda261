"""Settings that a PATCH changes: set on the row, checked, saved and announced in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, models, transaction

from relance.models import Invalid, changes


def save(row: models.Model, values: Mapping[str, Any], what: str, taken: str = "") -> None:
    """Set `values` on `row` and save it. Raises `Invalid` on the field `taken` where another has the same."""
    for name, value in values.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
            changes.announce(row.organization_id, what, [row.pk])  # type: ignore[attr-defined]
    except IntegrityError:
        if not taken:
            raise
        raise Invalid([(taken, "There is one of this name already. Choose another.")]) from None
