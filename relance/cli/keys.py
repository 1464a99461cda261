"""API keys."""

from __future__ import annotations

import click

from relance.cli.instance import existing
from relance.cli.members import member_of


@click.group()
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

        _, text = ApiKey.issue(member_of(email), name, scope)
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
