"""`/api/conversations`: everything said with a contact on one channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Query
from pydantic import Field

from relance.api.auth import Caller, Request
from relance.api.finding import find
from relance.api.pages import page
from relance.api.routing import resource
from relance.api.schemas import ContactId, Flag, Kind, Page, Paging, Shown, public
from relance.models import Contact, Conversation, FollowUp, Message, Template

router = resource("Conversations")


class ConversationRow(Shown):
    """A conversation in a list."""

    id: str
    contact_id: str
    contact_name: str
    kind: Kind
    last_message_at: datetime | None
    last_inbound_at: datetime | None
    unread: int


class MessageShown(Shown):
    """One message, either way."""

    id: str
    direction: Literal["inbound", "outbound"]
    subject: str
    body: str
    template_id: str | None
    follow_up_id: str | None
    status: Literal["sent", "delivered", "read", "failed", "received"]
    at: datetime


class ConversationShown(ConversationRow):
    """A conversation with its messages, the latest first."""

    messages: Page[MessageShown]


class ConversationFilters(Paging):
    """Which conversations."""

    contact_id: ContactId | None = None
    kind: Kind | None = None
    unread: Flag = Field(False, description="Only those with messages that nobody has read.")


ConversationPage = Page[ConversationRow]


@router.get("", response=ConversationPage)
def list_conversations(request: Request, filters: Query[ConversationFilters]) -> ConversationPage:
    """Conversations, the latest first."""
    found = _visible(request.auth).exclude(last_message_at=None)
    if filters.contact_id:
        found = found.filter(contact=Contact.key_of(filters.contact_id))
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.unread:
        found = found.filter(unread__gt=0)
    return page(found, ["-last_message_at", "-id"], filters, lambda c: ConversationRow(**_said(c)))


@router.get("/{id}", response=ConversationShown)
def conversation(request: Request, id: str, paging: Query[Paging]) -> ConversationShown:
    """One conversation; `limit` and `cursor` are about its messages."""
    found = find(_visible(request.auth), id)
    return ConversationShown(
        **_said(found), messages=page(Message.objects.filter(conversation=found), ["-at", "-id"], paging, _message)
    )


def _visible(caller: Caller) -> Any:
    mine = Conversation.objects.filter(organization=caller.organization, contact__deleted_at=None)
    if not caller.member.is_admin:
        mine = mine.filter(contact__assignments__member=caller.member)
    return mine.select_related("contact").defer("contact__search")


def _said(c: Conversation) -> dict[str, Any]:
    same = ("kind", "last_message_at", "last_inbound_at", "unread")
    names = {"id": c.public_id, "contact_id": public(Contact, c.contact_id), "contact_name": c.contact.name}
    return {name: getattr(c, name) for name in same} | names


def _message(m: Message) -> MessageShown:
    return MessageShown(
        id=m.public_id,
        direction=m.direction,  # type: ignore[arg-type]
        subject=m.subject,
        body=m.body,
        template_id=public(Template, m.template_id),
        follow_up_id=public(FollowUp, m.follow_up_id),
        status=m.status,  # type: ignore[arg-type]
        at=m.at,
    )
