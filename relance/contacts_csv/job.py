"""Imports that people hand over through the API or a page: taken in by a worker, their progress kept in their row."""

from __future__ import annotations

from typing import Any

from relance.contacts_csv.columns import find
from relance.contacts_csv.reading import Table
from relance.contacts_csv.rejects import Rejection, as_csv
from relance.contacts_csv.taking import Report, Taking
from relance.models import clock
from relance.models.base import Conflict, Invalid
from relance.models.requests import ContactImport

MOST_KEPT = 1000  # rejected rows that are kept in the import's row

Status = ContactImport.Status
ENDED = (Status.DONE, Status.FAILED)


def run(import_id: int) -> None:
    """Take in the `ContactImport` with this key; one that is done or has failed is left alone.

    One that broke off goes on where it was: how far it is commits with the rows. A second run of the same import
    at the same time notices, and leaves it to the first. What is wrong with the file ends it as failed, in words;
    any other exception leaves it as it is, to be run again. Of a file that was taken in, only the header is kept.
    """
    job = ContactImport.objects.select_related("organization", "member").filter(pk=import_id).first()
    if job is None or job.status in ENDED:
        return
    try:
        _take(job)
    except Invalid as problem:
        error = " ".join(sentence for _, sentence in problem.errors)
        _end(job, status=Status.FAILED, error=error)
    except Conflict:
        return


def rejected_csv(job: ContactImport) -> str:
    """The rejected rows of `job` that are kept, as a CSV file to correct and import again."""
    table = Table(job.content)
    rows = [Rejection(row["line"], row["reason"], row["cells"]) for row in job.rejected]
    return as_csv(table.header, rows, table.delimiter)


def _take(job: ContactImport) -> None:
    table = Table(job.content)
    columns = find(table.header, job.mapping)
    taking = Taking(job.organization, table, columns, by=job.member, file_name=job.file_name, dry_run=job.dry_run)
    _update(job, status=Status.RUNNING, total=len(table))
    if not job.dry_run:
        taking.replay(job.processed, job.created, job.updated)
    taking.run(lambda report: _note(job, report))
    _end(job, status=Status.DONE, rejected=_kept(taking.report))


def _end(job: ContactImport, **values: Any) -> None:
    """It is over: of a file that was to be taken in, keep what names the columns of the rejected rows. One that was
    only checked is taken in next."""
    if not job.dry_run:
        values["content"] = _head(job.content)
    _update(job, finished_at=clock.now(), **values)


def _head(content: str) -> str:
    try:
        return Table(content).head
    except Invalid:  # it has no header, and so no rows that were rejected
        return ""


def _note(job: ContactImport, report: Report) -> None:
    """Write how far it is, within the chunk's transaction."""
    counts = {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}
    _update(job, processed=report.done, rejected=_kept(report), **counts)
    job.processed = report.done


def _update(job: ContactImport, **values: Any) -> None:
    """Write to the import's row. Raises `Conflict` when another run has gone further or ended it."""
    mine = ContactImport.objects.filter(pk=job.pk, processed=job.processed).exclude(status__in=ENDED)
    if not mine.update(**values):
        raise Conflict("This import is being taken in by another worker.")


def _kept(report: Report) -> list[dict[str, Any]]:
    """The first rejected rows, and how many more there are."""
    kept = [{"line": r.line, "reason": r.reason, "cells": list(r.cells)} for r in report.rejected[:MOST_KEPT]]
    if more := len(report.rejected) - len(kept):
        reason = f"{more:,} more rows were rejected. Correct these first, then import the file again to see the rest."
        kept.append({"line": report.rejected[MOST_KEPT].line, "reason": reason, "cells": []})
    return kept
