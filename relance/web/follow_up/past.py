"""What happened to a follow-up: its tries, every change of it, and what the contact got and said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from relance.models import Attempt, Call, Change, FollowUp, Message
from relance.rules.states import Status
from relance.web.follow_up.why import NAMES
from relance.web.ui import STATUS

AT_FIRST = 25
AT_MOST = 1_000
MOST_MESSAGES = 20

OUTCOMES = {
    None: ("", "loader-circle", "Under way"),
    "success": ("good", "check", "Success"),
    "unreached": ("warn", "phone-missed", "Nobody reached"),
    "temporary": ("warn", "rotate-ccw", "Temporary failure"),
    "permanent": ("bad", "circle-x", "Permanent failure"),
    "unknown": ("warn", "circle-question-mark", "Unknown"),
}
ACTORS = {"contact": "The contact", "member": "A former member"}


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt with its outcome in a word; `tone` and `icon` are the word's."""

    attempt: Attempt
    tone: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the history: who or what changed it, from which state to which, why, and when."""

    at: datetime
    who: str
    before: str
    after: str
    icon: str
    because: str
    gate: str
    until: datetime | None


def tries(follow_up: FollowUp) -> list[Try]:
    """Every attempt, the latest first."""
    return [Try(attempt, *OUTCOMES[_outcome(attempt)]) for attempt in follow_up.attempts.order_by("-number")[:200]]


def _outcome(attempt: Attempt) -> str | None:
    return "unknown" if attempt.outcome is None and attempt.unheard else attempt.outcome


def history(follow_up: FollowUp, *, whole: bool) -> tuple[list[Happened], int]:
    """The changes, the latest first, and how many there are; all of them only if the `whole` is asked for."""
    changes = follow_up.history.select_related("member").order_by("-id")
    found = [_happened(change) for change in changes[: AT_MOST if whole else AT_FIRST]]
    return found, len(found) if len(found) < AT_FIRST else changes.count()


def _happened(change: Change) -> Happened:
    icon, after = STATUS[Status(change.to_status)]
    before = STATUS[Status(change.from_status)][1] if change.from_status else ""
    who = change.member.name if change.member else ACTORS.get(change.actor, "Relance")
    name = NAMES.get(change.gate, "")
    because = "" if change.because == f"{after}." else change.because
    return Happened(change.at, who, before, after, icon, because, name, change.until)


def calls(follow_up: FollowUp) -> list[Call]:
    """The calls it made, the latest first."""
    return list(follow_up.calls.select_related("agent").order_by("-started_at", "-id")[:AT_FIRST])


def messages(follow_up: FollowUp) -> list[Message]:
    """What it sent, and what the contact has written since on the same channel, oldest first."""
    thread: dict[str, Any] = {
        "conversation__contact": follow_up.contact_id,
        "conversation__kind": follow_up.type,
    }
    sent = list(Message.objects.filter(**thread, follow_up=follow_up).order_by("-at", "-id")[:MOST_MESSAGES])
    if not sent:
        return []
    answers = Q(direction="inbound", at__gte=sent[-1].at)
    back = Message.objects.filter(answers, **thread).order_by("at", "id")[:MOST_MESSAGES]
    return sorted([*sent, *back], key=lambda message: (message.at, message.pk))
