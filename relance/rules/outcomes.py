"""How a try ended, as values, and what follows from each (SPEC section 2, the table of outcomes)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from relance.rules.retries import Kind, Ladder, next_try
from relance.rules.states import Status


@dataclass(frozen=True, slots=True)
class Success:
    """Answered by a person, accepted by the message provider, or a webhook's 2xx.

    `reference` is the provider's own id of what it did; `detail` its words, where it had any.
    """

    reference: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unreached:
    """A call that reached nobody: the call ladder says when to try again."""

    how: Literal["no answer", "busy", "voicemail", "declined"]
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Temporary:
    """It may work later: a rate limit, a 5xx, a refused connection. `retry_after` is the provider's own wish."""

    detail: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Permanent:
    """It will never work as it is. `opted_out` says that the carrier knows the contact to have opted out."""

    detail: str
    opted_out: bool = False
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """The provider took it and will say later, by callback or on being asked, how it ended (a ringing call).

    `within` is after how long it is asked, where it is known how long the thing can take.
    """

    reference: str
    within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The provider may or may not have done it; nobody heard. Never asked again blindly."""

    detail: str


Outcome = Success | Unreached | Temporary | Permanent | Pending | Unknown
Final = Success | Unreached | Temporary | Permanent


@dataclass(frozen=True, slots=True)
class Tries:
    """Where a follow-up stands with its tries: `made` of `most`, in the contact's `zone` (IANA)."""

    made: int
    most: int
    zone: str
    call_ladder: Ladder | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of the follow-up, and the sentence that says why. `at` is the next try (UTC), if there is one."""

    status: Status
    because: str
    at: datetime | None = None


def after(outcome: Final, tries: Tries, now: datetime) -> Next:
    """What follows from the outcome of a try that ended at `now`."""
    match outcome:
        case Success():
            return Next(Status.COMPLETED, outcome.detail or "Carried out.")
        case Permanent():
            return Next(Status.FAILED, outcome.detail)
        case Unreached():
            return _again(Kind.UNREACHED, _unreached(outcome), tries, now, tries.call_ladder)
        case Temporary():
            return _again(Kind.TEMPORARY, outcome.detail, tries, now, None, outcome.retry_after)


def _unreached(outcome: Unreached) -> str:
    return "The call was declined." if outcome.how == "declined" else f"Nobody was reached: {outcome.how}."


def _again(
    kind: Kind, why: str, tries: Tries, now: datetime, ladder: Ladder | None, retry_after: timedelta | None = None
) -> Next:
    if tries.made >= tries.most:
        spent = "The only try was made." if tries.most == 1 else f"All {tries.most} tries were made."
        return Next(Status.FAILED, f"{why} {spent}")
    at = next_try(kind, tries.made, now, zone=tries.zone, ladder=ladder, retry_after=retry_after)
    return Next(Status.SCHEDULED, f"{why} Try {tries.made + 1} of {tries.most} follows.", at)


def when_never_heard(idempotent: bool) -> Final:
    """What an unknown outcome counts as when the time for hearing of it is over."""
    if idempotent:
        return Temporary("The outcome of the last try is unknown; asking again with the same key is harmless.")
    return Permanent("Outcome unknown: it may have gone out, so it is not sent again. Check with the contact.")
