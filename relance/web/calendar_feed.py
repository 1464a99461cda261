"""The calendar that a member's calendar program fetches, by its secret address alone: it has no session."""

from __future__ import annotations

import hashlib
from importlib import metadata

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from relance.models import agenda, calendar_feeds, throttle
from relance.models.agenda import Entry
from relance.models.calendar_feeds import CalendarFeed
from relance.web import ics
from relance.web.answers import MISSING, TOO_MANY

VERSION = metadata.version("relance")


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar; nothing where the address does not hold, or no more. What has not changed is not sent again."""
    feed = calendar_feeds.of_token(token)
    if feed is None:
        return _plain("There is no calendar at this address.", MISSING)
    try:
        throttle.take((calendar_feeds.FETCHES, feed.pk))
    except throttle.TooManyTries as problem:
        refused = _plain("This calendar was fetched too often.", TOO_MANY)
        refused.headers["Retry-After"] = str(problem.seconds)
        return refused
    return _answer(request, feed, agenda.of(feed.member))


def _answer(request: HttpRequest, feed: CalendarFeed, entries: list[Entry]) -> HttpResponse:
    name = f"Relance · {feed.member.name}"
    tag = f'"{_fingerprint(name, entries)}"'
    changed_at = int(calendar_feeds.fetched(feed, tag).timestamp())
    unchanged = get_conditional_response(request, etag=tag, last_modified=changed_at)
    answer = unchanged or _whole(name, entries)
    answer.headers["ETag"], answer.headers["Last-Modified"] = tag, http_date(changed_at)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _whole(name: str, entries: list[Entry]) -> HttpResponse:
    disposition = {"Content-Disposition": 'inline; filename="relance.ics"'}
    written = ics.written(name, entries, settings.BASE_URL)
    return HttpResponse(written, content_type="text/calendar; charset=utf-8", headers=disposition)


def _fingerprint(name: str, entries: list[Entry]) -> str:
    """What tells this calendar from any other; cheaper than writing it."""
    return hashlib.sha256(repr((VERSION, settings.BASE_URL, name, entries)).encode()).hexdigest()[:32]


def _plain(sentence: str, status: int) -> HttpResponse:
    answer = HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
