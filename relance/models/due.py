"""What a member owes their contacts: who is due or overdue on the member's own day, and marking that done or later."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from relance.models import changes, clock
from relance.models.accounts import Member
from relance.models.contacts import Activity, Assignment, Contact

SNOOZE_DAYS = 3


def today_of(member: Member) -> date:
    """The day it is for the member, by the instance's clock."""
    return clock.now().astimezone(ZoneInfo(member.zone)).date()


def due(member: Member, today: date) -> QuerySet[Assignment]:
    """The member's contacts that are due or overdue, the longest overdue first."""
    owed = Assignment.objects.filter(member=member, due_on__lte=today).select_related("contact")
    return owed.defer("contact__search").order_by("due_on", "contact_id")


def done(member: Member, contact_ids: Collection[int]) -> int:
    """Clear the due dates and log it; a contact on a cadence (its own, else its stage's) gets its next date.

    Contacts that are not assigned to the member are left out; returns how many were.
    """
    today = today_of(member)

    def after(contact: Contact) -> date | None:
        every = contact.cadence_days or (contact.stage.cadence_days if contact.stage else None)
        return today + timedelta(days=every) if every else None

    with transaction.atomic():
        contacts = _lock(member, contact_ids)
        for contact in contacts:
            contact.next_follow_up_date = after(contact)
        _save(member, contacts, "followUpDone", "Follow-up done.")
    return len(contacts)


def snooze(member: Member, contact_ids: Collection[int], days: int = SNOOZE_DAYS) -> int:
    """Move the due dates to `days` after today, or after the date where that lies ahead; returns how many."""
    today = today_of(member)
    with transaction.atomic():
        contacts = _lock(member, contact_ids)
        for contact in contacts:
            contact.next_follow_up_date = max(today, contact.next_follow_up_date or today) + timedelta(days=days)
        _save(member, contacts, "followUpSnoozed", f"Follow-up put off by {days} day{'s' if days != 1 else ''}.")
    return len(contacts)


def _lock(member: Member, contact_ids: Collection[int]) -> list[Contact]:
    mine = Contact.objects.filter(organization=member.organization_id, deleted_at=None, pk__in=contact_ids)
    mine = mine.filter(pk__in=Assignment.objects.filter(member=member).values("contact")).select_related("stage")
    return list(mine.order_by("id").select_for_update(no_key=True, of=("self",)).defer("search"))


def _save(member: Member, contacts: list[Contact], kind: str, text: str) -> None:
    now = clock.now()
    for contact in contacts:
        contact.updated_at = now
    Contact.objects.bulk_update(contacts, ["next_follow_up_date", "updated_at"])
    same = {"organization_id": member.organization_id, "member": member, "kind": kind, "text": text, "at": now}
    Activity.objects.bulk_create([Activity(contact=contact, **same) for contact in contacts])
    changes.announce(member.organization_id, "contact", [contact.pk for contact in contacts])
