"""The page of a contact: who they are, what happened, what they agreed to, and who owes them what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import F
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from relance.models import Call, Consent, Contact, Invalid, LeadQuality, Stage, due, merging, suppression, timeline
from relance.models.consents import REVOCABLE
from relance.web.access import Visit, find, page
from relance.web.answers import done, go, refused, show
from relance.web.contacts.happenings import SOURCES, call_icon, lasting, line
from relance.web.follow_ups_card import card
from relance.web.once import once

Context = dict[str, Any]

ENTRIES, CALLS = 8, 5
MOST = 500


def found(request: Visit, id: str) -> Contact:
    """The contact with this id that the member may see. Raises `Http404`."""
    contact: Contact = find(_with_surroundings(request), id)
    return contact


@require_safe
@page
def contact(request: Visit, id: str) -> HttpResponse:
    """The page; of one that was merged, that of the contact who took over."""
    key = Contact.key_of(id)
    shown = _with_surroundings(request).filter(pk=key or 0).first()
    if shown is None:
        return go(request, where(_survivor(request, key)))
    context: Context = {"contact": shown}
    for part in PARTS.values():
        context |= part(request, shown)
    return show(request, "contacts/contact.html", **context | card(request, shown))


@require_safe
@page
def part(request: Visit, id: str, name: str) -> HttpResponse:
    """A part of the page alone, as it is fetched anew."""
    shown = found(request, id)
    if name not in PARTS:
        raise Http404
    return show(request, f"contacts/{name}.html", contact=shown, **PARTS[name](request, shown))


@require_safe
@page
def call(request: Visit, id: str, call: str) -> HttpResponse:
    """A call with what was said."""
    shown = found(request, id)
    return show(request, "contacts/call.html", contact=shown, call=find(_calls_of(shown), call))


@require_http_methods(["GET", "HEAD", "POST"])
@page
@once
def note(request: Visit, id: str) -> HttpResponse:
    """Write a note on the timeline."""
    shown = found(request, id)
    if request.method != "POST":
        return show(request, "contacts/note.html", contact=shown)
    try:
        timeline.note(shown, request.POST.get("text", ""), request.member)
    except Invalid as problem:
        return refused(request, "contacts/note.html", problem, contact=shown, typed=request.POST)
    return done(request, "", to=where(shown), changed="contact")


def where(contact: Contact) -> str:
    """The contact's page."""
    return f"/contacts/{contact.public_id}"


def _with_surroundings(request: Visit) -> Any:
    return Contact.objects.visible_to(request.member).select_related("organization", "stage").defer("search")


def _survivor(request: Visit, key: int | None) -> Contact:
    """Who took over what was this contact's. Raises `Http404` where it is nobody that the member may see."""
    gone = Contact.objects.filter(organization=request.organization, pk=key or 0).exclude(merged_into=None).first()
    if gone is None:
        raise Http404
    return found(request, merging.survivor(gone).public_id)


# -- the parts -----------------------------------------------------------------------------------------------


def _head(request: Visit, contact: Contact) -> Context:
    return {
        "qualities": LeadQuality.choices,
        "listed": list(suppression.entries_of(contact).select_related("created_by")),
    }


def _profile(request: Visit, contact: Contact) -> Context:
    return {}


def _timeline(request: Visit, contact: Contact) -> Context:
    most = _shown(request, "entries", ENTRIES)
    entries = timeline.latest(contact, most + 1)
    return {"lines": [line(entry) for entry in entries[:most]], "entries_more": _more(len(entries), most, ENTRIES)}


def _calls(request: Visit, contact: Contact) -> Context:
    most = _shown(request, "calls", CALLS)
    calls = list(_calls_of(contact)[: most + 1])
    return {
        "calls": [(call, call_icon(call), lasting(call)) for call in calls[:most]],
        "calls_more": _more(len(calls), most, CALLS),
    }


def _calls_of(contact: Contact) -> Any:
    return Call.objects.filter(contact=contact).select_related("agent").order_by("-started_at", "-id")


def _aside(request: Visit, contact: Contact) -> Context:
    assignments = list(contact.assignments.select_related("member").order_by("member__name"))
    last = Consent.objects.filter(contact=contact).order_by("kind", "-id").distinct("kind").select_related("member")
    lines = {line.kind: (line, SOURCES.get(line.source, line.source)) for line in last}
    return {
        "assignments": assignments,
        "is_mine": any(a.member_id == request.member.pk for a in assignments),
        "today": due.today_of(request.member),
        "stages": list(Stage.objects.filter(organization=request.organization).order_by(F("position"))),
        "answers": [(kind.value, contact.consents.get(kind.value), lines.get(kind.value)) for kind in REVOCABLE],
        "duplicates": merging.duplicates(contact, request.member),
    }


PARTS: Mapping[str, Callable[[Visit, Contact], Context]] = {
    "head": _head,
    "profile": _profile,
    "timeline": _timeline,
    "calls": _calls,
    "aside": _aside,
}


def _shown(request: Visit, name: str, usual: int) -> int:
    given = request.GET.get(name, "")
    return min(MOST, max(usual, int(given))) if given.isascii() and given.isdigit() and len(given) < 5 else usual


def _more(found: int, shown: int, step: int) -> int:
    """How many to show when more are wanted; 0 where there are no more."""
    return min(MOST, shown + 3 * step) if found > shown < MOST else 0
