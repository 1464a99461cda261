"""A message from a contact, from whichever provider: opt-out first, then the conversation and what waits on a reply."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from relance.models import (
    Contact,
    Conversation,
    Direction,
    Evidence,
    FollowUp,
    Message,
    changes,
    clock,
    consents,
    suppression,
)
from relance.models.moves import CONTACT
from relance.models.verbs import CANCELLABLE, cancel
from relance.rules.optout import Wish, read, refused


def received(contact: Contact, kind: str, text: str, *, reference: str = "", subject: str = "") -> Message | None:
    """Take a message in, once however often it is delivered (by `reference`); None when it was taken before.

    A wish to be left alone is committed by itself, before the bookkeeping: nothing that fails later can lose it.
    """
    if reference and _taken(contact, kind, reference):
        return None
    _honour(contact, kind, text)
    with transaction.atomic():
        consents.lock(contact.pk)
        now = clock.now()
        thread, _ = Conversation.objects.get_or_create(
            organization=contact.organization, contact=contact, kind=kind, defaults={"last_message_at": now}
        )
        if reference and _taken(contact, kind, reference):
            return None
        message = _record(thread, text, subject, reference, now)
        note_reply(contact, now)
        changes.announce(contact.organization_id, "conversation", [thread.pk])
    return message


def _taken(contact: Contact, kind: str, reference: str) -> bool:
    inbound = Message.objects.filter(conversation__contact=contact, conversation__kind=kind)
    return inbound.filter(direction=Direction.INBOUND, reference=reference).exists()


def _honour(contact: Contact, kind: str, text: str) -> None:
    wish, evidence = read(text), Evidence("message", text[:500])
    if wish is Wish.STOP:
        suppression.opt_out(contact.pk, suppression.MESSAGES, evidence)
    elif wish is Wish.NOT_THIS_WAY:
        suppression.refuse(contact.pk, sorted(refused(text)), evidence)
    elif wish is Wish.START:
        suppression.opt_in(contact.pk, [kind], evidence)
    elif wish is Wish.DO_NOT_CALL:
        suppression.leave_alone(contact, evidence)


def _record(thread: Conversation, text: str, subject: str, reference: str, now: datetime) -> Message:
    Conversation.objects.filter(pk=thread.pk).update(last_message_at=now, last_inbound_at=now, unread=F("unread") + 1)
    return Message.objects.create(
        organization_id=thread.organization_id,
        conversation=thread,
        direction=Direction.INBOUND,
        status=Message.Status.RECEIVED,
        body=text,
        subject=subject,
        reference=reference,
        at=now,
    )


def note_reply(contact: Contact, now: datetime) -> None:
    """The contact was in touch at `now`: what was made before that and was to end on it is cancelled."""
    Contact.objects.filter(pk=contact.pk).update(last_inbound_at=Greatest("last_inbound_at", Value(now)))
    waiting = FollowUp.objects.filter(contact=contact, cancel_on_reply=True, status__in=CANCELLABLE, created_at__lt=now)
    cancel(list(waiting.order_by("id")), CONTACT, "The contact has been in touch since this was scheduled.")
