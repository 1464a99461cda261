"""What a member does to one follow-up: cancel, snooze, reschedule, retry, delete. Editing is in `follow_up_editing`.

Each has an address under the follow-up's. Asked for with GET it is a dialog; POSTed it acts. Where somebody or
something was quicker, the answer says so in a sentence and the page shows what is now.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from relance.models import Conflict, FollowUp, Invalid, actions, clock, editing, verbs
from relance.models.followups import HEADINGS
from relance.models.moves import Actor
from relance.web import moments, times
from relance.web.access import Visit, find, page
from relance.web.answers import conflict, done, go, refused, show
from relance.web.follow_up.page import found, snoozes, with_surroundings
from relance.web.ui import where

Acting = Callable[[Visit, FollowUp], HttpResponse]


def acting(action: str, find_it: Callable[[Visit, str], FollowUp] = found) -> Callable[[Acting], Any]:
    """A view that does `action` to a follow-up that the member may do it to, while its state allows it."""

    def decorate(view: Acting) -> Callable[..., HttpResponse]:
        @require_http_methods(["GET", "HEAD", "POST"])
        @page
        @functools.wraps(view)
        def acted(request: Visit, id: str) -> HttpResponse:
            follow_up = find_it(request, id)
            try:
                actions.require(follow_up, action)
                return view(request, follow_up)
            except Conflict as problem:
                return conflict(request, problem, to=where(follow_up), changed="followUp")

        return acted

    return decorate


def workable(request: Visit, id: str) -> FollowUp:
    """One that the member may cancel and retry. Raises `Http404` for any other."""
    return find(with_surroundings(FollowUp.objects.workable_by(request.member)), id)


@acting("cancel", workable)
def cancel(request: Visit, follow_up: FollowUp) -> HttpResponse:
    """Cancel it, once that is confirmed: what is cancelled stays so."""
    if request.method != "POST":
        return show(request, "follow_up/cancel.html", **_about(follow_up))
    verbs.cancel_one(follow_up, Actor.of(request.member))
    return _done(request, follow_up, "Cancelled.")


@acting("retry", workable)
def retry(request: Visit, follow_up: FollowUp) -> HttpResponse:
    """Schedule it anew, five minutes ahead."""
    if request.method != "POST":
        return show(request, "follow_up/retry.html", **_about(follow_up))
    verbs.retry(follow_up, Actor.of(request.member))
    return _done(request, follow_up, f"Scheduled anew: it goes {_at(follow_up)}.")


@acting("snooze")
def snooze(request: Visit, follow_up: FollowUp) -> HttpResponse:
    """Put it off: by a span, or until a time that is typed."""
    context = _about(follow_up) | {"snoozes": snoozes(follow_up)}
    if request.method != "POST":
        return show(request, "follow_up/snooze.html", **context)
    try:
        verbs.snooze(follow_up, _until(request, follow_up), Actor.of(request.member))
    except Invalid as problem:
        return refused(request, "follow_up/snooze.html", problem, **context, said=request.POST)
    return _done(request, follow_up, f"Snoozed until {_at(follow_up)}.")


@acting("reschedule")
def reschedule(request: Visit, follow_up: FollowUp) -> HttpResponse:
    """Give it another time."""
    context = _about(follow_up) | {"at": moments.written(follow_up.scheduled_at, request.member.zone)}
    if request.method != "POST":
        return show(request, "follow_up/reschedule.html", **context)
    try:
        at = moments.read(request.POST.get("scheduledAt", ""), clock.now(), request.member, "scheduledAt")
        editing.edit(follow_up, {"at": at}, request.member)
    except Invalid as problem:
        return refused(request, "follow_up/reschedule.html", problem, **context, said=request.POST)
    return _done(request, follow_up, f"Rescheduled to {_at(follow_up)}.")


@acting("delete")
def delete(request: Visit, follow_up: FollowUp) -> HttpResponse:
    """Remove it with its history, once that is confirmed; admins only."""
    if not request.member.is_admin:
        raise PermissionDenied
    if request.method != "POST":
        return show(request, "follow_up/delete.html", **_about(follow_up))
    verbs.delete(follow_up, request.member)
    if request.htmx.current_url_abs_path == where(follow_up):
        return go(request, "/follow-ups/scheduled")
    return done(request, "Deleted.", to="/follow-ups/scheduled", changed="followUp")


@require_safe
@page
def understood(request: Visit, id: str) -> HttpResponse:
    """How the words for a moment that are being typed are understood."""
    follow_up = found(request, id)
    field = request.GET.get("field", "")
    context: dict[str, Any] = {"f": follow_up, "zone": follow_up.contact.zone}
    try:
        at = moments.read(request.GET.get(field, ""), clock.now(), request.member, field)
    except Invalid as problem:
        return show(request, "follow_up/understood.html", **context, problem=problem.errors[0][1])
    return show(request, "follow_up/understood.html", **context, understood=at)


def _until(request: Visit, follow_up: FollowUp) -> datetime:
    """The moment that is meant. Raises `Invalid`."""
    spans = {span: at for span, _, at in snoozes(follow_up)}
    chosen = spans.get(request.POST.get("span", ""))
    return chosen or moments.read(request.POST.get("until", ""), clock.now(), request.member, "until")


def _about(follow_up: FollowUp) -> dict[str, Any]:
    return {"f": follow_up, "zone": follow_up.contact.zone, "heading": HEADINGS[follow_up.type]}


def _at(follow_up: FollowUp) -> str:
    """When it goes next, by the clocks where its contact is."""
    return times.there(follow_up.next_attempt_at or follow_up.scheduled_at, clock.now(), follow_up.contact.zone)


def _done(request: Visit, follow_up: FollowUp, said: str) -> HttpResponse:
    return done(request, said, to=where(follow_up), changed="followUp")
