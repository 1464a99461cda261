"""What is remembered of requests: answers to repeat, and imports that take a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import OperationalError, models
from django.db.models import QuerySet
from django.db.models.functions import Now

from relance.models import vault
from relance.models.accounts import Member, Organization
from relance.models.base import Conflict, Scoped


class IdempotentRequest(models.Model):
    """A POST that carried an `Idempotency-Key`, or the id of its form: the same key and body get the same answer, with
    one effect."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_index=False)
    key = models.TextField()
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "member", "key"], name="idempotency_key_once_per_member"),
        )
        indexes = (models.Index(fields=["created_at"], name="idempotent_request_by_age"),)


KEPT = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request said, as a hash, and what it was answered with."""

    fingerprint: bytes
    status: int
    body: str


def claim(member: Member, key: str, fingerprint: bytes) -> bool:
    """Whether this request of `member` is the first with its key. Waits for another that is under way.

    The claim and what the request does are one transaction, so that both hold or neither. Raises `Conflict` where the
    other takes too long; the transaction is of no more use then.
    """
    _of(member, key).filter(created_at__lt=Now() - KEPT).delete()
    mine = IdempotentRequest(organization=member.organization, member=member, key=key, fingerprint=fingerprint)
    try:
        IdempotentRequest.objects.bulk_create([mine], ignore_conflicts=True)
    except OperationalError:  # lock_timeout
        raise Conflict("The same request is still under way. Try again in a moment.") from None
    return _of(member, key).filter(status=None).exists()


def keep(member: Member, key: str, status: int, body: str) -> None:
    """Remember the answer, sealed: some hold a key or a secret that is shown once."""
    _of(member, key).update(status=status, body=vault.seal(body).encode())


def forget(member: Member, key: str) -> None:
    """Let another request have the key: this one had no effect."""
    _of(member, key).delete()


def answered(member: Member, key: str) -> Answered:
    """What the first request with this key was answered with."""
    record = _of(member, key).get()
    body = vault.unseal(bytes(record.body).decode()) if record.body else ""
    return Answered(bytes(record.fingerprint), record.status or 200, body)


def _of(member: Member, key: str) -> QuerySet[IdempotentRequest]:
    return IdempotentRequest.objects.filter(organization=member.organization_id, member=member, key=key)


def forget_old() -> None:
    """Let go of answers that nobody will ask for again, and of files that nobody went on with."""
    IdempotentRequest.objects.filter(created_at__lt=Now() - KEPT).delete()
    rests = [ContactImport.Status.DRAFT, ContactImport.Status.DONE, ContactImport.Status.FAILED]
    ContactImport.objects.filter(dry_run=True, status__in=rests, created_at__lt=Now() - KEPT).delete()


class ContactImport(Scoped):
    """A CSV of contacts being taken in: its progress, and the rows that were refused with their reasons."""

    PREFIX = "import"

    class Status(models.TextChoices):
        """How far it is. A draft is a file whose columns nobody has confirmed yet."""

        DRAFT = "draft"
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="imports", db_index=False)
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    file_name = models.TextField()
    content = models.TextField()
    mapping = models.JSONField(default=dict)
    dry_run = models.BooleanField(default=False)
    status = models.TextField(choices=Status, default=Status.WAITING)
    total = models.PositiveIntegerField(default=0)
    processed = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0, db_default=0)
    rejected = models.JSONField(default=list)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    @property
    def refused(self) -> int:
        """How many rows were not taken; only the first are kept in `rejected`."""
        return self.processed - self.created - self.updated - self.unchanged
