"""What else can be done about one contact of the hub: its overflow menu, and the call that it schedules in one step."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from relance.engine import foresight
from relance.models import ChannelKind, Invalid, LeadQuality, clock, scheduling
from relance.models.scheduling import Plan
from relance.web import times
from relance.web.access import Visit, page
from relance.web.answers import done, go, show, toast
from relance.web.hub.acting import mine
from relance.web.once import once
from relance.web.scheduling import foretell
from relance.web.ui import whole_name

AT: Final = time(10)
SPANS: Final = {"day": "1 day", "week": "1 week", "two-weeks": "2 weeks", "month": "1 month"}


@require_safe
@page
def more(request: Visit, id: str) -> HttpResponse:
    """The menu; opened as an address, a page with the same in it."""
    contact = mine(request, id)
    context = {
        "contact": contact,
        "spans": SPANS.items(),
        "qualities": LeadQuality.choices,
        "call_at": _tomorrow(clock.now(), contact.zone),
    }
    return show(request, "hub/menu.html" if request.htmx else "hub/more.html", **context)


@require_http_methods(["GET", "HEAD", "POST"])
@page
@once
def call_tomorrow(request: Visit, id: str) -> HttpResponse:
    """Schedule a call for tomorrow at ten, by the contact's clock; nothing where a gate would stop it."""
    contact, now = mine(request, id), clock.now()
    to = f"/contacts/{contact.public_id}"
    if request.method != "POST":
        return go(request, to)
    plan = Plan(ChannelKind.CALL, _tomorrow(now, contact.zone))
    foretold = foretell(foresight.explain_plan(request.organization, contact, plan), now, contact.zone)
    if foretold.answer == "stop":
        return _refused(request, foretold.because, to)
    try:
        made = scheduling.schedule_one(request.organization, contact, plan, by=request.member)
    except Invalid as problem:
        return _refused(request, problem.errors[0][1], to)
    waits = f" {foretold.sentence}: {foretold.because}" if foretold.answer == "wait" else ""
    sentence = f"Call to {whole_name(contact.name)} scheduled for {times.there(plan.at, now, contact.zone)}.{waits}"
    return done(request, sentence, to=to, changed="followUp", undo=f"/follow-ups/{made.public_id}/cancel")


def _refused(request: Visit, because: str, to: str) -> HttpResponse:
    return toast(HttpResponse(status=204), f"Not scheduled. {because}", bad=True) if request.htmx else go(request, to)


def _tomorrow(now: datetime, zone: str) -> datetime:
    home = ZoneInfo(zone)
    day = now.astimezone(home).date() + timedelta(days=1)
    return datetime.combine(day, AT, home).astimezone(UTC)
