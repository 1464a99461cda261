"""What a member may do to a follow-up in the state it is in: what its page and its row in a list offer."""

from __future__ import annotations

from relance.models import editing, verbs
from relance.models.accounts import Member
from relance.models.base import Conflict
from relance.models.followups import FollowUp
from relance.rules.states import WAITING

_STATES = {
    "cancel": (verbs.CANCELLABLE, "cancelled"),
    "snooze": (WAITING, "snoozed"),
    "reschedule": (editing.EDITABLE, "rescheduled"),
    "edit": (WAITING, "changed"),
    "retry": (verbs.RETRYABLE, "retried"),
    "delete": (verbs.DELETABLE, "deleted"),
}


def possible(follow_up: FollowUp, by: Member) -> frozenset[str]:
    """Which of cancel, snooze, reschedule, edit, retry and delete `by`, who sees it, may do to it now.

    Its contact must be at hand: for one who was removed nothing goes out any more.
    """
    open_to = {name for name, (states, _) in _STATES.items() if follow_up.state in states}
    if not by.is_admin:
        open_to -= {"delete"}
    return frozenset(open_to & {"delete"} if follow_up.contact.deleted_at else open_to)


def require(follow_up: FollowUp, action: str) -> None:
    """Raise `Conflict` where the state of `follow_up` does not allow `action`."""
    states, done = _STATES[action]
    if follow_up.state not in states:
        raise Conflict(f"It cannot be {done}: it is {follow_up.status.replace('_', ' ')} now.")
