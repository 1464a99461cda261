"""The command line: everything documented, and every mistake answered with a sentence and an exit code."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from pytest_django import Settings

from relance.cli import main
from relance.models import ApiKey, Contact, Member, Organization, passwords

ROOT = Path(__file__).resolve().parents[2]
MANUAL = (ROOT / "docs" / "operator.md").read_text()
OURS_ALONE = {"RELANCE_PARENT", "RELANCE_TEST_DATABASE"}
PASSWORD = "a long enough password"
SECONDS = ("RELANCE_LEASE_SECONDS", "RELANCE_UNKNOWN_SECONDS")


def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*above, name))


def variables() -> set[str]:
    sources = "\n".join(path.read_text() for path in (ROOT / "relance").rglob("*.py"))
    return set(re.findall(r"[\"']((?:RELANCE|DATABASE)_[A-Z_]+)[\"']", sources)) - OURS_ALONE


@pytest.fixture
def relance(transactional_db: None, settings: Settings) -> Iterator[CliRunner]:
    """The command in this process, on the test's database."""
    settings.EMBEDDED_POSTGRES = None
    before = signal.getsignal(signal.SIGTERM)
    yield CliRunner()
    signal.signal(signal.SIGTERM, before)


def run(relance: CliRunner, *arguments: str) -> Result:
    return relance.invoke(main, list(arguments))


@pytest.fixture
def admin(relance: CliRunner) -> str:
    email = "nora@acme.example"
    made = run(relance, "admin", "create", "--email", email, "--password", PASSWORD, "--organization", "Acme Care")
    assert made.output == "nora@acme.example is an admin of Acme Care.\n"
    return email


@pytest.mark.parametrize("path", [(), *commands(main)], ids=" ".join)
def test_every_command_has_help(path: tuple[str, ...]) -> None:
    for option in ("--help", "-h"):
        said = CliRunner().invoke(main, [*path, option])
        assert said.exit_code == 0
        assert len(said.output.splitlines()) > 4


@pytest.mark.parametrize("path", list(commands(main)), ids=" ".join)
def test_every_command_is_documented(path: tuple[str, ...]) -> None:
    assert f"`relance {' '.join(path)}" in MANUAL


@pytest.mark.parametrize("variable", sorted(variables()))
def test_every_setting_is_documented(variable: str) -> None:
    assert f"`{variable}`" in MANUAL


def test_no_setting_is_documented_that_does_not_exist() -> None:
    assert set(re.findall(r"^\| `((?:RELANCE|DATABASE)_[A-Z_]+)`", MANUAL, re.MULTILINE)) <= variables()


def test_an_admin_and_a_key_make_an_instance_usable(relance: CliRunner, admin: str) -> None:
    made = run(relance, "key", "create", "--member", admin, "--scope", "read")
    assert made.exit_code == 0
    holder = ApiKey.holder(made.output.strip())
    assert holder
    assert (holder.member.email, holder.scope) == (admin, "read")
    assert Member.objects.get().is_admin


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"--email": "nobody"}, "is no e-mail address"),
        ({"--email": "NORA@acme.example"}, "is a member already"),
        ({"--password": "short"}, "at least 10 characters"),
        ({"--organization": " "}, "Give the organization a name."),
        ({"--time-zone": "Mars/Olympus"}, "Mars/Olympus"),
    ],
)
def test_an_admin_that_cannot_be_is_refused_with_the_reason(
    relance: CliRunner, admin: str, options: dict[str, str], sentence: str
) -> None:
    good = {"--email": "maya@acme.example", "--password": PASSWORD, "--organization": "Acme Care"}
    given = [part for pair in (good | options).items() for part in pair]
    refused = run(relance, "admin", "create", *given)
    assert (refused.exit_code, Member.objects.count(), Organization.objects.count()) == (1, 1, 1)
    assert refused.output.startswith("Error: ")
    assert sentence in refused.output


def test_a_member_who_forgot_the_password_is_given_a_link(relance: CliRunner, admin: str) -> None:
    made = run(relance, "admin", "password", admin.upper())
    assert made.exit_code == 0
    link = made.output.strip()
    assert link.startswith("http://127.0.0.1:8000/password/new/")
    found = passwords.of_token(link.rsplit("/", 1)[1])
    assert found
    assert found.email == admin
    assert "There is no member" in run(relance, "admin", "password", "ghost@acme.example").output


