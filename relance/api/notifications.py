"""`/api/notifications`: what the caller has been told."""

from __future__ import annotations

from datetime import datetime

from ninja import Query

from relance.api.auth import Request
from relance.api.finding import find
from relance.api.pages import page
from relance.api.routing import resource
from relance.api.schemas import Flag, Page, Paging, Shown, public
from relance.models import FollowUp, Notification, clock

router = resource("Notifications")


class NotificationShown(Shown):
    """One thing that the caller was told."""

    id: str
    kind: str
    text: str
    follow_up_id: str | None
    at: datetime
    read_at: datetime | None


class NotificationFilters(Paging):
    """Which notifications."""

    unread: Flag = False


class Read(Shown):
    """How many were unread."""

    count: int


NotificationPage = Page[NotificationShown]


@router.get("", response=NotificationPage)
def list_notifications(request: Request, filters: Query[NotificationFilters]) -> NotificationPage:
    """The caller’s own, the newest first."""
    mine = Notification.objects.filter(member=request.auth.member)
    return page(mine.filter(read_at=None) if filters.unread else mine, ["-id"], filters, _shown)


@router.post("/read", response=Read)
def read_all(request: Request) -> Read:
    """Mark all of the caller’s as read."""
    unread = Notification.objects.filter(member=request.auth.member, read_at=None)
    return Read(count=unread.update(read_at=clock.now()))


@router.post("/{id}/read", response=NotificationShown)
def read(request: Request, id: str) -> NotificationShown:
    """Mark one as read."""
    found = find(Notification.objects.filter(member=request.auth.member), id)
    if found.read_at is None:
        found.read_at = clock.now()
        found.save(update_fields=["read_at"])
    return _shown(found)


def _shown(n: Notification) -> NotificationShown:
    return NotificationShown(
        id=n.public_id,
        kind=n.kind,
        text=n.text,
        follow_up_id=public(FollowUp, n.follow_up_id),
        at=n.at,
        read_at=n.read_at,
    )
