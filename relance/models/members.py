"""What members change of themselves, and admins of the members of their organization."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils import timezone

from relance.models import changes, clock, sign_ins
from relance.models.accounts import Member, Organization, Role
from relance.models.assignments import Assignment
from relance.models.base import Invalid
from relance.models.contact_fields import text
from relance.models.invitations import LONGEST_NAME, Invitation
from relance.rules import places
from relance.rules.daily import day_due

LANGUAGES = {"en": "English", "es": "Español"}


def edit_profile(
    member: Member, *, name: str, time_zone: str, language: str, notify_by_email: bool, digest_at: str
) -> None:
    """What a member says of themselves; an empty zone is the organization's, an empty time no digest. Raises `Invalid`.

    Whoever chooses a digest after that time of the day has the first on the next.
    """
    errors, called, zone, at = [], _line(name), _line(time_zone), _time(digest_at)
    if not called:
        errors.append(("name", f"Give your name, in at most {LONGEST_NAME} characters."))
    if zone and (problem := places.zone_error(zone)):
        errors.append(("timeZone", problem))
    if language not in LANGUAGES:
        errors.append(("language", f"Choose {' or '.join(LANGUAGES.values())}."))
    if digest_at and at is None:
        errors.append(("digestAt", "Write a time of day such as 08:00."))
    if errors:
        raise Invalid(errors)
    values = {"name": called, "time_zone": zone, "language": language, "notify_by_email": notify_by_email}
    if at and member.digest_at is None:
        day = day_due(at, zone or member.organization.time_zone, clock.now(), member.digest_sent_on)
        values["digest_sent_on"] = day or member.digest_sent_on
    _save(member, **values, digest_at=at)


def change_role(member: Member, role: str) -> None:
    """Make `member` an admin or an agent; invitations that an agent to be sent hold no more. Raises `Invalid`, also
    where nobody would be an admin any more."""
    if role not in Role.values:
        raise Invalid(role="Choose a role.")
    with transaction.atomic():
        _lock(member)
        if role != Role.ADMIN and _is_last_admin(member):
            raise Invalid(role=f"{member.name} is the only admin. Make somebody else an admin first.")
        if role != Role.ADMIN:
            _revoke_invitations(member)
        _save(member, role=role)


def deactivate(member: Member, by: Member, hand_over_to: Member | None = None) -> None:
    """Let `member` in no more: sessions end, keys rest, invitations that they sent hold no more. Their contacts are
    worked by `hand_over_to` then, where that is somebody. Raises `Invalid`."""
    if member == by:
        raise Invalid([("", "You cannot deactivate yourself. Ask another admin.")])
    with transaction.atomic():
        _lock(member)
        if _is_last_admin(member):
            raise Invalid([("", f"{member.name} is the only admin. Make somebody else an admin first.")])
        if hand_over_to is not None:
            hand_over(member, hand_over_to)
        sign_ins.end(member)
        _revoke_invitations(member)
        _save(member, is_active=False)


def reactivate(member: Member) -> None:
    """Let `member` in again, with the password that they had."""
    _save(member, is_active=True)


def contacts_of(member: Member) -> int:
    """How many contacts `member` works."""
    return Assignment.objects.filter(member=member, contact__deleted_at=None).count()


def hand_over(member: Member, to: Member) -> None:
    """Have `to` work the contacts of `member`. Raises `Invalid` for one who works nothing here."""
    if to == member or not to.is_active or to.organization_id != member.organization_id:
        raise Invalid(handOverTo="Choose another active member.")
    with transaction.atomic():
        theirs = Assignment.objects.filter(member=member)
        theirs.exclude(contact__assignments__member=to).update(member=to)
        theirs.delete()
        changes.announce(member.organization_id, "contact")


def _revoke_invitations(member: Member) -> None:
    """End those that `member` sent: whoever made a link may have kept it for themselves."""
    Invitation.objects.pending().filter(invited_by=member).update(revoked_at=timezone.now())


def _is_last_admin(member: Member) -> bool:
    admins = Member.objects.filter(organization=member.organization_id, role=Role.ADMIN, is_active=True)
    return member.is_admin and member.is_active and not admins.exclude(pk=member.pk).exists()


def _lock(member: Member) -> None:
    """One change of who may do what at a time: two admins cannot end each other's rights at the same moment."""
    Organization.objects.select_for_update(no_key=True).get(pk=member.organization_id)
    member.refresh_from_db(fields=["role", "is_active"])


def _save(member: Member, **values: Any) -> None:
    for name, value in values.items():
        setattr(member, name, value)
    with transaction.atomic():
        member.save(update_fields=list(values))
        changes.announce(member.organization_id, "member")


def _line(written: str) -> str:
    """A line of text; nothing for one that is too long."""
    try:
        return text(written, LONGEST_NAME)
    except ValueError:
        return ""


def _time(written: str) -> time | None:
    """A time of day such as 08:00; None for what is none."""
    try:
        return datetime.strptime(written, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        return None
