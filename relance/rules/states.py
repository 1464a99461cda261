"""The states of a follow-up and the changes between them, in one place (SPEC section 2)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Status(StrEnum):
    """Where a follow-up stands."""

    SCHEDULED = "scheduled"
    SNOOZED = "snoozed"
    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


# A gate may end a queued one as failed without a try: nobody was asked, so it was never in progress. To move what is
# scheduled or snoozed to another time leaves it in its state, and is a change with its row of history all the same.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.SCHEDULED: frozenset({Status.QUEUED, Status.SNOOZED, Status.CANCELLED, Status.EXPIRED, Status.SCHEDULED}),
    Status.SNOOZED: frozenset({Status.QUEUED, Status.SCHEDULED, Status.CANCELLED, Status.EXPIRED, Status.SNOOZED}),
    Status.QUEUED: frozenset({Status.IN_PROGRESS, Status.SCHEDULED, Status.CANCELLED, Status.EXPIRED, Status.FAILED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.SCHEDULED, Status.FAILED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset({Status.SCHEDULED}),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset({Status.SCHEDULED}),
}

WAITING = frozenset({Status.SCHEDULED, Status.SNOOZED})
UNDER_WAY = frozenset({Status.QUEUED, Status.IN_PROGRESS})
FINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.EXPIRED})

# The same states in the words of the page for scheduled messages (SPEC: one state machine, two vocabularies).
GROUPS: dict[str, frozenset[Status]] = {
    "pending": frozenset({Status.SCHEDULED, Status.SNOOZED, Status.QUEUED}),
    "processing": frozenset({Status.IN_PROGRESS}),
    "sent": frozenset({Status.COMPLETED}),
    "failed": frozenset({Status.FAILED, Status.EXPIRED}),
    "canceled": frozenset({Status.CANCELLED}),
}


class IllegalMove(ValueError):
    """A change of state that the table of transitions does not know."""


def group_of(status: Status) -> str:
    """The message page's word for `status`."""
    return next(name for name, members in GROUPS.items() if status in members)


def require_legal(expect: Iterable[Status], to: Iterable[Status]) -> None:
    """Raise `IllegalMove` unless every state in `expect` may change to every state in `to`."""
    wanted = frozenset(to)
    for origin in expect:
        if forbidden := wanted - TRANSITIONS[origin]:
            raise IllegalMove(f"A follow-up cannot go from {origin} to {', '.join(sorted(forbidden))}.")
