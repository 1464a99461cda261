"""The people that tests are about: two organizations, so that a leak between them shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from relance.models import Agent, ApiKey, Contact, Member, Organization, Role, Template
from relance.models.connections import open_simulators

PASSWORD = "follow-up-demo"


@dataclass(slots=True)
class House:
    """An organization with an admin and two members who work the contacts assigned to them."""

    organization: Organization
    admin: Member
    worker: Member
    colleague: Member
    agent: Agent
    template: Template
    contact: Contact
    others: Contact


def brightwater() -> House:
    """Brightwater Homes in New York: Sarah Lee is Tom's contact, Daniel Brooks is Priya's."""
    organization = _organization("Brightwater Homes", "America/New_York", "US")
    return House(
        organization,
        admin=member(organization, "Maya Chen", "maya@brightwater.example", Role.ADMIN),
        worker=(tom := member(organization, "Tom Okafor", "tom@brightwater.example")),
        colleague=(priya := member(organization, "Priya Nair", "priya@brightwater.example")),
        agent=Agent.objects.create(organization=organization, name="Ava"),
        template=_template(organization, "viewing_reminder", "Hi {{name}}, your viewing is on {{day}}."),
        contact=contact(organization, "Sarah Lee", tom, phone="+12125550123", email="sarah.lee@example.com"),
        others=contact(organization, "Daniel Brooks", priya, phone="+13055550141", email="daniel.brooks@example.com"),
    )


def aurora() -> House:
    """Clínica Aurora in Madrid: Ana Ruiz is Pablo's contact, Javier Soto is Inés's."""
    organization = _organization("Clínica Aurora", "Europe/Madrid", "ES")
    return House(
        organization,
        admin=member(organization, "Lucía Ferrer", "lucia@aurora.example", Role.ADMIN),
        worker=(pablo := member(organization, "Pablo Vidal", "pablo@aurora.example")),
        colleague=(ines := member(organization, "Inés Mora", "ines@aurora.example")),
        agent=Agent.objects.create(organization=organization, name="Nora"),
        template=_template(organization, "recordatorio_cita", "Hola {{name}}, le esperamos el {{day}}."),
        contact=contact(organization, "Ana Ruiz", pablo, phone="+34499000123", email="ana.ruiz@example.org"),
        others=contact(organization, "Javier Soto", ines, phone="+34499000145", email="javier.soto@example.org"),
    )


def member(organization: Organization, name: str, email: str, role: str = Role.AGENT) -> Member:
    """A member who signs in with `PASSWORD`."""
    return Member.objects.create_member(organization, email, PASSWORD, name=name, role=role)


def contact(organization: Organization, name: str, *worked_by: Member, **fields: Any) -> Contact:
    """A contact of the organization, assigned to these members."""
    assignees = [member.public_id for member in worked_by]
    added: Contact = Contact.objects.add(organization, {"name": name, "assignees": assignees, **fields})
    return added


def key(member: Member, scope: str = "admin") -> str:
    """The text of a new key of this member."""
    return ApiKey.issue(member, "Test", scope)[1]


def _organization(name: str, time_zone: str, country: str) -> Organization:
    organization = Organization.objects.create(name=name, time_zone=time_zone, country=country)
    open_simulators(organization)
    return organization


def _template(organization: Organization, name: str, body: str) -> Template:
    return Template.objects.create(
        organization=organization, name=name, body=body, parameters=["name", "day"], approval="approved"
    )
