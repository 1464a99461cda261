"""Looking back: what the gates said to a follow-up that has begun or ended, from its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import Count, Max

from relance.models import Change, FollowUp
from relance.models.verbs import RETRYABLE
from relance.rules.gates import GATES
from relance.rules.states import FINAL

Answer = Literal["go", "wait", "stop", "unasked"]


@dataclass(frozen=True, slots=True)
class Met:
    """What one gate said: that it may go, that it must wait, that it ends here; or the gate was never asked.

    `times` is how often it held the follow-up, `at` (UTC) when it last did, and `until` when it was to be asked again.
    One that goes may have waited before.
    """

    gate: str
    answer: Answer
    because: str = ""
    at: datetime | None = None
    until: datetime | None = None
    times: int = 0


def gates_met(follow_up: FollowUp) -> list[Met]:
    """What each gate said, in their order, since the follow-up was scheduled or last retried by hand.

    All of them let it pass when there was a try; else those before the last one that held it did.
    """
    restart = follow_up.history.filter(from_status__in=RETRYABLE).order_by("-id").first()
    held = _held(follow_up, restart.pk if restart else 0)
    since = {"started_at__gte": restart.at} if restart else {}
    tried = follow_up.attempts.filter(**since).aggregate(at=Max("started_at"))["at"]
    farthest = max((n for n, (name, _, _) in enumerate(GATES) if name in held), default=-1)
    return [
        _held_by(name, *held[name], tried) if name in held else _passed(name, going, bool(tried) or n < farthest)
        for n, (name, _, going) in enumerate(GATES)
    ]


def _held(follow_up: FollowUp, after: int) -> dict[str, tuple[Change, int]]:
    """The last change that each gate made, and how many it made."""
    counted: Any = follow_up.history.filter(pk__gt=after).exclude(gate="").values("gate")
    found = list(counted.annotate(last=Max("id"), times=Count("id")))
    changes = Change.objects.in_bulk([row["last"] for row in found])
    return {row["gate"]: (changes[row["last"]], row["times"]) for row in found}


def _passed(gate: str, going: str, asked: bool) -> Met:
    return Met(gate, "go", going) if asked else Met(gate, "unasked")


def _held_by(gate: str, held: Change, times: int, tried: datetime | None) -> Met:
    ends = held.to_status in FINAL
    answer: Answer = "stop" if ends else "go" if tried and tried > held.at else "wait"
    return Met(gate, answer, held.because, held.at, held.until, times)
