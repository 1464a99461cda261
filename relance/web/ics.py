"""A member's calendar as iCalendar (RFC 5545). No database: its entries are given."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from relance.models.agenda import Entry

PRODUCT = "-//Relance//Calendar//EN"
LASTS = timedelta(minutes=15)
FETCH_EVERY = timedelta(hours=1)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)  # revisions are counted in seconds since, which fit for as long as it asks

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")  # what a text may not hold; a line's end it may


def written(name: str, entries: Iterable[Entry], base_url: str) -> bytes:
    """The calendar called `name`; every entry leads to its page at `base_url`."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for called in ("name", "x-wr-calname"):
        calendar.add(called, _text(name))
    calendar.add("refresh-interval", FETCH_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in entries:
        calendar.add_component(_event(entry, base_url))
    whole: bytes = calendar.to_ical()
    return whole


def _event(entry: Entry, base_url: str) -> Event:
    """Nobody is busy for it, and who sees the calendar of another does not read it."""
    event, address = Event(), base_url + entry.path
    event.add("uid", f"{entry.name}@{urlsplit(base_url).hostname}")
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", max(0, int((entry.changed_at - BEGINNING).total_seconds())))
    event.add("dtstart", entry.at)
    event.add("dtend", entry.at + (LASTS if isinstance(entry.at, datetime) else timedelta(days=1)))
    event.add("summary", _text(" ".join(entry.title.split())))
    event.add("description", _text(f"{entry.details}\n\n{address}".strip()))
    event.add("url", address)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def _text(text: str) -> str:
    return _CONTROLS.sub("", text.replace("\r\n", "\n"))
