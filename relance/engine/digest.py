"""A mail a day for members who want it: whom they owe a touch, and which follow-ups failed since the last.

A worker claims the members whose time of day has come, in the transaction that defers the job. The job notes of each
that they are told before the mail server is asked: a worker that dies in between leaves a mail that was not sent, and
never one that is sent twice. What the server refuses is taken back, and tried again on the same day.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction
from django.db.models import Q

from relance.engine import digest_text, jobs
from relance.engine.digest_text import MOST_LINES, Line, Part
from relance.models import FollowUp, Member, clock, due, sql
from relance.models.followups import HEADINGS
from relance.rules.daily import day_due
from relance.rules.states import GROUPS

log = logging.getLogger(__name__)

PERIOD = 10.0  # seconds between two looks for whose time has come
MOST_AT_ONCE = 100
FIRST_TELLS = timedelta(days=1)
TELLS_AT_MOST = timedelta(days=7)
SETTLED = timedelta(minutes=1)
"""What ended later than this may be in a transaction that nobody sees yet: the next digest tells it."""
REFUSALS = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)
"""The server said no. Whatever else goes wrong while it has the mail, it may have taken it."""


class Refused(RuntimeError):
    """The mail server would not take some of the digests."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest for `member`, of what there was to tell at the moment `at`."""

    member: Member
    at: datetime
    subject: str
    body: str

    @property
    def mail(self) -> EmailMessage:
        """The mail. Its id repeats with the day, for servers that look whether they had it."""
        host = urlsplit(settings.BASE_URL).hostname
        headers = {
            "Auto-Submitted": "auto-generated",
            "Message-ID": f"<digest-{self.member.public_id}-{self.member.digest_sent_on}@{host}>",
        }
        return EmailMessage(self.subject, self.body, to=[self.member.email], headers=headers)


# Rows that another worker holds are left to it, and those it is done with no longer fit.
_CLAIM = """
WITH locked AS MATERIALIZED (
    SELECT m.id, w.day FROM relance_member m JOIN unnest(%(ids)s::bigint[], %(days)s::date[]) AS w (id, day) USING (id)
    WHERE m.is_active AND m.digest_at IS NOT NULL AND (m.digest_sent_on IS NULL OR m.digest_sent_on < w.day)
    ORDER BY m.id FOR NO KEY UPDATE OF m SKIP LOCKED
)
UPDATE relance_member m SET digest_sent_on = l.day FROM locked l WHERE m.id = l.id RETURNING m.id
"""


def claim() -> int:
    """Have the digests mailed whose time has come today; returns how many. Any number of workers may at once.

    What was missed on days that have passed is not made up for; without a mail server nothing is claimed.
    """
    if not settings.MAIL_CONFIGURED:
        return 0
    with transaction.atomic():
        now = clock.now()
        days = _whose_time_has_come(now)
        ids = [id for (id,) in sql.rows(_CLAIM, {"ids": list(days), "days": list(days.values())})] if days else []
        if ids:
            jobs.defer_digests(ids, now)
    return len(ids)


def _whose_time_has_come(now: datetime) -> dict[int, date]:
    """Members by their ids, each with the day of theirs that it is."""
    wanting = Member.objects.filter(is_active=True, digest_at__isnull=False).select_related("organization")
    days = {m.pk: day_due(m.digest_at, m.zone, now, m.digest_sent_on) for m in wanting.order_by("pk") if m.digest_at}
    return dict([(id, day) for id, day in days.items() if day][:MOST_AT_ONCE])


def send(ids: Sequence[int], claimed_at: datetime) -> None:
    """Mail these members what there is to tell. Whoever was told since the claim is left out, so that the job may be
    done again. Raises what the mail server's absence raises, and `Refused`."""
    letters = [letter for member in _waiting(ids, claimed_at) if (letter := letter_to(member))]
    if not letters:
        return
    with get_connection() as server:
        refused = sum(not _sent(letter, claimed_at, server) for letter in letters)
    if refused:
        raise Refused(f"The mail server refused {refused} of {len(letters)} digests.")


