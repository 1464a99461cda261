"""Taking rows in: chunk by chunk, each one transaction, with a handful of statements however many rows it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from django.db import transaction

from relance.contacts_csv import writing
from relance.contacts_csv.cells import Entry, Reader
from relance.contacts_csv.columns import Columns
from relance.contacts_csv.people import KEYS, TITLES, People, Person, Said
from relance.contacts_csv.reading import Row, Table
from relance.contacts_csv.rejects import Rejection
from relance.models.accounts import Member, Organization

CHUNK = 500

Outcome = Literal["created", "updated", "unchanged"]


@dataclass(slots=True)
class Report:
    """What became of the rows; each is counted once.

    `kept_refusals` counts opt-ins that were not taken because the contact had opted out: a list may be older than
    their word. `ignored` are the headers of the columns that say nothing to Relance.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    kept_refusals: int = 0
    ignored: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many rows have been dealt with."""
        return self.created + self.updated + self.unchanged + len(self.rejected)

    def count(self, outcome: Outcome) -> None:
        """One more row has come to this."""
        setattr(self, outcome, getattr(self, outcome) + 1)


def take(
    organization: Organization,
    rows: Table,
    columns: Columns,
    *,
    by: Member | None,
    file_name: str,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Take `rows` in and say what became of them; `progress` hears (rows done, of how many).

    `by` answers for the consents that the file tells, and `file_name` is named as their evidence. A row whose contact
    exists changes what the row gives and leaves the rest. Taking the same rows again changes nothing, so that what a
    crash interrupted is completed by starting anew. All contacts of the organization are matched: whoever may do this
    sees them all. With `dry_run` nothing is written.
    """
    taking = Taking(organization, rows, columns, by=by, file_name=file_name, dry_run=dry_run)
    total = len(rows)
    taking.run(lambda report: progress(report.done, total) if progress else None)
    return taking.report


class Taking:
    """One file on its way in."""

    def __init__(
        self,
        organization: Organization,
        rows: Iterable[Row],
        columns: Columns,
        *,
        by: Member | None,
        file_name: str,
        dry_run: bool = False,
    ) -> None:
        self.organization, self.columns, self.by, self.dry_run = organization, columns, by, dry_run
        self.report = Report(ignored=columns.ignored)
        self._rows = iter(rows)
        self._reader = Reader(organization, columns, file_name, writing.members_by_name(organization))
        self._said: dict[int, Said] = {}
        self._everybody = People(organization)  # in a dry run, those that would have been made by now as well

    def replay(self, count: int, created: int, updated: int) -> None:
        """Go through the first `count` rows, which a run that broke off has written, with the outcome it noted."""
        for chunk in _chunks(islice(self._rows, count)):
            people = People(self.organization)
            self._place_all(chunk, people, Report())
            self._remember(people)
        self.report.created, self.report.updated = created, updated
        self.report.unchanged = count - created - updated - len(self.report.rejected)

    def run(self, each: Callable[[Report], None]) -> None:
        """Take the rows. `each` is called as the last act of a chunk, within its transaction: what it writes is kept
        exactly when the chunk is."""
        for chunk in _chunks(self._rows):
            with transaction.atomic():
                if self.dry_run:
                    self._place_all(chunk, self._everybody, self.report)
                else:
                    self._take(chunk)
                each(self.report)

    def _take(self, chunk: Sequence[Row]) -> None:
        writing.take_turns(self.organization)
        people = People(self.organization, lock=True)
        self._place_all(chunk, people, self.report)
        writing.write(people, self.by)
        self._remember(people)

    def _remember(self, people: People) -> None:
        self._said |= {p.contact.pk: p.said for p in people if p.said and p.contact.pk}

    def _place_all(self, chunk: Sequence[Row], people: People, report: Report) -> None:
        read = [self._reader.read(row) for row in chunk]
        people.load([entry for entry in read if isinstance(entry, Entry)], self._said)
        for row, entry in zip(chunk, read, strict=True):
            outcome = entry if isinstance(entry, Rejection) else self._place(row, entry, people)
            if isinstance(outcome, Rejection):
                self.report.rejected.append(outcome)
            else:
                report.count(outcome)
                report.kept_refusals += entry.kept_refusals if isinstance(entry, Entry) else 0

    def _place(self, row: Row, entry: Entry, people: People) -> Outcome | Rejection:
        person = people.meant_by(entry)
        if why := self._against(entry, person):
            return Rejection(row.line, why, row.cells)
        if person is None:
            people.take(people.make(entry.name), entry)
            return "created"
        return "updated" if people.take(person, entry) else "unchanged"

    def _against(self, entry: Entry, person: Person | None) -> str | None:
        """Why the row cannot be taken, now that it is known whom it means."""
        if person is None:
            return None if entry.name else f"Column “{entry.name_title}”: Give the contact’s name."
        if person.is_another(entry):
            return _id_used_twice(entry, person)
        if person.said and (key := person.contradiction(entry)):
            return _contradicted(key, entry, person, person.said)
        return None


def _id_used_twice(entry: Entry, person: Person) -> str:
    return (
        f"“{entry.values['external_id']}” is already the ID of “{person.contact.name}”, who has another name and other"
        " ways to be reached. If the IDs of this file count something else, leave their column out."
    )


def _contradicted(key: str, entry: Entry, person: Person, said: Said) -> str:
    shared = next((TITLES[k] for k in KEYS if entry.values.get(k) == getattr(person.contact, k) != ""), "name")
    return (
        f"Column “{entry.header_of(key)}”: “{entry.stated[key]}” contradicts line {said.line}, which has the same"
        f" {shared} and “{said.values[key]}” here. Keep one of the two, or tell them apart by a column “External ID”."
    )


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
