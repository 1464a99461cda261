"""The hub's page: the list by its tabs, the counts of these, and the switch to what is scheduled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_safe

from relance.models import FollowUp, due
from relance.rules.states import GROUPS
from relance.web.access import Visit, page
from relance.web.answers import show

PATH: Final = "/follow-ups"
MOST: Final = 200
MOST_COUNTED: Final = 1_000
"""Of what is scheduled there may be hundreds of thousands: beyond so many the switch says that there are more."""

TABS: Final[Mapping[str, str]] = {"all": "All", "overdue": "Overdue", "today": "Due today", "hot": "Hot"}
NOTHING: Final[Mapping[str, str]] = {
    "all": "All caught up",
    "overdue": "Nothing is overdue",
    "today": "Nothing more is due today",
    "hot": "No hot lead is due",
}
PARTS: Final[Mapping[str, str]] = {"owed-tabs": "hub/tabs.html", "owed-rows": "hub/rows.html"}
"""What renews itself, and what it is made of."""


@require_safe
@page
def hub(request: Visit) -> HttpResponse:
    """Whom the member owes a touch, or the part of the page that is fetched anew."""
    part = request.headers.get("X-Live", "")
    context = _counted(request) if part == "owed-tabs" else _listed(request)
    return show(request, PARTS.get(part, "hub/hub.html"), **context)


@require_safe
@page
def switch(request: Visit) -> HttpResponse:
    """The hub's two views with how many stand in each; `at` is the one that is shown."""
    waiting = FollowUp.objects.visible_to(request.member).filter(status__in=GROUPS["pending"])
    counts = {
        "due": due.count(request.member, due.today_of(request.member)),
        "scheduled": waiting[: MOST_COUNTED + 1].count(),
    }
    at = "scheduled" if request.GET.get("at") == "scheduled" else "due"
    return show(request, "hub/switch.html", at=at, counts=counts, most_counted=MOST_COUNTED)


def tab_of(query: QueryDict) -> str:
    """The tab that is asked for; the first where it is none."""
    tab = query.get("tab", "")
    return tab if tab in TABS else "all"


def address(tab: str) -> str:
    """Where a tab is."""
    return PATH if tab == "all" else f"{PATH}?tab={tab}"


def _counted(request: Visit) -> dict[str, Any]:
    counts = due.counts(request.member, due.today_of(request.member))
    tab = tab_of(request.GET)
    tabs = [(name, word, address(name), counts[name]) for name, word in TABS.items()]
    return {"tab": tab, "tabs": tabs, "count": counts[tab], "others": counts["all"] - counts[tab], "here": address(tab)}


def _listed(request: Visit) -> dict[str, Any]:
    context, today = _counted(request), due.today_of(request.member)
    rows = due.owed(request.member, today, limit=MOST, group=context["tab"], order=due.URGENT)
    more = max(0, context["count"] - len(rows))
    caught_up = not context["others"]
    nothing = NOTHING["all" if caught_up else context["tab"]]
    return {**context, "owed": rows, "more": more, "caught_up": caught_up, "nothing": nothing, "chooses": True}
