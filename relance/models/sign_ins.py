"""Where members are signed in, and ending it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone

from relance.models.accounts import Member


class SignIn(models.Model):
    """A session in which a member is signed in: with what browser, from what address, since when."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    browser = models.TextField()
    client = models.TextField()
    at = models.DateTimeField(db_default=Now())


def record(member: Member, session_key: str, browser: str, client: str) -> None:
    """Note that `member` signed in; what has ended is forgotten by the way."""
    SignIn.objects.update_or_create(
        session_key=session_key, defaults={"member": member, "browser": browser[:400], "client": client[:100]}
    )
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    SignIn.objects.exclude(Exists(Session.objects.filter(session_key=OuterRef("session_key")))).delete()


def standing(member: Member) -> Sequence[SignIn]:
    """Where `member` is signed in, the latest first."""
    live = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())
    return list(member.sign_ins.filter(Exists(live)).order_by("-at", "-id"))


def moved(old_key: str, new_key: str) -> None:
    """A session went on under another key."""
    SignIn.objects.filter(session_key=old_key).update(session_key=new_key)


def end(member: Member, *, but: str = "") -> int:
    """Sign `member` out everywhere, `but` in the session with this key. Returns how many sessions ended."""
    ended: Any = member.sign_ins.exclude(session_key=but)
    with transaction.atomic():
        keys = list(ended.values_list("session_key", flat=True))
        Session.objects.filter(session_key__in=keys).delete()
        SignIn.objects.filter(session_key__in=keys).delete()
    return len(keys)
