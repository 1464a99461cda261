"""The Follow-ups card of a contact's page: what is coming, and what became of what went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from relance.models import Contact, FollowUp
from relance.web.access import Visit, find, page
from relance.web.answers import show
from relance.web.follow_up_rows import next_at, there

LATEST = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A follow-up as the card has it: `there` is the contact's time of day where it is not the member's (“15:00 for
    Ana”), `next_at` when it is looked at next where that is not its time."""

    follow_up: FollowUp
    there: str
    next_at: datetime | None


@require_safe
@page
def follow_ups_card(request: Visit, id: str) -> HttpResponse:
    """The card alone, as the contact's page fetches it anew."""
    contact = find(Contact.objects.visible_to(request.member), id)
    return show(request, "follow_ups/card.html", **card(request, contact))


def card(request: Visit, contact: Contact) -> dict[str, Any]:
    """What `follow_ups/card.html` shows of a contact that the member may see: the latest follow-ups, with those to
    come first, and how many more there are."""
    theirs = FollowUp.objects.filter(organization=request.organization, contact=contact)
    shown = _latest(theirs.select_related("agent", "campaign"))
    more = theirs.count() - len(shown) if len(shown) == LATEST else 0
    rows = [Row(f, there(f, contact, request.member.zone), next_at(f)) for f in shown]
    return {"contact": contact, "follow_up_rows": rows, "more_follow_ups": more}


def _latest(theirs: QuerySet[FollowUp]) -> list[FollowUp]:
    coming = list(theirs.filter(finished_at=None).order_by("scheduled_at", "id")[:LATEST])
    ended = theirs.exclude(finished_at=None).order_by("-scheduled_at", "-id")
    return coming + list(ended[: LATEST - len(coming)])
