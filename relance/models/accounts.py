"""Organizations, their members, and the keys by which programs act for a member."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from functools import cache
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.password_validation import validate_password
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from relance.models import changes, sql
from relance.models.base import Invalid, PublicModel, Scoped
from relance.models.vault import SecretField
from relance.rules import places

KEY_PREFIX = "relance_"


def default_hours() -> dict[str, list[list[str]]]:
    """An organization's hours until it sets its own: the widest day that any follow-up may want."""
    return {day: [["08:00", "21:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def new_webhook_secret() -> str:
    """A signing secret in the Standard Webhooks form (256 random bits)."""
    import base64

    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class OverridePolicy(models.TextChoices):
    """Who may allow a follow-up outside the calling window on the customer's wish."""

    EVERYBODY = "everybody"
    ADMINS = "admins"
    NOBODY = "nobody"


class Organization(PublicModel):
    """The tenant: nothing crosses from one to another, ever."""

    PREFIX = "organization"

    name = models.TextField()
    time_zone = models.TextField(default="UTC")
    country = models.CharField(max_length=2, default="US")
    region = models.TextField(blank=True, default="")
    hours = models.JSONField(default=default_hours)
    observe_public_holidays = models.BooleanField(default=False)
    closed_days = models.JSONField(default=dict)  # {"2026-12-24": "Office closed"}
    override_policy = models.TextField(choices=OverridePolicy, default=OverridePolicy.EVERYBODY)
    default_agent = models.ForeignKey("relance.Agent", models.SET_NULL, null=True, blank=True, related_name="+")
    calls_per_day = models.PositiveSmallIntegerField(default=3)
    frequency_presets = ArrayField(models.TextField(), default=list)
    lead_days_least = models.PositiveSmallIntegerField(default=5)
    lead_days_most = models.PositiveSmallIntegerField(default=90)
    sender_name = models.TextField(blank=True, default="")
    meeting_link = models.TextField(blank=True, default="")
    webhook_url = models.TextField(blank=True, default="")
    webhook_secret = SecretField(default=new_webhook_secret)
    webhook_secret_previous = SecretField(default="", blank=True)
    requires_second_factor = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(name=""), name="organization_has_a_name"),
            models.CheckConstraint(condition=Q(calls_per_day__range=(1, 100)), name="organization_calls_per_day"),
            models.CheckConstraint(
                condition=Q(lead_days_least__lte=F("lead_days_most")), name="organization_lead_days_in_order"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do: an agent works the contacts assigned to them, an admin everything."""

    ADMIN = "admin"
    AGENT = "agent"


class MemberManager(BaseUserManager["Member"]):
    """Members by their e-mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> Member:
        """The member who signs in with this address."""
        return self.get(email__iexact=username)

    def create_member(self, organization: Organization, email: str, password: str, **fields: Any) -> Member:
        """A new member of `organization` who can sign in with `password`."""
        member = self.model(organization=organization, email=email.strip().lower(), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member


class Member(AbstractBaseUser, Scoped):
    """A person who signs in."""

    PREFIX = "member"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="members")
    email = models.EmailField(max_length=254, unique=True)
    name = models.TextField()
    role = models.TextField(choices=Role, default=Role.AGENT)
    time_zone = models.TextField(blank=True, default="")
    language = models.TextField(default="en")
    is_active = models.BooleanField(default=True)
    notify_by_email = models.BooleanField(default=False)
    digest_at = models.TimeField(null=True, blank=True)  # by the member's own clock; None for no digest
    digest_sent_on = models.DateField(null=True, blank=True)  # the last of the member's days that a worker saw to
    digest_told_at = models.DateTimeField(null=True, blank=True)  # up to when the last digest that was mailed tells
    first_steps = models.JSONField(default=dict, db_default={})  # of the demo's walk: what was seen, by its name
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[MemberManager] = MemberManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("email"), name="member_email_whatever_its_case"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="member_role_is_known"),
        )

    @property
    def is_admin(self) -> bool:
        """Whether everything of the organization is this member's to see and do."""
        return self.role == Role.ADMIN

    @property
    def zone(self) -> str:
        """The member's own time zone, else the organization's."""
        return self.time_zone or self.organization.time_zone


class Scope(models.TextChoices):
    """What a key is good for, each including the one before; never more than its member may do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class ApiKey(Scoped):
    """A program's right to act for a member. Only a hash is kept: the key itself is shown once."""

    PREFIX = "key"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="api_keys")
    member = models.ForeignKey(Member, models.CASCADE, related_name="api_keys")
    name = models.TextField()
    hint = models.TextField()
    digest = models.BinaryField(max_length=32, unique=True)
    scope = models.TextField(choices=Scope, default=Scope.ADMIN)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    USED_AT_GRAIN = timedelta(minutes=1)

    @classmethod
    def issue(cls, member: Member, name: str, scope: str = Scope.ADMIN) -> tuple[ApiKey, str]:
        """A new key for `member` and its text, which cannot be had again."""
        text = KEY_PREFIX + secrets.token_urlsafe(32)
        key = cls.objects.create(
            organization=member.organization,
            member=member,
            name=name,
            hint=text[: len(KEY_PREFIX) + 4],
            digest=cls.digest_of(text),
            scope=scope,
        )
        changes.announce(member.organization_id, "key")
        return key, text

    @classmethod
    def digest_of(cls, text: str) -> bytes:
        """SHA-256: a key has 256 random bits, so that no slow hash is needed, and looking it up by its digest
        tells an attacker's stopwatch nothing."""
        return hashlib.sha256(text.encode()).digest()

    @classmethod
    def holder(cls, text: str) -> ApiKey | None:
        """The standing key with this text, with its member and organization; None where there is none."""
        found = sql.rows(_holders(), [cls.digest_of(text)])
        if not found:
            return None
        key: ApiKey
        key, key.member, key.member.organization = sql.instances(found[0], cls, Member, Organization)
        key.organization = key.member.organization
        return key

    def revoke(self) -> None:
        """End the key at once."""
        self.revoked_at = Now()
        self.save(update_fields=["revoked_at"])
        changes.announce(self.organization_id, "key")

    def allows(self, scope: str) -> bool:
        """Whether the key reaches as far as `scope`."""
        order = list(Scope.values)
        return order.index(self.scope) >= order.index(scope)


