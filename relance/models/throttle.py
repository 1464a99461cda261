"""Guessing is slow: wrong tries are counted in the database, so that any number of web processes count alike."""

from __future__ import annotations

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

KEPT = timedelta(hours=24)


class WrongTry(models.Model):
    """A try that was wrong, or is not decided yet; `bucket` is a hash of what it counts against."""

    bucket = models.TextField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = (
            models.Index(fields=["bucket", "at"], name="wrong_try_by_bucket"),
            models.Index(fields=["at"], name="wrong_try_by_age"),
        )


class TooManyTries(ValueError):
    """There were so many wrong tries that the next one has to wait; the message says how long."""

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, math.ceil(wait.total_seconds()))
        minutes = math.ceil(self.seconds / 60)
        span = "a minute" if minutes == 1 else f"{minutes} minutes"
        super().__init__(f"There were too many tries. Try again in {span}.")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many wrong tries within a span, for each `who`."""

    what: str
    most: int
    within: timedelta

    def bucket(self, who: object) -> str:
        """What the tries of `who` are counted by. A hash: what people type into forms is not kept."""
        return hashlib.sha256(f"{self.what} {who}".encode("utf-8", "replace")).hexdigest()


SPAN = timedelta(minutes=10)
BY_ADDRESS_AND_CLIENT = Limit("password of an address from a client", 5, SPAN)
BY_ADDRESS = Limit("password of an address", 50, SPAN)
"""From anywhere: so high that nobody keeps somebody else out alone, and so low that many together cannot guess."""
BY_CLIENT = Limit("anything from a client", 20, SPAN)
BY_CODE = Limit("code of a member", 5, SPAN)
BY_CONFIRMING = Limit("password of a member who is signed in", 5, SPAN)
BY_FORGETTING = Limit("link for an address", 3, timedelta(hours=1))


def network(client: str) -> str:
    """What counts as one client: an IPv4 address, or the 64 bits of an IPv6 one that a household has."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    return client if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


@dataclass(frozen=True, slots=True)
class Turn:
    """One try, counted as wrong until it is known to be right."""

    rows: tuple[int, ...]
    forgiven: str

    def was_right(self) -> None:
        """Forget this try, and the wrong ones before it that counted against whom it was about."""
        WrongTry.objects.filter(models.Q(pk__in=self.rows) | models.Q(bucket=self.forgiven)).delete()


def take(*counted: tuple[Limit, object]) -> Turn:
    """Begin a try that counts against each of these; being right forgives those of the first.

    It is written before it is judged: tries at the same moment cannot slip through together. One that has to wait does
    not count, so that nobody is kept out by pressing on. Raises `TooManyTries`.
    """
    WrongTry.objects.filter(at__lt=timezone.now() - KEPT).delete()
    buckets = [limit.bucket(who) for limit, who in counted]
    rows = WrongTry.objects.bulk_create([WrongTry(bucket=bucket) for bucket in buckets])
    turn = Turn(tuple(row.pk for row in rows), buckets[0])
    waits = [_wait(limit, bucket) for (limit, _), bucket in zip(counted, buckets, strict=True)]
    if longest := max(waits):
        WrongTry.objects.filter(pk__in=turn.rows).delete()
        raise TooManyTries(longest)
    return turn


def _wait(limit: Limit, bucket: str) -> timedelta:
    """How long the try that was just written has to wait; nothing for one within the limit."""
    now = timezone.now()
    latest = WrongTry.objects.filter(bucket=bucket, at__gt=now - limit.within).order_by("-at", "-id")
    times = list(latest.values_list("at", flat=True)[: limit.most + 1])
    return times[limit.most] + limit.within - now if len(times) > limit.most else timedelta()
