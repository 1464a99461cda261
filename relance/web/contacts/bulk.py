"""What is done to many contacts at once, chosen in their list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from relance.inbound.do_not_call import Listed, list_all
from relance.models import Contact, Invalid, LeadQuality, Member, suppression
from relance.web.access import Visit, page
from relance.web.answers import done, refused, show
from relance.web.ui import counted

MOST = 200

Chosen = QuerySet[Contact]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to do to those that were chosen: `act` does it, and says so. It may raise `Invalid`."""

    heading: str
    verb: str
    working: str
    act: Callable[[Visit, Chosen], str]
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
    chosen = _chosen(request)
    context = {"what": what, "deed": deed, "ids": [c.public_id for c in chosen]} | _choices(request)
    if request.method != "POST" or not context["ids"]:
        return show(request, "contacts/bulk.html", **context)
    try:
        said = deed.act(request, chosen)
    except Invalid as problem:
        return refused(request, "contacts/bulk.html", problem, **context, typed=request.POST)
    return done(request, said, to="/contacts", changed="contact")


def _chosen(request: Visit) -> Chosen:
    given = (request.POST if request.method == "POST" else request.GET).getlist("ids")[:MOST]
    keys = [key for key in map(Contact.key_of, given) if key]
    seen: Chosen = Contact.objects.visible_to(request.member).filter(pk__in=keys).order_by("pk")
    return seen.only("organization_id", "phone", "email")


def _choices(request: Visit) -> dict[str, object]:
    working = request.organization.members.filter(is_active=True).order_by("name")
    return {"members": working, "qualities": LeadQuality.choices}


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


def _leave_alone(request: Visit, chosen: Chosen) -> str:
    reason = suppression.as_reason(request.POST.get("reason", ""))
    wanted = [Listed(phone=c.phone, reason=reason) for c in chosen if c.phone]
    wanted += [Listed(email=c.email.lower(), reason=reason) for c in chosen if c.email]
    list_all(request.organization, wanted, source="member", by=request.member)
    return f"{counted(len(chosen), 'contact')} put on the do-not-call list."


def _remove(request: Visit, chosen: Chosen) -> str:
    return f"{counted(Contact.objects.remove(_keys(chosen), request.member), 'contact')} removed."


def _keys(chosen: Chosen) -> Sequence[int]:
    return [contact.pk for contact in chosen]


DEEDS: Mapping[str, Deed] = {
    "assign": Deed("Assign", "Assign", "Assigning…", _assign),
    "quality": Deed("Set lead quality", "Set", "Setting…", _rate),
    "do-not-call": Deed("Put on the do-not-call list", "Put on the list", "Listing…", _leave_alone),
    "remove": Deed("Remove", "Remove", "Removing…", _remove, for_admins=True),
}
