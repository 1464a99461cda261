"""Whom a member owes a touch: their contacts that are due or overdue, on the member's own day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from relance.models import clock, sql
from relance.models.accounts import Member
from relance.models.contacts import Contact, LeadQuality

OLDEST: Final = "a.due_on, a.contact_id"
"""The longest overdue first."""
URGENT: Final = f"a.is_hot DESC, {OLDEST}"
"""As the hub has it: hot and overdue, hot, overdue, the rest; the longest overdue first within each."""

GROUPS: Final = {
    "all": "true",
    "overdue": "a.due_on < %(today)s::date",
    "today": "a.due_on = %(today)s::date",
    "hot": "a.is_hot",
}
"""What a member's due list can be narrowed to, and by which condition."""


class Owed(NamedTuple):
    """A contact to whom a touch is owed since the day `due_on`, `days` days ago."""

    days: int
    contact_id: int
    name: str
    lead_quality: str
    status: str
    due_on: date

    @property
    def public_id(self) -> str:
        """The contact's public id."""
        return f"{Contact.PREFIX}_{self.contact_id}"

    @property
    def is_hot(self) -> bool:
        """Whether the contact is hot, whenever due."""
        return self.lead_quality == LeadQuality.HOT

    @property
    def is_overdue(self) -> bool:
        """Whether the day has passed."""
        return self.days > 0

    @property
    def reason(self) -> str:
        """Why the contact is on the list."""
        if not self.is_overdue:
            return "Follow-up due today"
        return f"Follow-up overdue by {self.days} day{'s' if self.days != 1 else ''}"


def today_of(member: Member) -> date:
    """The day it is for the member, by the instance's clock."""
    return clock.today(member.zone)


_OWED = """
SELECT %(today)s::date - a.due_on, a.contact_id, c.name, c.lead_quality, c.status, a.due_on
FROM relance_assignment a JOIN relance_contact c ON c.id = a.contact_id
WHERE a.member_id = %(member)s AND a.due_on <= %(today)s::date AND {group}
ORDER BY {order} LIMIT %(limit)s
"""


def owed(member: Member, today: date, *, limit: int, group: str = "all", order: str = OLDEST) -> list[Owed]:
    """The first `limit` of the contacts in the group whom `member` owes a touch by `today`, in this order."""
    statement = _OWED.format(group=GROUPS[group], order=order)
    return [Owed(*row) for row in sql.rows(statement, {"member": member.pk, "today": today, "limit": limit})]


_COUNTS = f"""
SELECT {", ".join(f"count(*) FILTER (WHERE {condition})" for condition in GROUPS.values())}
FROM relance_assignment a WHERE a.member_id = %(member)s AND a.due_on <= %(today)s::date
"""


def counts(member: Member, today: date) -> Mapping[str, int]:
    """How many there are in each of `GROUPS`."""
    [found] = sql.rows(_COUNTS, {"member": member.pk, "today": today})
    return dict(zip(GROUPS, found, strict=True))


def count(member: Member, today: date) -> int:
    """How many there are in all."""
    return counts(member, today)["all"]
