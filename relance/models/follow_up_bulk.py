"""What people do to many follow-ups at once, be it tens of thousands: cancel, reschedule.

They are taken in batches, each a transaction of its own, so that neither the engine nor anybody else has to wait for
the whole. A call does some of them and says whether any are left; whoever stops in between has done what is done, and
asking again goes on with the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, QuerySet

from relance.models import verbs
from relance.models.accounts import Member
from relance.models.followups import FollowUp
from relance.models.moves import Actor
from relance.rules.states import Status

BATCH = 500
BATCHES = 4


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would come of it: how many it can be done to, and of the others how many are in which state. `newest` is the
    key of the last that is meant: what is made later was not seen."""

    can: int
    cannot: Mapping[Status, int]
    newest: int


def outlook(rows: QuerySet[FollowUp], states: Collection[Status]) -> Outlook:
    """What would come of doing to `rows` what may be done in `states`."""
    every, able = _by_status(rows), _by_status(_open(rows, states))
    cannot = {Status(s): left for s, n in every.items() if (left := n - able.get(s, 0))}
    newest: int = rows.aggregate(newest=Max("pk"))["newest"] or 0
    return Outlook(sum(able.values()), cannot, newest)


def cancel(rows: QuerySet[FollowUp], by: Member) -> tuple[int, bool]:
    """Cancel some of `rows` that have not begun; returns how many were, and whether others are left."""
    return _in_batches(
        _open(rows, verbs.CANCELLABLE), lambda batch: verbs.cancel(batch, Actor.of(by), "Cancelled by hand.")
    )


def reschedule(rows: QuerySet[FollowUp], at: datetime, by: Member) -> tuple[int, bool]:
    """Give some of `rows` that wait or have expired the time `at`; returns how many got it, and whether others are
    left. Raises `Invalid` for a moment that has passed or is too far ahead."""
    verbs.require_within_reach(at, "scheduledAt")
    wanting = _open(rows, verbs.RESCHEDULABLE).exclude(status=Status.SCHEDULED, scheduled_at=at)
    return _in_batches(wanting, lambda batch: verbs.reschedule(batch, at, Actor.of(by)))


def _in_batches(rows: QuerySet[FollowUp], act: Callable[[Sequence[FollowUp]], set[int]]) -> tuple[int, bool]:
    some = rows.order_by("pk").only("organization_id")
    moved = 0
    for _ in range(BATCHES):
        batch = list(some[:BATCH])
        moved += len(act(batch)) if batch else 0
        if len(batch) < BATCH:
            return moved, False
    return moved, some.exists()


def _open(rows: QuerySet[FollowUp], states: Collection[Status]) -> QuerySet[FollowUp]:
    """Those in one of these states, but for contacts who were removed: to them nothing goes out any more."""
    return rows.filter(status__in=states, contact__deleted_at=None)


def _by_status(rows: QuerySet[FollowUp]) -> dict[str, int]:
    return dict(rows.order_by().values_list("status").annotate(n=Count("pk")))
