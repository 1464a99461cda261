"""The dashboard's panel: the most urgent of those to whom the member owes a touch."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from relance.models import Member, due
from relance.web.access import Visit, page
from relance.web.answers import show
from relance.web.hub.page import NOTHING

MOST: Final = 10
ADDRESS: Final = "/follow-ups/panel"


@require_safe
@page
def panel(request: Visit) -> HttpResponse:
    """The panel alone, as the dashboard fetches it anew."""
    return show(request, "hub/panel.html", **urgent(request.member))


def urgent(member: Member) -> dict[str, Any]:
    """What `hub/panel.html` shows: the first few, and how many there are in all."""
    today = due.today_of(member)
    rows = due.owed(member, today, limit=MOST, order=due.URGENT)
    count = due.count(member, today) if len(rows) == MOST else len(rows)
    return {
        "owed": rows,
        "owed_count": count,
        "more": count - len(rows),
        "here": ADDRESS,
        "caught_up": True,
        "nothing": NOTHING["all"],
    }
