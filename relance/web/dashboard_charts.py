"""The charts of the dashboard. The page fetches each after its own first byte; opened as an address, each is a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import compress
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from relance.models import Organization, clock, figures
from relance.rules import daily
from relance.rules.states import Status
from relance.rules.weeks import Week
from relance.web.access import Visit, page
from relance.web.answers import show
from relance.web.charts import Column, Series, drawn
from relance.web.scheduled import asked
from relance.web.ui import STATUS

MOST_LABELS: Final = 8
DAYS: Final = 7
HOURLY: Final = (Series("gone-out", "Gone out"), Series("to-go", "Still to go"))
ENDS: Final = (Status.COMPLETED, Status.CANCELLED, Status.EXPIRED, Status.FAILED)
DAILY: Final = tuple(Series(status.value, STATUS[status][1]) for status in ENDS)


@require_safe
@page
def today(request: Visit) -> HttpResponse:
    """What goes out on the member's day, by hour."""
    return _shown(request, "dashboard/today.html", _today(request))


@require_safe
@page
def week(request: Visit) -> HttpResponse:
    """How the follow-ups of the member's last days ended, by day."""
    return _shown(request, "dashboard/week.html", _week(request))


def _shown(request: Visit, part: str, context: Mapping[str, Any]) -> HttpResponse:
    return show(request, part if request.htmx else "dashboard/chart.html", part=part, **context)


def _today(request: Visit) -> dict[str, Any]:
    local = clock.now().astimezone(ZoneInfo(request.member.zone))
    hours = daily.hours(local.date(), request.member.zone)
    to_go = figures.to_go(request.member, hours, local)
    gone_out = figures.ended(request.member, hours)[Status.COMPLETED]
    shown = _hours_shown(local, [*map(sum, zip(to_go, gone_out, strict=True))], request.organization)
    columns = [_hour(hour, shown, gone_out[hour], to_go[hour], local.date()) for hour in shown]
    return {
        "fetched": True,
        "chart": drawn(HOURLY, columns) if any(to_go) or any(gone_out) else None,
        "to_go": sum(to_go),
        "busiest": _busiest(to_go),
        "gone_out": sum(gone_out),
        "where": asked.goes(local.date()),
    }


def _hours_shown(local: datetime, counts: Sequence[int], organization: Organization) -> range:
    """From the first hour to the last in which there is something, now and the organization's closing among them."""
    closing = max((end for _, end in Week.parse(organization.hours).days[local.weekday()]), default=0)
    told = [*compress(range(24), counts), local.hour, max(local.hour, -(-closing // 60) - 1)]
    return range(min(told), max(told) + 1)


def _hour(hour: int, shown: range, gone_out: int, to_go: int, day: date) -> Column:
    step = -(-len(shown) // MOST_LABELS)
    label = f"{hour:02}:00" if (hour - shown.start) % step == 0 else ""
    said = f"{hour:02}:00 to {hour + 1:02}:00: {_told([(to_go, 'to go'), (gone_out, 'gone out')])}"
    return Column(f"{hour:02}:00", label, said, (gone_out, to_go), asked.goes(day, hour) if to_go else "")


def _busiest(counts: Sequence[int]) -> str:
    """When most of them go, such as “most at 15:00”; "" where several hours may say so of themselves."""
    most, all_of_them = max(counts), sum(counts)
    word = "most at" if most < all_of_them else "all at" if most > 1 else "at"
    return f"{word} {counts.index(most):02}:00" if counts.count(most) == 1 else ""


def _week(request: Visit) -> dict[str, Any]:
    today = clock.today(request.member.zone)
    days = [today + timedelta(days=n) for n in range(1 - 2 * DAYS, 1)]
    bounds = [daily.moment(day, time(), request.member.zone) for day in (*days, today + timedelta(days=1))]
    ended = figures.ended(request.member, bounds)
    before, last = ({status: sum(ended[status][part]) for status in ENDS} for part in (slice(DAYS), slice(DAYS, None)))
    columns = [_day(day, [ended[status][n] for status in ENDS]) for n, day in enumerate(days) if n >= DAYS]
    return {
        "fetched": True,
        "chart": drawn(DAILY, columns) if any(last.values()) else None,
        "ended": sum(last.values()),
        "completed": _share(last),
        "completed_before": _share(before) if any(before.values()) else None,
        "ends": [(status, last[status], before[status]) for status in ENDS],
    }


def _day(day: date, counts: Sequence[int]) -> Column:
    words = [STATUS[status][1].lower() for status in ENDS]
    said = f"{day:%A}, {day.day} {day:%B}: {_told(zip(counts, words, strict=True))}"
    return Column(f"{day:%a} {day.day} {day:%b}", f"{day:%a}", said, tuple(counts))


def _told(counts: Iterable[tuple[int, str]]) -> str:
    """Such as “54 completed, 2 failed”."""
    return ", ".join(f"{n:,} {word}" for n, word in counts if n) or "none"


def _share(ends: Mapping[Status, int]) -> int:
    """How many of a hundred were completed; all of them only where it is all."""
    return 100 * ends[Status.COMPLETED] // max(1, sum(ends.values()))
