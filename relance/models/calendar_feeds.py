"""Calendar feeds: the secret address at which a member's calendar can be fetched without signing in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from relance.models import changes, throttle
from relance.models.accounts import Member

USED_AT_GRAIN = timedelta(minutes=1)
FETCHES = throttle.Limit("calendar of a member", 60, timedelta(minutes=10))
"""More than all devices of a member ask for; what a program gone wild costs stays small."""


class CalendarFeed(models.Model):
    """A member's feed. Its address holds 256 random bits, of which only a hash is kept: it is shown once.

    `tag` stands for what was fetched last, and `changed_at` is when that was found to be another than before: what a
    calendar asks for by.
    """

    member = models.OneToOneField(Member, models.CASCADE, related_name="calendar_feed")
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    tag = models.TextField(blank=True, default="")
    changed_at = models.DateTimeField(null=True, blank=True)


def renew(member: Member) -> str:
    """A new address for the calendar of `member`, which cannot be had again; the one before holds no more."""
    token = secrets.token_urlsafe(32)
    made = {"digest": _digest(token), "created_at": Now(), "last_used_at": None, "tag": "", "changed_at": None}
    with transaction.atomic():
        CalendarFeed.objects.update_or_create(member=member, defaults=made)
        changes.announce(member.organization_id, "member")
    return f"{settings.BASE_URL}/calendar/{token}.ics"


def revoke(member: Member) -> None:
    """Let nobody fetch the calendar of `member` any more."""
    with transaction.atomic():
        CalendarFeed.objects.filter(member=member).delete()
        changes.announce(member.organization_id, "member")


def of_member(member: Member) -> CalendarFeed | None:
    """The feed of `member`, if there is one."""
    return CalendarFeed.objects.filter(member=member).first()


def of_token(token: str) -> CalendarFeed | None:
    """The feed with this token, its member and organization at hand; None for one that does not hold, or no more.

    Looked up by a hash of 256 random bits, it tells a stopwatch nothing.
    """
    standing = CalendarFeed.objects.filter(digest=_digest(token), member__is_active=True)
    return standing.select_related("member__organization").first()


def fetched(feed: CalendarFeed, tag: str) -> datetime:
    """Note that what `tag` stands for was fetched just now; returns since when it is so. Written at most once a minute,
    unless it changed."""
    now = timezone.now()
    if tag != feed.tag or feed.changed_at is None:
        feed.tag, feed.changed_at = tag, now
    elif feed.last_used_at and feed.last_used_at > now - USED_AT_GRAIN:
        return feed.changed_at
    noted = {"tag": tag, "changed_at": feed.changed_at, "last_used_at": now}
    CalendarFeed.objects.filter(pk=feed.pk, digest=feed.digest).update(**noted)
    return feed.changed_at


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
