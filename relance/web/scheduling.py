"""The Schedule follow-up dialog, and what it says of a follow-up before one presses Schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from relance.engine import foresight
from relance.models import Contact, Invalid, clock, scheduling
from relance.rules.gates import Stop, Verdict
from relance.web import plan_dialog, plan_form, times
from relance.web.access import Visit, find, page
from relance.web.answers import done, refused, show
from relance.web.once import once
from relance.web.plan_form import Reading
from relance.web.ui import KIND


@require_http_methods(["GET", "HEAD", "POST"])
@page
@once
def schedule(request: Visit, id: str) -> HttpResponse:
    """The dialog, and scheduling what it says."""
    contact, now = find(Contact.objects.visible_to(request.member), id), clock.now()
    if request.method != "POST":
        reading = plan_form.read(request, plan_dialog.untouched(request, now), now)
        return show(request, plan_dialog.TEMPLATE, **_dialog(request, contact, reading, now))
    reading = plan_form.read(request, plan_form.typed_in(request), now)
    if because := foresight.unreachable(request.organization, contact, reading.plan):
        reading.errors.setdefault("type", because)
    try:
        plan = reading.sound()
        scheduling.schedule_one(request.organization, contact, plan, by=request.member)
    except Invalid as problem:
        return refused(request, plan_dialog.TEMPLATE, problem, **_dialog(request, contact, reading, now))
    said = f"{KIND[plan.type][1]} scheduled for {times.moment_in(request.member.zone, plan.at, now)}"
    return done(request, said, to=f"/contacts/{contact.public_id}", changed="followUp")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def foreseen(request: Visit, id: str) -> HttpResponse:
    """Beside the time: how it was understood, and what would become of the follow-up as it stands in the form.

    It is posted, so that a message that is still being written stands in no log of addresses.
    """
    contact, now = find(Contact.objects.visible_to(request.member), id), clock.now()
    reading = plan_form.read(request, plan_form.typed_in(request), now)
    context = _foreseen(request, contact, reading, now) | plan_dialog.content(request, reading.typed)
    return show(request, "follow_ups/foreseen.html", **context, contact=contact, again=True)


@require_safe
@page
def parameters(request: Visit, id: str) -> HttpResponse:
    """The fields that the chosen template asks for; what was typed under the same names stays."""
    find(Contact.objects.visible_to(request.member), id)
    return show(request, "follow_ups/parameters.html", **plan_dialog.content(request, request.GET.dict()))


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
    sentence = f"Waits until {times.there(goes_at, now, zone)}"
    return Foretold("wait", sentence, said.because, said.citation)


def _window(verdicts: list[Verdict]) -> str:
    return next((v.answer.because for v in verdicts if v.gate == "callingWindow"), "")


def _dialog(request: Visit, contact: Contact, reading: Reading, now: datetime) -> dict[str, Any]:
    here = f"/contacts/{contact.public_id}"
    about = {"contact": contact, "base": f"{here}/follow-ups", "leave_to": here}
    return about | plan_dialog.fields(request, reading) | _foreseen(request, contact, reading, now)


def _foreseen(request: Visit, contact: Contact, reading: Reading, now: datetime) -> dict[str, Any]:
    told = plan_dialog.heard(request, reading) | {"zone": contact.zone}
    if not told["problems"]:
        explained = foresight.explain_plan(request.organization, contact, reading.plan)
        told["foretold"] = foretell(explained, now, contact.zone)
    if reading.at:
        told["elsewhere"] = _elsewhere(contact, reading.at)
    return told


def _elsewhere(contact: Contact, at: datetime) -> list[str]:
    """The other times of day that it may be for a contact who may be in several zones."""
    by_time = {times.clock_time(at, zone): zone for zone in reversed(contact.zones)}
    by_time.pop(times.clock_time(at, contact.zone), None)
    return [f"{time} in {times.place(zone)}" for time, zone in sorted(by_time.items())]
