"""`/api/do-not-call`: the numbers and addresses that nothing reaches."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpResponse
from ninja import Query, Status
from pydantic import Field, model_validator

from relance.api.auth import Caller, Request
from relance.api.pages import page
from relance.api.problems import Missing
from relance.api.routing import resource
from relance.api.schemas import Body, Filters, Page, Paging, Shown, Text, public
from relance.api.uploads import csv_text, documented
from relance.contacts_csv.columns import plain
from relance.contacts_csv.reading import Table
from relance.inbound.do_not_call import Listed, list_all
from relance.models import DoNotCall, Invalid, Member, Organization, suppression

router = resource("Do not call")

REASON = 500
PHONES = frozenset({"phone", "phone number", "number", "telephone", "mobile", "telefono", "numero"})
EMAILS = frozenset({"email", "e mail", "mail", "email address", "correo", "correo electronico"})
REASONS = frozenset({"reason", "note", "notes", "motivo"})
DOWNLOAD: dict[str, Any] = {
    "responses": {200: {"description": "The list", "content": {"text/csv": {"schema": {"type": "string"}}}}}
}


class NewEntry(Body):
    """A number or an address to leave alone."""

    phone: Text = Field("", max_length=40)
    email: Text = Field("", max_length=254)
    reason: Text = Field("", max_length=REASON)

    @model_validator(mode="after")
    def _one(self) -> NewEntry:
        if bool(self.phone.strip()) == bool(self.email.strip()):
            raise ValueError("Give “phone” or “email”, one of them.")
        return self


class EntryShown(Shown):
    """An entry of the list: `phone` or `email`, the other is empty."""

    id: str
    phone: str
    email: str
    reason: str
    source: str
    created_by: str | None
    created_at: datetime


class EntryFilters(Paging):
    """Which entries."""

    phone: Text = Field("", max_length=40)
    email: Text = Field("", max_length=254)


class WhichEntry(Filters):
    """The number or the address to take off the list."""

    phone: Text = Field("", max_length=40)
    email: Text = Field("", max_length=254)


class RefusedEntry(Shown):
    """A row that is neither a number nor an address."""

    line: int
    value: str
    because: str


class Imported(Shown):
    """How many are new to the list, how many were on it, and what could not be read."""

    added: int
    known: int
    rejected: list[RefusedEntry]


EntryPage = Page[EntryShown]


@router.get("", response=EntryPage)
def list_entries(request: Request, filters: Query[EntryFilters]) -> EntryPage:
    """The list, the newest first; admins only."""
    request.auth.must_be_admin("see the whole do-not-call list")
    return page(_found(request.auth, filters.phone, filters.email), ["-id"], filters, _shown)


@router.post("", response={201: EntryShown})
def add(request: Request, wanted: NewEntry) -> Status[EntryShown]:
    """Put a number or an address on the list; what waits for its owner is cancelled."""
    caller = request.auth
    listed = _listed(caller.organization, wanted.phone, wanted.email, wanted.reason.strip())
    place = {"phone": listed.phone, "email": listed.email, "reason": listed.reason}
    return Status(
        201, _shown(suppression.do_not_call(caller.organization, **place, source=caller.evidence, by=caller.member))
    )


@router.delete("", response={204: None})
def remove(request: Request, which: Query[WhichEntry]) -> Status[None]:
    """Take a number or an address off the list; admins only."""
    if bool(which.phone) == bool(which.email):
        raise Invalid(phone="Give “phone” or “email”, one of them.")
    field = "phone" if which.phone else "email"
    entry = _found(request.auth, which.phone, which.email).first()
    request.auth.must_be_admin("take people off the do-not-call list")
    if entry is None:
        raise Missing(field, "This is not on the list.")
    suppression.allow_calls(entry)
    return Status(204, None)


@router.post("/import", response=Imported, openapi_extra=documented())
def import_entries(request: Request) -> Imported:
    """Put a CSV of numbers and addresses on the list; admins only. Rows that are neither come back with reasons."""
    caller = request.auth
    caller.must_be_admin("import a do-not-call list")
    text, _ = csv_text(request)
    wanted: dict[tuple[str, str], Listed] = {}
    rejected: list[RefusedEntry] = []
    for line, phone, email, reason in _rows(Table(text)):
        try:
            listed = _listed(caller.organization, phone, email, reason[:REASON])
            wanted[listed.phone, listed.email] = listed
        except Invalid as problem:
            because = " ".join(sentence for _, sentence in problem.errors)
            rejected.append(RefusedEntry(line=line, value=(phone or email)[:100], because=because))
    if not wanted:
        raise Invalid(
            file="No phone number or e-mail address was found. Give one a line, or name the columns phone and email."
        )
    added = list_all(caller.organization, list(wanted.values()), source="import", by=caller.member)
    return Imported(added=added, known=len(wanted) - added, rejected=rejected)


@router.get("/export", response=str, openapi_extra=DOWNLOAD)
def export(request: Request) -> HttpResponse:
    """The whole list as CSV; admins only."""
    request.auth.must_be_admin("export the do-not-call list")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["phone", "email", "reason", "source", "created_at"])
    for entry in DoNotCall.objects.filter(organization=request.auth.organization).order_by("id").iterator():
        words = (entry.email, entry.reason, entry.source)
        writer.writerow([entry.phone, *map(harmless, words), entry.created_at.isoformat()])
    named = {"Content-Disposition": 'attachment; filename="do-not-call.csv"'}
    return HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8", headers=named)


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _found(caller: Caller, phone: str, email: str) -> Any:
    found = DoNotCall.objects.filter(organization=caller.organization)
    if phone:
        found = found.filter(phone=suppression.number(caller.organization, phone))
    return found.filter(email=email.strip().lower()) if email else found


def _listed(organization: Organization, phone: str, email: str, reason: str) -> Listed:
    """The entry as the list keeps it. Raises `Invalid`."""
    if phone.strip():
        return Listed(phone=suppression.number(organization, phone), reason=reason)
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Invalid(email=f"“{address[:60]}” is no e-mail address. Write one such as ana@example.com.") from None
    return Listed(email=address, reason=reason)


def _rows(table: Table) -> Iterable[tuple[int, str, str, str]]:
    """Each row's line, number, address and reason. Without a header, each first cell tells what it is."""
    names = [plain(name) for name in table.header]
    places = [next((i for i, name in enumerate(names) if name in known), None) for known in (PHONES, EMAILS, REASONS)]
    if places[:2] == [None, None]:
        yield 1, *_guessed(table.header[0]), ""
        places = [None, None, None]
    for row in table:
        cells = list(row.cells)
        phone, email, reason = (cells[i] if i is not None and i < len(cells) else "" for i in places)
        if places[:2] == [None, None]:
            phone, email = _guessed(cells[0])
        yield row.line, phone, email, reason


def _guessed(cell: str) -> tuple[str, str]:
    return ("", cell) if "@" in cell else (cell, "")


def _shown(entry: DoNotCall) -> EntryShown:
    return EntryShown(
        id=entry.public_id,
        phone=entry.phone,
        email=entry.email,
        reason=entry.reason,
        source=entry.source,
        created_by=public(Member, entry.created_by_id),
        created_at=entry.created_at,
    )
