"""The list of contacts, and the same as a file."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.views.decorators.http import require_safe

from relance.export import contact_lines
from relance.models import Contact, ContactStatus, Invalid, LeadQuality, Stage, contact_filters, due, paging
from relance.web.access import Visit, page
from relance.web.answers import go, show
from relance.web.contacts import asked
from relance.web.settings.choices import countries

ROWS = 50
COUNTED = 2_000
"""So many are counted before the page is shown; it does not wait for the count of more."""
PARTS = frozenset({"found", "contact-rows"})
"""What a search fetches anew, and what renews itself when contacts change."""


@require_safe
@page
def contacts(request: Visit) -> HttpResponse:
    """The contacts that the filters describe."""
    columns = asked.columns(request)
    request.GET = QueryDict(asked.said(request.GET))  # for the links of the page, which keep what was said
    try:
        context = _listed(request) | {"columns": columns, "column_names": asked.COLUMNS}
    except Invalid:
        return go(request, asked.beginning(request.GET))
    if PARTS.isdisjoint({request.headers.get("HX-Target"), request.headers.get("X-Live")}):
        return show(request, "contacts/contacts.html", **context, **_choices(request))
    response = show(request, "contacts/found.html", **context)
    response["HX-Replace-Url"] = asked.address(request.GET)
    return response


@require_safe
@page
def count(request: Visit) -> HttpResponse:
    """How many contacts the filters describe."""
    request.GET = QueryDict(asked.said(request.GET))
    return show(request, "contacts/count.html", count=_found(request).count(), **_counting(request))


@require_safe
@page
def export(request: Visit) -> HttpResponse:
    """The contacts that the filters describe, all of them, as CSV that is written while it is sent."""
    named = {"Content-Disposition": 'attachment; filename="contacts.csv"'}
    kind = "text/csv; charset=utf-8"
    file = StreamingHttpResponse(contact_lines(_found(request)), content_type=kind, headers=named)
    return cast(HttpResponse, file)  # views are typed by the kind of response that all others give


def _listed(request: Visit) -> dict[str, Any]:
    """What the list shows. Raises `Invalid` for a cursor that is none of it."""
    sort, found, cursor = asked.order(request.GET), _found(request), request.GET.get("cursor", "")
    rows, order = contact_filters.ordered(_with_surroundings(found), sort), contact_filters.ORDERS[sort]
    part = paging.part(rows, order, limit=ROWS, cursor=cursor)
    whole = not (cursor or part.next_cursor)
    return {
        "contacts": part.rows,
        "next_cursor": part.next_cursor,
        "count": len(part.rows) if whole else _few(found),
        **_counting(request),
        "sort": sort,
        "today": due.today_of(request.member),
        "filters": asked.filters(request.GET),
        "narrowed": asked.narrows(request.GET),
        "here": asked.address(request.GET),
    }


def _counting(request: Visit) -> dict[str, Any]:
    return {"counted": COUNTED, "count_from": asked.address(request.GET, "/contacts/count")}


def _few(found: QuerySet[Contact]) -> int | None:
    """How many there are, None for more than are counted at once."""
    number = found[: COUNTED + 1].count()
    return number if number <= COUNTED else None


def _found(request: Visit) -> QuerySet[Contact]:
    seen = Contact.objects.visible_to(request.member)
    return contact_filters.narrowed(seen, asked.which(request.GET, request.organization.country), request.member)


def _with_surroundings(found: QuerySet[Contact]) -> QuerySet[Contact]:
    shown = found.select_related("stage").prefetch_related("assignments__member").defer("search")
    return shown.annotate(on_list=contact_filters.listed())


def _choices(request: Visit) -> dict[str, Any]:
    """What can be chosen in the filters."""
    further = ("status", "consent", "doNotCall", "country", "region")
    return {
        "qualities": LeadQuality.choices,
        "statuses": ContactStatus.choices,
        "dues": asked.DUE,
        "consents": asked.CONSENTS,
        "members": request.organization.members.filter(is_active=True).order_by("name"),
        "stages": Stage.objects.filter(organization=request.organization).order_by("position"),
        "countries": countries(),
        "further": sum(bool(request.GET.get(name)) for name in further),
    }
