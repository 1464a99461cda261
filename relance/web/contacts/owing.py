"""When a contact is due: marked done, put off, brought back, or set to another day."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from relance.models import Contact, Invalid, due
from relance.web.access import Visit, page
from relance.web.answers import done, go, refused, show
from relance.web.contacts.detail import found, where
from relance.web.contacts.editing import fields_of


@require_http_methods(["GET", "HEAD", "POST"])
@page
def due_date(request: Visit, id: str) -> HttpResponse:
    """The due date and the cadence."""
    contact = found(request, id)
    kept = {
        "nextFollowUpDate": contact.next_follow_up_date.isoformat() if contact.next_follow_up_date else "",
        "cadenceDays": str(contact.cadence_days or ""),
    }
    if request.method != "POST":
        return show(request, "contacts/due.html", contact=contact, typed=kept)
    typed = {name: request.POST.get(name, "").strip() for name in kept}
    try:
        contact.edit(fields_of(typed), request.member)
    except Invalid as problem:
        return refused(request, "contacts/due.html", problem, contact=contact, typed=typed)
    return done(request, "Saved.", to=where(contact), changed="contact")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def mark_done(request: Visit, id: str) -> HttpResponse:
    """The member did what they owed."""
    contact = found(request, id)
    if request.method == "POST" and due.done(request.member, [contact.pk]):
        return _changed(request, contact, "Marked done.")
    return go(request, where(contact))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def snooze(request: Visit, id: str) -> HttpResponse:
    """Put it off by three days."""
    contact = found(request, id)
    if request.method == "POST" and due.snooze(request.member, [contact.pk]):
        return _changed(request, contact, "Put off by 3 days.")
    return go(request, where(contact))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def restore(request: Visit, id: str) -> HttpResponse:
    """Bring back the day that stood there before."""
    contact = found(request, id)
    if request.method != "POST":
        return go(request, where(contact))
    try:
        contact.edit({"nextFollowUpDate": request.GET.get("day", "")}, request.member)
    except Invalid as problem:
        return done(request, problem.errors[0][1], to=where(contact), changed="contact")
    return done(request, "Brought back.", to=where(contact), changed="contact")


def _changed(request: Visit, contact: Contact, said: str) -> HttpResponse:
    before = contact.next_follow_up_date
    undo = f"{where(contact)}/due/restore?{urlencode({'day': before.isoformat() if before else ''})}"
    return done(request, said, to=where(contact), changed="contact", undo=undo)
