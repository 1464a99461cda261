"""Leaving people alone: opting out, the do-not-call list, and what of theirs is cancelled by it.

Each takes the contact's lock, which the engine takes before a send: what commits first, holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import Q, QuerySet

from relance.models import changes, clock, contact_fields
from relance.models.accounts import Member, Organization
from relance.models.activities import Activity
from relance.models.base import Invalid
from relance.models.consents import REVOCABLE, Consent, ConsentAction, DoNotCall, Evidence, lock, record
from relance.models.contacts import Contact
from relance.models.moves import CONTACT, Actor
from relance.models.verbs import cancel_pending
from relance.rules import phones

MESSAGES = ("sms", "whatsapp", "email")
SOURCES = ("call", "message", "form", "member")
QUOTE_LIMIT = 2000
HEARD_BY_LIMIT = 200
REASON_LIMIT = 500


def opt_out(contact_id: int, kinds: Sequence[str], evidence: Evidence, by: Actor = CONTACT) -> list[Consent]:
    """Revoke the contact's consent to `kinds`, and cancel what of these kinds has not begun."""
    with transaction.atomic():
        contact = lock(contact_id)
        contact.refused_at = clock.now()
        contact.save(update_fields=["refused_at"])
        return _revoke(contact, kinds, evidence, by, "The contact opted out.")


def refuse(contact_id: int, kinds: Sequence[str], evidence: Evidence) -> list[Consent]:
    """Revoke and cancel as `opt_out` does, for a contact who wants to be reached in other ways than `kinds`.

    They did not refuse what is offered to them: the rest that a law demands after a refusal does not begin.
    """
    with transaction.atomic():
        return _revoke(lock(contact_id), kinds, evidence, CONTACT, "The contact asked not to be reached this way.")


def _revoke(contact: Contact, kinds: Sequence[str], evidence: Evidence, by: Actor, because: str) -> list[Consent]:
    lines = record(contact, ConsentAction.REVOKED, list(kinds), evidence)
    cancel_pending(contact.pk, by, because, kinds)
    changes.announce(contact.organization_id, "contact", [contact.pk])
    return lines


def opt_in(contact_id: int, kinds: Sequence[str], evidence: Evidence) -> list[Consent]:
    """Record that the contact agreed to `kinds`."""
    with transaction.atomic():
        contact = lock(contact_id)
        lines = record(contact, ConsentAction.GRANTED, list(kinds), evidence)
        changes.announce(contact.organization_id, "contact", [contact_id])
    return lines


def do_not_call(
    organization: Organization, *, phone: str = "", email: str = "", reason: str = "", source: str, by: Member | None
) -> DoNotCall:
    """Put a number (E.164) or an address on the list and cancel what waits for its owners. Listing twice is once."""
    with transaction.atomic():
        owners = _lock_owners(organization, phone, email)
        entry, _ = DoNotCall.objects.get_or_create(
            organization=organization,
            phone=phone,
            email=email.lower(),
            defaults={"reason": reason, "source": source, "created_by": by},
        )
        for contact_id in owners:
            cancel_pending(contact_id, Actor.of(by), "Put on the do-not-call list.", REVOCABLE)
        changes.announce(organization.pk, "doNotCall", [entry.pk])
        changes.announce(organization.pk, "contact", owners)
    return entry


def heard(contact: Contact, action: str, kinds: Sequence[str], evidence: Evidence) -> list[Consent]:
    """Record what a member (`evidence.member`) says that the contact answered.

    Raises `Invalid`: without the words, or where they stand, nobody could ever show that a contact agreed.
    """
    errors = []
    try:
        evidence = replace(
            evidence,
            quote=contact_fields.passage(evidence.quote, QUOTE_LIMIT),
            heard_by=contact_fields.text(evidence.heard_by, HEARD_BY_LIMIT),
        )
    except ValueError as problem:
        errors.append(("quote", str(problem)))
    if action not in ConsentAction.values:
        errors.append(("action", "Say whether the contact agreed or refused."))
    if not kinds or not set(kinds) <= set(REVOCABLE):
        errors.append(("kinds", "Choose at least one channel."))
    if evidence.source not in SOURCES:
        errors.append(("source", "Say where you know it from."))
    if action == ConsentAction.GRANTED and not evidence.quote:
        errors.append(("quote", "Write what the contact said, or where it is written down."))
    if errors:
        raise Invalid(errors)
    if action == ConsentAction.GRANTED:
        return opt_in(contact.pk, kinds, evidence)
    return opt_out(contact.pk, kinds, evidence, Actor.of(evidence.member))


