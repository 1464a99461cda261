"""What the API remembers of requests: answers to repeat, and imports that take a while."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from relance.models.accounts import Member, Organization
from relance.models.base import Scoped


class IdempotentRequest(models.Model):
    """A POST that carried an `Idempotency-Key`: the same key and body get the same answer, with one effect."""

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


def forget_old() -> None:
    """Let go of answers that nobody will ask for again, and of files that nobody went on with."""
    IdempotentRequest.objects.filter(created_at__lt=Now() - KEPT).delete()
    ContactImport.objects.filter(status=ContactImport.Status.DRAFT, created_at__lt=Now() - KEPT).delete()


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
