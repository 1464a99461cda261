"""A CSV file on this machine, taken in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from relance.contacts_csv import rejects
from relance.contacts_csv.columns import find
from relance.contacts_csv.reading import Table, decode
from relance.contacts_csv.taking import Report, take
from relance.models.accounts import Member, Organization


def import_file(
    path: Path,
    organization: Organization,
    by: Member | None = None,
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Take in the contacts of the file at `path`; rows that cannot be taken are written beside it, to
    `rejects.path_for(path)`, unless it is a dry run.

    `mapping` says which header holds which field, where its spelling does not. Raises `Invalid` for a file that
    cannot be read or told, `OSError` for one that cannot be opened.
    """
    table = Table(decode(path.read_bytes()))
    columns = find(table.header, mapping)
    report = take(organization, table, columns, by=by, file_name=path.name, dry_run=dry_run, progress=progress)
    if not dry_run:
        rejects.write(path, table.header, report.rejected, table.delimiter)
    return report
