"""A touch that was owed: made, put off, or taken back; and how one made in another way moves the day of the next.

A contact on a cadence (its own, else its stage's) is due again so many days after it was touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models.functions import Coalesce

from relance.models import changes, clock, sql
from relance.models.accounts import Member
from relance.models.activities import Activity
from relance.models.assignments import Assignment
from relance.models.due import today_of
from relance.rules import cadence

DONE, SNOOZED = "followUpDone", "followUpSnoozed"
SNOOZE_DAYS = 3
UNDO_WITHIN = timedelta(minutes=5)
"""A page offers to take back for ten seconds; a slow network gets longer."""

Days = tuple[date | None, date | None]
"""The day on which a contact is due, and the day on which it is due then."""
Next = Callable[[date, int | None], date | None]
"""From the day on which a contact was due and its cadence in days, the day on which it is due then."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a member did to some contacts at once: `count` were moved, of those `assigned` to the member. By `press` it
    can be taken back."""

    press: UUID
    assigned: int
    count: int


def done(member: Member, contact_ids: Collection[int], *, by: date | None = None, seen: date | None = None) -> Pressed:
    """Clear the days on which `member` owes these contacts a touch, and log it; those on a cadence get their next.

    Left out are contacts that are not assigned to the member, have no day, or (with `by`) are due later than that, or
    (with `seen`) on another day than the member saw; and one that somebody else moved in the same moment.
    """
    today = today_of(member)
    text = "Follow-up done."
    return _press(member, contact_ids, by, seen, lambda _, every: cadence.after(today, every), DONE, text)


def snooze(
    member: Member,
    contact_ids: Collection[int],
    days: int = SNOOZE_DAYS,
    *,
    by: date | None = None,
    seen: date | None = None,
) -> Pressed:
    """Move the days to `days` after today, or after the day where that lies ahead; leaves out whom `done` does."""
    today, ahead = today_of(member), timedelta(days=days)
    text = f"Follow-up put off by {days} day{'s' if days != 1 else ''}."
    return _press(member, contact_ids, by, seen, lambda day, _: max(today, day) + ahead, SNOOZED, text)


def undo(member: Member, press: UUID) -> int:
    """Take back what `member` did, where the day still is what that made of it; returns for how many contacts."""
    since = clock.now() - UNDO_WITHIN
    lines = Activity.objects.filter(member=member, press=press, kind__in=(DONE, SNOOZED), at__gte=since)
    with transaction.atomic():
        moved = _move({line.contact_id: (line.due_after, line.due_before) for line in lines})
        lines.filter(contact__in=moved).delete()
        changes.announce(member.organization_id, "contact", moved)
    return len(moved)


_ON_CADENCE = """
SELECT c.organization_id, c.id, c.next_follow_up_date, (%(now)s AT TIME ZONE o.time_zone)::date,
       coalesce(c.cadence_days, s.cadence_days)
FROM relance_contact c JOIN relance_organization o ON o.id = c.organization_id
    LEFT JOIN relance_stage s ON s.id = c.stage_id
WHERE c.id = ANY(%(ids)s::bigint[]) AND coalesce(c.cadence_days, s.cadence_days) IS NOT NULL
ORDER BY c.id FOR NO KEY UPDATE OF c
"""


def touched(contact_ids: Collection[int]) -> None:
    """These contacts were called or written to just now: those on a cadence are due again so many days from today, as
    their organization has it, unless they are due later anyway.

    To be called within a transaction that has locked those on a cadence before anything that belongs to them.
    """
    found = sql.rows(_ON_CADENCE, {"ids": sorted(set(contact_ids)), "now": clock.now()}) if contact_ids else []
    wanted: dict[int, Days] = {}
    organizations: dict[int, list[int]] = {}
    for organization, contact, day, today, every in found:
        again = today + timedelta(days=every)
        if day is None or day < again:
            wanted[contact] = (day, again)
            organizations.setdefault(organization, []).append(contact)
    _move(wanted)
    changes.announce_all(organizations, "contact")


def _press(
    member: Member,
    contact_ids: Collection[int],
    by: date | None,
    seen: date | None,
    next_day: Next,
    kind: str,
    text: str,
) -> Pressed:
    press, days = uuid4(), _days(member, contact_ids)
    meant = {
        id: (day, every) for id, (day, every) in days.items() if day and day <= (by or day) and seen in (None, day)
    }
    due = {id: (day, next_day(day, every)) for id, (day, every) in meant.items()}
    with transaction.atomic():
        moved = _move(due)
        same = {"member": member, "kind": kind, "text": text, "at": clock.now(), "press": press}
        _log(member.organization_id, {id: due[id] for id in moved}, **same)
        changes.announce(member.organization_id, "contact", moved)
    return Pressed(press, len(days), len(moved))


def _log(organization_id: int, days: Mapping[int, Days], **same: Any) -> None:
    Activity.objects.bulk_create(
        Activity(organization_id=organization_id, contact_id=id, due_before=before, due_after=then, **same)
        for id, (before, then) in days.items()
    )


def _days(member: Member, contact_ids: Collection[int]) -> Mapping[int, tuple[date | None, int | None]]:
    """Of those of the contacts that are assigned to the member, the day each is due and its cadence in days."""
    mine = Assignment.objects.filter(member=member, contact__in=contact_ids, contact__deleted_at=None)
    every = Coalesce("contact__cadence_days", "contact__stage__cadence_days")
    return {id: (day, days) for id, day, days in mine.values_list("contact_id", "due_on", every)}


# The day that each was seen to have goes with it. Of two who move the same contact at once, the second finds another
# day, once the first has let go of it, and moves nothing.
_MOVE = """
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(seen)s::date[], %(days)s::date[]) AS w (id, seen, day)
), locked AS MATERIALIZED (
    SELECT id, next_follow_up_date AS day FROM relance_contact WHERE id = ANY(%(ids)s::bigint[])
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE relance_contact c SET next_follow_up_date = w.day, updated_at = %(now)s
FROM wanted w JOIN locked l USING (id) WHERE c.id = w.id AND l.day IS NOT DISTINCT FROM w.seen
RETURNING c.id
"""


def _move(days: Mapping[int, Days]) -> list[int]:
    """Change the days on which contacts are due, each from the day it was seen to be to another; returns those whose
    day still was as seen."""
    if not days:
        return []
    seen, wanted = zip(*days.values(), strict=True)
    given = {"ids": list(days), "seen": list(seen), "days": list(wanted), "now": clock.now()}
    return [id for (id,) in sql.rows(_MOVE, given)]
