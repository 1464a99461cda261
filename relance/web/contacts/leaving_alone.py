"""A contact's number and address on the do-not-call list, and off it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from relance.models import Invalid, suppression
from relance.web.access import Visit, page
from relance.web.answers import done, refused, show
from relance.web.contacts.detail import found, where


@require_http_methods(["GET", "HEAD", "POST"])
@page
def put_on(request: Visit, id: str) -> HttpResponse:
    """Leave them alone: what is scheduled is cancelled, and nothing reaches them."""
    contact, template = found(request, id), "contacts/do_not_call.html"
    if request.method != "POST":
        return show(request, template, contact=contact)
    try:
        suppression.put_on_list(contact, request.POST.get("reason", ""), request.member)
    except Invalid as problem:
        return refused(request, template, problem, contact=contact, typed=request.POST)
    return done(request, f"{contact.name} is left alone.", to=where(contact), changed="contact followUp")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def take_off(request: Visit, id: str) -> HttpResponse:
    """They may be reached again; an admin's right only."""
    contact, template = found(request, id), "contacts/do_call.html"
    if not request.member.is_admin:
        raise PermissionDenied
    context = {"contact": contact, "listed": suppression.entries_of(contact)}
    if request.method != "POST":
        return show(request, template, **context)
    try:
        suppression.take_off_list(contact, request.POST.get("reason", ""), request.member)
    except Invalid as problem:
        return refused(request, template, problem, typed=request.POST, **context)
    return done(request, f"{contact.name} may be reached again.", to=where(contact), changed="contact followUp")
