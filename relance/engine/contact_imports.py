"""Imports of contacts from the file to the last row: handed over, checked, taken in by a worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Left

from relance.contacts_csv import columns, uploads
from relance.contacts_csv.reading import Table
from relance.engine import jobs
from relance.models import Conflict, ContactImport, Member

Status = ContactImport.Status
_ANEW: dict[str, Any] = {
    "status": Status.WAITING,
    "total": 0,
    "processed": 0,
    "created": 0,
    "updated": 0,
    "unchanged": 0,
    "rejected": [],
    "error": "",
    "finished_at": None,
}


def start(by: Member, file_name: str, text: str, mapping: Mapping[str, str], *, dry_run: bool) -> ContactImport:
    """Have a worker take the file in, or with `dry_run` say what would come of it. Raises `Invalid`."""
    columns.find(Table(text).header, mapping)
    with transaction.atomic():
        made = _create(by, file_name, text, mapping=dict(mapping), dry_run=dry_run)
        jobs.defer_import(made.pk)
    return made


def hand_over(by: Member, file_name: str, text: str) -> ContactImport:
    """Keep the file until somebody has confirmed what its columns hold. Raises `Invalid` for one without rows."""
    uploads.require_table(text)
    return _create(by, file_name, text, status=Status.DRAFT, dry_run=True)


def beginnings(imports: QuerySet[ContactImport]) -> QuerySet[ContactImport]:
    """The same, each with the first lines of its file as `start` in place of the whole."""
    return imports.annotate(start=Left("content", uploads.START)).defer("content", "rejected")


def check(draft: ContactImport, chosen: Mapping[str, str]) -> None:
    """Have a worker say what would come of the file if its columns hold what was `chosen`; nothing is taken in.

    `draft` comes from `beginnings`. Raises `Invalid` where no contact could be told by the columns, `Conflict` when it
    is being taken in already.
    """
    header = Table(draft.start).header  # type: ignore[attr-defined]
    mapping = columns.mapping_for(header, chosen)
    columns.find(header, mapping)
    _begin(draft, mapping=mapping, dry_run=True)


def take(checked: ContactImport) -> None:
    """Have a worker take in a file that has been checked. Raises `Conflict` when it is being taken in already."""
    _begin(checked, dry_run=False)


def _begin(waiting: ContactImport, **values: Any) -> None:
    """Once only, whoever presses the button how often: what is not taken in yet may be checked or taken in."""
    mine = ContactImport.objects.filter(
        pk=waiting.pk, dry_run=True, status__in=[Status.DRAFT, Status.DONE, Status.FAILED]
    )
    with transaction.atomic():
        if not mine.update(**_ANEW | values):
            raise Conflict("This import has begun already.")
        jobs.defer_import(waiting.pk)


def _create(by: Member, file_name: str, text: str, **values: Any) -> ContactImport:
    made = ContactImport.objects.create(
        organization=by.organization, member=by, file_name=file_name, content=text, **values
    )
    made.refresh_from_db(fields=["created_at"])
    return made
