"""The page one comes to: what goes out next, what needs a person, and on a demo instance the first steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse

from relance.demo import first_steps
from relance.models import FollowUp, Member
from relance.models import clock as instance
from relance.rules.states import WAITING, Status
from relance.web import clock
from relance.web.access import Visit, page
from relance.web.answers import show

MOST_COMING = 8
MOST_FAILED = 5
FAILED_WITHIN = timedelta(days=30)


@page
def dashboard(request: Visit) -> HttpResponse:
    """The dashboard of the member."""
    about = {"coming": _coming(request.member), "failed": _failed(request.member), **_demo(request.member)}
    return show(request, "dashboard/dashboard.html", **about)


def _coming(member: Member) -> QuerySet[FollowUp]:
    waiting = _own(member).filter(status__in=WAITING)
    return waiting.order_by("next_attempt_at", "id")[:MOST_COMING]


def _failed(member: Member) -> QuerySet[FollowUp]:
    since = instance.now() - FAILED_WITHIN
    ended = _own(member).filter(status__in=[Status.FAILED, Status.EXPIRED], finished_at__gt=since)
    return ended.order_by("-finished_at", "-id")[:MOST_FAILED]


def _own(member: Member) -> QuerySet[FollowUp]:
    own: QuerySet[FollowUp] = FollowUp.objects.visible_to(member)
    return own.select_related("contact").defer("contact__search")


def _demo(member: Member) -> dict[str, Any]:
    return {"steps": first_steps.steps(member), **clock.shown(member)} if settings.DEMO else {}
