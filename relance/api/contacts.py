"""`/api/contacts`: the people to follow up with."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.db import transaction
from ninja import Query, Status
from pydantic import Field

from relance.api.auth import Caller, Request
from relance.api.contact_filters import ContactFilters, narrowed
from relance.api.finding import find, find_if_named
from relance.api.pages import page
from relance.api.routing import resource
from relance.api.schemas import Body, Day, Page, Personal, Shown, StageId, Text, public
from relance.models import Contact, Evidence, Member, Stage, suppression
from relance.models.contact_fields import LONGEST, LONGEST_CADENCE
from relance.models.contact_filters import listed
from relance.models.moves import Actor

router = resource("Contacts")

LeadQualityName = Literal["HOT", "WARM", "COLD", "NURTURE"]
StatusName = Literal["ACTIVE", "INACTIVE"]
Answer = Literal["granted", "revoked"]


class ContactSaid(Body):
    """What may be said of a contact."""

    phone: Text = Field("", max_length=40, description="As people write it; kept as E.164.")
    email: Text = Field("", max_length=LONGEST["email"])
    company: Text = Field("", max_length=LONGEST["company"])
    time_zone: Text = Field("", max_length=100, description="An IANA name; left empty it is inferred.")
    country: Text = Field("", max_length=2)
    region: Text = Field("", max_length=LONGEST["region"])
    postal_code: Text = Field("", max_length=LONGEST["postalCode"])
    lead_quality: LeadQualityName | None = None
    status: StatusName = "ACTIVE"
    next_follow_up_date: Day | None = None
    cadence_days: int | None = Field(None, ge=1, le=LONGEST_CADENCE)
    stage_id: StageId | None = Field(None, description="A stage of the pipeline.")
    external_id: Text = Field("", max_length=LONGEST["externalId"])
    assignees: list[Annotated[Text, Field(max_length=40)]] = Field(
        default_factory=list, max_length=100, description="Members’ ids, or “me”."
    )
    consents: dict[Personal, Answer] = Field(default_factory=dict)
    do_not_call: bool = False


class NewContact(ContactSaid):
    """A contact to be."""

    name: Text = Field(min_length=1, max_length=LONGEST["name"])


class EditedContact(ContactSaid):
    """What to change of a contact; what is left out stays."""

    name: Text = Field("", max_length=LONGEST["name"])


class ContactShown(Shown):
    """A contact. `zones` are the time zones they may be in, `zoneEvidence` says how that is known; `timeZone` is
    theirs where it is known or can only be one, else empty."""

    id: str
    name: str
    phone: str
    email: str
    company: str
    time_zone: str
    zones: list[str]
    zone_evidence: str
    country: str
    region: str
    postal_code: str
    lead_quality: LeadQualityName | None
    status: StatusName
    stage_id: str | None
    next_follow_up_date: date | None
    cadence_days: int | None
    external_id: str
    assignees: list[str]
    consents: dict[str, Answer]
    do_not_call: bool
    last_inbound_at: datetime | None
    created_at: datetime
    updated_at: datetime


ContactPage = Page[ContactShown]


def visible(caller: Caller) -> Any:
    """The contacts that the caller may see, with what is shown of them."""
    seen = Contact.objects.visible_to(caller.member).annotate(on_list=listed())
    return seen.prefetch_related("assignments").select_related("organization").defer("search")


@router.get("", response=ContactPage)
def list_contacts(request: Request, filters: Query[ContactFilters]) -> ContactPage:
    """Contacts, the newest first."""
    found = narrowed(visible(request.auth), filters, request.auth.member)
    return page(found, ["-id"], filters, _shown)


@router.post("", response={201: ContactShown})
def create(request: Request, wanted: NewContact) -> Status[ContactShown]:
    """A new contact; made by a member who is no admin, it is assigned to them."""
    caller = request.auth
    with transaction.atomic():
        made = Contact.objects.add(caller.organization, _fields(wanted, caller), caller.member)
        _heed(made, wanted, caller)
    return Status(201, _shown(visible(caller).get(pk=made.pk)))


@router.get("/{id}", response=ContactShown)
def contact(request: Request, id: str) -> ContactShown:
    """One contact."""
    return _shown(find(visible(request.auth), id))


@router.patch("/{id}", response=ContactShown)
def edit(request: Request, id: str, edited: EditedContact) -> ContactShown:
    """Change what is given; `assignees` replaces those there are."""
    caller = request.auth
    found = find(visible(caller), id)
    with transaction.atomic():
        if fields := _fields(edited, caller):
            found.edit(fields, caller.member)
        _heed(found, edited, caller)
    return _shown(Contact.objects.filter(pk=found.pk).annotate(on_list=listed()).get())


@router.delete("/{id}", response={204: None})
def remove(request: Request, id: str) -> Status[None]:
    """Take a contact out of everything that is shown; admins only. Its history stays."""
    found = find(visible(request.auth), id)
    request.auth.must_be_admin("remove contacts")
    found.remove(request.auth.member)
    return Status(204, None)


def _fields(said: ContactSaid, caller: Caller) -> dict[str, Any]:
    find_if_named(Stage.objects.filter(organization=caller.organization), said.stage_id, "stageId")
    return said.model_dump(exclude_unset=True, by_alias=True, exclude={"consents", "do_not_call"})


def _heed(contact: Contact, said: ContactSaid, caller: Caller) -> None:
    """Record what `said` says of the contact's consents and of leaving them alone, where it is news."""
    evidence = Evidence(caller.evidence, member=caller.member)
    for answer in ("granted", "revoked"):
        kinds = [kind for kind, given in said.consents.items() if given == answer != contact.consents.get(kind)]
        if kinds and answer == "granted":
            suppression.opt_in(contact.pk, kinds, evidence)
        elif kinds:
            suppression.opt_out(contact.pk, kinds, evidence, Actor.of(caller.member))
    if "do_not_call" in said.model_fields_set:
        _list(contact, said.do_not_call, caller)


def _list(contact: Contact, wanted: bool, caller: Caller) -> None:
    if wanted:
        for name, value in (("phone", contact.phone), ("email", contact.email.lower())):
            if value:
                place = {name: value}
                suppression.do_not_call(caller.organization, **place, source=caller.evidence, by=caller.member)
        return
    for entry in suppression.entries_of(contact):
        caller.must_be_admin("take people off the do-not-call list")
        suppression.allow_calls(entry)


def _shown(c: Any) -> ContactShown:
    same = (
        "name", "phone", "email", "company", "zones", "zone_evidence", "country", "region", "postal_code",
        "status", "next_follow_up_date", "cadence_days", "external_id", "consents", "last_inbound_at", "created_at",
        "updated_at",
    )  # fmt: skip
    return ContactShown(
        **{name: getattr(c, name) for name in same},
        id=c.public_id,
        time_zone=c.time_zone or (c.zones[0] if len(c.zones) == 1 else ""),
        lead_quality=c.lead_quality or None,
        stage_id=public(Stage, c.stage_id),
        assignees=[f"{Member.PREFIX}_{a.member_id}" for a in sorted(c.assignments.all(), key=lambda a: a.member_id)],
        do_not_call=c.on_list,
    )
