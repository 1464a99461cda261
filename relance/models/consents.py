"""What contacts agreed to, with its evidence, and the do-not-call list that nothing overrides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from relance.models import clock
from relance.models.accounts import Member, Organization
from relance.models.base import Scoped
from relance.models.connections import ChannelKind
from relance.models.contacts import Contact

VERSION = "2:"
"""What the digests begin with that cover who wrote a line down, and the call or message it is known from."""
REVOCABLE = (ChannelKind.CALL, ChannelKind.SMS, ChannelKind.WHATSAPP, ChannelKind.EMAIL)


class ConsentAction(models.TextChoices):
    """What a line of the ledger says; the last line for a channel stands."""

    GRANTED = "granted"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Evidence:
    """How we know: where it was said (call, message, form, import, api, member), in which words, heard by whom."""

    source: str
    quote: str = ""
    heard_by: str = ""
    call_id: int | None = None
    message_id: int | None = None
    member: Member | None = None


class Consent(Scoped):
    """One line of the ledger of consent: append-only, each chained by hash to the contact's line before it."""

    PREFIX = "consent"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="consents", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="consent_lines", db_index=False)
    kind = models.TextField(choices=ChannelKind)
    action = models.TextField(choices=ConsentAction)
    source = models.TextField()
    quote = models.TextField(blank=True, default="")
    heard_by = models.TextField(blank=True, default="")
    call = models.ForeignKey("relance.Call", models.RESTRICT, null=True, related_name="+", db_index=False)
    message = models.ForeignKey("relance.Message", models.RESTRICT, null=True, related_name="+", db_index=False)
    member = models.ForeignKey(Member, models.RESTRICT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    previous_digest = models.TextField(blank=True, default="")
    digest = models.TextField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=REVOCABLE), name="consent_is_about_a_channel"),
            models.CheckConstraint(condition=Q(action__in=ConsentAction.values), name="consent_action_is_known"),
        )
        indexes = (models.Index(fields=["contact", "-id"], name="consent_by_contact"),)

    @property
    def covers_who(self) -> bool:
        """Whether the hash covers who wrote it down, and the call or message: the first lines' does not."""
        return self.digest.startswith(VERSION)

    def chained(self, previous_digest: str) -> str:
        """This line's hash: over everything it says and the line before, so that a later change shows."""
        who = [self.call_id, self.message_id, self.member_id]
        return VERSION + _hash([VERSION, *self._said(previous_digest), *who])

    def follows(self, previous_digest: str) -> bool:
        """Whether the line is as it was written below the one with that digest.

        One of the first lines is judged by what its hash covers. There is none below a later one: who changed a line
        cannot make it one of the first.
        """
        if self.covers_who or previous_digest.startswith(VERSION):
            right = self.chained(previous_digest)
        else:
            right = _hash(self._said(previous_digest))
        return (self.previous_digest, self.digest) == (previous_digest, right)

    def _said(self, previous_digest: str) -> list[Any]:
        return [
            previous_digest, self.contact_id, self.kind, self.action, self.source, self.quote, self.heard_by,
            self.at.astimezone(UTC).isoformat(),
        ]  # fmt: skip


def _hash(said: list[Any]) -> str:
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def lock(contact_id: int) -> Contact:
    """The contact, locked as the engine locks it before a send: what commits before the send stops the send."""
    return Contact.objects.select_for_update(no_key=True).get(pk=contact_id)


@dataclass(frozen=True, slots=True)
class _Said:
    """A line to be."""

    action: str
    kind: str
    evidence: Evidence
    at: datetime


def record(contact: Contact, action: str, kinds: list[str], evidence: Evidence) -> list[Consent]:
    """Write that `contact` granted or revoked `kinds`; returns the new lines of the ledger."""
    at = clock.now()
    return _append(contact, [_Said(action, kind, evidence, at) for kind in kinds])


def take_over(contact: Contact, lines: Iterable[Consent]) -> list[Consent]:
    """Write `lines`, of another record of the same person, below `contact`'s own, each with the moment it was said at.

    The other's ledger stays as it is: its hashes say whose it was.
    """
    return _append(contact, [_Said(line.action, line.kind, _evidence_of(line), line.at) for line in lines])


def unbroken(lines: Iterable[Consent]) -> bool:
    """Whether all lines of a contact's ledger, the oldest first, are as they were written and none is missing between
    two of them."""
    digest = ""
    for line in lines:
        if not line.follows(digest):
            return False
        digest = line.digest
    return True


def _append(contact: Contact, said: Iterable[_Said]) -> list[Consent]:
    with transaction.atomic():
        contact = lock(contact.pk)
        last = contact.consent_lines.order_by("-id").first()
        digest, lines = last.digest if last else "", []
        for line in (_line(contact, one) for one in said):
            line.previous_digest, line.digest = digest, line.chained(digest)
            digest = line.digest
            lines.append(line)
            contact.consents[line.kind] = line.action
        contact.save(update_fields=["consents"])
        return Consent.objects.bulk_create(lines)


def _line(contact: Contact, said: _Said) -> Consent:
    evidence = said.evidence
    return Consent(
        organization_id=contact.organization_id,
        contact=contact,
        kind=said.kind,
        action=said.action,
        source=evidence.source,
        quote=evidence.quote,
        heard_by=evidence.heard_by,
        call_id=evidence.call_id,
        message_id=evidence.message_id,
        member=evidence.member,
        at=said.at,
    )


def _evidence_of(line: Consent) -> Evidence:
    return Evidence(line.source, line.quote, line.heard_by, line.call_id, line.message_id, line.member)


class DoNotCall(Scoped):
    """An entry of the organization's do-not-call list: a phone number or an e-mail address."""

    PREFIX = "dnc"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="do_not_call", db_index=False)
    phone = models.TextField(blank=True, default="")
    email = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")
    source = models.TextField(default="member")
    created_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=(Q(phone="") & ~Q(email="")) | (~Q(phone="") & Q(email="")), name="dnc_is_a_phone_or_an_email"
            ),
            models.UniqueConstraint(fields=["organization", "phone"], condition=~Q(phone=""), name="dnc_phone_once"),
            models.UniqueConstraint(F("organization"), Lower("email"), condition=~Q(email=""), name="dnc_email_once"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="dnc_email_in_lower_case"),
        )
