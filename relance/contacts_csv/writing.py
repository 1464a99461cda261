"""What a chunk of rows came to, written in one statement a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from relance.contacts_csv.people import People, Person
from relance.models import changes, clock
from relance.models.accounts import Member, Organization
from relance.models.assignments import Assignment
from relance.models.consents import Consent, DoNotCall
from relance.models.contacts import SAID, Contact
from relance.models.located import LOCATED

SOURCE = "import"


def take_turns(organization: Organization) -> None:
    """Until the transaction ends no other import of `organization` looks for contacts that this one is making."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('relance contact import ' || %s, 0))", [organization.pk]
        )


def members_by_name(organization: Organization) -> dict[str, int]:
    """The ids of the active members by e-mail address, and by name where only one has it; in lower case."""
    members = list(organization.members.filter(is_active=True).values_list("pk", "email", "name"))
    names = [name.casefold() for _, _, name in members]
    by_name = {name.casefold(): pk for pk, _, name in members if names.count(name.casefold()) == 1}
    return by_name | {email.casefold(): pk for pk, email, _ in members}


def write(people: People, by: Member | None) -> None:
    """Write what has changed of `people`, on the word of `by`; within the transaction that locked them."""
    new = [person for person in people if person.contact.pk is None]
    changed = [person for person in people if person.changed and person.contact.pk is not None]
    at = clock.now() if changed or any(person.lines for person in new) else None
    Contact.objects.bulk_create([person.contact for person in new])
    if at:
        _update(changed, at)
        _write_consents([person for person in people if person.lines], at, by)
    _write_blocked(people, by)
    _write_assignments(people)
    if new or changed:
        changes.announce(people.organization.pk, "contact", [person.contact.pk for person in (*new, *changed)])


def _update(persons: Sequence[Person], at: datetime) -> None:
    for person in persons:
        person.contact.updated_at = at
    Contact.objects.bulk_create(
        [person.contact for person in persons],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[*SAID, *LOCATED, "consents", "updated_at"],
    )


def _write_consents(persons: Sequence[Person], at: datetime, by: Member | None) -> None:
    contacts = [person.contact for person in persons]
    newest = Consent.objects.filter(contact__in=contacts).order_by("contact", "-id").distinct("contact")
    digests = dict(newest.values_list("contact_id", "digest"))
    lines = []
    for person in persons:
        for action, answer in person.lines:
            line = Consent(
                organization_id=person.contact.organization_id,
                contact=person.contact,
                kind=answer.kind,
                action=action,
                source=SOURCE,
                quote=answer.quote,
                member=by,
                at=at,
                previous_digest=digests.get(person.contact.pk, ""),
            )
            line.digest = digests[person.contact.pk] = line.chained(line.previous_digest)
            lines.append(line)
    Consent.objects.bulk_create(lines)


def _write_blocked(people: People, by: Member | None) -> None:
    rows = [
        DoNotCall(organization=people.organization, reason="Marked in an imported list", source=SOURCE, created_by=by)
        for _ in people.blocked
    ]
    for row, (key, value) in zip(rows, people.blocked, strict=True):
        setattr(row, key, value)
    DoNotCall.objects.bulk_create(rows, ignore_conflicts=True)


def _write_assignments(people: People) -> None:
    rows = [
        Assignment(organization=people.organization, contact=person.contact, member_id=member)
        for person in people
        for member in sorted(person.newly_assigned)
    ]
    Assignment.objects.bulk_create(rows, ignore_conflicts=True)
