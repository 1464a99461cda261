"""A whole do-not-call list that came in: put on the organization's list at once, and heeded at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from relance.models import Contact, DoNotCall, FollowUp, Member, Organization, changes, suppression
from relance.models.consents import REVOCABLE
from relance.models.moves import Actor
from relance.models.verbs import CANCELLABLE, cancel

AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A number (E.164) or an address (lower case) to leave alone, and why."""

    phone: str = ""
    email: str = ""
    reason: str = ""


def list_all(organization: Organization, wanted: Sequence[Listed], *, source: str, by: Member | None) -> int:
    """Put all of `wanted` on the list and cancel what waits for their owners; returns how many are new to it."""
    with transaction.atomic():
        new = sum(
            _list(organization, wanted[start : start + AT_ONCE], source, by) for start in range(0, len(wanted), AT_ONCE)
        )
        changes.announce(organization.pk, "doNotCall")
    return new


def leave_alone(contacts: Iterable[Contact], reason: str, by: Member) -> int:
    """Put the numbers and addresses of these contacts of the member's organization on the list, and note it on their
    timelines. Returns how many have any."""
    reachable = [contact for contact in contacts if contact.phone or contact.email]
    wanted = [Listed(phone=c.phone, reason=reason) for c in reachable if c.phone]
    wanted += [Listed(email=c.email.lower(), reason=reason) for c in reachable if c.email]
    with transaction.atomic():
        list_all(by.organization, wanted, source="member", by=by)
        suppression.note_listed(reachable, reason, by)
    return len(reachable)


def _list(organization: Organization, wanted: Sequence[Listed], source: str, by: Member | None) -> int:
    owners = _lock_owners(organization, wanted)
    before = DoNotCall.objects.filter(organization=organization).count()
    same = {"organization": organization, "source": source, "created_by": by}
    rows = [DoNotCall(phone=w.phone, email=w.email, reason=w.reason, **same) for w in wanted]
    DoNotCall.objects.bulk_create(rows, ignore_conflicts=True)
    waiting = FollowUp.objects.filter(contact__in=owners, status__in=CANCELLABLE, type__in=REVOCABLE)
    cancel(list(waiting.order_by("id")), Actor.of(by), "Put on the do-not-call list.")
    changes.announce(organization.pk, "contact", owners)
    return DoNotCall.objects.filter(organization=organization).count() - before


def _lock_owners(organization: Organization, wanted: Sequence[Listed]) -> list[int]:
    numbers, addresses = [w.phone for w in wanted if w.phone], [w.email for w in wanted if w.email]
    theirs = Q(phone__in=numbers) | Q(email__lower__in=addresses)
    owned = Contact.objects.filter(theirs, organization=organization).order_by("id")
    return list(owned.select_for_update(no_key=True).values_list("id", flat=True))
