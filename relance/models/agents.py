"""AI agents: the voice and messaging personas that carry follow-ups out."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from relance.models.accounts import Organization
from relance.models.base import Scoped


def weekdays_eight_to_eight() -> dict[str, list[list[str]]]:
    """The allowed schedule that a new agent starts with: 08:00–20:00, Sunday off."""
    return {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}


def spec_call_ladder() -> list[Any]:
    """When a call that reached nobody is tried again: minutes, or the next day at the same hour (SPEC section 2)."""
    return [30, 120, "next day"]


class Agent(Scoped):
    """A voice and messaging persona with its instructions and follow-up settings."""

    PREFIX = "agent"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="agents")
    name = models.TextField()
    active = models.BooleanField(default=True)
    call_instructions = models.TextField(blank=True, default="")
    whatsapp_instructions = models.TextField(blank=True, default="")

    hours = models.JSONField(default=weekdays_eight_to_eight)
    calls_enabled = models.BooleanField(default=False)
    calls_when = models.TextField(blank=True, default="")
    calls_instructions = models.TextField(blank=True, default="")
    calls_max_retries = models.PositiveSmallIntegerField(default=3)
    call_ladder = models.JSONField(default=spec_call_ladder)
    lines = models.PositiveSmallIntegerField(null=True, blank=True)
    whatsapp_enabled = models.BooleanField(default=False)
    whatsapp_when = models.TextField(blank=True, default="")
    whatsapp_follow_up_instructions = models.TextField(blank=True, default="")
    whatsapp_template = models.ForeignKey(
        "relance.Template", models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False
    )
    connection = models.ForeignKey(
        "relance.Connection", models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "id"], name="agent_of_organization"),
            models.CheckConstraint(condition=~Q(name=""), name="agent_has_a_name"),
            models.CheckConstraint(condition=Q(calls_max_retries__lte=19), name="agent_retries_at_most_19"),
            models.CheckConstraint(condition=Q(lines=None) | Q(lines__gte=1), name="agent_has_a_line"),
        )

    def __str__(self) -> str:
        return self.name
