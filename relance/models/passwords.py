"""Members' passwords: what a new one must be, changing it, and links to set one without knowing the old."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import transaction

from relance.models import sign_ins
from relance.models.accounts import Member
from relance.models.base import Invalid

LONGEST = 1000  # more is no password, and only costs time

_tokens = PasswordResetTokenGenerator()


def check(password: str, member: Member | None = None) -> None:
    """Raise `Invalid` for what cannot be a password."""
    if len(password) > LONGEST:
        raise Invalid(password=f"Use at most {LONGEST:,} characters.")
    try:
        validate_password(password, member)
    except ValidationError as problem:
        raise Invalid(password=" ".join(problem.messages)) from None


def change(member: Member, password: str, *, session_key: str = "") -> None:
    """Give `member` another password and sign them out everywhere, but in the session that they change it from. Links
    to set a new one end. Raises `Invalid`."""
    check(password, member)
    with transaction.atomic():
        member.set_password(password)
        member.save(update_fields=["password"])
        sign_ins.end(member, but=session_key)


def reset_token(member: Member) -> str:
    """The secret part of a link by which a new password can be set: once, within an hour, and not after another
    sign-in or change."""
    return f"{member.pk}.{_tokens.make_token(member)}"


def reset_link(member: Member) -> str:
    """The whole link."""
    return f"{settings.BASE_URL}/password/new/{reset_token(member)}"


def of_token(token: str) -> Member | None:
    """Whose password may be set by this token; None for one that does not hold, or no more."""
    number, _, rest = token.partition(".")
    if not (number.isascii() and number.isdigit()) or len(number) > 18:
        return None
    member = Member.objects.filter(pk=int(number), is_active=True).select_related("organization").first()
    return member if member is not None and _tokens.check_token(member, rest) else None
