"""`/api/demo/clock`: on a demo instance, time can be set forward. Elsewhere these addresses do not exist."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.http import Http404

from relance.api.auth import Request
from relance.api.routing import commits_by_itself, resource
from relance.api.schemas import Body, Instant, Shown
from relance.demo import travel
from relance.models import FollowUp, Invalid, clock
from relance.rules.states import WAITING

router = resource("Demo")

FURTHEST = timedelta(days=366)


class Forward(Body):
    """The moment to set the instance’s time to."""

    to: Instant


class ClockShown(Shown):
    """The instance’s time, and when the organization’s next follow-up is due."""

    now: datetime
    next_due_at: datetime | None


@router.get("/clock", response=ClockShown)
def read(request: Request) -> ClockShown:
    """The instance’s time."""
    _require_demo()
    return _shown(request, clock.now())


@router.post("/clock", response=ClockShown)
@commits_by_itself
def set_forward(request: Request, wanted: Forward) -> ClockShown:
    """Set the instance’s time forward, pausing at each due moment until what was due there is carried out."""
    _require_demo()
    now = clock.now()
    if not now < wanted.to <= now + FURTHEST:
        raise Invalid(to="Time goes forward only, by at most a year at once.")
    for _ in travel.forward(wanted.to):
        pass
    return _shown(request, clock.now())


def _require_demo() -> None:
    if not settings.DEMO:
        raise Http404


def _shown(request: Request, now: datetime) -> ClockShown:
    waiting = FollowUp.objects.filter(
        organization=request.auth.organization, status__in=WAITING, next_attempt_at__isnull=False
    )
    next_due_at = waiting.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    return ClockShown(now=now, next_due_at=next_due_at)
