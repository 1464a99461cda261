"""Running an instance, whole or in parts."""

from __future__ import annotations

import sys

import click

from relance.cli.instance import instance

HOST = click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve the pages on.")
PORT = click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to serve on.")


@click.command()
@HOST
@PORT
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
@click.option("--demo/--no-demo", default=True, help="Load the demo into an empty database, or start empty.")
def up(host: str, port: int, workers: int, demo: bool) -> None:
    """Run everything: database, web and worker. Ctrl-C stops all of it."""
    from relance.config import supervisor

    sys.exit(supervisor.run(host, port, workers, demo))


@click.command()
@HOST
@PORT
def web(host: str, port: int) -> None:
    """Serve pages and API alone; any number may run."""
    from relance.config import serving

    with instance():
        serving.serve(host, port)


@click.command()
def worker() -> None:
    """Carry follow-ups out, alone; any number may run, on any number of machines."""
    from relance.config import serving

    with instance():
        serving.work()


@click.command()
def migrate() -> None:
    """Bring the database up to date. Running web and workers go on meanwhile."""
    with instance():
        click.echo("The database is up to date.")
