"""`/api/contacts/{id}/consents`: what a contact agreed to, with its evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Query, Status
from pydantic import Field

from relance.api.auth import Caller, Request
from relance.api.finding import find, find_if_named
from relance.api.pages import page
from relance.api.routing import resource
from relance.api.schemas import Body, CallId, Page, Paging, Personal, Shown, Text, public
from relance.models import Call, Consent, Contact, Evidence, Member, Message, suppression
from relance.models.moves import Actor

router = resource("Consents")

MessageId = Annotated[str, Field(pattern=r"^message_[0-9]{1,18}$")]


class NewConsent(Body):
    """A contact's answer on some channels, and how it is known."""

    kinds: list[Personal] = Field(min_length=1, max_length=4)
    action: Literal["granted", "revoked"]
    source: Literal["call", "message", "form", "import", "api", "member"] | None = None
    quote: Text = Field("", max_length=2000, description="The words in which it was said.")
    heard_by: Text = Field("", max_length=200)
    call_id: CallId | None = None
    message_id: MessageId | None = None


class ConsentShown(Shown):
    """One line of the ledger; `digest` chains it to the contact’s line before."""

    id: str
    kind: Personal
    action: Literal["granted", "revoked"]
    source: str
    quote: str
    heard_by: str
    call_id: str | None
    message_id: str | None
    member_id: str | None
    at: datetime
    previous_digest: str
    digest: str


ConsentPage = Page[ConsentShown]


@router.get("/{id}/consents", response=ConsentPage)
def list_consents(request: Request, id: str, paging: Query[Paging]) -> ConsentPage:
    """The contact’s lines, the newest first."""
    contact = find(Contact.objects.visible_to(request.auth.member), id)
    return page(Consent.objects.filter(contact=contact), ["-id"], paging, _shown)


@router.post("/{id}/consents", response={201: ConsentPage})
def record(request: Request, id: str, said: NewConsent) -> Status[ConsentPage]:
    """Record that the contact granted or revoked; what waits on a revoked channel is cancelled."""
    caller = request.auth
    contact = find(Contact.objects.visible_to(caller.member), id)
    kinds, evidence = list(dict.fromkeys(said.kinds)), _evidence(said, contact, caller)
    if said.action == "granted":
        lines = suppression.opt_in(contact.pk, kinds, evidence)
    else:
        lines = suppression.opt_out(contact.pk, kinds, evidence, Actor.of(caller.member))
    return Status(201, ConsentPage(items=[_shown(line) for line in lines]))


def _evidence(said: NewConsent, contact: Contact, caller: Caller) -> Evidence:
    call = find_if_named(Call.objects.filter(contact=contact), said.call_id, "callId")
    message = find_if_named(Message.objects.filter(conversation__contact=contact), said.message_id, "messageId")
    implied = "call" if call else "message" if message else caller.evidence
    return Evidence(
        source=said.source or implied,
        quote=said.quote,
        heard_by=said.heard_by,
        call_id=call.pk if call else None,
        message_id=message.pk if message else None,
        member=caller.member,
    )


def _shown(line: Consent) -> ConsentShown:
    return ConsentShown(
        id=line.public_id,
        kind=line.kind,  # type: ignore[arg-type]
        action=line.action,  # type: ignore[arg-type]
        source=line.source,
        quote=line.quote,
        heard_by=line.heard_by,
        call_id=public(Call, line.call_id),
        message_id=public(Message, line.message_id),
        member_id=public(Member, line.member_id),
        at=line.at,
        previous_digest=line.previous_digest,
        digest=line.digest,
    )
