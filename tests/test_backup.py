"""Backup and restore: all of it or nothing, secrets and sequences too."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from relance.config.keeping import NotKept, backup, restore
from relance.models import Connection, FollowUp, Member, Organization, clock, sql
from relance.models.accounts import create_admin
from relance.models.contacts import Contact

pytestmark = pytest.mark.django_db(transaction=True)

SECRETS = {"token": "a token of the provider’s"}


@pytest.fixture
def acme() -> Organization:
    create_admin("nora@acme.example", "a long enough password", "Acme Care")
    acme = Organization.objects.get()
    acme.connections.filter(kind="sms").update(settings=SECRETS)
    ana = Contact.objects.create(organization=acme, name="Ana “=1+1” Núñez", phone="+12125550123")
    now = clock.now()
    FollowUp.objects.create(
        organization=acme, contact=ana, type="sms", scheduled_at=now, next_attempt_at=now, expires_at=now
    )
    return acme


def everything() -> dict[str, list[tuple[object, ...]]]:
    tables = sql.rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
    return {table: sorted(sql.rows(f'SELECT "{table}"::text FROM "{table}"')) for (table,) in tables}


def definitions() -> list[tuple[object, ...]]:
    """Every table, function, type, index and constraint, by name."""
    return sorted(
        sql.rows(
            "SELECT relkind::text, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " UNION ALL SELECT 'f', oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " UNION ALL SELECT 't', typname FROM pg_type WHERE typnamespace = 'public'::regnamespace"
            " UNION ALL SELECT 'c', conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
            " UNION ALL SELECT 'g', tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
    )


def test_what_is_restored_is_what_was_backed_up(acme: Organization, tmp_path: Path) -> None:
    file = tmp_path / "relance.backup"
    before, shape, secret = everything(), definitions(), acme.webhook_secret
    backup(file)
    assert file.stat().st_mode & 0o777 == 0o600

    FollowUp.objects.all().delete()
    Contact.objects.update(name="Somebody else")
    sql.run("CREATE TABLE later AS SELECT 1 AS number")
    sql.run("CREATE TYPE later_kind AS ENUM ('one')")
    sql.run("CREATE FUNCTION later_of(later_kind) RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    restore(file)

    assert everything() == before
    assert definitions() == shape
    assert Organization.objects.get().webhook_secret == secret
    assert Connection.objects.get(kind="sms").settings == SECRETS
    last = Contact.objects.get().pk
    assert Contact.objects.create(organization=acme, name="Bea").pk > last
    assert Member.objects.get().check_password("a long enough password")


def test_a_backup_replaces_the_one_before_and_leaves_nothing_beside_it(acme: Organization, tmp_path: Path) -> None:
    file = tmp_path / "relance.backup"
    file.write_text("the one before")
    backup(file)
    assert file.read_bytes().startswith(b"PGDMP")
    assert list(tmp_path.iterdir()) == [file]


def test_a_backup_that_fails_leaves_the_one_before(
    acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "relance.backup"
    file.write_text("the one before")
    monkeypatch.setattr(connection, "get_connection_params", lambda: {"host": str(tmp_path), "dbname": "none"})
    with pytest.raises(NotKept, match="The backup could not be made"):
        backup(file)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["the one before"]


@pytest.mark.parametrize("share", [0, 0.5, 0.9])
def test_a_backup_that_is_not_whole_changes_nothing(acme: Organization, tmp_path: Path, share: float) -> None:
    Contact.objects.bulk_create(Contact(organization=acme, name=f"Contact {number}") for number in range(2000))
    file = tmp_path / "relance.backup"
    backup(file)
    before = everything()
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(NotKept, match="Nothing was restored"):
        restore(file)
    assert everything() == before


def test_a_file_that_is_no_backup_changes_nothing(acme: Organization, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Name,Phone\n" * 5000)
    before = everything()
    with pytest.raises(NotKept, match="Nothing was restored"):
        restore(file)
    assert everything() == before


def test_nothing_is_restored_under_a_running_instance(acme: Organization, tmp_path: Path) -> None:
    file = tmp_path / "relance.backup"
    backup(file)
    database = settings.DATABASES["default"]
    parameters = {"host": database["HOST"], "user": database["USER"], "dbname": connection.settings_dict["NAME"]}
    with psycopg.connect(**parameters), pytest.raises(NotKept, match="connections: 1, workers: 0"):
        restore(file)


def test_nothing_is_restored_while_a_worker_lives(acme: Organization, tmp_path: Path) -> None:
    file = tmp_path / "relance.backup"
    sql.run("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => 31))")
    backup(file)
    restore(file)
    sql.run("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => 3))")
    with pytest.raises(NotKept, match="Stop it on every machine"):
        restore(file)
    sql.run("DELETE FROM procrastinate_workers")
    assert clock.now() - FollowUp.objects.get().scheduled_at < timedelta(hours=1)
