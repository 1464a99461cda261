"""A call that ended, from any telephony: a wish to be left alone first, then the call with its consents."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, transaction

from relance.inbound.messages import note_reply
from relance.models import (
    Agent,
    Call,
    Campaign,
    Conflict,
    ConsentAction,
    Contact,
    Direction,
    Evidence,
    FollowUp,
    Organization,
    changes,
    consents,
    suppression,
    touches,
)
from relance.models.consents import REVOCABLE
from relance.models.moves import CONTACT
from relance.models.verbs import cancel_pending
from relance.rules.optout import Wish, read, refused

OURS = frozenset({"agent", "assistant", "ai", "bot", "system", "representative", "rep", "us"})
_MENTIONS: Mapping[str, re.Pattern[str]] = {
    "sms": re.compile(r"\b(sms|text|texts|message|mensaje|mensajes)\b", re.I),
    "whatsapp": re.compile(r"\bwhats ?app\b", re.I),
    "email": re.compile(r"\b(e-?mail|mail|correo)\b", re.I),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of a transcript. Whoever is not known to be ours is the contact."""

    speaker: str
    text: str
    at: str | None = None

    def kept(self) -> dict[str, Any]:
        """The line as transcripts are stored."""
        return {"speaker": self.speaker, "text": self.text, "at": self.at}


@dataclass(frozen=True, slots=True)
class Ended:
    """A call as its telephony reports it; times are UTC. `consents` maps channels to agreed, declined or notAsked.

    `external_id` is the telephony's own id: the same one twice is the same call. `follow_up` is what the call carried
    out. Of the transcript, the wishes in the first `honoured` lines were honoured while the call lasted.
    """

    contact: Contact
    direction: str
    status: str
    started_at: datetime
    ended_at: datetime
    agent: Agent | None = None
    campaign: Campaign | None = None
    follow_up: FollowUp | None = None
    transcript: Sequence[Line] = ()
    honoured: int = 0
    recording_url: str = ""
    consents: Mapping[str, str] = field(default_factory=dict)
    external_id: str = ""


def reported(organization: Organization, external_id: str) -> Call | None:
    """The call that its telephony knows by this id, if it was reported before."""
    known = Call.objects.filter(organization=organization, external_id=external_id).exclude(external_id="")
    return known.select_related("contact").first()


def call_ended(organization: Organization, ended: Ended) -> Call:
    """Record a call, once however often it is reported.

    A wish to be left alone is committed by itself, before the bookkeeping: nothing that fails later can lose it.
    """
    if known := reported(organization, ended.external_id):
        return known
    honour(ended)
    try:
        with transaction.atomic():
            return record(organization, ended)
    except IntegrityError:
        if known := reported(organization, ended.external_id):
            return known
        raise Conflict("This call cannot be recorded now. Report it again in a moment.") from None


def record(organization: Organization, ended: Ended) -> Call:
    """Write the call down, with the consents that were given on it. What was refused on it is honoured before."""
    consents.lock(ended.contact.pk)
    call = Call.objects.create(
        organization=organization,
        contact=ended.contact,
        agent=ended.agent,
        campaign=ended.campaign,
        follow_up=ended.follow_up,
        direction=ended.direction,
        status=ended.status,
        started_at=ended.started_at,
        ended_at=ended.ended_at,
        transcript=[line.kept() for line in ended.transcript],
        recording_url=ended.recording_url,
        consents=dict(ended.consents),
        external_id=ended.external_id,
    )
    _take_consents(call, ended, _refusals(ended))
    if ended.direction == Direction.INBOUND:
        note_reply(ended.contact, ended.started_at)
    if ended.status == Call.Status.ANSWERED:
        touches.touched([call.contact_id])
    changes.announce(organization.pk, "call", [call.pk])
    return call


# -- what the contact said -----------------------------------------------------------------------------------


def honour(ended: Ended) -> None:
    """Leave the contact alone as far as they asked on the call, which may still last."""
    said = _said_by_contact(ended, ended.honoured)
    heard = {wish: text for text in said if (wish := _wish(text))}
    if Wish.DO_NOT_CALL in heard:
        suppression.leave_alone(ended.contact, _evidence(ended, heard[Wish.DO_NOT_CALL]))
        return
    refusals: set[str] = set()
    if Wish.STOP in heard:
        suppression.opt_out(ended.contact.pk, suppression.MESSAGES, _evidence(ended, heard[Wish.STOP]))
        refusals.update(suppression.MESSAGES)
    for text in (text for text in said if _wish(text) is Wish.NOT_THIS_WAY):
        if kinds := refused(text) - refusals:
            suppression.refuse(ended.contact.pk, sorted(kinds), _evidence(ended, text))
            refusals |= kinds


def _refusals(ended: Ended) -> Set[str]:
    """The channels that the contact refused on the call."""
    found: set[str] = set()
    for text in _said_by_contact(ended):
        wish = _wish(text)
        if wish is Wish.DO_NOT_CALL:
            found.update(REVOCABLE)
        elif wish is Wish.STOP:
            found.update(suppression.MESSAGES)
        elif wish is Wish.NOT_THIS_WAY:
            found |= refused(text)
    return found


def _said_by_contact(ended: Ended, since: int = 0) -> list[str]:
    return [line.text for line in ended.transcript[since:] if _is_theirs(line, ended)]


def _wish(text: str) -> Wish | None:
    """A word alone is a command only where it is typed: spoken, "Cancel." or "End." answers a question. Not "Stop."."""
    if len(text.split()) == 1 and "stop" not in text.lower():
        return None
    return read(text, spoken=True)


def _is_theirs(line: Line, ended: Ended) -> bool:
    speaker = line.speaker.strip().lower()
    return speaker not in OURS and not (ended.agent and speaker == ended.agent.name.lower())


def _take_consents(call: Call, ended: Ended, refusals: Set[str]) -> None:
    agreed = [kind for kind, answer in ended.consents.items() if answer == "agreed"]
    declined = [kind for kind, answer in ended.consents.items() if answer == "declined"]
    for kind in (kind for kind in agreed if kind not in refusals):
        suppression.opt_in(call.contact_id, [kind], _evidence(ended, _words_about(kind, ended), call))
    for kind in declined:
        evidence = _evidence(ended, _words_about(kind, ended), call)
        consents.record(ended.contact, ConsentAction.REVOKED, [kind], evidence)
    if declined:
        cancel_pending(call.contact_id, CONTACT, "The contact declined this on a call.", declined)


def _words_about(kind: str, ended: Ended) -> str:
    """What the contact said to our question about this channel, else where they named it themselves."""
    lines = ended.transcript
    for asked, answered in pairwise(lines):
        if _MENTIONS[kind].search(asked.text) and not _is_theirs(asked, ended) and _is_theirs(answered, ended):
            return answered.text[:2000]
    named = (line.text for line in lines if _is_theirs(line, ended) and _MENTIONS[kind].search(line.text))
    return next(named, "")[:2000]


def _evidence(ended: Ended, quote: str, call: Call | None = None) -> Evidence:
    heard_by = ended.agent.name if ended.agent else ""
    return Evidence("call", quote[:2000], heard_by, call_id=call.pk if call else None)