def send_in_thread(ids: Sequence[int], claimed_at: datetime) -> None:
    """The same in a thread of its own, so that a slow mail server holds up none of the engine's."""
    try:
        send(ids, claimed_at)
    finally:
        connection.close()


def _waiting(ids: Sequence[int], claimed_at: datetime) -> list[Member]:
    """Those who still want it and were not told yet; for whom the day of the claim is over, it is too late."""
    untold = Q(digest_told_at=None) | Q(digest_told_at__lt=claimed_at)
    wanting = Member.objects.filter(untold, pk__in=ids, is_active=True, digest_at__isnull=False)
    now = clock.now()
    found = wanting.select_related("organization").order_by("pk")
    return [member for member in found if member.digest_sent_on == _day(member, now)]


def _sent(letter: Letter, claimed_at: datetime, server: Any) -> bool:
    """Whether the letter needs no other try: it went, or may have, or another worker saw to it."""
    row = Member.objects.filter(pk=letter.member.pk)
    untold = Q(digest_told_at=None) | Q(digest_told_at__lt=claimed_at)
    if not row.filter(untold).update(digest_told_at=letter.at):
        return True
    try:
        server.send_messages([letter.mail])
    except REFUSALS as problem:
        log.warning("The digest of %s was refused: %s", letter.member.public_id, problem)
        row.update(digest_told_at=letter.member.digest_told_at)
        server.close()
        server.open()  # a refusal may have ended it
        return False
    return True


def letter_to(member: Member) -> Letter | None:
    """The digest of `member` as of now; None where there is nothing to tell."""
    now = clock.now()
    day = _day(member, now)
    parts = [*_owed(member, day), _failed(member, now)]
    told = digest_text.subject(parts)
    if not told or member.digest_at is None:
        return None
    place = member.zone.rsplit("/", 1)[-1].replace("_", " ")
    body = digest_text.body(parts, day=day, at=member.digest_at, place=place, base_url=settings.BASE_URL)
    return Letter(member, now, told, body)


def _day(member: Member, now: datetime) -> date:
    return now.astimezone(ZoneInfo(member.zone)).date()


def _owed(member: Member, today: date) -> list[Part]:
    counts = due.counts(member, today)
    on_time = [_owed_line(o) for o in due.owed(member, today, limit=MOST_LINES, group="today")]
    late = [_owed_line(o) for o in due.owed(member, today, limit=MOST_LINES, group="overdue")]
    return [
        Part("due today", counts["today"], on_time, "/follow-ups?tab=today", "DUE TODAY"),
        Part("overdue", counts["overdue"], late, "/follow-ups?tab=overdue", "OVERDUE, THE OLDEST FIRST"),
    ]


def _owed_line(owed: due.Owed) -> Line:
    hot = " (hot)" if owed.is_hot else ""
    late = f", {owed.days} day{'s' if owed.days != 1 else ''}" if owed.is_overdue else ""
    return Line(f"{owed.name}{hot}{late}", f"/contacts/{owed.public_id}")


def _failed(member: Member, now: datetime) -> Part:
    """What failed or expired, and is so still, of what the member may see."""
    last = member.digest_told_at
    since = max(last, now - TELLS_AT_MOST) if last else now - FIRST_TELLS
    seen = FollowUp.objects.visible_to(member).filter(status__in=GROUPS["failed"], contact__deleted_at=None)
    ended = seen.filter(finished_at__gt=since - SETTLED, finished_at__lte=now - SETTLED)
    first = ended.select_related("contact").defer("contact__search").order_by("finished_at", "pk")[:MOST_LINES]
    lines = [_failed_line(follow_up) for follow_up in first]
    return Part("failed", ended.count(), lines, "/follow-ups/scheduled?group=failed", "FAILED SINCE THE LAST DIGEST")


def _failed_line(follow_up: FollowUp) -> Line:
    what = f"{HEADINGS[follow_up.type]} {follow_up.contact.name}"
    return Line(f"{what}: {follow_up.because}", f"/follow-ups/{follow_up.public_id}")
