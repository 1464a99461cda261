"""An organization's data as a zip of CSV files, to keep or to take elsewhere.

Ids are the public ones, instants RFC 3339 in UTC, objects JSON. A cell that a spreadsheet would take for a formula
(it begins with = + - @, a tab or a return) gets an apostrophe before it, by which spreadsheets mark a text and which
the import of contacts takes off again. A plus sign with nothing but digits is a phone number, comes to no more than
itself in a spreadsheet, and stays as it is.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import DateTimeField, F, Func, OuterRef, QuerySet, TextField

from relance.atomic import replacing
from relance.models import (
    Agent,
    Assignment,
    Attempt,
    Call,
    Campaign,
    Change,
    Connection,
    Consent,
    Conversation,
    DoNotCall,
    FollowUp,
    Member,
    Message,
    Organization,
    Template,
    sql,
)
from relance.models.contacts import Contact

ROWS_AT_ONCE = 2000

_PREFIXES = {
    "agent_id": Agent.PREFIX,
    "call_id": Call.PREFIX,
    "campaign_id": Campaign.PREFIX,
    "connection_id": Connection.PREFIX,
    "contact_id": Contact.PREFIX,
    "conversation_id": Conversation.PREFIX,
    "created_by_id": Member.PREFIX,
    "follow_up_id": FollowUp.PREFIX,
    "member_id": Member.PREFIX,
    "message_id": Message.PREFIX,
    "template_id": Template.PREFIX,
}
_FORMULA = frozenset("=+-@\t\r")
_PHONE = re.compile(r"\+[0-9]+")


class _Instant(Func):
    """An instant as RFC 3339 has it, in UTC; without the fraction of a second where there is none."""

    template = (
        """replace(to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000', '')"""
    )
    output_field = TextField()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One CSV: the rows of `model` that `rows` finds, with these columns."""

    model: type[Any]
    rows: Callable[[Organization], QuerySet[Any]]
    columns: str

    @property
    def header(self) -> list[str]:
        """The titles, spelled so that contacts can be imported as they were exported."""
        return [_title(column) for column in self.columns.split()]

    def write(self, organization: Organization, out: io.TextIOBase) -> int:
        """Write the organization's rows; returns how many."""
        writer = csv.writer(out)
        writer.writerow(self.header)
        count = 0
        for count, cells in enumerate(self.cells(self.rows(organization)), 1):  # noqa: B007
            writer.writerow(cells)
        return count

    def cells(self, rows: QuerySet[Any]) -> Iterator[list[str]]:
        """The cells of each of `rows`, by its age."""
        names = self.columns.split()
        prefixes = [self.model.PREFIX if name == "id" else _PREFIXES.get(name, "") for name in names]
        for row in rows.order_by("pk").values_list(*map(self._asked, names)).iterator(ROWS_AT_ONCE):
            yield [_cell(value, prefix) for value, prefix in zip(row, prefixes, strict=True)]

    def _asked(self, name: str) -> Any:
        """What to ask the database for: instants as it writes them, for Python would take as long with these as with
        all the rest."""
        instants = {field.name for field in self.model._meta.concrete_fields if isinstance(field, DateTimeField)}
        return _Instant(name) if name in instants else name


def _contacts(organization: Organization) -> QuerySet[Any]:
    return _with_names(organization.contacts.filter(deleted_at=None))


def _with_names(contacts: QuerySet[Any]) -> QuerySet[Any]:
    working = Assignment.objects.filter(contact=OuterRef("pk")).order_by("id").values("member__email")
    named: QuerySet[Any] = contacts.annotate(assigned_to=ArraySubquery(working), stage_name=F("stage__name"))
    return named


def _of(model: type[Any]) -> Callable[[Organization], QuerySet[Any]]:
    def found(organization: Organization) -> QuerySet[Any]:
        rows: QuerySet[Any] = model.objects.filter(organization=organization)
        return rows

    return found


def _messages(organization: Organization) -> QuerySet[Any]:
    return Message.objects.filter(organization=organization).annotate(contact_id=F("conversation__contact_id"))


