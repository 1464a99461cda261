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
from relance.rules import daily
from relance.rules.states import Status
from relance.web import times

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
NARROWING = ("q", "contact", "campaign", "agent", "type", "source", "status", "from", "to", "goes")
FILTERS = ("group", *NARROWING)
HOURS = tuple(f"{hour:02}" for hour in range(24))
PLACE = ("sort", "cursor", "before")
PATH = "/follow-ups/scheduled"


def which(query: QueryDict, member: Member) -> Which:
    """The follow-ups that the filters name; what no filter knows is left out. Days are those of the member."""
    first, last = _day(query, "from"), _day(query, "to")
    due_from, due_to = _span(query, member)
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
        due_from=due_from,
        due_to=due_to,
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


def goes(day: date, hour: int | None = None) -> str:
    """The address of what goes on this day of the member's, or in one of its hours."""
    when = f"{day}T{hour:02}" if hour is not None else f"{day}"
    return f"{PATH}?{urlencode({'group': 'pending', 'goes': when})}"


def when_it_goes(query: QueryDict, today: date) -> str:
    """The same in words, such as “today, 15:00 to 16:00”; "" where it is not asked for."""
    day, hour = _day(query, "goes"), _hour(query)
    if not day:
        return ""
    named = times.day(day, today)
    return named if hour is None else f"{named}, {hour:02}:00 to {hour + 1:02}:00"


def _span(query: QueryDict, member: Member) -> tuple[datetime, datetime] | tuple[None, None]:
    """From when until when it goes, where that is asked for."""
    day, hour = _day(query, "goes"), _hour(query)
    if not day:
        return None, None
    hours = daily.hours(day, member.zone)
    return (hours[0], hours[-1]) if hour is None else (hours[hour], hours[hour + 1])


def _hour(query: QueryDict) -> int | None:
    """The hour of the day at which it goes, as `2026-11-24T15` says it."""
    said = query.get("goes", "")[11:13]
    return int(said) if said in HOURS else None


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