@cache
def _holders() -> str:
    return f"""
        SELECT {sql.columns(k=ApiKey, m=Member, o=Organization)}
        FROM relance_apikey k JOIN relance_member m ON m.id = k.member_id
            JOIN relance_organization o ON o.id = m.organization_id
        WHERE k.digest = %s AND k.revoked_at IS NULL AND m.is_active
    """


def create_admin(email: str, password: str, organization: str, *, name: str = "", time_zone: str = "") -> Member:
    """An admin of the organization with this name, which is made when there is none. Raises `Invalid`."""
    from relance.models.connections import open_simulators

    errors = _account_errors(email, password, organization, time_zone)
    if errors:
        raise Invalid(errors)
    with transaction.atomic():
        home = Organization.objects.filter(name=organization.strip()).first()
        if home is None:
            home = Organization.objects.create(name=organization.strip(), time_zone=time_zone or "UTC")
            open_simulators(home)
        return Member.objects.create_member(home, email, password, name=name or email, role=Role.ADMIN)


def _account_errors(email: str, password: str, organization: str, time_zone: str) -> list[tuple[str, str]]:
    errors = []
    try:
        validate_email(email.strip())
    except ValidationError:
        errors.append(("email", f"“{email}” is no e-mail address. Write one such as ana@example.com."))
    if Member.objects.filter(email__iexact=email.strip()).exists():
        errors.append(("email", f"{email} is a member already."))
    try:
        validate_password(password)
    except ValidationError as problem:
        errors += [("password", message) for message in problem.messages]
    if not organization.strip():
        errors.append(("organization", "Give the organization a name."))
    if time_zone and (problem_with_zone := places.zone_error(time_zone)):
        errors.append(("timeZone", problem_with_zone))
    return errors
