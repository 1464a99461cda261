"""Whom a row means: by its ID, else its phone number, else its e-mail address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower

from relance.contacts_csv.cells import Answer, Entry
from relance.models import clock
from relance.models.accounts import Organization
from relance.models.assignments import Assignment
from relance.models.consents import ConsentAction, DoNotCall
from relance.models.contacts import Contact
from relance.rules import cadence

KEYS = ("external_id", "phone", "email")
TITLES = {"name": "name", "phone": "phone number", "email": "e-mail address", "external_id": "ID"}


@dataclass(frozen=True, slots=True)
class Said:
    """What this file has stated of a contact so far (`Entry.stated`), and on which line it began to."""

    line: int
    values: Mapping[str, Any]


@dataclass(slots=True, eq=False)
class Person:
    """A contact, there already or new, and what is to be written of it. `said` is None until a row means it."""

    contact: Contact
    said: Said | None = None
    changed: bool = False
    lines: list[tuple[ConsentAction, Answer]] = field(default_factory=list)
    assigned: set[int] = field(default_factory=set)
    newly_assigned: set[int] = field(default_factory=set)

    def agreement(self, entry: Entry) -> int:
        """How much of what the row says is so."""
        return sum(_same(key, getattr(self.contact, key), value) for key, value in entry.values.items())

    def contradiction(self, entry: Entry) -> str | None:
        """The first thing of which an earlier row of the file said something else."""
        said = self.said.values if self.said else {}
        return next((k for k, v in entry.stated.items() if k in said and not _same(k, said[k], v)), None)

    def is_another(self, entry: Entry) -> bool:
        """Whether one ID is used for two: name, number and address differ, as far as both have them, at least two."""
        both = [(getattr(self.contact, k), entry.values[k], k) for k in ("name", "phone", "email") if k in entry.values]
        both = [(own, given, k) for own, given, k in both if own]
        return len(both) > 1 and not any(_same(k, own, given) for own, given, k in both)

    def is_called(self, name: str | None) -> bool:
        """Whether this is the contact's name, or no name is given."""
        return name is None or _same("name", self.contact.name, name)

    def shares_phone_only(self, entry: Entry) -> bool:
        """Whether one number serves two people: both name and address differ."""
        email, own = entry.values.get("email"), self.contact.email
        return bool(email and own) and not _same("email", own, email) and not self.is_called(entry.values.get("name"))

    def take(self, entry: Entry) -> bool:
        """Take over what no earlier row has said; returns whether the contact changed by it."""
        said = self.said.values if self.said else {}
        self.said = Said(self.said.line if self.said else entry.line, {**entry.stated, **said})
        changed = self.contact.apply({key: value for key, value in entry.values.items() if key not in said})
        for answer in entry.answers:
            changed |= self._hear(answer, entry)
        newly = set(entry.assignees) - self.assigned
        self.assigned |= newly
        self.newly_assigned |= newly
        self.changed |= changed
        return changed or bool(newly)

    def _hear(self, answer: Answer, entry: Entry) -> bool:
        """A refusal outweighs what a list says: who opted out must agree anew themselves. A "no" to an opt-in
        takes back what was granted, and is no refusal where nothing was."""
        standing = self.contact.consents.get(answer.kind)
        if answer.wish == "agrees" and standing == ConsentAction.REVOKED:
            entry.kept_refusals += 1
            return False
        wanted = ConsentAction.GRANTED if answer.wish == "agrees" else ConsentAction.REVOKED
        if standing == wanted or (answer.wish == "does not agree" and standing is None):
            return False
        self.contact.consents = {**self.contact.consents, answer.kind: wanted.value}
        self.lines.append((wanted, answer))
        return True


