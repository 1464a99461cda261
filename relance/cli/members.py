"""Members: their admins, their passwords, and whom a command speaks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from relance.cli.instance import existing, instance

if TYPE_CHECKING:
    from relance.models import Member


@click.group()
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

        click.echo(passwords.reset_link(member_of(email)))


def member_of(email: str) -> Member:
    """The member with this address. Raises `ClickException` where there is none, as all here do."""
    from relance.models import Member

    found = Member.objects.filter(email__iexact=email.strip(), is_active=True).select_related("organization").first()
    if found is None:
        raise click.ClickException(f"There is no member {email}. Make one with “relance admin create”.")
    return found


def only_admin() -> Member:
    """The member in whose name a command acts that names none: the first admin of the first organization."""
    from relance.models import Member, Role

    found = Member.objects.filter(role=Role.ADMIN, is_active=True).select_related("organization").order_by("pk").first()
    if found is None:
        raise click.ClickException("There is no member yet. Make one with “relance admin create”.")
    return found
