"""What all tables share: public ids, the way an error names its field, the instance's clock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.functions import Lower

models.TextField.register_lookup(Lower)


class Invalid(ValueError):
    """Input that cannot be taken: each error names its field and says what would be right."""

    def __init__(self, errors: Iterable[tuple[str, str]] | None = None, /, **fields: str) -> None:
        self.errors = [*(errors or ()), *fields.items()]
        super().__init__("; ".join(f"{field}: {message}" for field, message in self.errors))


class Conflict(ValueError):
    """What was asked does not fit the state that the thing is in now; the message says what to do instead."""


class PublicModel(models.Model):
    """A row that the outside knows by an id with a prefix, such as `followup_34`."""

    PREFIX: ClassVar[str]

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        """The id by which the API and the pages name this row."""
        return f"{self.PREFIX}_{self.pk}"

    @classmethod
    def key_of(cls, public_id: object) -> int | None:
        """The primary key within `public_id`; None where it is no id of this kind."""
        prefix, _, number = str(public_id).rpartition("_")
        if prefix != cls.PREFIX or not (number.isascii() and number.isdigit()) or len(number) > 18:
            return None
        return int(number)


class Scoped(PublicModel):
    """A row of one organization. Look it up through the organization: another's does not exist."""

    organization: Any
    organization_id: Any

    class Meta:
        abstract = True

    @classmethod
    def find(cls, organization: models.Model, public_id: object, **also: Any) -> Self | None:
        """The row of `organization` with this public id, or None."""
        key = cls.key_of(public_id)
        return cls._default_manager.filter(organization=organization, pk=key, **also).first() if key else None
