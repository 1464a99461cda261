"""A call under way, as its provider reports it: picked up, something said, over.

Every telephony comes in by this door, and the simulator's phone too. Each report is applied once, however often it
comes and in whatever order; what is reported of a call that is over, or was never made, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from django.db import transaction
from django.db.models import QuerySet

from relance.engine.settle import settle
from relance.inbound import calls
from relance.inbound.calls import Ended, Line
from relance.models import Attempt, Call, Direction, FollowUp, clock, consents
from relance.rules.outcomes import Outcome, Pending, Success, Unreached

How = Literal["answered", "declined", "no answer", "busy", "voicemail"]

_STATUS: Mapping[How, Call.Status] = {
    "answered": Call.Status.ANSWERED,
    "declined": Call.Status.DECLINED,
    "no answer": Call.Status.MISSED,
    "busy": Call.Status.BUSY,
    "voicemail": Call.Status.VOICEMAIL,
}


def under_way() -> QuerySet[Attempt]:
    """The calls whose provider took them and has not said how they ended, the oldest first."""
    taken = Attempt.objects.filter(kind="call", outcome=None).exclude(reference="")
    return taken.select_related("contact", "agent", "organization", "follow_up__campaign", "connection").order_by("id")


def picked_up(connection_id: int | None, reference: str) -> bool:
    """Somebody answered, and talks now; returns whether the call is under way."""
    with transaction.atomic():
        attempt = _locked(connection_id, reference)
        if attempt is not None and attempt.answered_at is None:
            attempt.answered_at = clock.now()
            attempt.save(update_fields=["answered_at"])
            settle({attempt.pk: Pending(reference)})
    return attempt is not None


def said(connection_id: int | None, reference: str, lines: Sequence[Line]) -> bool:
    """Something was said. A wish to be left alone is honoured at once; returns whether the call is under way."""
    attempt = _open(connection_id, reference).first()
    if attempt is None:
        return False
    calls.honour(_ended(attempt, "answered", [*_transcript(attempt), *lines]))
    with transaction.atomic():
        attempt = _locked(connection_id, reference)
        if attempt is not None:
            attempt.transcript = [line.kept() for line in (*_transcript(attempt), *lines)]
            attempt.save(update_fields=["transcript"])
            settle({attempt.pk: Pending(reference)})
    return attempt is not None


def ended(
    connection_id: int | None,
    reference: str,
    how: How,
    *,
    lines: Sequence[Line] = (),
    recording_url: str = "",
    consented: Mapping[str, str] | None = None,
) -> Call | None:
    """The call is over: settle its attempt and record it, with the `lines` that were not told before and what the
    contact `consented` to (agreed, declined or notAsked by channel). None where it is not under way."""
    attempt = _open(connection_id, reference).first()
    if attempt is None:
        return None
    report = _ended(attempt, how, [*_transcript(attempt), *lines], recording_url, consented or {})
    calls.honour(report)
    with transaction.atomic():
        consents.lock(attempt.contact_id)
        if not settle({attempt.pk: _outcome(how, reference)}, recorded={attempt.pk}):
            return None
        return calls.record(attempt.organization, report)


def _open(connection_id: int | None, reference: str) -> QuerySet[Attempt]:
    return under_way().filter(connection=connection_id, reference=reference)


def _locked(connection_id: int | None, reference: str) -> Attempt | None:
    """The attempt with its contact and follow-up locked, in the order that all locks are taken in; None if over."""
    found = _open(connection_id, reference).first()
    if found is None:
        return None
    consents.lock(found.contact_id)
    FollowUp.objects.select_for_update(no_key=True).get(pk=found.follow_up_id)
    return Attempt.objects.select_for_update(no_key=True).filter(pk=found.pk, outcome=None).first()


def _transcript(attempt: Attempt) -> list[Line]:
    return [Line(**line) for line in attempt.transcript or ()]


def _ended(
    attempt: Attempt,
    how: How,
    lines: Sequence[Line],
    recording_url: str = "",
    consented: Mapping[str, str] | None = None,
) -> Ended:
    return Ended(
        contact=attempt.contact,
        direction=Direction.OUTBOUND,
        status=_STATUS[how],
        started_at=attempt.started_at,
        ended_at=max(clock.now(), attempt.started_at),
        agent=attempt.agent,
        campaign=attempt.follow_up.campaign,
        follow_up=attempt.follow_up,
        transcript=lines,
        honoured=len(attempt.transcript or ()),
        recording_url=recording_url,
        consents=consented or {},
    )


def _outcome(how: How, reference: str) -> Outcome:
    return Success(reference, "Answered.") if how == "answered" else Unreached(how, reference)
