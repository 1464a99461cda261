"""`/api/contacts/import`: a CSV of contacts, taken in by a worker; how far it is, and what was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpResponse
from ninja import Query, Status
from pydantic import Field

from relance.api.auth import Request
from relance.api.finding import find
from relance.api.routing import resource
from relance.api.schemas import Filters, Flag, Shown, Text
from relance.api.uploads import csv_text, documented, mapping, option
from relance.contacts_csv import job
from relance.engine import contact_imports
from relance.models import ContactImport

router = resource("Contacts")

FORM = documented(
    {
        "mapping": {"type": "string", "description": 'JSON: {"Facility Name": "name"}'},
        "dryRun": {"enum": ["true", "false"]},
    }
)
DOWNLOAD: dict[str, Any] = {
    "responses": {200: {"description": "The rows", "content": {"text/csv": {"schema": {"type": "string"}}}}}
}


class ImportOptions(Filters):
    """What a text/csv body cannot say; a form says it in parts of the same names."""

    mapping: Text = Field("", max_length=20_000, description='JSON: {"Facility Name": "name"}')
    dry_run: Flag = False


class RejectedRow(Shown):
    """A row that was not taken."""

    line: int
    reason: str
    cells: list[str]


class ImportShown(Shown):
    """How far an import is; `rejected` rows come back as a file too."""

    id: str
    file_name: str
    dry_run: bool
    status: Literal["waiting", "running", "done", "failed"]
    total: int
    processed: int
    created: int
    updated: int
    rejected: list[RejectedRow]
    error: str
    created_at: datetime
    finished_at: datetime | None


@router.post("/import", response={202: ImportShown}, openapi_extra=FORM)
def import_contacts(request: Request, options: Query[ImportOptions]) -> Status[ImportShown]:
    """Take in a CSV of contacts; admins only. Good rows are taken, bad ones come back with reasons."""
    caller = request.auth
    caller.must_be_admin("import contacts")
    text, name = csv_text(request)
    columns = mapping(option(request, "mapping", options.mapping))
    dry_run = option(request, "dryRun", "true" if options.dry_run else "false") == "true"
    made = contact_imports.start(caller.member, name, text, columns, dry_run=dry_run)
    return Status(202, _shown(made))


@router.get("/imports/{id}", response=ImportShown)
def contact_import(request: Request, id: str) -> ImportShown:
    """How far an import is."""
    return _shown(_found(request, id))


@router.get("/imports/{id}/rejected.csv", response=str, openapi_extra=DOWNLOAD)
def rejected(request: Request, id: str) -> HttpResponse:
    """The rows that were not taken, with reasons, to correct and import again."""
    text = job.rejected_csv(_found(request, id))
    named = {"Content-Disposition": f'attachment; filename="{id}.rejected.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=named)


def _found(request: Request, id: str) -> ContactImport:
    begun = ContactImport.objects.exclude(status=ContactImport.Status.DRAFT)
    found = find(begun.filter(organization=request.auth.organization), id)
    request.auth.must_be_admin("see imports")
    return found


def _shown(i: ContactImport) -> ImportShown:
    same = (
        "file_name", "dry_run", "status", "total", "processed", "created", "updated", "error", "created_at",
        "finished_at",
    )  # fmt: skip
    return ImportShown(
        **{name: getattr(i, name) for name in same},
        id=i.public_id,
        rejected=[RejectedRow(**row) for row in i.rejected],
    )
