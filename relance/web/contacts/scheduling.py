"""Scheduling a follow-up for many contacts at once, and what would become of it before one does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from relance.engine import foresight
from relance.engine.foresight import Scheduled, Skipped
from relance.engine.preflight import rule_of
from relance.models import Contact, Invalid, clock
from relance.web import plan_dialog, plan_form, times
from relance.web.access import Visit, page
from relance.web.answers import done, refused, show, toast
from relance.web.contacts import choosing, outlook
from relance.web.contacts.choosing import Meant
from relance.web.once import once
from relance.web.plan_form import Reading
from relance.web.ui import counted

BASE = "/contacts/bulk/follow-ups"
LIST = "/contacts"
MOST_NAMED = 20


@require_http_methods(["GET", "HEAD", "POST"])
@page
@once
def schedule(request: Visit) -> HttpResponse:
    """The dialog, and scheduling what it says for all who are meant but those whom a rule leaves out."""
    meant, now = choosing.meant(request), clock.now()
    if not meant.keys or meant.too_many:
        return show(request, "contacts/bulk_schedule_none.html", meant=meant, most=choosing.MOST)
    if request.method != "POST":
        reading = plan_form.read(request, plan_dialog.untouched(request, now), now)
        return show(request, plan_dialog.TEMPLATE, **_dialog(request, meant, reading, now))
    reading = plan_form.read(request, plan_form.typed_in(request), now)
    try:
        plan = reading.sound()
        made = foresight.schedule_many(request.organization, meant.keys, plan, request.member)
    except Invalid as problem:
        return refused(request, plan_dialog.TEMPLATE, problem, **_dialog(request, meant, reading, now))
    return _told(request, made, plan.at, now)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def foreseen(request: Visit) -> HttpResponse:
    """Beside the time: how it was understood, and what would become of the plan as it stands in the form."""
    meant, now = choosing.meant(request), clock.now()
    reading = plan_form.read(request, plan_form.typed_in(request), now)
    return show(request, "contacts/foreseen.html", **_foreseen(request, meant, reading, now))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def texts(request: Visit) -> HttpResponse:
    """How long the message is and how the template will read, while they are written: for these nobody is looked at."""
    content = plan_dialog.content(request, plan_form.typed_in(request))
    return show(request, "follow_ups/texts.html", **content, again=True)


@require_safe
@page
def parameters(request: Visit) -> HttpResponse:
    """The fields that the chosen template asks for; what was typed under the same names stays."""
    return show(request, "follow_ups/parameters.html", **plan_dialog.content(request, request.GET.dict()))


def _dialog(request: Visit, meant: Meant, reading: Reading, now: datetime) -> dict[str, Any]:
    about = {"many": len(meant.keys), "keep": meant.keep, "base": BASE, "leave_to": LIST}
    return about | plan_dialog.fields(request, reading) | _foreseen(request, meant, reading, now)


def _foreseen(request: Visit, meant: Meant, reading: Reading, now: datetime) -> dict[str, Any]:
    heard = plan_dialog.heard(request, reading)
    if heard["problems"] or not meant.keys or meant.too_many:
        return heard
    found = foresight.preflight(request.organization, meant.keys, reading.plan)
    return heard | {"outlook": outlook.told(found, now, request.member.zone)}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Those whom one rule left out: in a sentence, the first of them by name, and how many more there are."""

    sentence: str
    contacts: Sequence[Contact]
    more: int


def _told(request: Visit, made: Scheduled, at: datetime, now: datetime) -> HttpResponse:
    when = times.moment_in(request.member.zone, at, now)
    said = f"{counted(len(made.created), 'follow-up')} scheduled for {when}."
    if not made.skipped:
        return done(request, said, to=LIST, changed="followUp")
    rules = _left_out(request, made.skipped)
    answer = show(request, "contacts/left_out.html", made=len(made.created), skipped=len(made.skipped), rules=rules)
    return toast(answer, said) if made.created else answer


def _left_out(request: Visit, skipped: Sequence[Skipped]) -> list[LeftOut]:
    """By rule, what leaves out most first."""
    by_rule = {
        because: [one.contact_id for one in ones] for because, ones in groupby(sorted(skipped, key=_rule), key=_rule)
    }
    named = [key for keys in by_rule.values() for key in keys[:MOST_NAMED]]
    known = Contact.objects.visible_to(request.member).only("name").in_bulk(named)
    return [
        LeftOut(
            outlook.left_out(because, len(keys)),
            [known[key] for key in keys[:MOST_NAMED] if key in known],
            max(0, len(keys) - MOST_NAMED),
        )
        for because, keys in sorted(by_rule.items(), key=lambda rule: -len(rule[1]))
    ]


def _rule(one: Skipped) -> str:
    return rule_of(one.because)
