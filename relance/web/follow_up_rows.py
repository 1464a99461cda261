"""What stands beside the time of a follow-up in a list."""

from __future__ import annotations

from datetime import datetime

from relance.models import Contact, FollowUp
from relance.web import times
from relance.web.ui import first_name


def there(follow_up: FollowUp, contact: Contact, own: str) -> str:
    """The time of day for its contact, such as “15:00 for Ana”; "" where a clock in `own`, the member's zone, shows the
    same."""
    at = follow_up.scheduled_at
    apart = times.apart(at, own, contact.zone)
    return f"{times.clock_time(at, contact.zone)} for {first_name(contact.name)}" if apart else ""


def next_at(follow_up: FollowUp) -> datetime | None:
    """When it is looked at next, where that is not its time."""
    again = follow_up.next_attempt_at
    return again if again != follow_up.scheduled_at else None
