"""Two contacts with one number: both side by side, what will stand, and making one of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from relance.models import Conflict, Contact, ContactStatus, LeadQuality, due, merging
from relance.web import times
from relance.web.access import Visit, page
from relance.web.answers import conflict, go, show
from relance.web.contacts.detail import found, where

WORDS = {value: str(label) for value, label in (*LeadQuality.choices, *ContactStatus.choices)}


@require_http_methods(["GET", "HEAD", "POST"])
@page
def merge(request: Visit, id: str) -> HttpResponse:
    """What a merge would come to; POSTed it is done, which cannot be undone."""
    contact = found(request, id)
    others = merging.duplicates(contact, request.member)
    other = _chosen(request, others)
    if other is None:
        return show(request, "contacts/merge_which.html", contact=contact, others=others)
    keep, gone = merging.in_order(contact, other)
    if request.method != "POST":
        return show(request, "contacts/merge.html", **_preview(request, contact, keep, gone))
    try:
        kept = merging.merge(keep, gone, request.member)
    except Conflict as problem:
        return conflict(request, problem, to=where(contact), changed="contact")
    return go(request, where(kept))


def _chosen(request: Visit, others: list[Contact]) -> Contact | None:
    """The other that is named, or the only one there is. Raises `Http404` for one that is not among `others`."""
    named = (request.POST if request.method == "POST" else request.GET).get("with", "")
    if not named:
        return others[0] if len(others) == 1 else None
    chosen = next((other for other in others if other.public_id == named), None)
    if chosen is None:
        raise Http404
    return chosen


def _preview(request: Visit, contact: Contact, keep: Contact, gone: Contact) -> dict[str, Any]:
    today = due.today_of(request.member)
    fields = [
        {
            "label": field.label,
            "sides": [(_told(value, today), value == field.after) for value in (field.kept, field.gone)],
        }
        for field in merging.preview(keep, gone)
        if field.kept or field.gone
    ]
    other = gone if contact == keep else keep
    return {"contact": contact, "other": other, "keep": keep, "gone": gone, "fields": fields}


def _told(value: Any, today: date) -> str:
    """The value in words."""
    if isinstance(value, date):
        return times.day(value, today)
    return WORDS.get(value, str(value or ""))
