"""What the command palette finds: places to go to, contacts, and what can be begun from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.forms.utils import flatatt
from django.http import HttpResponse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from relance.models import Contact
from relance.web import frame
from relance.web.access import Visit, page
from relance.web.answers import show

MOST_CONTACTS = 8
MOST_TO_SCHEDULE = 3
LONGEST = 100
VERBS = ("schedule", "call", "text", "message", "follow up", "follow-up")
"""What may stand before a name: “schedule ana” finds what “ana” finds, and first what can be done."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something to choose: it goes to `address`, or is a button with these `attributes`, by which the page's scripts
    know what it does. `words` find it besides its name; `key` does the same without the palette; some is for `admins`
    alone."""

    name: str
    icon: str
    address: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    words: str = ""
    admins: bool = False

    def is_meant_by(self, text: str) -> bool:
        """Whether every word of `text` begins one of its own."""
        own = f"{self.name} {self.words}".lower().split()
        return all(any(word.startswith(part) for word in own) for part in text.lower().split())

    def attributes_written(self) -> SafeString:
        """The attributes as they stand in its tag."""
        return flatatt(dict(self.attributes))


@dataclass(frozen=True, slots=True)
class Group:
    """What is found of a kind, under its heading."""

    key: str
    name: str
    commands: Sequence[Command] = ()
    contacts: Sequence[Contact] = ()


def _dialog(name: str, icon: str, address: str, words: str = "") -> Command:
    return Command(name, icon, attributes={"hx-get": address, "hx-target": "#dialog"}, words=words)


def _theme(name: str, icon: str, theme: str) -> Command:
    return Command(name, icon, attributes={"data-theme-switch": theme}, words="theme appearance")


ACTIONS = (
    _dialog("New contact", "user-plus", "/contacts/new", "add create person"),
    Command("Import contacts", "upload", "/contacts/import", words="csv upload people", admins=True),
    _theme("Dark theme", "moon", "dark"),
    _theme("Light theme", "sun", "light"),
    _theme("Theme of the system", "sun-moon", "system"),
    Command("Keyboard shortcuts", "keyboard", attributes={"data-keys": ""}, key="?", words="help keys"),
)


@require_safe
@page
def palette(request: Visit) -> HttpResponse:
    """What `q` finds; with nothing typed, what there is."""
    text = " ".join(request.GET.get("q", "").split())[:LONGEST]
    groups = _found(request, text) if text else _offered(request)
    return show(request, "frame/palette_found.html", groups=[g for g in groups if g.commands or g.contacts])


def _offered(request: Visit) -> list[Group]:
    return [Group("go", "Go to", _places(request)), Group("do", "Do", _actions(request))]


def _found(request: Visit, text: str) -> list[Group]:
    acts, name = _name_in(text)
    contacts = _contacts(request, name)
    to_do = [*_to_schedule(contacts), *(c for c in _actions(request) if c.is_meant_by(text))]
    people, doing = Group("contacts", "Contacts", contacts=contacts), Group("do", "Do", to_do)
    return [
        Group("go", "Go to", [c for c in _places(request) if c.is_meant_by(text)]),
        *((doing, people) if acts else (people, doing)),
        Group(
            "search",
            "Search",
            [Command(f"Contacts matching “{name}”", "search", f"/contacts?{urlencode({'q': name})}")],
        ),
    ]


def _name_in(text: str) -> tuple[bool, str]:
    """Whether one of the verbs stands first, and what follows it."""
    for verb in VERBS:
        if text.lower().startswith(f"{verb} "):
            return True, text[len(verb) + 1 :]
    return False, text


def _contacts(request: Visit, text: str) -> list[Contact]:
    if not any(letter.isalnum() for letter in text):
        return []
    found = Contact.objects.visible_to(request.member).matching(text, request.organization.country)
    return list(found.only("name", "phone", "email", "company").order_by("name", "pk")[:MOST_CONTACTS])


def _to_schedule(contacts: Sequence[Contact]) -> list[Command]:
    return [
        _dialog(
            f"Schedule a follow-up for {contact.name}", "calendar-plus", f"/contacts/{contact.public_id}/follow-ups/new"
        )
        for contact in contacts[:MOST_TO_SCHEDULE]
    ]


def _actions(request: Visit) -> list[Command]:
    """Those that the member may do."""
    return [action for action in ACTIONS if request.member.is_admin or not action.admins]


def _places(request: Visit) -> list[Command]:
    known = frame.places(request.path, request.member)
    return [
        Command(place.name, place.icon, place.address, key=f"g {place.key}" if place.key else "") for place in known
    ]
