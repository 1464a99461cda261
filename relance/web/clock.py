"""The demo's clock: what time it is on this instance, and setting it forward."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from relance.demo import journeys, phones, travel
from relance.models import Conflict, Invalid, Member
from relance.models import clock as instance
from relance.web import times
from relance.web.access import Visit, demo_page
from relance.web.answers import conflict, done, show

MOST_RINGING = 5


@require_http_methods(["GET", "POST"])
@demo_page
def clock(request: Visit) -> HttpResponse:
    """The clock with what happened on its way; POST sends it `to` another time."""
    if request.method == "POST":
        return _set_out(request)
    return show(request, "phone/clock.html", **shown(request.member))


def shown(member: Member) -> dict[str, Any]:
    """What the clock's card needs."""
    return {
        "journey": journeys.last(member),
        "next_follow_up": journeys.next_follow_up(member),
        "ringing": list(phones.seen_by(member).filter(answered_at=None)[:MOST_RINGING]),
        "zone": member.zone,
    }


def _set_out(request: Visit) -> HttpResponse:
    try:
        to = journeys.destination(request.POST.get("to", ""), request.member)
        travel.begin(to)
    except Invalid as problem:
        return conflict(request, Conflict(problem.errors[0][1]), to="/clock", changed="clock")
    except Conflict as problem:
        return conflict(request, problem, to="/clock", changed="clock")
    when = times.written(to, instance.now(), request.member.zone, relative=False).text
    return done(request, f"The clock goes to {when}.", to="/clock", changed="clock")
