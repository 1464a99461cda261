"""Moments as people type them: by the clocks of a zone, in words or as `<input type="datetime-local">` sends them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from relance.models import Invalid, Member
from relance.rules import when

LONGEST = 200
_LANGUAGES: Mapping[str, when.Language] = {"en": "en", "es": "es"}


def written(at: datetime, zone: str) -> str:
    """`at` as somebody in `zone` would type it."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def read(text: str, now: datetime, member: Member, field: str) -> datetime:
    """The moment (UTC) that `text` means to `member`: by their clock, and where the words leave it open in their
    language. Raises `Invalid`, naming `field`, where that is not sure."""
    if len(text) > LONGEST:
        raise Invalid([(field, "Say it in fewer words, such as “Tuesday 15:00”.")])
    try:
        return when.read(text, now=now, zone=member.zone, language=_LANGUAGES.get(member.language)).at
    except when.Unsure as problem:
        raise Invalid([(field, str(problem))]) from None


def for_input(at: datetime, zone: str) -> str:
    """`at` as the input takes it."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def read_input(text: str, zone: str, field: str) -> datetime:
    """The moment (UTC) that the input says. Raises `Invalid`, naming `field`, where it says none: clocks that are set
    forward leave an hour out."""
    home = ZoneInfo(zone)
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=home)
        at = local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid([(field, "Give a date and a time.")]) from None
    if at.astimezone(home).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Invalid([(field, "The clocks there leave this hour out. Choose one before or after it.")])
    return at
