"""Who works whom."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from relance.models.accounts import Member, Organization


class Assignment(models.Model):
    """A member's charge of a contact. `due_on` and `is_hot` repeat the contact's due date and lead quality, so that a
    member's due list is one index away; the database keeps them true (triggers in the migrations)."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey("relance.Contact", models.CASCADE, related_name="assignments", db_constraint=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="assignments", db_index=False)
    due_on = models.DateField(null=True, blank=True)
    is_hot = models.BooleanField(default=False, db_default=False)
    assigned_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "contact"], name="assigned_once"),)
        indexes = (
            models.Index(
                fields=["member", "due_on", "contact"],
                include=["is_hot"],
                name="assignment_due_now",
                condition=Q(due_on__isnull=False),
            ),
        )


def give(organization_id: int, pairs: Iterable[tuple[int, int]]) -> None:
    """Write that contacts are worked by members (ids of both); what is written already stays."""
    rows = [Assignment(organization_id=organization_id, contact_id=c, member_id=m) for c, m in pairs]
    Assignment.objects.bulk_create(rows, ignore_conflicts=True)


def members_named(organization: Organization, ids: object, by: Member | None) -> tuple[list[Member], list[str]]:
    """The members that `ids` name, and a sentence for each that names nobody."""
    if not isinstance(ids, list | tuple):
        return [], ['Give a list of members’ ids, such as ["member_12"], or ["me"].']
    keys = {name: by.pk if name == "me" and by else Member.key_of(name) for name in map(str, ids)}
    found = organization.members.filter(is_active=True).in_bulk([key for key in keys.values() if key])
    unknown = [
        f"There is no member “{name[:40]}”. Use the id of one, or “me”." for name in keys if keys[name] not in found
    ]
    return list(found.values()), unknown
