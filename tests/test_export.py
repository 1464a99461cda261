"""The export: one organization's rows, for programs and spreadsheets alike."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from relance import export
from relance.contacts_csv.columns import find
from relance.contacts_csv.reading import Table, decode
from relance.contacts_csv.taking import take
from relance.models import Attempt, Call, Change, Conversation, DoNotCall, FollowUp, Message, Organization
from relance.models.accounts import create_admin
from relance.models.assignments import Assignment
from relance.models.consents import Evidence, record
from relance.models.contacts import Contact

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=UTC)


def furnished(name: str) -> Organization:
    """An organization with a row in every sheet."""
    member = create_admin(f"nora@{name}.example", "a long enough password", name)
    home = member.organization
    ana = Contact.objects.create(
        organization=home,
        name='=HYPERLINK("https://evil.example")',
        phone="+12125550123",
        email=f"ana@{name}.example",
        time_zone="America/New_York",
        next_follow_up_date=date(2026, 3, 4),
    )
    Assignment.objects.create(organization=home, contact=ana, member=member)
    record(ana, "granted", ["sms"], Evidence("member", quote="-yes,\nplease", member=member))
    DoNotCall.objects.create(organization=home, phone="+12125550199")
    follow_up = FollowUp.objects.create(
        organization=home, contact=ana, type="sms", scheduled_at=NOON, next_attempt_at=NOON, expires_at=NOON,
        parameters={"name": "Ana"}, notes="@SUM(A1)", created_by=member,
    )  # fmt: skip
    Change.objects.create(organization=home, follow_up=follow_up, at=NOON, actor="engine", to_status="scheduled")
    Attempt.objects.create(
        organization=home, follow_up=follow_up, contact=ana, number=1, kind="sms", provider="simulator",
        idempotency_key="0b8f3c52-7d4e-4a43-9b3a-0d7a5d0f9c11", worker="w", started_at=NOON,
    )  # fmt: skip
    thread = Conversation.objects.create(organization=home, contact=ana, kind="sms")
    Message.objects.create(
        organization=home, conversation=thread, direction="inbound", body="+1 for that", status="received", at=NOON
    )
    Call.objects.create(
        organization=home, contact=ana, status="answered", started_at=NOON, ended_at=NOON,
        transcript=[{"speaker": "contact", "text": "Sí"}],
    )  # fmt: skip
    return home


def written(organization: Organization, file: Path) -> dict[str, list[dict[str, str]]]:
    export.write(organization, file)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        texts = {name.removesuffix(".csv"): archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    return {name: list(csv.DictReader(io.StringIO(text, newline=""))) for name, text in texts.items()}


def test_it_holds_one_organizations_rows_and_nobody_elses(tmp_path: Path) -> None:
    acme, other = furnished("acme"), furnished("other")
    mine, theirs = (written(home, tmp_path / f"{home.pk}.zip") for home in (acme, other))
    assert list(mine) == list(export.SHEETS)
    assert {name: len(rows) for name, rows in mine.items()} == dict.fromkeys(export.SHEETS, 1)
    for name, rows in mine.items():
        assert rows != theirs[name] or name == "history"
    assert "other" not in str(mine)


def test_ids_are_public_and_instants_say_their_zone(tmp_path: Path) -> None:
    acme = furnished("acme")
    ana, follow_up = Contact.objects.get(), FollowUp.objects.get()
    sheets = written(acme, tmp_path / "all.zip")
    row = sheets["follow_ups"][0]
    assert (row["Relance id"], row["Contact"]) == (follow_up.public_id, ana.public_id)
    assert row["Scheduled at"] == "2026-03-01T12:00:00.250000Z"
    assert (row["Parameters"], row["Allow out of window"], row["Agent"]) == ('{"name": "Ana"}', "false", "")
    assert sheets["history"][0]["Follow up"] == sheets["attempts"][0]["Follow up"] == follow_up.public_id
    assert sheets["messages"][0]["Contact"] == sheets["calls"][0]["Contact"] == ana.public_id
    assert json.loads(sheets["calls"][0]["Transcript"]) == [{"speaker": "contact", "text": "Sí"}]
    assert sheets["contacts"][0]["Assigned to"] == "nora@acme.example"


def test_no_cell_is_a_formula_and_a_phone_number_stays_one(tmp_path: Path) -> None:
    sheets = written(furnished("acme"), tmp_path / "all.zip")
    assert sheets["contacts"][0]["Name"] == '\'=HYPERLINK("https://evil.example")'
    assert sheets["contacts"][0]["Phone"] == "+12125550123"
    assert sheets["do_not_call"][0]["Phone"] == "+12125550199"
    assert sheets["consents"][0]["Quote"] == "'-yes,\nplease"
    assert sheets["follow_ups"][0]["Notes"] == "'@SUM(A1)"
    assert sheets["messages"][0]["Body"] == "'+1 for that"


@pytest.mark.parametrize("text", ["=1", "+1+cmd|' /C calc'!A0", "-1", "@x", "\tx", "\rx", "+", "++1", "+1\n"])
def test_what_a_spreadsheet_would_run_is_marked_as_text(text: str) -> None:
    assert export._cell(text, "") == "'" + text


def test_exported_contacts_can_be_imported_elsewhere(tmp_path: Path) -> None:
    acme = furnished("acme")
    member = create_admin("maya@elsewhere.example", "a long enough password", "elsewhere")
    export.write(acme, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        table = Table(decode(archive.read("contacts.csv")))
    report = take(member.organization, table, find(table.header), by=member, file_name="contacts.csv")
    assert [rejected.reason for rejected in report.rejected] == []
    assert report.created == 1
    said = ("name", "phone", "email", "time_zone", "status", "next_follow_up_date", "external_id")
    there, here = (home.contacts.values(*said).get() for home in (member.organization, acme))
    assert there == here


def test_many_rows_come_in_portions_as_they_were_at_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = furnished("acme")
    Contact.objects.bulk_create(Contact(organization=acme, name=f"Contact {number}") for number in range(25))
    Contact.objects.filter(name="Contact 7").update(deleted_at=NOON)
    monkeypatch.setattr(export, "ROWS_AT_ONCE", 4)
    sheets = written(acme, tmp_path / "all.zip")
    assert len(sheets["contacts"]) == len({row["Relance id"] for row in sheets["contacts"]}) == 25
    assert "Contact 7" not in {row["Name"] for row in sheets["contacts"]}


def test_an_export_that_breaks_off_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = furnished("acme")
    (tmp_path / "all.zip").write_text("the one before")
    monkeypatch.setattr(export, "_cell", lambda value, prefix: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export.write(acme, tmp_path / "all.zip")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["the one before"]
    monkeypatch.undo()
    said = export.write(acme, tmp_path / "all.zip")
    assert "for acme: 1 contacts, 1 consents" in said
    assert (tmp_path / "all.zip").stat().st_mode & 0o777 == 0o600
