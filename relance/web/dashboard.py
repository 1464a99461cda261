"""The page one comes to: whom the member owes a touch, what goes out, what needs a person and how it went lately.

Its charts follow after its first byte (`dashboard_charts`). On a demo instance the first steps stand on top.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse

from relance.demo import first_steps
from relance.models import FollowUp, Member, follow_up_lists
from relance.models import clock as instance
from relance.web import clock
from relance.web.access import Visit, page
from relance.web.answers import show
from relance.web.hub.panel import urgent

MOST_COMING = 8
MOST_FAILED = 5
FAILED_WITHIN = timedelta(days=30)


@page
def dashboard(request: Visit) -> HttpResponse:
    """The dashboard of the member."""
    coming, failed = follow_up_lists.soonest(_own(request.member), MOST_COMING), _failed(request.member)
    about = {"coming": coming, "failed": failed, **urgent(request.member), **_demo(request.member)}
    return show(request, "dashboard/dashboard.html", **about)


def _failed(member: Member) -> list[FollowUp]:
    since = instance.now() - FAILED_WITHIN
    return follow_up_lists.latest_failed(_own(member), since, MOST_FAILED)


def _own(member: Member) -> QuerySet[FollowUp]:
    own: QuerySet[FollowUp] = FollowUp.objects.visible_to(member)
    return own.select_related("contact").defer("contact__search")


def _demo(member: Member) -> dict[str, Any]:
    return {"steps": first_steps.steps(member), **clock.shown(member)} if settings.DEMO else {}
