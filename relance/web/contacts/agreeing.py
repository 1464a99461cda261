"""What a contact agreed to: what stands, how it is known, and writing down what they answered."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from relance.models import Call, Consent, Evidence, Invalid, consents, suppression
from relance.web.access import Visit, find, page
from relance.web.answers import done, refused, show
from relance.web.contacts.asked import CHANNELS
from relance.web.contacts.detail import found, where
from relance.web.contacts.happenings import SOURCES
from relance.web.once import once

LATEST_CALLS = 20


@require_http_methods(["GET", "HEAD", "POST"])
@page
@once
def answer(request: Visit, id: str) -> HttpResponse:
    """Write down that the contact agreed or refused, with the evidence."""
    contact = found(request, id)
    calls = Call.objects.filter(contact=contact).select_related("agent").order_by("-started_at")
    context = {
        "contact": contact,
        "channels": CHANNELS,
        "sources": {name: SOURCES[name] for name in suppression.SOURCES},
        "calls": calls[:LATEST_CALLS],
        "kinds": request.POST.getlist("kinds") or request.GET.getlist("kind"),
    }
    if request.method != "POST":
        return show(request, "contacts/answer.html", typed={"action": "granted", "source": "call"}, **context)
    call = request.POST.get("call", "") if request.POST.get("source") == "call" else ""
    evidence = Evidence(
        source=request.POST.get("source", ""),
        quote=request.POST.get("quote", ""),
        heard_by=request.POST.get("heardBy", ""),
        call_id=find(Call.objects.filter(contact=contact), call).pk if call else None,
        member=request.member,
    )
    action, kinds = request.POST.get("action", ""), list(dict.fromkeys(request.POST.getlist("kinds")))
    try:
        suppression.heard(contact, action, kinds, evidence)
    except Invalid as problem:
        return refused(request, "contacts/answer.html", problem, typed=request.POST, **context)
    return done(request, "Written down.", to=where(contact), changed="contact followUp")


@require_safe
@page
def ledger(request: Visit, id: str) -> HttpResponse:
    """All that the contact ever answered, and whether any of it was changed since."""
    contact = found(request, id)
    lines = list(Consent.objects.filter(contact=contact).select_related("member", "call").order_by("id"))
    older = sum(not line.covers_who for line in lines)
    context = {"unbroken": consents.unbroken(lines), "older": older, "sources": SOURCES, "channels": CHANNELS}
    return show(request, "contacts/ledger.html", contact=contact, lines=lines[::-1], **context)
