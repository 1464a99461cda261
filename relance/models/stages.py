"""The stages of the relationship pipeline."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from relance.models.accounts import Organization
from relance.models.base import Scoped

STAGE_GONE = "This stage is gone. Choose another."


class Stage(Scoped):
    """A stage of the relationship pipeline; its cadence sets when a contact in it is due again."""

    PREFIX = "stage"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="stages")
    name = models.TextField()
    position = models.PositiveSmallIntegerField()
    cadence_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "id"], name="stage_of_organization"),
            models.UniqueConstraint(fields=["organization", "name"], name="stage_name_once"),
            models.CheckConstraint(
                condition=Q(cadence_days=None) | Q(cadence_days__gte=1), name="stage_cadence_positive"
            ),
        )

    def __str__(self) -> str:
        return self.name
