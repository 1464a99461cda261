"""Looking after an installation: examined, backed up, put back."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from relance.cli.instance import existing, instance


@click.command()
def doctor() -> None:
    """Look over the installation and say what is wrong and what to do."""
    with instance(migrated=False):
        from relance.config import doctor as examining

        findings = examining.examine()
        for finding in findings:
            click.echo(finding)
        sys.exit(0 if all(finding.good for finding in findings) else 1)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the whole database to FILE, while it runs."""
    with existing(migrated=False):
        from relance.config import keeping

        keeping.backup(file)
        click.echo(f"Wrote {file}. Keep RELANCE_SECRET_KEY (or data/secret_key) with it: stored secrets need it.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.confirmation_option(prompt="This replaces everything in the database. Go on?")
def restore(file: Path) -> None:
    """Put back what `backup` wrote, in place of everything there is."""
    with instance(migrated=False):
        from relance.config import keeping

        keeping.restore(file)
        click.echo(f"Restored from {file}.")
