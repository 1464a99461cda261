"""Trying Relance out: the demo, its clock, and what this machine can do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from relance.cli.instance import existing, instance


@click.command()
def demo() -> None:
    """Load the demo's cast into an empty database."""
    with instance():
        from relance import demo as demo_data

        for line in demo_data.load():
            click.echo(line)


@click.command("clock")
@click.option("--to", "moment", default="", help="RFC 3339 instant to go forward to, stopping at all that is due.")
def clock_(moment: str) -> None:
    """Show a demo instance's time, or move it forward with everything on the way carried out."""
    with existing():
        from relance.demo import travel

        for line in travel.command(moment):
            click.echo(line)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure this machine: rate, punctuality, API, against bare peers. Needs the project's checkout."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "bench").is_dir():
        raise click.ClickException("The benchmarks come with the project's repository: run “make bench” there.")
    sys.exit(subprocess.call([sys.executable, "-m", "bench", *arguments], cwd=root))
