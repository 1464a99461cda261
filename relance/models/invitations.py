"""Invitations: a link by which somebody becomes a member, once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from relance.models import changes, passwords
from relance.models.accounts import Member, Organization, Role
from relance.models.base import Conflict, Invalid, Scoped
from relance.models.contact_fields import text

LASTS = timedelta(days=7)
LONGEST_NAME = 200


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations as pages ask for them."""

    def pending(self) -> Self:
        """Those that were neither accepted nor revoked; they may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)


class Invitation(Scoped):
    """Somebody who may become a member. Its link holds 256 random bits, of which only a hash is kept: the link can be
    had when it is made and never again."""

    PREFIX = "invitation"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.TextField(choices=Role, default=Role.AGENT)
    digest = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(
                F("organization"),
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_pending_once_per_address",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_is_known"),
        )

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= timezone.now()


def invite(by: Member, email: str, role: str) -> tuple[Invitation, str]:
    """Invite whoever has this address into the organization of `by`; one who was invited already gets another link.

    Returns the invitation and its link. Raises `Invalid`.
    """
    address = _address(email)
    if role not in Role.values:
        raise Invalid(role="Choose a role.")
    with transaction.atomic():
        home = Organization.objects.select_for_update(no_key=True).get(pk=by.organization_id)
        if member := home.members.filter(email__iexact=address).first():
            state = "a member already" if member.is_active else "a member whom you can reactivate"
            raise Invalid(email=f"{address} is {state}.")
        known = home.invitations.pending().filter(email__iexact=address).first()
        invitation = known or Invitation(organization=home, email=address)
        invitation.role = role
        return invitation, _renewed(invitation, by)


def renew(invitation: Invitation, by: Member) -> str:
    """Another link for a pending invitation, which lasts anew; the one before holds no more. Raises `Conflict`."""
    with transaction.atomic():
        return _renewed(_locked(invitation), by)


def revoke(invitation: Invitation) -> None:
    """End a pending invitation: its link holds no more. Raises `Conflict`."""
    with transaction.atomic():
        pending = _locked(invitation)
        pending.revoked_at = timezone.now()
        pending.save(update_fields=["revoked_at"])
        changes.announce(pending.organization_id, "member")


def of_token(token: str) -> Invitation | None:
    """The invitation of this token; None for one that does not hold, or no more."""
    held = Invitation.objects.pending().filter(digest=_digest(token), expires_at__gt=timezone.now())
    return held.select_related("organization", "invited_by").first()


def accept(token: str, name: str, password: str) -> Member:
    """Make the member that the invitation of this token stands for. Raises `Invalid`, and `Conflict` where the token
    holds no more."""
    errors, called = [], ""
    try:
        called = text(name, LONGEST_NAME)
        errors += [] if called else [("name", "Give your name.")]
    except ValueError as problem:
        errors.append(("name", str(problem)))
    try:
        passwords.check(password)
    except Invalid as problem:
        errors += problem.errors
    if errors:
        raise Invalid(errors)
    with transaction.atomic():
        invitation = Invitation.objects.pending().select_for_update(of=("self",)).filter(digest=_digest(token)).first()
        if invitation is None or invitation.has_expired:
            raise Conflict("This invitation holds no more. Ask for another.")
        return _made(invitation, called, password)


def _made(invitation: Invitation, name: str, password: str) -> Member:
    """Where the address signs in already, perhaps elsewhere, is nothing that whoever made the link should hear."""
    if Member.objects.filter(email__iexact=invitation.email).exists():
        raise Invalid([("", "This invitation cannot be accepted. Ask to be invited with another address.")])
    member = Member.objects.create_member(
        invitation.organization, invitation.email, password, name=name, role=invitation.role
    )
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    changes.announce(invitation.organization_id, "member")
    return member


def _locked(invitation: Invitation) -> Invitation:
    pending = Invitation.objects.pending().select_for_update().filter(pk=invitation.pk).first()
    if pending is None:
        raise Conflict("This invitation was accepted or revoked meanwhile.")
    return pending


def _renewed(invitation: Invitation, by: Member) -> str:
    token = secrets.token_urlsafe(32)
    invitation.digest = _digest(token)
    invitation.invited_by = by
    invitation.expires_at = timezone.now() + LASTS
    invitation.save()
    changes.announce(invitation.organization_id, "member")
    return f"{settings.BASE_URL}/invitations/{token}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _address(email: str) -> str:
    try:
        address = text(email, 254).lower()
        validate_email(address)
    except (ValueError, ValidationError):
        raise Invalid(email="Write an e-mail address such as ana@example.com.") from None
    return address
