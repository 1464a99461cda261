"""Follow-ups for the tests of their pages, and how a browser asks for these."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client

from relance.models import Change, FollowUp, Member, clock, scheduling
from relance.models.scheduling import Plan
from tests import cast

HTMX = {"HX-Request": "true"}
CONTENT: dict[str, dict[str, Any]] = {
    "sms": {"body": "See you soon."},
    "email": {"subject": "The plans", "body": "Here they are."},
    "webhook": {"url": "https://hooks.example.com/in"},
}


def visitor(member: Member | None = None) -> Client:
    """A browser in which the member is signed in."""
    client = Client()
    if member:
        client.force_login(member)
    return client


def scheduled(house: cast.House, kind: str = "call", *, after: timedelta = timedelta(days=1), **plan: Any) -> FollowUp:
    """A follow-up to the house's contact, made by its admin."""
    contact, by = plan.pop("contact", house.contact), plan.pop("by", house.admin)
    if kind == "whatsapp":
        plan = {"template": house.template, "parameters": {"name": "Sarah", "day": "Monday"}} | plan
    wanted = Plan(kind, plan.pop("at", clock.now() + after), **CONTENT.get(kind, {}) | plan)
    return scheduling.schedule_one(house.organization, contact, wanted, by=by)


def at_night(zone: str) -> datetime:
    """Three in the morning there, the day after tomorrow."""
    local = clock.now().astimezone(ZoneInfo(zone)) + timedelta(days=2)
    return local.replace(hour=3, minute=0, second=0, microsecond=0)


def put(follow_up: FollowUp, status: str, *, actor: str = "engine", because: str = "", gate: str = "") -> FollowUp:
    """Bring it to a state, with its row of history, as the engine would."""
    ends = status in ("completed", "failed", "cancelled", "expired")
    was, now = follow_up.status, clock.now()
    FollowUp.objects.filter(pk=follow_up.pk).update(
        status=status,
        because=because,
        held_by=gate,
        next_attempt_at=follow_up.scheduled_at if status in ("scheduled", "snoozed") else None,
        lease_until=now + timedelta(hours=1) if status in ("queued", "in_progress") else None,
        finished_at=now if ends else None,
    )
    Change.objects.create(
        organization=follow_up.organization, follow_up=follow_up, at=now, actor=actor, from_status=was,
        to_status=status, because=because, gate=gate,
        until=follow_up.scheduled_at if status == "scheduled" else None,
    )  # fmt: skip
    follow_up.refresh_from_db()
    return follow_up


def text(html: str) -> str:
    """What a page says, without its markup; a picture says its label."""
    heard = re.sub(r'<svg [^>]*aria-label="([^"]*)"[^>]*>', r" \1 ", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", heard)).split())


def part(html: str, id: str) -> str:
    """What one part of a page says: from the tag with this id to the next part."""
    start = html.index(f'id="{id}"')
    following = re.search(r'<(?:section|aside|header) [^>]*id="follow-up-', html[start:])
    return text(html[start - 1 : start + following.start() if following else None])
