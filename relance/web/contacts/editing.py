"""Making a contact, changing what is said of them, and taking them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods, require_safe

from relance.models import Conflict, Contact, ContactStatus, Invalid, LeadQuality, Member, Stage, merging
from relance.models.contact_fields import check
from relance.rules import phones
from relance.web.access import Visit, page
from relance.web.answers import conflict, done, go, refused, show
from relance.web.contacts.detail import found, where
from relance.web.once import once
from relance.web.settings.choices import countries, zones

FORM = "contacts/form.html"
TEXTS = (
    "name", "phone", "email", "company", "country", "region", "postalCode", "timeZone", "leadQuality", "status",
    "stageId", "nextFollowUpDate",
)  # fmt: skip
PLACES = frozenset({"phone", "country", "region", "postalCode", "timeZone"})


@require_http_methods(["GET", "HEAD", "POST"])
@page
@once
def new(request: Visit) -> HttpResponse:
    """A contact to be."""
    context = {"contact": None} | _choices(request)
    if request.method != "POST":
        mine = [] if request.member.is_admin else [request.member.public_id]
        typed = {"status": "ACTIVE", "assignees": mine, "phone": request.GET.get("phone", "")[:40]}
        return show(request, FORM, typed=typed, **context)
    typed = _typed(request.POST)
    try:
        made = Contact.objects.add(request.organization, fields_of(typed), request.member)
    except Invalid as problem:
        return refused(request, FORM, problem, typed=typed, **context)
    return go(request, where(made) if _sees(request, made) else "/contacts")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: Visit, id: str) -> HttpResponse:
    """Everything that is said of a contact; only what was changed in the form is changed."""
    contact = found(request, id)
    kept, context = _kept(contact), {"contact": contact} | _choices(request)
    if request.method != "POST":
        return show(request, FORM, typed=kept, **context)
    typed = _typed(request.POST)
    try:
        contact.edit(fields_of(_differing(typed, kept)), request.member)
    except Invalid as problem:
        return refused(request, FORM, problem, typed=typed, **context)
    if not _sees(request, contact):
        return go(request, "/contacts")
    return done(request, "Saved.", to=where(contact), changed="contact")


@require_safe
@page
def reading(request: Visit) -> HttpResponse:
    """How the number and the address that are being typed are understood, and who has that number already."""
    typed, context = _typed(request.GET), {}
    contact: Contact | None = None
    if request.GET.get("of"):
        contact = found(request, request.GET["of"])
        typed = _differing(typed, _kept(contact))
    draft = contact or Contact(organization=request.organization)
    places = {name: value for name, value in typed.items() if name in PLACES}
    values, problems = check(places, country=draft.country, default_country=request.organization.country)
    draft.apply(values)
    context = {"draft": draft, "problems": [sentence for _, sentence in problems]}
    return show(request, "contacts/reading.html", **context, same=merging.duplicates(draft, request.member))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def quality(request: Visit, id: str) -> HttpResponse:
    """Set the lead quality."""
    contact = found(request, id)
    if request.method != "POST":
        return go(request, where(contact))
    try:
        contact.edit({"leadQuality": request.POST.get("quality", "")}, request.member)
    except Invalid as problem:
        return conflict(request, Conflict(problem.errors[0][1]), to=where(contact), changed="contact")
    return done(request, "", to=where(contact), changed="contact")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def assignees(request: Visit, id: str) -> HttpResponse:
    """Who works the contact."""
    contact = found(request, id)
    if request.method != "POST":
        context = {"contact": contact, "typed": _kept(contact)} | _choices(request)
        return show(request, "contacts/assignees.html", **context)
    contact.edit({"assignees": _working(request.POST, request)}, request.member)
    if not _sees(request, contact) and _is_at(request, contact):
        return go(request, "/contacts")
    return done(request, "Saved.", to=where(contact), changed="contact")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def remove(request: Visit, id: str) -> HttpResponse:
    """Take a contact out of everything, once that is confirmed; admins only."""
    contact = found(request, id)
    if not request.member.is_admin:
        raise PermissionDenied
    if request.method != "POST":
        return show(request, "contacts/remove.html", contact=contact)
    contact.remove(request.member)
    return go(request, "/contacts")


def _typed(form: QueryDict) -> dict[str, Any]:
    """What the form says, by the names of the API; without fields that it does not have."""
    typed: dict[str, Any] = {name: form.get(name, "").strip() for name in (*TEXTS, "cadenceDays") if name in form}
    if "assigns" in form:
        typed["assignees"] = form.getlist("assignees")
    return typed


def fields_of(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as a contact takes it."""
    fields = dict(typed)
    if "cadenceDays" in fields:
        days = fields["cadenceDays"]
        fields["cadenceDays"] = int(days) if days.isdecimal() and len(days) < 6 else days or None
    return fields


def _kept(contact: Contact) -> dict[str, Any]:
    """What is said of the contact, as the form writes it."""
    active = contact.assignments.filter(member__is_active=True)  # the form shows no others
    working = sorted(f"{Member.PREFIX}_{key}" for key in active.values_list("member", flat=True))
    return {
        "name": contact.name,
        "phone": phones.shown(contact.phone) if contact.phone else "",
        "email": contact.email,
        "company": contact.company,
        "country": contact.country,
        "region": contact.region,
        "postalCode": contact.postal_code,
        "timeZone": contact.time_zone,
        "leadQuality": contact.lead_quality,
        "status": contact.status,
        "stageId": f"{Stage.PREFIX}_{contact.stage_id}" if contact.stage_id else "",
        "nextFollowUpDate": contact.next_follow_up_date.isoformat() if contact.next_follow_up_date else "",
        "cadenceDays": str(contact.cadence_days or ""),
        "assignees": working,
    }


def _differing(typed: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """What was changed. A region that the number told is not said again with another number."""
    given = {name: sorted(value) if isinstance(value, list) else value for name, value in typed.items()}
    return {name: value for name, value in given.items() if value != kept[name]}


def _working(form: QueryDict, request: Visit) -> list[str]:
    known = {member.public_id for member in request.organization.members.filter(is_active=True)}
    return [id for id in form.getlist("assignees") if id in known]


def _sees(request: Visit, contact: Contact) -> bool:
    seen: bool = Contact.objects.visible_to(request.member).filter(pk=contact.pk).exists()
    return seen


def _is_at(request: Visit, contact: Contact) -> bool:
    """Whether the contact's own page is the one that is shown, or would be next."""
    return not request.htmx or (request.htmx.current_url_abs_path or "").startswith(where(contact))


def _choices(request: Visit) -> dict[str, Any]:
    return {
        "qualities": LeadQuality.choices,
        "statuses": ContactStatus.choices,
        "stages": Stage.objects.filter(organization=request.organization).order_by("position"),
        "members": request.organization.members.filter(is_active=True).order_by("name"),
        "countries": countries(),
        "zones": zones(),
    }
