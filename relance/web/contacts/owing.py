"""When a contact is due: marked done, put off, brought back, or set to another day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Protocol
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from relance.models import Conflict, Invalid, Member, touches
from relance.web.access import Visit, page
from relance.web.answers import conflict, done, go, refused, show
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
    return _press(request, id, touches.done, "Marked done.")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def snooze(request: Visit, id: str) -> HttpResponse:
    """Put it off by three days."""
    return _press(request, id, touches.snooze, "Put off by 3 days.")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def undo(request: Visit, press: UUID) -> HttpResponse:
    """Take back what the member marked done or put off, for one contact or for many."""
    if request.method != "POST":
        return go(request, "/follow-ups")
    back = touches.undo(request.member, press)
    return done(request, "Brought back." if back else "Nothing to bring back.", to="/follow-ups", changed="contact")


class Press(Protocol):
    """Does what a button says to contacts that still are due on the day that was seen."""

    def __call__(self, member: Member, contact_ids: Collection[int], *, seen: date | None) -> touches.Pressed:
        """Returns whom it moved."""


def _press(request: Visit, id: str, act: Press, said: str) -> HttpResponse:
    """Whoever presses twice means it once: the page says which day it showed."""
    contact = found(request, id)
    if request.method != "POST":
        return go(request, where(contact))
    pressed = act(request.member, [contact.pk], seen=_day(request.POST.get("seen", "")))
    if not pressed.assigned:
        return go(request, where(contact))
    if not pressed.count:
        return conflict(request, Conflict("Somebody moved this already."), to=where(contact), changed="contact")
    return done(request, said, to=where(contact), changed="contact", undo=f"/follow-ups/undo/{pressed.press}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
