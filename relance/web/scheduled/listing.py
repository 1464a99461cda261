"""The list, the counts of its tabs, and the same as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.views.decorators.http import require_safe

from relance.export import follow_up_lines
from relance.models import Agent, Campaign, ChannelKind, Contact, FollowUp, Invalid, Source, clock, follow_up_lists
from relance.models.base import Scoped
from relance.rules.states import Status
from relance.web.access import Visit, find, page
from relance.web.answers import go, show
from relance.web.follow_up_rows import next_at, there
from relance.web.scheduled import asked
from relance.web.ui import KIND, SOURCE, STATUS

ROWS = 50
MOST_CHOICES = 300
PARTS = frozenset({"found", "scheduled-rows"})
"""What a filter fetches anew, and what renews itself when follow-ups change."""

S = TypeVar("S", bound=Scoped)


@dataclass(frozen=True, slots=True)
class Row:
    """A follow-up as the list has it: `there` is the contact's time of day where it is not the member's, `next_at` when
    it is looked at next where that is not its time, `by` who had it made."""

    f: FollowUp
    there: str
    next_at: datetime | None
    by: str


@require_safe
@page
def scheduled(request: Visit) -> HttpResponse:
    """The follow-ups that the filters describe; the counts of the tabs follow, so that nobody waits for them."""
    about = _about(request)
    sort = asked.order(request.GET)
    place = {name: request.GET.get(name, "")[:500] for name in ("cursor", "before")}
    found = _with_surroundings(FollowUp.objects.visible_to(request.member))
    try:
        part = follow_up_lists.part(found, about["which"], request.member, sort=sort, limit=ROWS, **place)
    except Invalid:
        return go(request, f"{asked.PATH}?{asked.filters(request.GET)}")
    context = {
        "rows": [Row(f, there(f, f.contact, request.member.zone), next_at(f), _maker(f)) for f in part.rows],
        "next_cursor": part.next_cursor,
        "previous_cursor": part.previous_cursor,
        "sort": sort,
        **about,
    }
    if not PARTS.isdisjoint({request.headers.get("HX-Target"), request.headers.get("X-Live")}):
        response = show(request, "scheduled/found.html", **context)
        response["HX-Replace-Url"] = context["here"]
        return response
    return show(request, "scheduled/scheduled.html", **context, **_choices(request))


@require_safe
@page
def counts(request: Visit) -> HttpResponse:
    """The tabs with how many follow-ups each has."""
    about = _about(request)
    seen = FollowUp.objects.visible_to(request.member)
    counted = follow_up_lists.counts(seen, about["which"], request.member)
    return show(request, "scheduled/tabs.html", **about | {"tabs": _tabs(about["group"], counted), "counts": counted})


@require_safe
@page
def export(request: Visit) -> HttpResponse:
    """The follow-ups that the filters describe, all of them, as CSV that is written while it is sent."""
    named = {"Content-Disposition": 'attachment; filename="follow-ups.csv"'}
    lines = follow_up_lines(chosen(request, request.GET))
    file = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=named)
    return cast(HttpResponse, file)  # views are typed by the kind of response that all others give


def chosen(request: Visit, query: Any) -> QuerySet[FollowUp]:
    """The follow-ups that the filters in `query` describe, of those that the member may see."""
    seen = FollowUp.objects.visible_to(request.member)
    return follow_up_lists.narrowed(seen, asked.which(query, request.member), request.member)


def _about(request: Visit) -> dict[str, Any]:
    """What the list is about. Raises `Http404` for a contact, campaign or agent that is not the member's to see."""
    request.GET = QueryDict(asked.said(request.GET))  # for the links of the page, which keep what was said
    which = asked.which(request.GET, request.member)
    group = which.group or ""
    return {
        "which": which,
        "contact": _named(request, "contact", Contact.objects.visible_to(request.member).defer("search")),
        "campaign": _named(request, "campaign", Campaign.objects.filter(organization=request.organization)),
        "agent": _named(request, "agent", Agent.objects.filter(organization=request.organization)),
        "group": group,
        "tab": asked.GROUPS[group],
        "empty": asked.NOTHING[group],
        "tabs": _tabs(group),
        "goes": asked.when_it_goes(request.GET, clock.today(request.member.zone)) if "goes" in request.GET else "",
        "narrowed": asked.narrows(request.GET),
        "here": asked.address(request.GET),
        "counts_from": asked.address(request.GET, f"{asked.PATH}/counts"),
        "filters": asked.filters(request.GET),
    }


def _tabs(group: str, counts: Mapping[str, int] | None = None) -> list[tuple[str, str, str]]:
    """Each tab's name, its word and its count, "" where that is not known yet. What is going out has a tab while there
    is any."""
    said = {name: f"{counts[name or 'all']:,}" if counts else "" for name in asked.GROUPS}
    shown = {name for name in asked.GROUPS if name != "processing" or name == group or (counts and counts[name])}
    return [(name, word, said[name]) for name, word in asked.GROUPS.items() if name in shown]


def _named(request: HttpRequest, name: str, rows: QuerySet[S]) -> S | None:
    public_id = request.GET.get(name)
    return find(rows, public_id) if public_id else None


def _with_surroundings(rows: Any) -> QuerySet[FollowUp]:
    shown: QuerySet[FollowUp] = rows.select_related("contact", "template", "created_by", "agent", "campaign")
    return shown.defer("contact__search")


def _maker(f: FollowUp) -> str:
    """Who had it made: a member, the AI agent, or what made it by itself."""
    if f.created_by:
        return f.created_by.name
    if f.source == Source.AGENT and f.agent:
        return f.agent.name
    return "A former member" if f.source == Source.MANUAL else SOURCE[f.source]


def _choices(request: Visit) -> dict[str, Any]:
    """What can be chosen in the filters."""
    mine = {"organization": request.organization}
    return {
        "kinds": [(value, KIND[value][1]) for value in ChannelKind.values],
        "statuses": [(status.value, STATUS[status][1]) for status in Status],
        "sources": SOURCE.items(),
        "campaigns": Campaign.objects.filter(**mine).only("name").order_by("name", "pk")[:MOST_CHOICES],
        "agents": Agent.objects.filter(**mine).only("name").order_by("name", "pk")[:MOST_CHOICES],
        "further": sum(bool(request.GET.get(name)) for name in ("source", "status", "from", "to")),
    }
