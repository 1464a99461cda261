"""The demo's phones: a contact's telephone, which rings when the engine calls and on which one answers and writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from relance.demo.phones import on_phones, seen_by
from relance.engine import calls
from relance.engine.calls import How
from relance.inbound.calls import Line
from relance.inbound.messages import received
from relance.models import Attempt, Call, Conflict, Contact, Direction, DoNotCall, Message
from relance.models.scheduling import TEXT_LIMIT
from relance.web import clock
from relance.web.access import Visit, demo_page, find
from relance.web.answers import conflict, show
from relance.web.ui import first_name

MOST_PHONES = 50
MOST_MESSAGES = 60
MOST_CALLS = 20
MOST_NOTICES = 4


@dataclass(frozen=True, slots=True)
class App:
    """Something on the phone's home screen."""

    key: str
    name: str
    icon: str


APPS: Mapping[str, App] = {
    app.key: app
    for app in (
        App("calls", "Phone", "phone"),
        App("sms", "Messages", "message-square"),
        App("whatsapp", "WhatsApp", "message-circle"),
        App("email", "Mail", "mail"),
    )
}
ENDINGS: Mapping[str, How] = {
    "decline": "declined",
    "leave": "no answer",
    "voicemail": "voicemail",
    "hang up": "declined",
}
DEEDS = frozenset({"answer", "say", *ENDINGS})
ALLOWED = (("call", "Calls"), ("sms", "SMS"), ("whatsapp", "WhatsApp"), ("email", "E-mail"))
NOTED = "Thank you, I have noted that."


# -- choosing one --------------------------------------------------------------------------------------------


@demo_page
def phones(request: Visit) -> HttpResponse:
    """Whose phone to look at, those that ring first."""
    text = request.GET.get("q", "").strip()
    ringing = {call.contact_id: call for call in seen_by(request.member)}
    found = Contact.objects.visible_to(request.member).defer("search").matching(text, request.organization.country)
    ordered = [*found.filter(pk__in=ringing).order_by("name", "id")]
    ordered += found.exclude(pk__in=ringing).order_by("name", "id")[:MOST_PHONES]
    people = [(contact, contact.zone, ringing.get(contact.pk)) for contact in ordered]
    return show(request, "phone/phones.html", people=people, q=text, **clock.shown(request.member))


# -- one phone -----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@demo_page
def phone(request: Visit, id: str, app: str = "") -> HttpResponse:
    """A contact's phone with one of its apps open, or none; POST does something on it."""
    contact = find(Contact.objects.visible_to(request.member).select_related("organization").defer("search"), id)
    if app and app not in APPS:
        raise Http404
    if request.method == "POST":
        try:
            _act(request, contact, app)
        except Conflict as problem:
            return conflict(request, problem, to=request.path, changed="followUp")
        contact.refresh_from_db(fields=["consents"])
    return _phone(request, contact, app)


def _phone(request: Visit, contact: Contact, app: str) -> HttpResponse:
    about: dict[str, Any] = {
        "contact": contact,
        "theirs": contact.zone,
        "call": on_phones().filter(contact=contact).first(),
        "apps": APPS.values(),
        "app": APPS.get(app),
        "listed": DoNotCall.objects.filter(organization=request.organization, phone=contact.phone).exists(),
        "answers": [(word, contact.consents.get(kind, "")) for kind, word in ALLOWED],
    }
    return show(request, "phone/phone.html", **about, **_screen(contact, app), **clock.shown(request.member))


def _screen(contact: Contact, app: str) -> dict[str, Any]:
    if app == "calls":
        return {"log": contact.calls.order_by("-started_at", "-id").select_related("agent")[:MOST_CALLS]}
    if app:
        latest = _messages(contact).filter(conversation__kind=app)[:MOST_MESSAGES]
        return {"thread": list(latest)[::-1]}
    return {"notices": _notices(contact)}


def _messages(contact: Contact) -> Any:
    mine = Message.objects.filter(conversation__contact=contact, organization=contact.organization_id)
    return mine.select_related("conversation").order_by("-at", "-id")


@dataclass(frozen=True, slots=True)
class Notice:
    """What the home screen shows of something that came in."""

    app: App
    at: datetime
    text: str


def _notices(contact: Contact) -> list[Notice]:
    texts = _messages(contact).filter(direction=Direction.OUTBOUND)[:MOST_NOTICES]
    missed = contact.calls.exclude(status=Call.Status.ANSWERED).filter(direction=Direction.OUTBOUND)
    notices = [Notice(APPS[m.conversation.kind], m.at, m.subject or m.body) for m in texts]
    notices += [
        Notice(APPS["calls"], call.ended_at, "Missed call")
        for call in missed.order_by("-started_at", "-id")[:MOST_NOTICES]
    ]
    return sorted(notices, key=attrgetter("at"), reverse=True)[:MOST_NOTICES]


# -- what one does on it -------------------------------------------------------------------------------------


def _act(request: Visit, contact: Contact, app: str) -> None:
    text = request.POST.get("text", "").replace("\x00", "").strip()[:TEXT_LIMIT]
    if do := request.POST.get("do", ""):
        _on_the_line(contact, do, text)
    elif text and app in ("sms", "whatsapp", "email"):
        received(contact, app, text, subject=_subject(contact) if app == "email" else "")


def _on_the_line(contact: Contact, do: str, text: str) -> None:
    if do not in DEEDS:
        raise Http404
    call = on_phones().filter(contact=contact).first()
    if call is None or not _take(call, do, text):
        raise Conflict("This call is over.")


def _take(call: Attempt, do: str, text: str) -> object:
    if do == "answer":
        return _answer(call)
    if do == "say":
        return not text or calls.said(call.connection_id, call.reference, [Line("contact", text), Line("agent", NOTED)])
    how: How = "answered" if call.answered_at else ENDINGS[do]
    return calls.ended(call.connection_id, call.reference, how)


def _answer(call: Attempt) -> bool:
    if call.answered_at:
        return True
    caller = f"this is {call.agent.name} of {call.organization}" if call.agent else f"this is {call.organization}"
    greeting = Line("agent", f"Hello {first_name(call.contact.name)}, {caller}. Is this a good moment?")
    picked_up = calls.picked_up(call.connection_id, call.reference)
    return picked_up and calls.said(call.connection_id, call.reference, [greeting])


def _subject(contact: Contact) -> str:
    last = _messages(contact).filter(conversation__kind="email").exclude(subject="").first()
    subject = last.subject if last else "Hello"
    return subject if subject.startswith("Re: ") else f"Re: {subject}"
