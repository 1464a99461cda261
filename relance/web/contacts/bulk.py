"""What is done to many contacts at once, chosen in their list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from relance.inbound import do_not_call
from relance.models import Contact, Invalid, LeadQuality, Member, pipeline, suppression
from relance.web.access import Visit, page
from relance.web.answers import done, refused, show
from relance.web.contacts.choosing import ticked
from relance.web.pipeline import moving
from relance.web.ui import counted

Chosen = QuerySet[Contact]
Said = str | tuple[str, str]
"""What was done, in words; and the address that takes it back, where it can be."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to do to those that were chosen: `act` does it, and says so. It may raise `Invalid`."""

    heading: str
    verb: str
    working: str
    act: Callable[[Visit, Chosen], Said]
    for_admins: bool = False


@require_http_methods(["GET", "HEAD", "POST"])
@page
def bulk(request: Visit, what: str) -> HttpResponse:
    """The dialog that asks what a deed needs, and doing it to those chosen that the member may see."""
    deed = DEEDS.get(what)
    if deed is None:
        raise Http404
    if deed.for_admins and not request.member.is_admin:
        raise PermissionDenied
    chosen = ticked(request).only("organization_id", "phone", "email")
    context = {"what": what, "deed": deed, "ids": [c.public_id for c in chosen]} | _choices(request)
    if request.method != "POST" or not context["ids"]:
        return show(request, "contacts/bulk.html", **context)
    try:
        said = deed.act(request, chosen)
    except Invalid as problem:
        return refused(request, "contacts/bulk.html", problem, **context, typed=request.POST)
    words, undo = (said, "") if isinstance(said, str) else said
    return done(request, words, to="/contacts", changed="contact", undo=undo)


def _choices(request: Visit) -> dict[str, object]:
    working = request.organization.members.filter(is_active=True).order_by("name")
    stages = pipeline.stages_of(request.organization)
    return {"members": working, "qualities": LeadQuality.choices, "stages": stages}


def _assign(request: Visit, chosen: Chosen) -> str:
    key = Member.key_of(request.POST.get("member", ""))
    member = request.organization.members.filter(pk=key or 0, is_active=True).first()
    if member is None:
        raise Invalid(member="Choose who works them.")
    new = Contact.objects.assign(_keys(chosen), member)
    return f"{counted(new, 'contact')} assigned to {member.name}."


def _rate(request: Visit, chosen: Chosen) -> str:
    quality = request.POST.get("quality", "")
    rated = Contact.objects.rate(_keys(chosen), quality, request.member)
    return f"{counted(rated, 'contact')}: {LeadQuality(quality).label.lower() if quality else 'no quality'}."


def _move(request: Visit, chosen: Chosen) -> Said:
    stage = moving.wanted(request, request.POST.get("stage", ""))
    moved = pipeline.move(request.member, _keys(chosen), stage)
    if not moved.days:
        return "They were there already."
    return f"{counted(len(moved.days), 'contact')} moved to {moving.named(stage)}.", f"{moving.UNDO}/{moved.press}"


def _leave_alone(request: Visit, chosen: Chosen) -> str:
    reason = suppression.as_reason(request.POST.get("reason", ""))
    listed = do_not_call.leave_alone(chosen, reason, request.member)
    return f"{counted(listed, 'contact')} put on the do-not-call list."


def _remove(request: Visit, chosen: Chosen) -> str:
    return f"{counted(Contact.objects.remove(_keys(chosen), request.member), 'contact')} removed."


def _keys(chosen: Chosen) -> Sequence[int]:
    return [contact.pk for contact in chosen]


DEEDS: Mapping[str, Deed] = {
    "assign": Deed("Assign", "Assign", "Assigning…", _assign),
    "quality": Deed("Set lead quality", "Set", "Setting…", _rate),
    "stage": Deed("Move to stage", "Move", "Moving…", _move),
    "do-not-call": Deed("Put on the do-not-call list", "Put on the list", "Listing…", _leave_alone),
    "remove": Deed("Remove", "Remove", "Removing…", _remove, for_admins=True),
}
