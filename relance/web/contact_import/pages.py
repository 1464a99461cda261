"""The pages of an import, for admins: each has an address, so that it can be left and come back to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from relance.contacts_csv import columns, job, uploads
from relance.contacts_csv.uploads import Sample
from relance.engine import contact_imports
from relance.models import Conflict, ContactImport, Invalid
from relance.models.contact_fields import text
from relance.web.access import Visit, admin_page, find
from relance.web.answers import go, refused, show
from relance.web.contact_import import words
from relance.web.once import once

PATH = "/contacts/import"
LATEST = 5
MOST_REASONS = 20
COLUMN = "column."

Status = ContactImport.Status
UNDER_WAY = (Status.WAITING, Status.RUNNING)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_page
@once
def upload(request: Visit) -> HttpResponse:
    """Choosing a file; what was handed over lately is there to come back to."""
    latest = _own(request).defer("content", "rejected", "mapping").order_by("-pk")[:LATEST]
    context = {"latest": latest, "most_bytes": uploads.MOST_BYTES, "most": uploads.MOST}
    if request.method != "POST":
        return show(request, "contact_import/upload.html", **context)
    try:
        file = _file(request)
        made = contact_imports.hand_over(request.member, _called(file), uploads.text_of(file.read()))
    except Invalid as problem:
        return refused(request, "contact_import/upload.html", problem, **context)
    return go(request, f"{_where(made)}/columns")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_page
def which_columns(request: Visit, id: str) -> HttpResponse:
    """What each column holds: guessed, and confirmed or corrected here. Then a worker says what would come of it."""
    draft = find(contact_imports.beginnings(_own(request)), id)
    if not _is_open(draft):
        return go(request, _where(draft))
    found = uploads.samples(draft.start)  # type: ignore[attr-defined]
    if request.method != "POST":
        return show(request, "contact_import/columns.html", **_columns(draft, found, _held(draft, found)))
    chosen = {sample.header: request.POST.get(f"{COLUMN}{place}", "") for place, sample in enumerate(found)}
    try:
        with suppress(Conflict):  # somebody pressed it twice: the page says how far it is
            contact_imports.check(draft, {name: field for name, field in chosen.items() if field in columns.fields()})
    except Invalid as problem:
        return refused(request, "contact_import/columns.html", problem, **_columns(draft, found, chosen))
    return go(request, _where(draft))


@require_safe
@admin_page
def contact_import(request: Visit, id: str) -> HttpResponse:
    """How far it is, what would come of it, or what came of it."""
    found = find(_own(request).defer("content"), id)
    if found.status == Status.DRAFT:
        return go(request, f"{_where(found)}/columns")
    part = request.headers.get("HX-Target") == "import-work"
    return show(request, "contact_import/work.html" if part else "contact_import/import.html", **_shown(found))


@require_http_methods(["GET", "HEAD", "POST"])
@admin_page
def take(request: Visit, id: str) -> HttpResponse:
    """Take in what has been checked; its page says how far it is."""
    found = find(_own(request).defer("content", "rejected"), id)
    if request.method == "POST":
        with suppress(Conflict):  # somebody pressed it twice
            contact_imports.take(found)
    return go(request, _where(found))


@require_safe
@admin_page
def rejected(request: Visit, id: str) -> HttpResponse:
    """The rows that were not taken with the reasons, to correct and import again."""
    lines = job.rejected_csv(find(_own(request), id))
    named = {"Content-Disposition": f'attachment; filename="{id}.rejected.csv"'}
    return HttpResponse(f"\ufeff{lines}", content_type="text/csv; charset=utf-8", headers=named)


def _own(request: Visit) -> QuerySet[ContactImport]:
    return ContactImport.objects.filter(organization=request.organization)


def _file(request: Visit) -> UploadedFile[Any]:
    """The file that was sent, which is read only where it is not too large. Raises `Invalid`."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise Invalid(file="Choose a CSV file first.")
    uploads.require_size(file.size or 0)
    return file


def _called(file: UploadedFile[Any]) -> str:
    return text((file.name or "")[:200], 200) or "contacts.csv"


def _is_open(found: ContactImport) -> bool:
    """Whether it can still be said what its columns hold."""
    return found.dry_run and found.status not in UNDER_WAY


def _held(draft: ContactImport, found: Sequence[Sample]) -> dict[str, str]:
    """What each column holds as far as is said: what was chosen before, else the guess."""
    mapping: dict[str, str] = draft.mapping
    return {sample.header: mapping.get(sample.header, sample.field) for sample in found}


def _columns(draft: ContactImport, found: Sequence[Sample], held: dict[str, str]) -> dict[str, Any]:
    rows = [(f"{COLUMN}{place}", sample, held[sample.header]) for place, sample in enumerate(found)]
    return {
        "found": draft,
        "used": [row for row in rows if row[2]],
        "unused": [row for row in rows if not row[2]],
        "columns": len(rows),
        "fields": words.choices(),
    }


def _shown(found: ContactImport) -> dict[str, Any]:
    reasons = [row for row in found.rejected if row["cells"]][:MOST_REASONS]
    return {
        "found": found,
        "under_way": found.status in UNDER_WAY,
        "would": found.created + found.updated,
        "reasons": reasons,
        "more": found.refused - len(reasons),
    }


def _where(found: ContactImport) -> str:
    return f"{PATH}/{found.public_id}"
