"""What the member does about those they owe a touch: mark them done or put them off, one or many at once.

Only what is owed today is acted on. What somebody else did since the page was shown is neither done twice nor counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, timedelta
from typing import Final

from django.http import Http404, HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods

from relance.models import Activity, Contact, Invalid, due, touches
from relance.models.touches import Pressed
from relance.rules import snoozes
from relance.web import times
from relance.web.access import Visit, find, page
from relance.web.answers import done, go, refused, show
from relance.web.hub.page import MOST, PATH, TABS, address
from relance.web.ui import counted, whole_name

FURTHEST: Final = timedelta(days=2 * 366)

Press = Callable[[Collection[int], date], Pressed]
"""Acts on contacts, on the member's day."""


@require_http_methods(["GET", "HEAD", "POST"])
@page
def mark_done(request: Visit) -> HttpResponse:
    """The member did what they owed."""
    return _act(request, lambda keys, today: touches.done(request.member, keys, by=today), _marked)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def snooze(request: Visit) -> HttpResponse:
    """Put them off by a span, by three days unless another is chosen."""
    span = request.GET.get("span", "")

    def press(keys: Collection[int], today: date) -> Pressed:
        days = snoozes.days_on(today).get(span, touches.SNOOZE_DAYS)
        return touches.snooze(request.member, keys, days, by=today)

    return _act(request, press, _put_off)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def until(request: Visit, id: str) -> HttpResponse:
    """Put one off until a day."""
    contact, today = mine(request, id), due.today_of(request.member)
    context = {"contact": contact, "earliest": today + timedelta(days=1), "latest": today + FURTHEST}
    if request.method != "POST":
        return show(request, "hub/until.html", **context)
    try:
        day = _day(request.POST.get("until", ""), today)
    except Invalid as problem:
        return refused(request, "hub/until.html", problem, **context, typed=request.POST)
    pressed = touches.snooze(request.member, [contact.pk], (day - today).days, by=today)
    return _answer(request, pressed, _put_off)


def mine(request: Visit, id: str) -> Contact:
    """The contact with this id whom the member works. Raises `Http404`, for admins too: what is owed is one's own."""
    own = Contact.objects.filter(organization=request.organization, deleted_at=None, assignments__member=request.member)
    contact: Contact = find(own.select_related("organization").defer("search"), id)
    return contact


Told = tuple[str, int, str]
"""Who it was about, how many they are, and the day on which they are due then, if any."""


def _marked(told: Told) -> str:
    who, many, day = told
    return f"{who} marked done." + (f" Due again {day}." if day and many == 1 else "")


def _put_off(told: Told) -> str:
    who, _, day = told
    return f"{who} snoozed until {day}."


def _act(request: Visit, press: Press, words: Callable[[Told], str]) -> HttpResponse:
    keys = _chosen(request.POST)
    if not keys:
        return go(request, _back(request.POST))
    return _answer(request, press(keys, due.today_of(request.member)), words)


def _chosen(form: QueryDict) -> set[int]:
    """The one whose button was pressed, else those that were ticked."""
    named = [form["one"]] if "one" in form else form.getlist("ids")[:MOST]
    return {key for key in map(Contact.key_of, named) if key}


def _answer(request: Visit, pressed: Pressed, words: Callable[[Told], str]) -> HttpResponse:
    if not pressed.assigned:
        raise Http404
    said = [words(_told(request, pressed))] if pressed.count else []
    if missed := pressed.assigned - pressed.count:
        those = ("This" if pressed.assigned == 1 else "1") + " was" if missed == 1 else f"{missed:,} were"
        said.append(f"{those} no longer due.")
    undo = f"{PATH}/undo/{pressed.press}" if pressed.count else ""
    return done(request, " ".join(said), to=_back(request.POST), changed="contact", undo=undo)


def _told(request: Visit, pressed: Pressed) -> Told:
    lines = Activity.objects.filter(organization=request.organization, press=pressed.press)
    name, day = lines.values_list("contact__name", "due_after").order_by("id")[0]
    who = whole_name(name) if pressed.count == 1 else counted(pressed.count, "contact")
    return who, pressed.count, times.day(day, due.today_of(request.member)) if day else ""


def _day(text: str, today: date) -> date:
    """The day that is meant. Raises `Invalid`."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(until="Choose a day.") from None
    if day <= today:
        raise Invalid(until="Choose a day after today.")
    if day > today + FURTHEST:
        raise Invalid(until="This is more than two years ahead. Choose an earlier day.")
    return day


def _back(form: QueryDict) -> str:
    """Where a browser without scripts goes: to the page that the form stood on."""
    at = form.get("at", "")
    return "/" if at == "dashboard" else address(at if at in TABS else "all")
