"""What a receiver's answer means for the follow-up. The status decides; the body is kept as its words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aiohttp import ClientError, ClientResponse

from relance.channels.base import Outcome, Permanent, Success, Temporary

READ_LIMIT = 64 * 1024
DETAIL_LIMIT = 500
REFERENCE_LIMIT = 200
# A follow-up expires after a week; a longer wish cannot be met, and an absurd one would overflow.
LONGEST_WAIT = timedelta(days=7)

# 4xx that speak of this moment and not of the request: time-out, conflict, too early, too many requests.
PASSING = {408, 409, 425, 429}


async def outcome_of(response: ClientResponse) -> Outcome:
    """Read a bounded part of the answer and judge it."""
    status, words = response.status, await _words(response)
    if 200 <= status < 300:
        return Success(printable(response.headers.get("X-Request-Id", ""), REFERENCE_LIMIT), words)
    if 300 <= status < 400:
        return Permanent(_redirected(response))
    answered = f"The receiver answered {status} {response.reason or ''}".rstrip()
    detail = printable(f"{answered}: {words}" if words else f"{answered}.", DETAIL_LIMIT)
    if status in PASSING or status >= 500:
        return Temporary(detail, wait_wished(response.headers.get("Retry-After", ""), datetime.now(UTC)))
    return Permanent(detail)


def _redirected(response: ClientResponse) -> str:
    words = f"The receiver answered {response.status}, a redirect, and redirects are not followed"
    target = response.headers.get("Location")
    return printable(f"{words}: give the final address{f', maybe {target}' if target else ''}.", DETAIL_LIMIT)


async def _words(response: ClientResponse) -> str:
    # Asked for as it is (Accept-Encoding: identity); what comes compressed all the same may be a bomb.
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return ""
    kept = bytearray()
    try:
        async for chunk in response.content.iter_any():
            kept += chunk
            if len(kept) > READ_LIMIT:
                break
    except (ClientError, OSError):
        pass  # time-out included: the status has come, and stands
    return printable(kept[:READ_LIMIT].decode(errors="replace"), DETAIL_LIMIT)


def printable(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text` in one line, fit for a page and for PostgreSQL."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.split())[:limit]


def wait_wished(header: str, now: datetime) -> timedelta | None:
    """Read a `Retry-After`, seconds or an HTTP date (RFC 9110, 10.2.3); None where it is illegible."""
    header = header.strip()
    if header.isdecimal():
        return min(timedelta(seconds=int(header[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    if until.tzinfo is None:  # a zone of "-0000", which is UTC
        until = until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), LONGEST_WAIT)
