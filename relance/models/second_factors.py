"""The second factor: a code from a member's device besides the password, or one of ten codes kept on paper."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence

import pyotp
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

from relance.models import changes
from relance.models.accounts import Member
from relance.models.base import Invalid
from relance.models.vault import SecretField

ISSUER = "Relance"
RECOVERY_CODES = 10
WRONG = "This code is not right, or was used already. Wait for the next one on your device."
REQUIRED = "Your organization asks for a second factor. You can set it up on another device instead."


class SecondFactor(models.Model):
    """The device whose codes (TOTP, RFC 6238) a member is asked for. `last_step` is the time step of the code that was
    accepted last: no code is accepted twice."""

    member = models.OneToOneField(Member, models.CASCADE, related_name="second_factor")
    secret = SecretField()
    last_step = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())


class RecoveryCode(models.Model):
    """A code for when the device is lost; good once. Only a keyed hash is kept."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="recovery_codes", db_index=False)
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "digest"], name="recovery_code_once"),)


def new_secret() -> str:
    """A secret to be shared with a device (160 random bits, base32)."""
    return pyotp.random_base32()


def address(member: Member, secret: str) -> str:
    """What the device reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=member.email, issuer_name=ISSUER)


def is_on(member: Member) -> bool:
    """Whether `member` is asked for a code."""
    return SecondFactor.objects.filter(member=member).exists()


def is_missing(member: Member) -> bool:
    """Whether the organization asks for a second factor, and `member` has none."""
    return member.organization.requires_second_factor and not is_on(member)


def turn_on(member: Member, secret: str, code: str) -> list[str]:
    """Ask `member` for codes from now on; `code` is the first, which shows that the device has `secret`. What they had
    before holds no more. Returns ten recovery codes, which cannot be had again. Raises `Invalid`."""
    step = _step_of(secret, code)
    if step is None:
        raise Invalid(
            code="This code is not right. Check that the time on your device is set by itself, and try the next."
        )
    with transaction.atomic():
        SecondFactor.objects.filter(member=member).delete()
        SecondFactor.objects.create(member=member, secret=secret, last_step=step)
        changes.announce(member.organization_id, "member")
        return _new_recovery_codes(member)


def turn_off(member: Member) -> None:
    """Ask `member` for the password alone. Raises `Invalid` where the organization asks for more."""
    if member.organization.requires_second_factor:
        raise Invalid([("", REQUIRED)])
    remove(member)


def remove(member: Member) -> None:
    """Forget the device and the codes of a member who lost them, whatever the organization asks for."""
    with transaction.atomic():
        SecondFactor.objects.filter(member=member).delete()
        RecoveryCode.objects.filter(member=member).delete()
        changes.announce(member.organization_id, "member")


def accept(member: Member, code: str) -> bool:
    """Whether `code` is good, from the device or from the paper; it is spent then."""
    written = "".join(code.split()).replace("-", "").lower()
    return _accept_from_device(member, written) or _accept_from_paper(member, written)


def renew_recovery_codes(member: Member) -> list[str]:
    """Ten new codes for `member`, in place of those there were. Raises `Invalid` for one who is asked for none."""
    if not is_on(member):
        raise Invalid([("", "Set a second factor up first.")])
    return _new_recovery_codes(member)


def _new_recovery_codes(member: Member) -> list[str]:
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(member=member).delete()
        RecoveryCode.objects.bulk_create(
            [RecoveryCode(member=member, digest=_digest(code.replace("-", ""))) for code in codes]
        )
    return codes


def recovery_codes_left(member: Member) -> int:
    """How many of them are still good."""
    return RecoveryCode.objects.filter(member=member, used_at=None).count()


def _accept_from_device(member: Member, code: str) -> bool:
    factor = SecondFactor.objects.filter(member=member).first()
    step = _step_of(factor.secret, code) if factor else None
    if factor is None or step is None:
        return False
    return SecondFactor.objects.filter(Q(pk=factor.pk, last_step__lt=step)).update(last_step=step) == 1


def _accept_from_paper(member: Member, code: str) -> bool:
    unused = RecoveryCode.objects.filter(member=member, digest=_digest(code), used_at=None)
    return unused.update(used_at=timezone.now()) == 1


def _step_of(secret: str, code: str) -> int | None:
    """The time step whose code this is: now's, or one beside it, for clocks that differ a little."""
    device, written = pyotp.TOTP(secret), "".join(code.split()).encode()
    now = device.timecode(timezone.now())
    steps: Sequence[int] = (now, now - 1, now + 1)
    return next((step for step in steps if hmac.compare_digest(device.generate_otp(step).encode(), written)), None)


def _new_code() -> str:
    """Sixty random bits, such as `k7qd-2mzp-x4ta`."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()[:12]
    return "-".join(text[at : at + 4] for at in (0, 4, 8))


def _digest(code: str) -> bytes:
    return salted_hmac("relance recovery code", code, algorithm="sha256").digest()
