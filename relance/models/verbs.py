"""What people do to follow-ups that exist: cancel, snooze, reschedule, retry, delete. Editing is in `editing`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from relance.models import changes, clock
from relance.models.accounts import Member
from relance.models.base import Conflict, Invalid
from relance.models.followups import FollowUp
from relance.models.moves import Actor, Move, move, wake_engine
from relance.rules.retries import HAND_RETRY_AFTER
from relance.rules.states import WAITING, Status

CANCELLABLE = WAITING | {Status.QUEUED}
RESCHEDULABLE = WAITING | {Status.EXPIRED}
RETRYABLE = frozenset({Status.FAILED, Status.EXPIRED})
DELETABLE = frozenset({Status.CANCELLED, Status.FAILED})
EXPIRES_AFTER = timedelta(days=7)
FURTHEST = timedelta(days=2 * 366)


def cancel(follow_ups: Sequence[FollowUp], by: Actor, because: str) -> set[int]:
    """Cancel those of `follow_ups` that have not begun; returns the ids of those that were cancelled."""
    moves = [Move(f.pk, Status.CANCELLED, because) for f in follow_ups]
    return _moved(follow_ups, moves, CANCELLABLE, by)


def cancel_one(follow_up: FollowUp, by: Actor) -> None:
    """Cancel one on a person's wish. Raises `Conflict` when it has begun or ended."""
    _one(follow_up, Move(follow_up.pk, Status.CANCELLED, "Cancelled by hand."), CANCELLABLE, by, "cancelled")


def snooze(follow_up: FollowUp, until: datetime, by: Actor) -> None:
    """Put off until `until`. Raises `Invalid` for a past moment, `Conflict` where the state forbids it."""
    require_within_reach(until, "until")
    with transaction.atomic():
        _one(follow_up, Move(follow_up.pk, Status.SNOOZED, "Snoozed.", until), WAITING, by, "snoozed")
        FollowUp.objects.filter(pk=follow_up.pk, expires_at__lte=until).update(expires_at=until + EXPIRES_AFTER)
    follow_up.refresh_from_db()


def reschedule(follow_ups: Sequence[FollowUp], at: datetime, by: Actor) -> set[int]:
    """Give those of `follow_ups` that wait or have expired the time `at`; returns the ids of those that have it now.

    Raises `Invalid` for a moment that has passed or is too far ahead.
    """
    require_within_reach(at, "scheduledAt")
    moves = [Move(f.pk, Status.SCHEDULED, "Rescheduled.", at) for f in follow_ups]
    with transaction.atomic():
        moved = _moved(follow_ups, moves, RESCHEDULABLE, by)
        FollowUp.objects.filter(pk__in=moved).update(scheduled_at=at, expires_at=at + EXPIRES_AFTER)
    return moved


def retry(follow_up: FollowUp, by: Actor) -> None:
    """Schedule a failed one anew, five minutes ahead, with a fresh set of attempts."""
    at = clock.now() + HAND_RETRY_AFTER
    with transaction.atomic():
        _one(follow_up, Move(follow_up.pk, Status.SCHEDULED, "Retried by hand.", at), RETRYABLE, by, "retried")
        FollowUp.objects.filter(pk=follow_up.pk).update(scheduled_at=at, expires_at=at + EXPIRES_AFTER)
    follow_up.refresh_from_db()


def cancel_pending(contact_id: int, by: Actor, because: str, kinds: Collection[str] = ()) -> set[int]:
    """Cancel everything of a contact that has not begun (of these channels only, if given)."""
    waiting = FollowUp.objects.filter(contact_id=contact_id, status__in=CANCELLABLE)
    if kinds:
        waiting = waiting.filter(type__in=kinds)
    return cancel(list(waiting.order_by("id")), by, because)


def require_future(moment: datetime, field: str) -> None:
    """Raise `Invalid` unless `moment` lies ahead by the instance's clock."""
    if moment <= clock.now():
        raise Invalid([(field, "This time has passed. Choose one that lies ahead.")])


def require_within_reach(moment: datetime, field: str) -> None:
    """Raise `Invalid` unless `moment` lies ahead, and not further than follow-ups are scheduled."""
    require_future(moment, field)
    if moment > clock.now() + FURTHEST:
        raise Invalid([(field, "This is more than two years ahead. Choose an earlier time.")])


def _one(follow_up: FollowUp, wanted: Move, expect: Collection[Status], by: Actor, done: str) -> None:
    if not _moved([follow_up], [wanted], expect, by):
        follow_up.refresh_from_db()
        raise Conflict(f"It cannot be {done}: it is {follow_up.status.replace('_', ' ')} now.")
    follow_up.refresh_from_db()


def _moved(follow_ups: Sequence[FollowUp], moves: Sequence[Move], expect: Collection[Status], by: Actor) -> set[int]:
    with transaction.atomic():
        moved = move(moves, expect=expect, by=by)
        _announce([f for f in follow_ups if f.pk in moved])
        if times := [m.next_attempt_at for m in moves if m.id in moved and m.next_attempt_at]:
            wake_engine(min(times))
    return moved


def _announce(follow_ups: Sequence[FollowUp]) -> None:
    ids: dict[int, list[int]] = {}
    for follow_up in follow_ups:
        ids.setdefault(follow_up.organization_id, []).append(follow_up.pk)
    changes.announce_all(ids, "followUp")


def delete(follow_up: FollowUp, by: Member) -> None:
    """Remove a cancelled or failed one with its history; an admin's right only. Raises `Conflict`."""
    gone, _ = FollowUp.objects.filter(pk=follow_up.pk, status__in=DELETABLE).delete()
    if not gone:
        raise Conflict("Only cancelled and failed follow-ups can be deleted. Cancel it first.")
    changes.announce(follow_up.organization_id, "followUp", [follow_up.pk])
