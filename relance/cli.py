"""The `relance` command."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from relance.models import Member

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="relance")
def main() -> None:
    """Every follow-up a team owes its contacts, carried out once, at the right moment, with consent."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relance.config.settings")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends a command as Ctrl-C does: in good order


@contextmanager
def instance(*, migrated: bool = True) -> Iterator[None]:
    """The installation within reach: its database running and, unless told otherwise, up to date."""
    from django.conf import settings
    from django.db import connection

    _set_up()
    server = settings.EMBEDDED_POSTGRES
    try:
        if server:
            server.start()
        if migrated:
            _require_migrated()
        yield
    except _expected() as problem:
        raise click.ClickException(str(problem)) from problem
    finally:
        connection.close()
        if server:
            server.stop()


@contextmanager
def existing(*, migrated: bool = True) -> Iterator[None]:
    """The same, for commands that make no sense without an instance: they must not make an empty one by the way."""
    data = Path(os.environ.get("RELANCE_DATA") or "data")
    if not os.environ.get("DATABASE_URL") and not (data / "postgres").exists():
        raise click.ClickException(
            f"There is no instance in {data.absolute()}. Start one with “relance up”, or set RELANCE_DATA."
        )
    with instance(migrated=migrated):
        yield


def _set_up() -> None:
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except (ImproperlyConfigured, OSError) as problem:
        raise click.ClickException(str(problem)) from problem


def _expected() -> tuple[type[Exception], ...]:
    from django.db import OperationalError

    from relance.config.keeping import NotKept
    from relance.config.postgres import ServerFailed
    from relance.models.base import Conflict, Invalid
    from relance.models.vault import WrongKey

    return OperationalError, OSError, ServerFailed, NotKept, Conflict, Invalid, WrongKey


def _require_migrated() -> None:
    from relance.config import migrating

    if not migrating.is_current():
        click.echo("Bringing the database up to date …", err=True)
        migrating.migrate()


# -- running it ----------------------------------------------------------------------------------------------


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve the pages on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to serve on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
@click.option("--demo/--no-demo", default=True, help="Load the demo into an empty database, or start empty.")
def up(host: str, port: int, workers: int, demo: bool) -> None:
    """Run everything: database, web and worker. Ctrl-C stops all of it."""
    from relance.config import supervisor

    sys.exit(supervisor.run(host, port, workers, demo))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve the pages on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to serve on.")
def web(host: str, port: int) -> None:
    """Serve pages and API alone; any number may run."""
    from relance.config import serving

    with instance():
        serving.serve(host, port)


@main.command()
def worker() -> None:
    """Carry follow-ups out, alone; any number may run, on any number of machines."""
    from relance.config import serving

    with instance():
        serving.work()


@main.command()
def migrate() -> None:
    """Bring the database up to date. Running web and workers go on meanwhile."""
    with instance():
        click.echo("The database is up to date.")


@main.command()
def demo() -> None:
    """Load the demo's cast into an empty database."""
    with instance():
        from relance import demo as demo_data

        for line in demo_data.load():
            click.echo(line)


# -- people and keys -----------------------------------------------------------------------------------------


@main.group()
def admin() -> None:
    """Members who may do everything in their organization."""


@admin.command("create")
@click.option("--email", required=True)
@click.option("--password", required=True, envvar="RELANCE_ADMIN_PASSWORD", help="Or in RELANCE_ADMIN_PASSWORD.")
@click.option("--organization", required=True, help="Name; made when there is none of this name.")
@click.option("--name", default="", help="The person's name; the address, unless given.")
@click.option("--time-zone", default="", help="IANA zone of a new organization, such as Europe/Madrid.")
def admin_create(email: str, password: str, organization: str, name: str, time_zone: str) -> None:
    """Make an admin, and their organization if need be."""
    with instance():
        from relance.models import accounts

        member = accounts.create_admin(email, password, organization, name=name, time_zone=time_zone)
        click.echo(f"{member.email} is an admin of {member.organization.name}.")


@admin.command("password")
@click.argument("email")
def admin_password(email: str) -> None:
    """Print a link by which a member sets a new password: good once, for an hour. EMAIL is the member's address."""
    with existing():
        from relance.models import passwords

        click.echo(passwords.reset_link(_member(email)))


@main.group()
def key() -> None:
    """API keys."""


@key.command("create")
@click.option("--member", "email", required=True, help="E-mail address of the member the key acts for.")
@click.option("--name", default="command line", show_default=True, help="What the key is for.")
@click.option("--scope", default="admin", show_default=True, type=click.Choice(["read", "write", "admin"]))
def key_create(email: str, name: str, scope: str) -> None:
    """Make a key and print it, once: only its hash is kept."""
    with existing():
        from relance.models import ApiKey

        _, text = ApiKey.issue(_member(email), name, scope)
        click.echo(text)


