"""What stands in a member's calendar: whom they owe a touch, by day, and their follow-ups, by time.

Whoever is overdue stays on the day that was meant, and today has one entry that says how many they are: a calendar that
shows every one of them again each day would be full of nothing else. All of it is what the member may see; what they
made for contacts that are not theirs any more is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from relance.models import clock, due, follow_up_lists
from relance.models.accounts import Member
from relance.models.assignments import Assignment
from relance.models.contacts import Contact
from relance.models.followups import HEADINGS, FollowUp
from relance.rules.states import FINAL, UNDER_WAY, Status

MOST = 2_000
"""So many entries at most: those nearest to now."""
BEHIND, AHEAD = timedelta(days=30), timedelta(days=365)
MADE_FOR = timedelta(days=90)
"""Of what has ended only what was meant for this long ago or later is looked at: years of it lie before."""
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, on a whole day or at a moment (UTC): `path` is its page, `name` what it is known by for good."""

    name: str
    title: str
    at: date | datetime
    details: str
    path: str
    changed_at: datetime
    cancelled: bool = False

    @property
    def moment(self) -> datetime:
        """When it is; of a day, the noon."""
        return self.at if isinstance(self.at, datetime) else datetime.combine(self.at, time(12), UTC)


def of(member: Member) -> list[Entry]:
    """The entries of `member` as of now, in the order of their times."""
    now, today = clock.now(), due.today_of(member)
    entries = [*_overdue(member, today), *_people(member, today), *_follow_ups(member, now)]
    nearest = sorted(entries, key=lambda entry: (abs(entry.moment - now), entry.name))[:MOST]
    return sorted(nearest, key=lambda entry: (entry.moment, entry.name))


def _overdue(member: Member, today: date) -> Iterator[Entry]:
    many = due.counts(member, today)["overdue"]
    if not many:
        return
    names = [owed.name for owed in due.owed(member, today, limit=MOST_NAMED, group="overdue")]
    more = [f"and {many - len(names):,} more"] if many > len(names) else []
    began = datetime.combine(today, time(), ZoneInfo(member.zone)).astimezone(UTC)
    title = f"{many:,} follow-up{'s' if many != 1 else ''} overdue"
    yield Entry(f"overdue-{member.public_id}", title, today, "\n".join([*names, *more]), "/follow-ups", began)


def _people(member: Member, today: date) -> Iterator[Entry]:
    shown = ("contact_id", "contact__name", "is_hot", "due_on", "contact__updated_at")
    mine = Assignment.objects.filter(member=member).values_list(*shown)
    ahead = mine.filter(due_on__range=(today, today + AHEAD)).order_by("due_on", "contact_id")[:MOST]
    behind = mine.filter(due_on__gte=today - BEHIND, due_on__lt=today).order_by("-due_on", "-contact_id")[:MOST]
    for key, name, is_hot, day, changed_at in chain(ahead, behind):
        title = f"Follow up with {name}{' (hot)' if is_hot else ''}"
        details = f"Overdue since {day:%A}, {day.day} {day:%B}." if day < today else "A touch is due on this day."
        contact = f"{Contact.PREFIX}_{key}"
        yield Entry(f"due-{contact}", title, day, details, f"/contacts/{contact}", changed_at)


def _follow_ups(member: Member, now: datetime) -> Iterator[Entry]:
    own = _own(member).select_related("contact").only(*_SHOWN)
    ended = own.filter(status__in=FINAL, finished_at__gte=now - BEHIND, scheduled_at__gte=now - MADE_FOR)
    yield from map(_entry, follow_up_lists.soonest(own.filter(next_attempt_at__lte=now + AHEAD), MOST))
    yield from map(_entry, own.filter(status__in=UNDER_WAY).order_by("pk")[:MOST])
    yield from map(_entry, ended.order_by("-finished_at", "pk")[:MOST])


_SHOWN = (
    "type", "status", "because", "scheduled_at", "next_attempt_at", "finished_at", "updated_at", "contact__name",
)  # fmt: skip


def _own(member: Member) -> QuerySet[FollowUp]:
    """What `member` made, or is about a contact assigned to them; of an agent, only the latter is theirs to see."""
    assigned: Any = Q(contact__in=Assignment.objects.filter(member=member).values("contact"))
    theirs = assigned | Q(created_by=member) if member.is_admin else assigned
    own: QuerySet[FollowUp] = FollowUp.objects.filter(theirs, organization=member.organization_id)
    return own.filter(contact__deleted_at=None)


def _entry(follow_up: FollowUp) -> Entry:
    title = f"{HEADINGS[follow_up.type]} {follow_up.contact.name} ({follow_up.status.replace('_', ' ')})"
    return Entry(
        follow_up.public_id,
        title,
        _when(follow_up),
        follow_up.because,
        f"/follow-ups/{follow_up.public_id}",
        follow_up.updated_at,
        cancelled=follow_up.state is Status.CANCELLED,
    )


def _when(follow_up: FollowUp) -> datetime:
    """When it goes next, else when it went; of one that never went, the time it was meant for."""
    match follow_up.state:
        case Status.SCHEDULED | Status.SNOOZED:
            return follow_up.next_attempt_at or follow_up.scheduled_at
        case Status.QUEUED | Status.IN_PROGRESS:
            return follow_up.updated_at
        case Status.COMPLETED | Status.FAILED:
            return follow_up.finished_at or follow_up.scheduled_at
    return follow_up.scheduled_at
