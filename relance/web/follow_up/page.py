"""The page itself: one part after another follows what the worker, the phone or another member changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse

from relance.models import Call, FollowUp, Priority, clock
from relance.models.actions import possible
from relance.models.followups import HEADINGS, FollowUpQuerySet
from relance.rules.snoozes import put_off
from relance.web.access import Visit, find, page
from relance.web.answers import show
from relance.web.follow_up import past
from relance.web.follow_up.why import why
from relance.web.times import NEAR

SNOOZES = {"hour": "1 hour", "tomorrow": "Tomorrow, same time", "3-days": "3 days", "week": "1 week"}
AROUND = (
    "contact",
    "organization__default_agent",
    "agent",
    "campaign__agent",
    "conversation",
    "template",
    "created_by",
)


@page
def follow_up(request: Visit, id: str) -> HttpResponse:
    """Everything about one follow-up; with `?history=all` every change of it."""
    return show(request, "follow_up/follow_up.html", **_shown(request, found(request, id)))


def found(request: Visit, id: str) -> FollowUp:
    """The follow-up with what stands around it. Raises `Http404` for one that is not the member's to see."""
    return find(with_surroundings(FollowUp.objects.visible_to(request.member)), id)


def with_surroundings(rows: FollowUpQuerySet) -> FollowUpQuerySet:
    """The same follow-ups with what is said beside them at hand."""
    return rows.select_related(*AROUND).defer("contact__search")


def snoozes(follow_up: FollowUp) -> list[tuple[str, str, datetime]]:
    """How it can be put off with one press: the span's name, its words, and the moment it leads to."""
    moments = put_off(follow_up.next_attempt_at or follow_up.scheduled_at, clock.now(), follow_up.contact.zone)
    return [(name, words, moments[name]) for name, words in SNOOZES.items()]


def _shown(request: Visit, f: FollowUp) -> dict[str, Any]:
    whole = request.GET.get("history") == "all"
    history, changes = past.history(f, whole=whole)
    calls, zone, now = past.calls(f), f.contact.zone, clock.now()
    at = f.finished_at or f.next_attempt_at or f.scheduled_at
    return {
        "at": at,
        "near": abs(at - now) < NEAR,
        "f": f,
        "zone": zone,
        "heading": HEADINGS[f.type],
        "can": possible(f, request.member),
        "snoozes": snoozes(f),
        "why": why(f, now, zone),
        "tries": past.tries(f),
        "history": history,
        "changes": changes,
        "calls": calls,
        "messages": past.messages(f),
        "priority": Priority(f.priority).label,
        "parameters": _parameters(f),
        "preview": f.template.rendered(f.parameters) if f.template else "",
        "about": " ".join(_about(f, calls)),
    }


def _parameters(f: FollowUp) -> list[tuple[str, Any]]:
    """What was given for the template, in its order."""
    order = f.template.parameters if f.template else []
    return sorted(f.parameters.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))


def _about(f: FollowUp, calls: list[Call]) -> list[str]:
    """The ids of everything that the page speaks of: what changes of these is shown at once."""
    around = (f, f.contact, f.organization, f.resolved_agent, f.campaign, f.template, *calls)
    return [row.public_id for row in around if row]