SHEETS = {
    "contacts": Sheet(
        Contact,
        _contacts,
        "id name phone email company time_zone country region postal_code lead_quality status stage_name"
        " next_follow_up_date cadence_days assigned_to external_id consents zones zone_evidence last_inbound_at"
        " refused_at created_at updated_at",
    ),
    "consents": Sheet(
        Consent,
        _of(Consent),
        "id contact_id kind action source quote heard_by call_id message_id member_id at previous_digest digest",
    ),
    "do_not_call": Sheet(DoNotCall, _of(DoNotCall), "id phone email reason source created_by_id created_at"),
    "follow_ups": Sheet(
        FollowUp,
        _of(FollowUp),
        "id contact_id type status because held_by scheduled_at next_attempt_at expires_at priority source purpose"
        " agent_id campaign_id conversation_id template_id parameters subject body url notes attempts_made max_attempts"
        " allow_out_of_window cancel_on_reply created_by_id created_at updated_at finished_at",
    ),
    "attempts": Sheet(
        Attempt,
        _of(Attempt),
        "id follow_up_id contact_id agent_id connection_id number kind provider idempotency_key started_at outcome"
        " unheard detail reference finished_at",
    ),
    "history": Sheet(Change, _of(Change), "follow_up_id at actor member_id from_status to_status because gate until"),
    "messages": Sheet(
        Message,
        _messages,
        "id conversation_id contact_id direction subject body template_id follow_up_id status reference at",
    ),
    "calls": Sheet(
        Call,
        _of(Call),
        "id contact_id conversation_id agent_id campaign_id follow_up_id direction status started_at ended_at"
        " transcript recording_url consents external_id created_at",
    ),
}


def write(organization: Organization, file: Path) -> str:
    """Write everything of `organization`, as it is at one moment, to the zip `file`; returns a sentence about it."""
    with replacing(file) as fresh, _snapshot(), zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
        counts = {name: _write(archive, name, sheet, organization) for name, sheet in SHEETS.items()}
    said = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
    return f"Wrote {file} for {organization.name}: {said}."


def contact_lines(contacts: QuerySet[Contact]) -> Iterator[str]:
    """The lines of a CSV of `contacts`."""
    return _lines(SHEETS["contacts"], _with_names(contacts))


def follow_up_lines(follow_ups: QuerySet[FollowUp]) -> Iterator[str]:
    """The lines of a CSV of `follow_ups` as a list has them: with the names of whom and what they are about."""
    names = {f"{what}_name": F(f"{what}__name") for what in ("template", "agent", "campaign", "created_by")}
    people = {"name": F("contact__name"), "phone": F("contact__phone"), "email": F("contact__email")}
    return _lines(_LISTED, follow_ups.annotate(**people, **names))


_LISTED = Sheet(
    FollowUp,
    _of(FollowUp),
    "id contact_id name phone email type template_name status because scheduled_at next_attempt_at expires_at priority"
    " source agent_name campaign_name created_by_name subject body url notes attempts_made max_attempts"
    " allow_out_of_window created_at finished_at",
)


def _lines(sheet: Sheet, found: QuerySet[Any]) -> Iterator[str]:
    """Many lines at a time; the first has the byte order mark by which spreadsheets know UTF-8."""
    rows = sheet.cells(found)
    yield f"\ufeff{','.join(sheet.header)}\r\n"
    while some := list(islice(rows, ROWS_AT_ONCE)):
        written = io.StringIO(newline="")
        csv.writer(written).writerows(some)
        yield written.getvalue()


@contextmanager
def _snapshot() -> Iterator[None]:
    """All sheets from one moment, so that what they say of each other fits."""
    with transaction.atomic(durable=True):
        sql.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _write(archive: zipfile.ZipFile, name: str, sheet: Sheet, organization: Organization) -> int:
    # Spreadsheets read UTF-8 as such only with its mark in front.
    with (
        archive.open(f"{name}.csv", "w", force_zip64=True) as raw,
        io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as out,
    ):
        return sheet.write(organization, out)


def _title(column: str) -> str:
    if column == "id":
        return "Relance id"  # a plain "Id" would be imported as the contact's id in another system
    named = column if column == "external_id" else column.removesuffix("_id").removesuffix("_name")
    return named.replace("_", " ").capitalize()


def _cell(value: object, prefix: str) -> str:
    match value:
        case str():
            return _harmless(value)
        case None:
            return ""
        case int() if prefix:
            return f"{prefix}_{value}"
        case bool():
            return "true" if value else "false"
        case dict():
            return _harmless(_json(value)) if value else ""
        case list():
            return _harmless(_joined(value))
    return str(value)


def _joined(values: Iterable[Any]) -> str:
    parts = list(values)
    return ", ".join(parts) if all(isinstance(part, str) for part in parts) else _json(parts)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _harmless(text: str) -> str:
    """`text` so that no spreadsheet runs it as a formula."""
    return f"'{text}" if text[:1] in _FORMULA and not _PHONE.fullmatch(text) else text
