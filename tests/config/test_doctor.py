"""The doctor: what is well is said, and what is not comes with what to do."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from relance.config import doctor
from relance.config.doctor import Finding, examine
from relance.models import FollowUp, Organization, clock, sql
from relance.models.contacts import Contact

pytestmark = pytest.mark.django_db


def found(beginning: str) -> Finding:
    return next(finding for finding in examine() if beginning in finding.text)


def test_each_finding_prints_and_only_bad_ones_advise() -> None:
    for finding in examine():
        assert finding.text in str(finding)
        assert (finding.advice in str(finding)) or finding.good


def test_the_database_is_looked_at() -> None:
    for text in ("PostgreSQL 18 answers (embedded)", "no superuser", "clock", "has all migrations", "Stored secrets"):
        assert found(text).good


def test_a_secret_of_another_key_is_found(settings: Settings) -> None:
    Organization.objects.create(name="Acme Care")
    assert found("Stored secrets").good
    settings.SECRET_KEY = "another key"
    assert not found("stored secret").good
    assert "RELANCE_SECRET_KEY" in found("stored secret").advice


def test_a_worker_lives_as_long_as_its_heart_beats() -> None:
    assert not found("Workers alive: 0").good
    sql.run("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '5 minutes'), (now())")
    assert found("Workers alive: 1").good


def test_what_is_overdue_is_found() -> None:
    acme = Organization.objects.create(name="Acme Care")
    ana = Contact.objects.create(organization=acme, name="Ana", phone="+12125550123")
    late = clock.now() - timedelta(hours=1)
    FollowUp.objects.create(
        organization=acme, contact=ana, type="sms", scheduled_at=late, next_attempt_at=late, expires_at=clock.now()
    )
    assert not found("has been due for 3,60").good


def test_every_machine_needs_the_same_key(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMBEDDED_POSTGRES = None
    assert "RELANCE_SECRET_KEY" in found("The secret key").advice
    assert not found("The secret key").good
    monkeypatch.setenv("RELANCE_SECRET_KEY", settings.SECRET_KEY)
    assert found("The secret key").good


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("http://127.0.0.1:8000", True),
        ("https://relance.example", True),
        ("http://relance.example", False),
        ("http://0.0.0.0:8000", False),
        ("https://relance.example/app", False),
        ("relance.example", False),
    ],
)
def test_the_base_address_is_one_that_works(settings: Settings, address: str, good: bool) -> None:
    settings.BASE_URL = address
    assert found("The base address").good is good


@pytest.mark.parametrize(("line", "version"), [("# version 2025b", "2025b"), ("2026d", "2026d")])
def test_the_time_zone_data_in_use_is_the_systems(
    directory: Path, monkeypatch: pytest.MonkeyPatch, line: str, version: str
) -> None:
    (directory / "Europe").mkdir()
    (directory / "Europe" / "Madrid").touch()
    (directory / "tzdata.zi").write_text(line + "\n")
    monkeypatch.setattr(doctor.zoneinfo, "TZPATH", (str(directory),))
    assert doctor.zone_data() == version
    assert found("Time zone data").good is (version >= "2026")


def test_without_the_systems_time_zone_data_it_is_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.zoneinfo, "TZPATH", ())
    assert found("Time zone data").good


def test_a_key_that_others_can_read_is_found(directory: Path, settings: Settings) -> None:
    settings.DATA = directory
    key = directory / "secret_key"
    key.touch(mode=0o600)
    assert found(str(directory)).good
    key.chmod(0o644)
    assert not found("Others on this machine").good
    assert str(key) in found("Others on this machine").advice
    os.chmod(key, 0o600)
    directory.chmod(0o777)
    assert str(directory) in found("Others on this machine").advice
