"""Where the clock can be sent, and how far it is on its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from relance.demo import travel
from relance.demo.told import Told, told
from relance.models import DemoClock, FollowUp, Invalid, Member, clock, follow_up_lists

MORNING = time(9)
MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class Journey:
    """The last way the clock was sent, as a member sees it: whether it still goes on, and what happened since."""

    from_at: datetime
    to_at: datetime
    now: datetime
    moving: bool
    told: Sequence[Told]

    @property
    def stopped(self) -> bool:
        """It was to go on, and did not."""
        return not self.moving and self.now < self.to_at

    @property
    def percent(self) -> int:
        """How much of the way is behind it."""
        return min(100, int(100 * ((self.now - self.from_at) / (self.to_at - self.from_at))))


def last(member: Member) -> Journey | None:
    """The last journey; None where the clock was never moved."""
    way = DemoClock.objects.filter(since_change__isnull=False).first()
    if way is None or way.from_at is None or way.to_at is None or way.since_change is None:
        return None
    happened = told(way.since_change, member, MOST_TOLD)
    return Journey(way.from_at, way.to_at, clock.now(), travel.is_moving(), happened)


def destination(name: str, member: Member) -> datetime:
    """The moment that `next`, `morning` or `week` means for the member. Raises `Invalid`."""
    if name == "next":
        return _next_due(member)
    if name == "morning":
        zone = ZoneInfo(member.zone)
        tomorrow = clock.now().astimezone(zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, MORNING, zone)
    if name == "week":
        return clock.now() + timedelta(days=7)
    raise Invalid(to="Choose the next follow-up, tomorrow morning or a week.")


def next_follow_up(member: Member) -> FollowUp | None:
    """What goes out next of what the member may see; what waits for something paused only if there is nothing else."""
    own = FollowUp.objects.visible_to(member).select_related("contact").defer("contact__search")
    waiting = own.filter(next_attempt_at__gt=clock.now())
    found = follow_up_lists.soonest(waiting.exclude(held_by="capacity"), 1) or follow_up_lists.soonest(waiting, 1)
    return found[0] if found else None


def _next_due(member: Member) -> datetime:
    found = next_follow_up(member)
    if found is None or found.next_attempt_at is None:
        raise Invalid(to="No follow-up is waiting. Schedule one first.")
    return found.next_attempt_at
