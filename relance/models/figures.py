"""What a dashboard counts of a member's follow-ups, between one moment and the next: to go, gone out, and ended how.

`bounds` are moments in their order; of n + 1 there are n spans between them. Each count is one statement that an index
answers by itself, whatever an organization has besides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, DateTimeField, F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Greatest

from relance.models.accounts import Member
from relance.models.followups import FollowUp, Priority
from relance.rules.states import FINAL, WAITING, Status


def to_go(member: Member, bounds: Sequence[datetime], now: datetime) -> list[int]:
    """How many of those that `member` may see are to go out in each span, one of which has `now`: what is late goes
    then."""
    due = _seen(member).filter(status__in=WAITING, next_attempt_at__lt=bounds[-1])
    waiting = due.filter(priority__in=Priority.values)  # all of them: so it is read from the index of what is due
    late_goes_now = Greatest(F("next_attempt_at"), Value(now, DateTimeField()))
    return _spans(dict(_by_span(waiting, late_goes_now, bounds).values_list("span", "n")), bounds)


def ended(member: Member, bounds: Sequence[datetime]) -> Mapping[Status, list[int]]:
    """How many of those that `member` may see came to each end in each span."""
    within = _seen(member).filter(status__in=FINAL, finished_at__gte=bounds[0], finished_at__lt=bounds[-1])
    found: dict[str, dict[int, int]] = {}
    for status, span, n in _by_span(within, F("finished_at"), bounds, "status").values_list("status", "span", "n"):
        found.setdefault(status, {})[span] = n
    return {status: _spans(found.get(status, {}), bounds) for status in FINAL}


def _seen(member: Member) -> QuerySet[FollowUp]:
    seen: QuerySet[FollowUp] = FollowUp.objects.visible_to(member)
    return seen.order_by()


def _by_span(rows: QuerySet[FollowUp], at: Any, bounds: Sequence[datetime], *besides: str) -> Any:
    """The rows counted by the number of the span, from 1, in which `at` lies."""
    moments = Value(list(bounds), ArrayField(DateTimeField()))
    span = Func(at, moments, function="width_bucket", output_field=IntegerField())
    return rows.annotate(span=span).values("span", *besides).annotate(n=Count("*"))


def _spans(counts: Mapping[int, int], bounds: Sequence[datetime]) -> list[int]:
    return [counts.get(span, 0) for span in range(1, len(bounds))]
