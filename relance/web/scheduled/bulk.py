"""What is done to many follow-ups at once: those that were ticked, or all that the filters describe."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods, require_safe

from relance.models import FollowUp, Invalid, clock, follow_up_bulk, verbs
from relance.rules.states import Status
from relance.web import moments
from relance.web.access import Visit, page
from relance.web.answers import done, refused, show
from relance.web.scheduled import asked
from relance.web.scheduled.listing import chosen
from relance.web.ui import STATUS, counted

MOST_TICKED = 200

Rows = QuerySet[FollowUp]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to do to those that were chosen. `act` does it to some of them; it may raise `Invalid`."""

    name: str
    verb: str
    working: str
    past: str
    states: Collection[Status]
    act: Callable[[Visit, Rows], tuple[int, bool]]


@require_http_methods(["GET", "HEAD", "POST"])
@page
def cancel(request: Visit) -> HttpResponse:
    """Cancel those that were chosen, once that is confirmed."""
    return _bulk(request, CANCEL)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def reschedule(request: Visit) -> HttpResponse:
    """Give those that were chosen another time."""
    return _bulk(request, RESCHEDULE)


@require_safe
@page
def understood(request: Visit) -> HttpResponse:
    """How the words for a moment that are being typed are understood."""
    try:
        at = _in_words(request, request.GET)
    except Invalid as problem:
        return show(request, "scheduled/understood.html", problem=problem.errors[0][1])
    return show(request, "scheduled/understood.html", understood=at)


def _bulk(request: Visit, deed: Deed) -> HttpResponse:
    query = request.POST if request.method == "POST" else request.GET
    rows, keep = _chosen(request, query)
    if request.method != "POST":
        outlook = follow_up_bulk.outlook(rows, deed.states)
        keep |= {"newest": str(outlook.newest), "of": str(outlook.can)}
        return show(request, "scheduled/bulk.html", deed=deed, outlook=outlook, keep=keep, cannot=_cannot(outlook))
    context: dict[str, Any] = {"deed": deed, "keep": keep | {"of": query.get("of", "")}, "said": query}
    template = "scheduled/bulk_work.html" if request.htmx else "scheduled/bulk.html"
    try:
        moved, more = deed.act(request, rows)
    except Invalid as problem:
        return refused(request, template, problem, **context)
    reached = _number(query, "done") + moved
    if more:
        at = {"at": query.get("at") or _moment(request, query).isoformat()} if deed is RESCHEDULE else {}
        context["keep"] = keep | at | {"of": query.get("of", ""), "done": str(reached)}
        return show(request, template, **context, reached=reached, of=_number(query, "of"))
    said = f"{counted(reached, 'follow-up')} {deed.past}." if reached else f"None could be {deed.past} any more."
    return done(request, said, to=asked.PATH, changed="followUp")


def _chosen(request: Visit, query: QueryDict) -> tuple[Rows, dict[str, Any]]:
    """Those that were ticked, or all that the filters in `all` describe, and what the form keeps to say so again."""
    everything = query.get("all")
    if everything is not None:
        rows = chosen(request, QueryDict(everything))
        keep: dict[str, Any] = {"all": everything}
    else:
        ids = query.getlist("ids")[:MOST_TICKED]
        keys = [key for key in map(FollowUp.key_of, ids) if key]
        rows = FollowUp.objects.visible_to(request.member).filter(pk__in=keys)
        keep = {"ids": ids}
    if newest := _number(query, "newest"):
        rows = rows.filter(pk__lte=newest)
        keep |= {"newest": str(newest)}
    return rows, keep


def _cancel(request: Visit, rows: Rows) -> tuple[int, bool]:
    return follow_up_bulk.cancel(rows, request.member)


def _reschedule(request: Visit, rows: Rows) -> tuple[int, bool]:
    return follow_up_bulk.reschedule(rows, _moment(request, request.POST), request.member)


def _moment(request: Visit, query: QueryDict) -> datetime:
    """The moment that is meant: `at` where it was understood before, else what the words mean. Raises `Invalid`."""
    try:
        known = datetime.fromisoformat(query.get("at", ""))
    except ValueError:
        known = None
    if known and known.tzinfo:
        return known
    return _in_words(request, query)


def _in_words(request: Visit, query: QueryDict) -> datetime:
    """The moment that the words mean. Raises `Invalid`."""
    return moments.read(query.get("scheduledAt", "")[:200], clock.now(), request.member, "scheduledAt")


def _cannot(outlook: follow_up_bulk.Outlook) -> list[str]:
    """How many of which state it cannot be done to, in words."""
    return [f"{number:,} {STATUS[status][1].lower()}" for status, number in outlook.cannot.items()]


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


CANCEL = Deed("cancel", "Cancel", "Cancelling…", "cancelled", verbs.CANCELLABLE, _cancel)
RESCHEDULE = Deed("reschedule", "Reschedule", "Rescheduling…", "rescheduled", verbs.RESCHEDULABLE, _reschedule)
