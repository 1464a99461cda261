"""Every page that there is, by the router's own list: a new page is looked at without anybody having to think of it.

An id in an address is that of the house's belonging of the room that the address begins with. What needs another, or
more than one look, is in `ADDRESSES`; what is asked for but is no page is in `NO_PAGES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from relance.engine import contact_imports
from relance.models import (
    Agent,
    Contact,
    ContactImport,
    Member,
    Organization,
    Role,
    clock,
    connections,
    invitations,
    passwords,
    scheduling,
)
from relance.models.scheduling import Plan
from relance.models.second_factors import SecondFactor, new_secret
from relance.web.urls import urlpatterns
from tests import cast
from tests.api.belongings import belongings, ended
from tests.browser import hostile
from tests.browser.instance import Instance

PATTERNS = sorted(str(pattern.pattern) for pattern in urlpatterns)

NO_PAGES = {
    "calendar/<token>.ics": "A file.",
    "contacts/<id>/due/call-tomorrow": "Only ever posted to.",
    "contacts/<id>/due/done": "Only ever posted to.",
    "contacts/<id>/due/snooze": "Only ever posted to.",
    "contacts/<id>/follow-ups": "A part of the contact's page, fetched anew.",
    "contacts/<id>/follow-ups/foreseen": "A part of a dialog.",
    "contacts/<id>/follow-ups/parameters": "A part of a dialog.",
    "contacts/<id>/parts/<name>": "Parts of the contact's page, fetched anew.",
    "contacts/<id>/quality": "Only ever posted to.",
    "contacts/<id>/stage": "Only ever posted to.",
    "contacts/bulk/follow-ups/foreseen": "A part of a dialog.",
    "contacts/bulk/follow-ups/parameters": "A part of a dialog.",
    "contacts/bulk/follow-ups/texts": "A part of a dialog.",
    "contacts/count": "A part of the list.",
    "contacts/export": "A file.",
    "contacts/import/<id>/rejected.csv": "A file.",
    "contacts/import/<id>/take": "Only ever posted to.",
    "contacts/reading": "A part of a form.",
    "follow-ups/<id>/understood": "A part of a dialog.",
    "follow-ups/done": "Only ever posted to.",
    "follow-ups/panel": "A part of the dashboard.",
    "follow-ups/snooze": "Only ever posted to.",
    "follow-ups/switch": "A part of a page.",
    "follow-ups/undo/<uuid:press>": "Only ever posted to.",
    "follow-ups/scheduled/counts": "A part of the page.",
    "follow-ups/scheduled/export": "A file.",
    "follow-ups/scheduled/understood": "A part of a dialog.",
    "icons/<slug:version>.svg": "A picture.",
    "palette": "What the palette shows; test_palette.py opens it.",
    "pipeline/counts": "A part of the board.",
    "pipeline/undo/<uuid:press>": "Only ever posted to.",
    "places": "A part of every page.",
    "settings/pipeline/<id>/shift": "Only ever posted to.",
    "settings": "Leads to the first of the settings.",
    "sign-out": "Only ever posted to.",
}
ADDRESSES: Mapping[str, tuple[str, ...]] = {
    "contacts": ("/contacts", "/contacts?q=nobody+of+this+name"),
    "contacts/<id>": ("/contacts/{contacts}", "/contacts/{nobody}"),
    "contacts/<id>/calls/<call>": ("/contacts/{contacts}/calls/{calls}",),
    "contacts/<id>/do-call": ("/contacts/{unwanted}/do-call",),
    "contacts/bulk/<what>": tuple(
        f"/contacts/bulk/{what}?ids={{contacts}}&ids={{nobody}}"
        for what in ("assign", "quality", "stage", "do-not-call", "remove")
    ),
    "contacts/bulk/follow-ups/new": (
        "/contacts/bulk/follow-ups/new?ids={contacts}&ids={nobody}",
        "/contacts/bulk/follow-ups/new?all=q%3Dnobody",
    ),
    "contacts/import/<id>": tuple(
        f"/contacts/import/{{{which}}}" for which in ("contacts/imports", "checked", "taken")
    ),
    "contacts/import/<id>/columns": ("/contacts/import/{draft}/columns",),
    "contacts/<id>/due/more": ("/contacts/{contacts}/due/more",),
    "contacts/<id>/due/until": ("/contacts/{contacts}/due/until",),
    "follow-ups": tuple(f"/follow-ups{query}" for query in ("", "?tab=overdue", "?tab=today", "?tab=hot")),
    "follow-ups/<id>": tuple(f"/follow-ups/{{{which}}}" for which in ("follow-ups", "failed", "sms", "webhook")),
    "follow-ups/<id>/delete": ("/follow-ups/{failed}/delete",),
    "follow-ups/<id>/retry": ("/follow-ups/{failed}/retry",),
    "follow-ups/scheduled": tuple(
        f"/follow-ups/scheduled{query}" for query in ("", "?q=nobody", "?contact={contacts}")
    ),
    "follow-ups/scheduled/cancel": ("/follow-ups/scheduled/cancel?ids={sms}",),
    "follow-ups/scheduled/reschedule": ("/follow-ups/scheduled/reschedule?ids={sms}&ids={webhook}",),
    "invitations/<token>": ("/invitations/{token}",),
    "password/new/<token>": ("/password/new/{forgetful}",),
    "phone/<id>": ("/phone/{contacts}",),
    "pipeline": ("/pipeline", "/pipeline?q=nobody&mine=1"),
    "pipeline/<id>": ("/pipeline/{pipeline}", "/pipeline/none"),
    "phone/<id>/<slug:app>": ("/phone/{contacts}/sms", "/phone/{contacts}/calls"),
    "settings/keys/<id>/revoke": ("/settings/keys/{keys}/revoke",),
    "settings/members/<id>/second-factor": ("/settings/members/{careful}/second-factor",),
    "settings/members/<id>/reactivate": ("/settings/members/{gone}/reactivate",),
    "settings/members/invitations/<id>/renew": ("/settings/members/invitations/{invitation}/renew",),
    "settings/members/invitations/<id>/revoke": ("/settings/members/invitations/{invitation}/revoke",),
}
AT_ONCE = 8
"""So many patterns are looked at in one test, so that several processes have each something to do."""

BEFORE_SIGN_IN = ("invitations/", "password/", "sign-in")
HALFWAY = {"sign-in/code": "careful", "sign-in/second-factor": "hasty"}
WITH_DEVICE = ("settings/security/second-factor/off", "settings/security/recovery-codes")

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Visit:
    """A page to be looked at by `who`, or by nobody; `halfway` in, with the password but not yet the code."""

    address: str
    who: Member | None
    halfway: bool = False


def parts() -> dict[str, Sequence[str]]:
    """The patterns of all pages, some at a time, by the name of their room and where they begin in it."""
    rooms: dict[str, list[str]] = {}
    for pattern in PATTERNS:
        if pattern not in NO_PAGES:
            rooms.setdefault(pattern.split("/")[0] or "dashboard", []).append(pattern)
    return {
        f"{room} {start}": patterns[start : start + AT_ONCE]
        for room, patterns in rooms.items()
        for start in range(0, len(patterns), AT_ONCE)
    }


def visits(instance: Instance, patterns: Sequence[str]) -> Iterator[Visit]:
    """Every page of these, and each state of it that looks different, in a house of its own."""
    ids, people = a_house()
    if "" in patterns:
        yield Visit("/", instance.member("maya@brightwater.example"))
    for pattern in patterns:
        for address in ADDRESSES.get(pattern) or (_usual(pattern),):
            yield Visit(_filled(address, ids), _visitor(pattern, people), pattern in HALFWAY)


def _filled(address: str, ids: Mapping[str, str]) -> str:
    try:
        return address.format_map(ids)
    except KeyError as missing:
        raise LookupError(f"Say in ADDRESSES or NO_PAGES how to look at {address}: there is no {missing}.") from None


def _usual(pattern: str) -> str:
    """Such as `/follow-ups/{follow-ups}/cancel`."""
    return "/" + re.sub(r"([a-z-]+)/<id>", r"\1/{\1}", pattern)


def _visitor(pattern: str, people: Mapping[str, Member]) -> Member | None:
    if pattern in HALFWAY:
        return people[HALFWAY[pattern]]
    if pattern.startswith(BEFORE_SIGN_IN):
        return None
    return people["careful" if pattern in WITH_DEVICE else "admin"]


def a_house() -> tuple[dict[str, str], dict[str, Member]]:
    """An organization with one of everything, all of it called and written in the worst way: its ids by their names in
    `ADDRESSES`, and its people."""
    number = next(_numbers)
    organization = Organization.objects.create(name=f"Harbour Legal {number}", time_zone="America/New_York")
    connections.open_simulators(organization)
    people = {
        name: Member.objects.create(
            organization=organization, name=f"{name} Harbour".title(), email=f"{name}.{number}@harbour.example",
            role=Role.ADMIN, password="!",
        )
        for name in ("admin", "worker", "colleague", "careful", "gone", "forgetful")
    }  # fmt: skip
    house = cast.House(
        organization,
        people["admin"],
        people["worker"],
        people["colleague"],
        agent=Agent.objects.create(organization=organization, name="Ines"),
        template=cast._template(organization, "appointment", "Hi {{name}}, see you on {{day}}."),
        contact=cast.contact(organization, "Olga Pier", people["admin"], phone="+12125550123", email="o@example.net"),
        others=cast.contact(organization, "Ned Quay", people["admin"], phone="+12125550124", email="n@example.net"),
    )
    strict = Organization.objects.create(name=f"Strict & Sons {number}", requires_second_factor=True)
    people["hasty"] = Member.objects.create(
        organization=strict, name="Hasty Sons", email=f"hasty.{number}@strict.example", password="!"
    )
    ids = belongings(house) | _besides(house, people)
    organization.api_keys.update(last_used_at=clock.now() - timedelta(days=40))
    hostile.let_write(organization)
    return ids, people


def _besides(house: cast.House, people: Mapping[str, Member]) -> dict[str, str]:
    """What an organization has in states that only some have: what failed, who is gone, who keeps a device."""
    nobody = cast.contact(house.organization, "Una Nomura", house.admin)
    kept = {kind: _scheduled(house, kind) for kind in ("call", "sms", "webhook")}
    ended(kept["call"])
    for contact, days in ((house.contact, 9), (nobody, 1)):
        Contact.objects.filter(pk=contact.pk).update(
            next_follow_up_date=clock.now().date() - timedelta(days=days), lead_quality="HOT" if days > 1 else "COLD"
        )
    SecondFactor.objects.create(member=people["careful"], secret=new_secret(), last_step=0)
    Member.objects.filter(pk=people["gone"].pk).update(is_active=False)
    invitation, link = invitations.invite(house.admin, f"new.{house.organization.pk}@harbour.example", Role.AGENT)
    return {
        **_imports(house),
        "nobody": nobody.public_id,
        "unwanted": house.others.public_id,
        "failed": kept["call"],
        "sms": kept["sms"],
        "webhook": kept["webhook"],
        "members": people["colleague"].public_id,
        "careful": people["careful"].public_id,
        "gone": people["gone"].public_id,
        "forgetful": passwords.reset_token(people["forgetful"]),
        "invitation": invitation.public_id,
        "token": link.rpartition("/")[2],
    }


def _imports(house: cast.House) -> dict[str, str]:
    """Files of contacts: one whose columns are to be confirmed, one that was checked, one that was taken in."""
    draft = contact_imports.hand_over(house.admin, "people.csv", "Name,Phone,Colour\nAna,+12125550125,red\nBen,12,\n")
    came_of_it = {"status": "done", "total": 2, "processed": 2, "created": 1, "finished_at": clock.now(),
                  "rejected": [{"line": 3, "reason": "“12” is too short.", "cells": ["Ben", "12", ""]}]}  # fmt: skip
    ids = {"draft": draft.public_id}
    for name, dry_run in (("checked", True), ("taken", False)):
        ended = contact_imports.hand_over(house.admin, f"{name}.csv", "Name,Phone,Colour\nAna,1,red\n")
        ContactImport.objects.filter(pk=ended.pk).update(dry_run=dry_run, **came_of_it)
        ids[name] = ended.public_id
    return ids


def _scheduled(house: cast.House, kind: str) -> str:
    content = {"sms": {"body": "See you soon."}, "webhook": {"url": "https://hooks.example.com/in"}}.get(kind, {})
    plan = Plan(kind, clock.now() + timedelta(days=2), **content)
    return scheduling.schedule_one(house.organization, house.contact, plan, by=house.admin).public_id
