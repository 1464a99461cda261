"""Putting the cast on the stage: an empty database becomes the demo's."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from relance.demo.cast import HOUSES, PASSWORD, House, Person
from relance.demo.life import live
from relance.demo.story import WEBHOOKS
from relance.models import (
    Agent,
    Contact,
    DemoClock,
    Evidence,
    Member,
    Organization,
    Stage,
    Template,
    clock,
    connections,
    suppression,
)

PHONE = {"phone": True, "seed": 10, "weights": {"answered": 5, "no answer": 3, "voicemail": 1, "busy": 1}}
"""Calls ring on the phone's page; where the clock moves too fast for that, they end by these weights."""


def load() -> Sequence[str]:
    """Load the demo if there is no organization yet; returns what to tell the person who starts it."""
    if not Organization.objects.exists():
        settings.DEMO = True  # its week is lived by a clock that moves
        with transaction.atomic():
            DemoClock.objects.get_or_create(id=1)
            live([_build(house) for house in HOUSES])
            for house in HOUSES:
                _place(house)
        settings.DATA.mkdir(parents=True, exist_ok=True)
        (settings.DATA / "demo").touch()
    if not DemoClock.objects.exists():
        return ["This database is not a demo's: its members sign in as they do."]
    return [f"Sign in as {house.members[0][1]} with “{PASSWORD}” ({house.name})." for house in HOUSES]


def _build(house: House) -> tuple[Organization, Sequence[Contact], Member]:
    organization = Organization.objects.create(
        name=house.name,
        time_zone=house.time_zone,
        country=house.country,
        webhook_url=WEBHOOKS.get(house.name, ""),
    )
    connections.open_simulators(organization)
    calls = organization.connections.get(kind="call")
    calls.settings = PHONE
    calls.save(update_fields=["settings"])
    members = {email: _member(organization, name, email, role) for name, email, role in house.members}
    organization.default_agent = Agent.objects.create(
        organization=organization,
        name=house.agent,
        calls_enabled=True,
        calls_when="They asked to be called back, or were interested but busy.",
        calls_instructions="Greet by name, recall what they asked for, and offer two times to meet.",
    )
    organization.save(update_fields=["default_agent"])
    for position, (name, days) in enumerate(house.stages):
        Stage.objects.create(organization=organization, name=name, position=position, cadence_days=days)
    for name, approval, body, parameters in house.templates:
        Template.objects.create(
            organization=organization, name=name, approval=approval, body=body, parameters=list(parameters)
        )
    people = [_contact(organization, person, members) for person in house.people]
    return organization, people, members[house.members[0][1]]


def _place(house: House) -> None:
    """Put everybody into their stage. Were they there before, the calls of the week would have moved their days."""
    organization = Organization.objects.get(name=house.name)
    stages = {stage.name: stage for stage in organization.stages.all()}
    for person in house.people:
        there = {"stage": stages.get(person.stage), "cadence_days": person.cadence}
        organization.contacts.filter(name=person.name).update(**there)


def _member(organization: Organization, name: str, email: str, role: str) -> Member:
    password = _hashed(PASSWORD)
    member: Member = Member.objects.create(
        organization=organization, email=email, password=password, name=name, role=role
    )
    return member


@functools.cache
def _hashed(password: str) -> str:
    """Everybody of the cast has the same password: it is hashed once, which takes a good part of a second."""
    return make_password(password)


def _workers(person: Person, members: Iterable[str]) -> Iterable[str]:
    """Who works them. The admin shares those who are due: whoever tries the demo signs in as the admin first."""
    admin = next(iter(members))
    return {person.worked_by, admin} if person.due_in_days is not None else {person.worked_by}


def _contact(organization: Organization, person: Person, members: dict[str, Member]) -> Contact:
    today = clock.now().astimezone(ZoneInfo(organization.time_zone)).date()
    due = None if person.due_in_days is None else today + timedelta(days=person.due_in_days)
    contact = Contact(
        organization=organization,
        name=person.name,
        phone=person.phone,
        email=person.email,
        time_zone=person.time_zone,
        country=person.country or organization.country,
        region=person.region,
        lead_quality=person.quality,
        next_follow_up_date=due,
    )
    contact.locate()
    contact.save()
    for email in _workers(person, members):
        contact.assignments.create(organization=organization, member=members[email])
    if person.consents:
        suppression.opt_in(contact.pk, person.consents, Evidence("form", "Ticked the box on the contact form."))
    if person.revoked:
        suppression.opt_out(contact.pk, person.revoked, Evidence("message", "STOP"))
    if person.do_not_call:
        suppression.do_not_call(
            organization, phone=person.phone, reason="Asked on a call", source="call", by=members[person.worked_by]
        )
    return contact
