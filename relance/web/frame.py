"""What every page shows around its content: where one is, where one can go, and what waits there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from relance.demo import phones
from relance.models import Member, due

THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the sidebar: `key` is the letter that goes there after `g`, `count` what waits there, and `waiting`
    how."""

    name: str
    address: str
    icon: str
    key: str = ""
    count: int = 0
    waiting: str = "due"
    current: bool = False


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame of a page needs. Of a part of a page nothing is asked for: it has no frame."""
    theme = request.COOKIES.get("theme", "")
    about: dict[str, Any] = {"theme": theme if theme in THEMES else "", "demo": settings.DEMO}
    member = getattr(request, "user", None)
    if isinstance(member, Member):
        there = SimpleLazyObject(lambda: places(request.path, member))
        about |= {"member": member, "places": there}
    return about


def places(path: str, member: Member) -> list[Place]:
    """The entries of the sidebar of the page at `path`, in their order."""
    known = [
        Place("Dashboard", "/", "layout-dashboard", "d"),
        Place("Follow-ups", "/follow-ups", "calendar-clock", "f", due.count(member, due.today_of(member))),
        Place("Contacts", "/contacts", "users", "c"),
        Place("Pipeline", "/pipeline", "kanban", "r"),
    ]
    if settings.DEMO:
        ringing = phones.seen_by(member).filter(answered_at=None).count()
        known.append(Place("Phone and clock", "/phone", "smartphone", "p", ringing, "ringing"))
    known.append(Place("Settings", "/settings", "settings", "s"))
    here = max((p.address for p in known if _is_within(path, p.address)), key=len, default="")
    return [replace(p, current=p.address == here) for p in known]


def _is_within(path: str, address: str) -> bool:
    return path == address or (address != "/" and path.startswith(f"{address}/"))