def test_a_key_needs_a_member(relance: CliRunner) -> None:
    refused = run(relance, "key", "create", "--member", "ghost@acme.example")
    assert refused.exit_code == 1
    assert "There is no member ghost@acme.example. Make one with" in refused.output


def test_an_unknown_option_is_a_usage_error(relance: CliRunner) -> None:
    assert run(relance, "key", "create").exit_code == 2
    assert run(relance, "up", "--port", "0").exit_code == 2


def test_a_csv_is_taken_in_and_its_bad_rows_come_back(relance: CliRunner, admin: str, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Facility,Phone,Colour\nClinic One,+12125550123,red\nClinic Two,12,blue\n")
    arguments = ["import", "contacts", str(file), "--map", "Facility=name"]

    tried = run(relance, *arguments, "--dry-run")
    assert (tried.exit_code, Contact.objects.count()) == (0, 0)
    assert "1 would be created, 0 updated, 0 unchanged, 1 rejected." in tried.output
    assert not (tmp_path / "people.rejected.csv").exists()

    done = run(relance, *arguments)
    assert (done.exit_code, Contact.objects.get().name) == (0, "Clinic One")
    assert "1 created, 0 updated, 0 unchanged, 1 rejected." in done.output
    assert f"each with its reason: {tmp_path / 'people.rejected.csv'}" in done.output
    assert "Clinic Two" in (tmp_path / "people.rejected.csv").read_text()


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        ("Phone\n+12125550123\n", ["--map", "Phone"], "Write HEADER=field"),
        ("Phone\n+12125550123\n", ["--map", "Tel=phone"], "There is no column “Tel”"),
        ("Colour\nred\n", [], "Colour"),
    ],
)
def test_a_csv_that_cannot_be_told_changes_nothing(
    relance: CliRunner, admin: str, tmp_path: Path, content: str, options: list[str], sentence: str
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(content)
    refused = run(relance, "import", "contacts", str(file), *options)
    assert (refused.exit_code, Contact.objects.count()) == (1, 0)
    assert sentence in refused.output


def test_an_import_needs_a_file_and_a_member(relance: CliRunner, tmp_path: Path) -> None:
    assert run(relance, "import", "contacts", str(tmp_path / "missing.csv")).exit_code == 2
    file = tmp_path / "people.csv"
    file.write_text("Phone\n+12125550123\n")
    refused = run(relance, "import", "contacts", str(file))
    assert refused.exit_code == 1
    assert "There is no member yet." in refused.output


def test_an_export_that_cannot_be_written_says_so(relance: CliRunner, admin: str, tmp_path: Path) -> None:
    refused = run(relance, "export", str(tmp_path / "nowhere" / "all.zip"))
    assert refused.exit_code == 1
    assert "No such file or directory" in refused.output


def test_a_secret_of_another_key_is_said(relance: CliRunner, admin: str, settings: Settings) -> None:
    settings.SECRET_KEY = "another key altogether"
    refused = run(relance, "key", "create", "--member", admin)
    assert refused.exit_code == 1
    assert "Set RELANCE_SECRET_KEY to the key that this database was made with." in refused.output


def test_a_command_in_the_wrong_folder_makes_no_second_database(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "relance", "clock"],
        cwd=tmp_path,
        env={
            name: text
            for name, text in os.environ.items()
            if name.split("_")[0] not in ("RELANCE", "DATABASE", "DJANGO")
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "There is no instance in" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "given"),
    [
        *(("DATABASE_URL", f"postgresql://u@{place}/x") for place in ("h:abc", "h:99999", "[::1")),
        ("DATABASE_URL", "mysql://u@h/x"),
        *((name, given) for name in SECONDS for given in ("soon", "nan", "inf", "0", "-1", "604801")),
    ],
)
def test_a_setting_that_cannot_be_is_said_in_one_sentence(environment, name, given):
    done = subprocess.run(
        [sys.executable, "-m", "relance", "doctor"],
        env=environment | {name: given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    (said,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert said.startswith(f"Error: {name} takes ")
