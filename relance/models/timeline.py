"""A contact's timeline: all that happened with them, whichever table it is kept in, the latest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from relance.models import changes, clock, sql
from relance.models.accounts import Member
from relance.models.activities import Activity
from relance.models.base import Invalid
from relance.models.consents import Consent
from relance.models.contact_fields import passage
from relance.models.contacts import Contact
from relance.models.followups import Change
from relance.models.inbox import Call, Message

NOTE = "note"
NOTE_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: `what` is call, message, change (of a follow-up), consent or activity, `row` its row."""

    at: datetime
    what: str
    row: Any


_ROWS: Mapping[str, QuerySet[Any]] = {
    "call": Call.objects.select_related("agent"),
    "message": Message.objects.select_related("conversation", "template"),
    "change": Change.objects.select_related("follow_up", "member"),
    "consent": Consent.objects.select_related("member"),
    "activity": Activity.objects.select_related("member"),
}

# That a follow-up was handed to a worker and is being tried is news for a second; what came of it stays. Of each kind
# only as many are read as may be shown: whoever has been a contact for years has thousands.
_LATEST = """
SELECT at, what, id FROM (
    (SELECT started_at AS at, 'call' AS what, id FROM relance_call WHERE contact_id = %(contact)s
     ORDER BY started_at DESC LIMIT %(most)s)
    UNION ALL
    (SELECT m.at, 'message', m.id FROM relance_message m JOIN relance_conversation c ON c.id = m.conversation_id
     WHERE c.contact_id = %(contact)s ORDER BY m.at DESC, m.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT h.at, 'change', h.id FROM relance_change h JOIN relance_followup f ON f.id = h.follow_up_id
     WHERE f.contact_id = %(contact)s AND h.to_status NOT IN ('queued', 'in_progress')
     ORDER BY h.at DESC, h.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT at, 'consent', id FROM relance_consent WHERE contact_id = %(contact)s ORDER BY at DESC, id DESC
     LIMIT %(most)s)
    UNION ALL
    (SELECT at, 'activity', id FROM relance_activity WHERE contact_id = %(contact)s ORDER BY at DESC, id DESC
     LIMIT %(most)s)
) AS happened
ORDER BY at DESC, what, id DESC LIMIT %(most)s
"""


def latest(contact: Contact, most: int) -> list[Entry]:
    """The last things that happened with the contact, at most so many."""
    found = sql.rows(_LATEST, {"contact": contact.pk, "most": most})
    keys: dict[str, list[int]] = defaultdict(list)
    for _, what, key in found:
        keys[what].append(key)
    rows = {what: _ROWS[what].in_bulk(wanted) for what, wanted in keys.items()}
    return [Entry(at, what, rows[what][key]) for at, what, key in found if key in rows[what]]


def note(contact: Contact, text: str, by: Member) -> Activity:
    """Write a note on the contact's timeline. Raises `Invalid`."""
    try:
        text = passage(text, NOTE_LIMIT)
    except ValueError as problem:
        raise Invalid(text=str(problem)) from None
    if not text:
        raise Invalid(text="Write the note first.")
    with transaction.atomic():
        written = Activity.objects.create(
            organization_id=contact.organization_id, contact=contact, member=by, kind=NOTE, text=text, at=clock.now()
        )
        changes.announce(contact.organization_id, "contact", [contact.pk])
    return written
