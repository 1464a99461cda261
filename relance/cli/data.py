"""Data in and out: contacts from a CSV, everything of an organization to a zip."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relance.cli.instance import existing
from relance.cli.members import member_of, only_admin

if TYPE_CHECKING:
    from relance.contacts_csv.taking import Report
    from relance.models import Member

MEMBER = click.option("--member", "email", default="", help="Whose organization; needed only where there are several.")


@click.group("import")
def import_() -> None:
    """Take data in."""


@import_.command("contacts")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "mapping", multiple=True, metavar="COLUMN=FIELD", help='Such as --map "Facility Name=name".')
@MEMBER
@click.option("--dry-run", is_flag=True, help="Show what would happen, and change nothing.")
def import_contacts(file: Path, mapping: tuple[str, ...], email: str, dry_run: bool) -> None:
    """Take the contacts of a CSV in; bad rows go to FILE.rejected.csv with their reasons."""
    with existing():
        from relance.contacts_csv import columns, files, rejects

        member = member_of(email) if email else only_admin()
        _require_admin(member)
        said = columns.parse_mapping(mapping)
        click.echo(f"Contacts for {member.organization.name}:", err=True)
        with _progress() as progress:
            report = files.import_file(file, member.organization, member, said, dry_run, progress)
        for line in _told(report, dry_run):
            click.echo(line)
        if report.rejected and not dry_run:
            click.echo(f"The rejected rows, each with its reason: {rejects.path_for(file)}")


def _told(report: Report, dry_run: bool) -> Iterator[str]:
    done = ("would be " if dry_run else "") + "created"
    yield (
        f"{report.created:,} {done}, {report.updated:,} updated, {report.unchanged:,} unchanged,"
        f" {len(report.rejected):,} rejected."
    )
    if report.ignored:
        yield f"Columns that say nothing to Relance: {', '.join(report.ignored)}. --map tells what they hold."
    if report.kept_refusals:
        yield f"{report.kept_refusals:,} opt-ins were not taken: these contacts had opted out."


def _require_admin(member: Member) -> None:
    if not member.is_admin:
        raise click.ClickException(f"{member.email} is no admin. An import reaches every contact: name an admin.")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal that is told (done, of how many)."""
    with click.progressbar(length=1, file=sys.stderr, show_pos=True) as bar:

        def told(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield told


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@MEMBER
def export(file: Path, email: str) -> None:
    """Write an organization's contacts, follow-ups, attempts and consents to a zip of CSV files."""
    with existing():
        from relance import export as exporting

        member = member_of(email) if email else only_admin()
        click.echo(exporting.write(member.organization, file))
