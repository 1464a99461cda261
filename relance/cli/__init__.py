"""The `relance` command: each module has the commands of one concern, and this puts them together."""

from __future__ import annotations

import os
import signal

import click

from relance.cli.care import backup, doctor, restore
from relance.cli.data import export, import_
from relance.cli.keys import key
from relance.cli.members import admin
from relance.cli.running import migrate, up, web, worker
from relance.cli.trying import bench, clock_, demo

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="relance")
def main() -> None:
    """Every follow-up a team owes its contacts, carried out once, at the right moment, with consent."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relance.config.settings")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends a command as Ctrl-C does: in good order


for command in (up, web, worker, migrate, admin, key, import_, export, doctor, backup, restore, demo, clock_, bench):
    main.add_command(command)
