"""What the list of follow-ups is asked for: which, in which order. All of it stands in the address."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict

from relance.models import ChannelKind, Member, Source
from relance.models.contact_fields import text
from relance.models.follow_up_lists import ORDERS, Which
from relance.rules.states import Status

GROUPS: Mapping[str, str] = {
    "": "All",
    "pending": "Pending",
    "sent": "Sent",
    "failed": "Failed",
    "canceled": "Canceled",
    "processing": "Processing",
}
"""The tabs. What is being sent is there for seconds: it comes last, so that no other moves when it comes and goes."""

NOTHING: Mapping[str, str] = {
    "": "What is scheduled to go out to your contacts stands here.",
    "pending": "Nothing is waiting to go out.",
    "sent": "Nothing has been sent yet.",
    "failed": "Nothing has failed.",
    "canceled": "Nothing was canceled.",
    "processing": "Nothing is going out right now.",
}

SOONEST, LATEST = "scheduledAt", "-scheduledAt"
SOONEST_FIRST = frozenset({"pending", "processing"})
NARROWING = ("q", "contact", "campaign", "agent", "type", "source", "status", "from", "to")
FILTERS = ("group", *NARROWING)
PLACE = ("sort", "cursor", "before")
PATH = "/follow-ups/scheduled"


def which(query: QueryDict, member: Member) -> Which:
    """The follow-ups that the filters name; what no filter knows is left out. Days are those of the member."""
    first, last = _day(query, "from"), _day(query, "to")
    return Which(
        group=_known(query, "group", GROUPS),
        contact_id=_id(query, "contact"),
        campaign_id=_id(query, "campaign"),
        agent_id=_id(query, "agent"),
        type=_known(query, "type", ChannelKind.values),
        source=_known(query, "source", Source.values),
        status=_known(query, "status", list(Status)),
        from_=_begins(first, member) if first else None,
        to=_begins(last + timedelta(days=1), member) if last else None,
        q=text(query.get("q", "")[:200], 200),
    )


def order(query: QueryDict) -> str:
    """The order that is asked for; else what waits is shown with the next first, and all else with the latest."""
    usual = SOONEST if query.get("group") in SOONEST_FIRST else LATEST
    return _known(query, "sort", ORDERS) or usual


def said(query: QueryDict, names: Sequence[str] = (*FILTERS, *PLACE)) -> str:
    """The part of `query` that says something: without what was left empty."""
    return urlencode({name: query[name] for name in names if query.get(name)})


def filters(query: QueryDict) -> str:
    """What says which, without the place in the list."""
    return said(query, FILTERS)


def address(query: QueryDict, path: str = PATH) -> str:
    """The address of the list, to be shared and come back to."""
    encoded = said(query)
    return f"{path}?{encoded}" if encoded else path


def narrows(query: QueryDict) -> bool:
    """Whether any filter besides the tab leaves follow-ups out."""
    return any(query.get(name) for name in NARROWING)


def _id(query: QueryDict, name: str) -> str | None:
    return query.get(name, "")[:40] or None


def _known(query: QueryDict, name: str, values: Container[str]) -> str | None:
    value = query.get(name, "")
    return value if value and value in values else None


def _day(query: QueryDict, name: str) -> date | None:
    """A day of the years that a database knows, as `<input type="date">` sends it."""
    try:
        day = date.fromisoformat(query.get(name, "")[:10])
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


def _begins(day: date, member: Member) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(member.zone)).astimezone(UTC)