@key.command("list")
def key_list() -> None:
    """List the keys that stand, without their texts."""
    with existing():
        from relance.models import ApiKey

        for standing in ApiKey.objects.filter(revoked_at=None).select_related("member").order_by("pk"):
            used = f"last used {standing.last_used_at:%Y-%m-%d}" if standing.last_used_at else "never used"
            click.echo(
                f"{standing.public_id}  {standing.hint}…  {standing.scope}  {standing.member.email}"
                f"  {standing.name}  {used}"
            )


@key.command("revoke")
@click.argument("key_id", metavar="KEY")
def key_revoke(key_id: str) -> None:
    """End a key at once; KEY is its id from “key list”, such as key_3."""
    with existing():
        from relance.models import ApiKey

        found = ApiKey.objects.filter(pk=ApiKey.key_of(key_id) or 0, revoked_at=None).first()
        if found is None:
            raise click.ClickException(f"There is no standing key {key_id}. “relance key list” lists them.")
        found.revoke()
        click.echo(f"{found.public_id} is revoked.")


def _member(email: str) -> Member:
    from relance.models import Member

    found = Member.objects.filter(email__iexact=email.strip(), is_active=True).select_related("organization").first()
    if found is None:
        raise click.ClickException(f"There is no member {email}. Make one with “relance admin create”.")
    return found


# -- data in and out -----------------------------------------------------------------------------------------


@main.group("import")
def import_() -> None:
    """Take data in."""


@import_.command("contacts")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "mapping", multiple=True, metavar="COLUMN=FIELD", help='Such as --map "Facility Name=name".')
@click.option("--member", "email", default="", help="Whose organization; needed only where there are several.")
@click.option("--dry-run", is_flag=True, help="Show what would happen, and change nothing.")
def import_contacts(file: Path, mapping: tuple[str, ...], email: str, dry_run: bool) -> None:
    """Take the contacts of a CSV in; bad rows go to FILE.rejected.csv with their reasons."""
    with existing():
        from relance.contacts_csv import columns, files, rejects

        member = _member(email) if email else _only_admin()
        _require_admin(member)
        said = columns.parse_mapping(mapping)
        click.echo(f"Contacts for {member.organization.name}:", err=True)
        with _progress() as progress:
            report = files.import_file(file, member.organization, member, said, dry_run, progress)
        done = ("would be " if dry_run else "") + "created"
        click.echo(
            f"{report.created:,} {done}, {report.updated:,} updated, {report.unchanged:,} unchanged,"
            f" {len(report.rejected):,} rejected."
        )
        if report.ignored:
            click.echo(f"Columns that say nothing to Relance: {', '.join(report.ignored)}. --map tells what they hold.")
        if report.kept_refusals:
            click.echo(f"{report.kept_refusals:,} opt-ins were not taken: these contacts had opted out.")
        if report.rejected and not dry_run:
            click.echo(f"The rejected rows, each with its reason: {rejects.path_for(file)}")


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


def _only_admin() -> Member:
    """The member in whose name a command acts that names none: the first admin of the first organization."""
    from relance.models import Member, Role

    found = Member.objects.filter(role=Role.ADMIN, is_active=True).select_related("organization").order_by("pk").first()
    if found is None:
        raise click.ClickException("There is no member yet. Make one with “relance admin create”.")
    return found


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--member", "email", default="", help="Whose organization; needed only where there are several.")
def export(file: Path, email: str) -> None:
    """Write an organization's contacts, follow-ups, attempts and consents to a zip of CSV files."""
    with existing():
        from relance import export as exporting

        member = _member(email) if email else _only_admin()
        click.echo(exporting.write(member.organization, file))


# -- care ----------------------------------------------------------------------------------------------------


@main.command()
def doctor() -> None:
    """Look over the installation and say what is wrong and what to do."""
    with instance(migrated=False):
        from relance.config import doctor as examining

        findings = examining.examine()
        for finding in findings:
            click.echo(finding)
        sys.exit(0 if all(finding.good for finding in findings) else 1)


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the whole database to FILE, while it runs."""
    with existing(migrated=False):
        from relance.config import keeping

        keeping.backup(file)
        click.echo(f"Wrote {file}. Keep RELANCE_SECRET_KEY (or data/secret_key) with it: stored secrets need it.")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.confirmation_option(prompt="This replaces everything in the database. Go on?")
def restore(file: Path) -> None:
    """Put back what `backup` wrote, in place of everything there is."""
    with instance(migrated=False):
        from relance.config import keeping

        keeping.restore(file)
        click.echo(f"Restored from {file}.")


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure this machine: rate, punctuality, API, against bare peers. Needs the project's checkout."""
    import subprocess

    root = Path(__file__).resolve().parent.parent
    if not (root / "bench").is_dir():
        raise click.ClickException("The benchmarks come with the project's repository: run “make bench” there.")
    sys.exit(subprocess.call([sys.executable, "-m", "bench", *arguments], cwd=root))


@main.command("clock")
@click.option("--to", "moment", default="", help="RFC 3339 instant to go forward to, stopping at all that is due.")
def clock_(moment: str) -> None:
    """Show a demo instance's time, or move it forward with everything on the way carried out."""
    with existing():
        from relance.demo import travel

        for line in travel.command(moment):
            click.echo(line)