def entries_of(contact: Contact) -> QuerySet[DoNotCall]:
    """What of the do-not-call list is the contact's number or address."""
    theirs = Q()
    if contact.phone:
        theirs |= Q(phone=contact.phone)
    if contact.email:
        theirs |= Q(email__lower=contact.email.lower())
    listed = DoNotCall.objects.filter(organization=contact.organization_id).order_by("id")
    return listed.filter(theirs) if theirs else listed.none()


def put_on_list(contact: Contact, reason: str, by: Member, source: str = "member") -> None:
    """Put the contact's number and address on the do-not-call list. Raises `Invalid` where they have neither."""
    reason = as_reason(reason)
    if not (contact.phone or contact.email):
        raise Invalid([("", "This contact has neither a number nor an address that could be put on the list.")])
    with transaction.atomic():
        _lock_owners(contact.organization, contact.phone, contact.email, contact.pk)
        for place in ({"phone": contact.phone}, {"email": contact.email}):
            if any(place.values()):
                do_not_call(contact.organization, **place, reason=reason, source=source, by=by)
        note_listed([contact], reason, by)


def take_off_list(contact: Contact, reason: str, by: Member) -> None:
    """Take the contact's number and address off the list. Raises `Invalid` without a reason, which is kept."""
    reason = as_reason(reason)
    if not reason:
        raise Invalid(reason="Write why they may be reached again; it is kept with the contact.")
    with transaction.atomic():
        _lock_owners(contact.organization, contact.phone, contact.email, contact.pk)
        for entry in entries_of(contact):
            allow_calls(entry)
        _log([contact], by, f"Taken off the do-not-call list: {reason}")


def as_reason(text: str) -> str:
    """The reason as the list keeps it. Raises `Invalid`."""
    try:
        return contact_fields.text(text, REASON_LIMIT)
    except ValueError as problem:
        raise Invalid(reason=str(problem)) from None


def note_listed(contacts: Iterable[Contact], reason: str, by: Member) -> None:
    """Write on the timelines of `contacts` that `by` put them on the list."""
    _log(contacts, by, f"Put on the do-not-call list{f': {reason}' if reason else '.'}")


def _log(contacts: Iterable[Contact], by: Member, text: str) -> None:
    same = {"organization_id": by.organization_id, "member": by, "kind": "doNotCall", "text": text, "at": clock.now()}
    Activity.objects.bulk_create([Activity(contact=contact, **same) for contact in contacts])


def leave_alone(contact: Contact, evidence: Evidence) -> None:
    """The contact wants no contact at all: their number and address go on the list, their consents are revoked."""
    with transaction.atomic():
        _lock_owners(contact.organization, contact.phone, contact.email, contact.pk)
        opt_out(contact.pk, REVOCABLE, evidence)
        for place in ({"phone": contact.phone}, {"email": contact.email}):
            if any(place.values()):
                do_not_call(contact.organization, **place, reason=evidence.quote, source=evidence.source, by=None)


def allow_calls(entry: DoNotCall) -> None:
    """Take an entry off the list."""
    with transaction.atomic():
        owners = _lock_owners(entry.organization, entry.phone, entry.email)
        entry.delete()
        changes.announce(entry.organization_id, "contact", owners)


def _lock_owners(organization: Organization, phone: str, email: str, contact_id: int | None = None) -> list[int]:
    """Lock everybody whom this number or address belongs to, in the order that all locks are taken in."""
    whose = Q(pk=contact_id)
    if phone:
        whose |= Q(phone=phone)
    if email:
        whose |= Q(email__lower=email.lower())
    owned = Contact.objects.filter(whose, organization=organization)
    return list(owned.order_by("id").select_for_update(no_key=True).values_list("id", flat=True))


def number(organization: Organization, text: str) -> str:
    """The number as the list keeps it. Raises `Invalid`."""
    try:
        return phones.parse(text, organization.country).e164
    except phones.PhoneError as problem:
        raise Invalid(phone=str(problem)) from None


def opt_out_many(contact_ids: Iterable[int], kind: str, evidence: Evidence) -> None:
    """The same as `opt_out` for contacts of whom a carrier said so."""
    for contact_id in sorted(set(contact_ids)):
        opt_out(contact_id, [kind], evidence)
