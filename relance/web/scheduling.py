"""The Schedule follow-up dialog, and what it says of a follow-up before one presses Schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from relance.engine import foresight
from relance.models import Agent, Contact, Invalid, Priority, clock, scheduling
from relance.models.followups import MOST_ATTEMPTS, NOTES_LIMIT
from relance.models.scheduling import DEFAULT_ATTEMPTS
from relance.rules import sms
from relance.rules.gates import Stop, Verdict
from relance.rules.retries import TEMPLATE_ATTEMPTS
from relance.web import moments, plan_form, times
from relance.web.access import Visit, find, page
from relance.web.answers import done, refused, show
from relance.web.follow_ups_card import zone_of
from relance.web.plan_form import Reading, Typed
from relance.web.ui import KIND

DIALOG = "follow_ups/schedule.html"
AHEAD = timedelta(hours=1)
ROUND = timedelta(minutes=5)
FORETOLD = ("type", "scheduledAt", "allowOutOfWindow")
"""The fields whose errors are told as one types: nobody wants to hear that a message is missing that is to come."""


@require_http_methods(["GET", "HEAD", "POST"])
@page
def schedule(request: Visit, id: str) -> HttpResponse:
    """The dialog, and scheduling what it says."""
    contact, now = find(Contact.objects.visible_to(request.member), id), clock.now()
    if request.method != "POST":
        typed = _untouched(request, now)
        return show(request, DIALOG, **_dialog(request, contact, plan_form.read(request, typed, now), now))
    reading = plan_form.read(request, plan_form.typed_in(request), now)
    try:
        plan = reading.sound()
        scheduling.schedule_one(request.organization, contact, plan, by=request.member)
    except Invalid as problem:
        return refused(request, DIALOG, problem, **_dialog(request, contact, reading, now))
    said = f"{KIND[plan.type][1]} scheduled for {_written(plan.at, now, request.member.zone)}"
    return done(request, said, to=f"/contacts/{contact.public_id}", changed="followUp")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def foreseen(request: Visit, id: str) -> HttpResponse:
    """Beside the time: how it was understood, and what would become of the follow-up as it stands in the form.

    It is posted, so that a message that is still being written stands in no log of addresses.
    """
    contact, now = find(Contact.objects.visible_to(request.member), id), clock.now()
    reading = plan_form.read(request, plan_form.typed_in(request), now)
    context = _foreseen(request, contact, reading, now) | _content(request, reading.typed)
    return show(request, "follow_ups/foreseen.html", **context, contact=contact, again=True)


@require_safe
@page
def parameters(request: Visit, id: str) -> HttpResponse:
    """The fields that the chosen template asks for; what was typed under the same names stays."""
    find(Contact.objects.visible_to(request.member), id)
    return show(request, "follow_ups/parameters.html", **_content(request, request.GET.dict()))


@dataclass(frozen=True, slots=True)
class Foretold:
    """What the gates say: `answer` is go, wait or stop, `because` the rule in words."""

    answer: str
    sentence: str
    because: str
    citation: str = ""


def foretell(explained: foresight.Explanation, now: datetime, zone: str) -> Foretold:
    """What would become of a follow-up, in a sentence; moments in `zone`, the contact's."""
    held, goes_at = explained.held, explained.goes_at
    if held is None:
        return Foretold("go", "Would go then", _window(explained.verdicts))
    said = held.answer
    if goes_at is None:
        sentence = "Would be stopped" if isinstance(said, Stop) else "Would wait, nobody knows until when"
        return Foretold("stop" if isinstance(said, Stop) else "wait", sentence, said.because, said.citation)
    sentence = f"Waits until {_written(goes_at, now, zone)} in {times.place(zone)}"
    return Foretold("wait", sentence, said.because, said.citation)


def _window(verdicts: list[Verdict]) -> str:
    return next((v.answer.because for v in verdicts if v.gate == "callingWindow"), "")


def _dialog(request: Visit, contact: Contact, reading: Reading, now: datetime) -> dict[str, Any]:
    return {
        "contact": contact,
        "typed": reading.typed,
        "types": [(value, word, _attempts(value)) for value, (_, word) in KIND.items()],
        "agents": Agent.objects.filter(organization=request.organization, active=True).order_by("name", "id"),
        "priorities": [p.label for p in sorted(Priority, reverse=True)],
        "templates": plan_form.approved(request),
        "most_attempts": MOST_ATTEMPTS,
        "notes_limit": NOTES_LIMIT,
        **_foreseen(request, contact, reading, now),
        **_content(request, reading.typed),
    }


def _attempts(kind: str) -> int:
    return TEMPLATE_ATTEMPTS if kind == "whatsapp" else DEFAULT_ATTEMPTS


def _untouched(request: Visit, now: datetime) -> dict[str, str]:
    """The form as it opens: a call in about an hour."""
    at = now + AHEAD
    at += -(at - datetime(2000, 1, 1, tzinfo=UTC)) % ROUND
    return {
        "type": "call",
        "scheduledAt": moments.written(at, request.member.zone),
        "priority": "normal",
        "maxAttempts": str(DEFAULT_ATTEMPTS),
    }


def _foreseen(request: Visit, contact: Contact, reading: Reading, now: datetime) -> dict[str, Any]:
    problems = [reading.errors[name] for name in FORETOLD if name in reading.errors]
    zone = zone_of(contact)
    foretold = None
    if not problems:
        explained = foresight.explain_plan(request.organization, contact, reading.plan)
        foretold = foretell(explained, now, zone)
    told = {"at": reading.at, "zone": zone, "problems": problems, "foretold": foretold}
    if reading.at is None:
        return told
    local = moments.for_input(reading.at, request.member.zone)
    return told | {"local": local, "elsewhere": _elsewhere(contact, reading.at)}


def _elsewhere(contact: Contact, at: datetime) -> list[str]:
    """The other times of day that it may be for a contact who may be in several zones."""
    by_time = {times.clock_time(at, zone): zone for zone in reversed(contact.zones)}
    by_time.pop(times.clock_time(at, zone_of(contact)), None)
    return [f"{time} in {times.place(zone)}" for time, zone in sorted(by_time.items())]


def _content(request: Visit, typed: Typed) -> dict[str, Any]:
    """What depends on what is sent: how long a text is, which parameters a template takes, how it will read."""
    template = plan_form.template_of(request, typed)
    filled = plan_form.parameters_of(template, typed)
    shown = {name: value.strip() or f"{{{{{name}}}}}" for name, value in filled.items()}
    return {
        "kind": typed.get("type", ""),
        "measure": sms.measure(typed.get("body", "").strip()),
        "parameters": filled,
        "preview": template.rendered(shown) if template else "",
    }


def _written(at: datetime, now: datetime, zone: str) -> str:
    home = ZoneInfo(zone)
    return times.moment(at.astimezone(home), now.astimezone(home))
