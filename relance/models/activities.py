"""What members and programs note of a contact."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.db.models import Q

from relance.models.accounts import Member, Organization
from relance.models.stages import Stage

if TYPE_CHECKING:
    from relance.models.contacts import Contact


MOVED = "stageMoved"


class Activity(models.Model):
    """One line of a contact's timeline. Of a touch that was made or put off, and of a move to another stage, it keeps
    by which `press` of a member, and when the contact was due and in which stage it was before and after. The stages
    may be gone by now."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey("relance.Contact", models.CASCADE, related_name="activities", db_index=False)
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    kind = models.TextField()
    text = models.TextField(blank=True, default="")
    at = models.DateTimeField()
    press = models.UUIDField(null=True, blank=True)
    due_before = models.DateField(null=True, blank=True)
    due_after = models.DateField(null=True, blank=True)
    stage_before = models.ForeignKey(
        "relance.Stage", models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    stage_after = models.ForeignKey(
        "relance.Stage", models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        indexes = (
            models.Index(fields=["contact", "-at", "-id"], name="activity_by_contact"),
            models.Index(fields=["press"], name="activity_by_press", condition=Q(press__isnull=False)),
        )


def stage_moved(
    contact: Contact,
    before: Stage | None,
    due_before: date | None,
    member: Member | None,
    press: UUID | None,
    at: datetime,
) -> Activity:
    """The line that tells that the contact went from one stage to that where it is now, not written yet."""
    to = contact.stage
    moved = f"Moved from {before} to {to}." if before and to else f"Moved to {to}."
    return Activity(
        organization_id=contact.organization_id,
        contact=contact,
        member=member,
        kind=MOVED,
        text=moved if to else f"Taken out of {before}.",
        at=at,
        press=press,
        due_before=due_before,
        due_after=contact.next_follow_up_date,
        stage_before=before,
        stage_after=to,
    )
