"""Putting the cast on the stage: an empty database becomes the demo's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from relance.demo.cast import HOUSES, PASSWORD, House, Person
from relance.models import (
    Agent,
    Contact,
    DemoClock,
    Evidence,
    Member,
    Organization,
    Priority,
    Source,
    Stage,
    Template,
    clock,
    connections,
    scheduling,
    suppression,
)
from relance.models.scheduling import Plan

STAGES = (("New", 1), ("In touch", 7), ("Viewing", 3), ("Past client", 90))


def load() -> Sequence[str]:
    """Load the demo if there is no organization yet; returns what to tell the person who starts it."""
    if not Organization.objects.exists():
        with transaction.atomic():
            DemoClock.objects.get_or_create(id=1)
            for house in HOUSES:
                _build(house)
        (settings.DATA / "demo").touch()
    if not DemoClock.objects.exists():
        return ["This database is not a demo's: its members sign in as they do."]
    return [f"Sign in as {house.members[0][1]} with “{PASSWORD}” ({house.name})." for house in HOUSES]


def _build(house: House) -> None:
    organization = Organization.objects.create(name=house.name, time_zone=house.time_zone, country=house.country)
    connections.open_simulators(organization)
    members = {email: _member(organization, name, email, role) for name, email, role in house.members}
    organization.default_agent = Agent.objects.create(
        organization=organization,
        name=house.agent,
        calls_enabled=True,
        calls_when="They asked to be called back, or were interested but busy.",
        calls_instructions="Greet by name, recall what they asked for, and offer two times to meet.",
    )
    organization.save(update_fields=["default_agent"])
    for position, (name, days) in enumerate(STAGES):
        Stage.objects.create(organization=organization, name=name, position=position, cadence_days=days)
    for name, approval, body, parameters in house.templates:
        Template.objects.create(
            organization=organization, name=name, approval=approval, body=body, parameters=list(parameters)
        )
    people = [_contact(organization, person, members) for person in house.people]
    _schedule(organization, people, members[house.members[0][1]])


def _member(organization: Organization, name: str, email: str, role: str) -> Member:
    return Member.objects.create_member(organization, email, PASSWORD, name=name, role=role)


def _contact(organization: Organization, person: Person, members: dict[str, Member]) -> Contact:
    due = None if person.due_in_days is None else clock.now().date() + timedelta(days=person.due_in_days)
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
    contact.assignments.create(organization=organization, member=members[person.worked_by])
    if person.consents:
        suppression.opt_in(contact.pk, person.consents, Evidence("form", "Ticked the box on the contact form."))
    if person.revoked:
        suppression.opt_out(contact.pk, person.revoked, Evidence("message", "STOP"))
    if person.do_not_call:
        suppression.do_not_call(
            organization, phone=person.phone, reason="Asked on a call", source="call", by=members[person.worked_by]
        )
    return contact


def _schedule(organization: Organization, people: Sequence[Contact], by: Member) -> None:
    """A few follow-ups of each kind over the coming days, so that the lists are not empty."""
    now, hour = clock.now(), timedelta(hours=1)
    call = Plan("call", now + hour, notes="Asked about the garden.", priority=Priority.HIGH)
    text = Plan("sms", now + 3 * hour, body="Hello, just checking that Thursday still suits you.")
    mail = Plan("email", now + 26 * hour, subject="The floor plans", body="Hello, here are the plans we spoke of.")
    for plan, contact in zip((call, text, mail), people, strict=False):
        scheduling.schedule_one(organization, contact, plan, by=by)
    later = Plan("call", now + 50 * hour, source=Source.AGENT, notes="Said: call me the day after tomorrow.")
    scheduling.schedule_one(organization, people[-1], later, by=by)