class People:
    """The contacts that the rows at hand may mean, locked until commit, as a send locks them, if `lock`."""

    def __init__(self, organization: Organization, *, lock: bool = False) -> None:
        self.organization, self.lock = organization, lock
        self.blocked: list[tuple[str, str]] = []
        self._by: dict[str, dict[str, list[Person]]] = {key: defaultdict(list) for key in KEYS}
        self._persons: list[Person] = []
        self._known: dict[int, Person] = {}
        self._listed: set[tuple[str, str]] = set()

    def __iter__(self) -> Iterator[Person]:
        return iter(self._persons)

    @cached_property
    def _today(self) -> date:
        return clock.today(self.organization.time_zone)

    def load(self, entries: Sequence[Entry], said: Mapping[int, Said]) -> None:
        """Fetch whom `entries` may mean, with what else the entries are about, in one query each."""
        values = {key: {entry.values[key] for entry in entries if entry.values.get(key)} for key in KEYS}
        contacts = self.organization.contacts.alias(address=Lower("email")).filter(_any_of(values), deleted_at=None)
        contacts = contacts.defer("search").order_by("id")
        for contact in contacts.select_for_update(no_key=True) if self.lock else contacts:
            if contact.pk not in self._known:
                self._known[contact.pk] = Person(contact, said.get(contact.pk))
                self._add(self._known[contact.pk])
        self._load_assignments({member for entry in entries for member in entry.assignees})
        self._load_listed([block for entry in entries for block in entry.blocked])

    def make(self, name: str) -> Person:
        """Somebody new."""
        person = Person(Contact(organization=self.organization, name=name))
        self._persons.append(person)
        return person

    def take(self, person: Person, entry: Entry) -> bool:
        """Take over what `entry` says of `person`; returns whether anything changed."""
        contact, own = person.contact, person.contact.cadence_days
        changed = person.take(entry)
        if contact.cadence_days and contact.cadence_days != own:
            contact.next_follow_up_date = cadence.begun(contact.next_follow_up_date, self._today, contact.cadence_days)
        newly = [block for block in dict.fromkeys(entry.blocked) if block not in self._listed]
        self.blocked += newly
        self._listed.update(newly)
        self._index(person)
        return changed or bool(newly)

    def meant_by(self, entry: Entry) -> Person | None:
        """The one person that `entry` means; None for somebody new.

        Who has another ID is somebody else, even with the same number: hospitals share switchboards. Of several it
        is the one of whom most of the row is so, then the oldest.
        """
        if entry.values.get("external_id"):
            reached = [*self._having("phone", entry), *self._having("email", entry)]
            stages = [
                self._having("external_id", entry),
                [p for p in reached if not p.contact.external_id and p.is_called(entry.values.get("name"))],
            ]
        else:
            by_phone = [p for p in self._having("phone", entry) if not p.shares_phone_only(entry)]
            stages = [by_phone, self._having("email", entry)]
        candidates = next(filter(None, stages), [])
        return max(candidates, key=lambda person: person.agreement(entry), default=None)

    def _having(self, key: str, entry: Entry) -> list[Person]:
        wanted = entry.values.get(key, "")
        return [p for p in self._by[key][wanted] if _same(key, getattr(p.contact, key), wanted)] if wanted else []

    def _add(self, person: Person) -> None:
        self._persons.append(person)
        self._index(person)

    def _index(self, person: Person) -> None:
        for key in KEYS:
            if value := getattr(person.contact, key):
                found = self._by[key][value.lower() if key == "email" else value]
                if not any(other is person for other in found):
                    found.append(person)

    def _load_assignments(self, members: set[int]) -> None:
        if members:
            pairs = Assignment.objects.filter(contact__in=list(self._known), member__in=members)
            for contact, member in pairs.values_list("contact_id", "member_id"):
                self._known[contact].assigned.add(member)

    def _load_listed(self, blocks: Iterable[tuple[str, str]]) -> None:
        wanted: dict[str, set[str]] = {"phone": set(), "email": set()}
        for key, value in blocks:
            wanted[key].add(value)
        if any(wanted.values()):
            listed = DoNotCall.objects.filter(organization=self.organization)
            listed = listed.filter(Q(phone__in=wanted["phone"]) | Q(email__in=wanted["email"]))
            for phone, email in listed.values_list("phone", "email"):
                self._listed.add(("phone", phone) if phone else ("email", email))


def _same(key: str, one: Any, other: Any) -> bool:
    """Names and addresses are the same in any case of letters."""
    if key in {"name", "email"}:
        return bool(one.casefold() == other.casefold())
    return bool(one == other)


def _any_of(values: Mapping[str, set[str]]) -> Q:
    """Each in the words of its partial index."""
    wanted = Q(pk__in=[])
    if values["external_id"]:
        wanted |= Q(external_id__in=values["external_id"]) & ~Q(external_id="")
    if values["phone"]:
        wanted |= Q(phone__in=values["phone"]) & ~Q(phone="")
    if values["email"]:
        wanted |= Q(address__in=values["email"]) & ~Q(email="")
    return wanted
