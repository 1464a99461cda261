"""What becomes of the rows: nobody twice, nothing lost, every row accounted for."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relance.contacts_csv import job, taking
from relance.contacts_csv.columns import find
from relance.contacts_csv.files import import_file
from relance.contacts_csv.reading import Table
from relance.contacts_csv.rejects import path_for
from relance.contacts_csv.taking import Report, take
from relance.models import (
    Assignment,
    Consent,
    Contact,
    ContactImport,
    DoNotCall,
    Invalid,
    Member,
    Organization,
    Role,
    clock,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organization:
    return Organization.objects.create(name="Acme Care", time_zone="America/New_York", country="US")


@pytest.fixture
def nora(acme: Organization) -> Member:
    return Member.objects.create_member(
        acme, "nora@acme.example", "a long password", name="Nora Vidal", role=Role.ADMIN
    )


def taken(organization: Organization, text: str, by: Member | None = None, dry_run: bool = False) -> Report:
    table = Table(text)
    return take(organization, table, find(table.header), by=by, file_name="list.csv", dry_run=dry_run)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.rejected)


def kept(organization: Organization) -> list[dict[str, object]]:
    fields = [f.name for f in Contact._meta.concrete_fields if f.name not in {"updated_at", "search"}]
    return list(organization.contacts.order_by("id").values(*fields))


def test_a_row_becomes_a_contact_as_if_it_were_typed(acme: Organization) -> None:
    report = taken(
        acme,
        "First Name,Last Name,Phone,E-mail,State,Country,Company,Lead quality,Next follow up date,Cadence days\n"
        "Ana,Ruiz,'+1 (212) 555-0100,Ana@Example.com,new york,United States,Oak & Co,hot,11/25/2026,14\n",
    )
    assert counts(report) == (1, 0, 0, 0)
    contact = acme.contacts.get()
    assert (contact.name, contact.phone, contact.email) == ("Ana Ruiz", "+12125550100", "ana@example.com")
    assert (contact.country, contact.region, contact.zones) == ("US", "NY", ["America/New_York"])
    assert (contact.company, contact.lead_quality, contact.cadence_days) == ("Oak & Co", "HOT", 14)
    assert contact.next_follow_up_date == date(2026, 11, 25)


def test_a_cadence_gives_a_day_to_whoever_has_none(acme: Organization) -> None:
    rows = "Name,Phone,Cadence days\nAna Ruiz,+12125550100,14\n"
    assert counts(taken(acme, rows)) == (1, 0, 0, 0)
    contact = acme.contacts.get()
    assert contact.next_follow_up_date == clock.today(acme.time_zone) + timedelta(days=14)
    contact.edit({"nextFollowUpDate": None})
    assert counts(taken(acme, rows)) == (0, 0, 1, 0)
    contact.refresh_from_db()
    assert contact.next_follow_up_date is None


def test_a_spanish_list_is_read_as_spaniards_write(acme: Organization) -> None:
    acme.country = "ES"
    report = taken(acme, "Nombre;Teléfono;País;Calidad;Próximo seguimiento\nLía Gil;911 555 010;España;frío;3/4/2027\n")
    assert counts(report) == (1, 0, 0, 0)
    contact = acme.contacts.get()
    assert (contact.phone, contact.country, contact.lead_quality) == ("+34911555010", "ES", "COLD")
    assert contact.next_follow_up_date == date(2027, 4, 3)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Ana,12,,,,", "Column “Phone”: “12” is too short"),
        ("Ana,1.2125550100E+10,,,,", "Column “Phone”: “1.2125550100E+10” is a number that a spreadsheet has shortened"),
        ("Ana,,ana@,,,", "Column “Email”: “ana@” is no e-mail address. Write one such as"),
        (",212 555 0100,,,,", "Column “Name”: Give the contact’s name"),
        ("Ana,,,NY,,", "Fill in one of: Phone, Email"),
        ("Ana,212 555 0100,,Atlantis,,", "Column “State”: “Atlantis” is no state of US"),
        ("Ana,212 555 0100,,,25/11/2026,", "Column “Due date”: “2026-25-11” is no day. Write it as YYYY-MM-DD"),
        ("Ana,212 555 0100,,,,maybe", "Column “SMS opt-in”: “maybe” is neither yes nor no"),
        ("Ana,212 555 0100,,", "has 4 cells and the header 6"),
    ],
)
def test_a_bad_row_comes_back_with_its_column_and_what_would_be_right(
    acme: Organization, row: str, reason: str
) -> None:
    report = taken(acme, f"Name,Phone,Email,State,Due date,SMS opt-in\n{row}\nBea,212 555 0101,,,,\n")
    assert counts(report) == (1, 0, 0, 1)
    assert report.rejected[0].line == 2
    assert reason in report.rejected[0].reason
    assert ",".join(report.rejected[0].cells) == row
    assert acme.contacts.get().name == "Bea"


def test_everything_wrong_with_a_row_is_said_at_once(acme: Organization) -> None:
    report = taken(acme, "Name,Phone,Email\nAna,12,nowhere\n")
    assert "“Phone”" in report.rejected[0].reason
    assert "“Email”" in report.rejected[0].reason


def test_a_word_of_another_system_is_passed_over_where_the_column_only_hints(acme: Organization, nora: Member) -> None:
    text = "Name,Phone,Lead Status,Contact owner\nAna,212 555 0100,In progress,Somebody Else\n"
    assert counts(taken(acme, text)) == (1, 0, 0, 0)
    assert acme.contacts.get().lead_quality == ""
    assert counts(taken(acme, text.replace("In progress", "Warm").replace("Somebody Else", "nora vidal"))) == (
        0,
        1,
        0,
        0,
    )
    assert acme.contacts.get().lead_quality == "WARM"
    assert Assignment.objects.get().member == nora
    assert counts(taken(acme, text.replace("Somebody Else", "NORA@acme.example"))) == (0, 0, 1, 0)


def test_a_list_without_names_calls_contacts_by_what_it_has_and_renames_nobody(acme: Organization) -> None:
    Contact.objects.add(acme, {"name": "Ana", "phone": "212 555 0100"})
    report = taken(acme, "Phone,Email\n212 555 0100,\n212 555 0101,bea@example.com\n212 555 0102,\n")
    assert counts(report) == (2, 0, 1, 0)
    assert set(acme.contacts.values_list("name", flat=True)) == {"Ana", "bea@example.com", "+12125550102"}


def test_a_known_contact_gets_what_the_row_gives_and_keeps_the_rest(acme: Organization) -> None:
    contact = Contact.objects.add(acme, {"name": "Ana", "phone": "212 555 0100", "company": "Oak"})
    report = taken(acme, "Name,Phone,Email,Company\nAna Ruiz,+1 212-555-0100,ana@example.com,\n")
    assert counts(report) == (0, 1, 0, 0)
    contact.refresh_from_db()
    assert (contact.name, contact.email, contact.company) == ("Ana Ruiz", "ana@example.com", "Oak")


def test_a_contact_is_known_by_address_where_the_number_is_new(acme: Organization) -> None:
    contact = Contact.objects.add(acme, {"name": "Ana", "email": "ana@example.com"})
    assert counts(taken(acme, "Name,Phone,Email\nAna,212 555 0100,ANA@example.com\n")) == (0, 1, 0, 0)
    contact.refresh_from_db()
    assert contact.phone == "+12125550100"


def test_a_removed_contact_is_not_brought_back(acme: Organization) -> None:
    Contact.objects.add(acme, {"name": "Ana", "phone": "212 555 0100"}).remove()
    assert counts(taken(acme, "Name,Phone\nAna,212 555 0100\n")) == (1, 0, 0, 0)


def test_another_organizations_contacts_are_nobodys_business(acme: Organization) -> None:
    other = Organization.objects.create(name="Other")
    stranger = Contact.objects.add(other, {"name": "Ana", "phone": "+1 212 555 0100"})
    assert counts(taken(acme, "Name,Phone\nBea,212 555 0100\n")) == (1, 0, 0, 0)
    stranger.refresh_from_db()
    assert stranger.name == "Ana"


def test_an_id_tells_apart_who_shares_a_switchboard(acme: Organization) -> None:
    text = (
        "Facility ID,Facility Name,Phone Number\n"
        "001,North Hospital,212 555 0100\n002,South Hospital,212 555 0100\n003,South Hospital,212 555 0100\n"
    )
    assert counts(taken(acme, text)) == (3, 0, 0, 0)
    assert counts(taken(acme, text)) == (0, 0, 3, 0)
    assert set(acme.contacts.values_list("external_id", flat=True)) == {"001", "002", "003"}


def test_an_id_is_given_to_the_contact_of_that_name_and_number(acme: Organization) -> None:
    contact = Contact.objects.add(acme, {"name": "North Hospital", "phone": "212 555 0100"})
    text = "Facility ID,Facility Name,Phone Number\n002,South Hospital,212 555 0100\n001,NORTH HOSPITAL,212 555 0100\n"
    assert counts(taken(acme, text)) == (1, 1, 0, 0)
    contact.refresh_from_db()
    assert contact.external_id == "001"


def test_an_id_that_is_somebody_elses_changes_nobody(acme: Organization) -> None:
    taken(acme, "ID,Name,Phone\n1,Ana,212 555 0100\n")
    report = taken(acme, "ID,Name,Phone\n1,Bea,212 555 0101\n")
    assert counts(report) == (0, 0, 0, 1)
    assert "already the ID of “Ana”" in report.rejected[0].reason


def test_an_address_tells_apart_who_shares_a_number(acme: Organization) -> None:
    text = "Name,Phone,Email\nAna,212 555 0100,ana@example.com\nBea,212 555 0100,bea@example.com\n"
    assert counts(taken(acme, text)) == (2, 0, 0, 0)
    assert counts(taken(acme, text)) == (0, 0, 2, 0)


def test_rows_of_one_contact_complete_each_other_and_a_contradiction_is_told(acme: Organization) -> None:
    text = "Name,Phone,Company\nAna,212 555 0100,\nana,212 555 0100,Oak\nBea,212 555 0100,\n"
    report = taken(acme, text)
    assert counts(report) == (1, 1, 0, 1)
    assert "Column “Name”: “Bea” contradicts line 2, which has the same phone number" in report.rejected[0].reason
    contact = acme.contacts.get()
    assert (contact.name, contact.company) == ("Ana", "Oak")
    assert counts(taken(acme, text)) == (0, 0, 2, 1)


def test_consents_are_lines_of_the_ledger_with_the_cell_as_evidence(acme: Organization, nora: Member) -> None:
    text = "Name,Phone,SMS opt-in,Email opt in,Unsubscribed\nAna,212 555 0100,Yes,no,\nBea,212 555 0101,,,TRUE\n"
    assert counts(taken(acme, text, by=nora)) == (2, 0, 0, 0)
    ana, bea = acme.contacts.order_by("name")
    assert (ana.consents, bea.consents) == ({"sms": "granted"}, {"email": "revoked"})
    line = Consent.objects.get(contact=ana)
    assert (line.source, line.member, line.quote) == ("import", nora, "list.csv, column “SMS opt-in”: Yes")
    assert line.digest == line.chained("")
    assert counts(taken(acme, text, by=nora)) == (0, 0, 2, 0)
    assert Consent.objects.count() == 2


def test_a_list_takes_back_what_it_granted_and_the_ledger_stays_chained(acme: Organization) -> None:
    text = "Name,Phone,SMS opt-in,WhatsApp opt-in\nAna,212 555 0100,Yes,Yes\n"
    taken(acme, text)
    assert counts(taken(acme, text.replace("Yes,", "No,"))) == (0, 1, 0, 0)
    assert acme.contacts.get().consents == {"sms": "revoked", "whatsapp": "granted"}
    previous = ""
    for line in Consent.objects.order_by("id"):
        assert line.previous_digest == previous
        assert line.digest == line.chained(previous)
        previous = line.digest


def test_a_list_never_outweighs_a_refusal(acme: Organization) -> None:
    contact = Contact.objects.add(acme, {"name": "Ana", "phone": "212 555 0100"})
    Contact.objects.filter(pk=contact.pk).update(consents={"sms": "revoked"})
    report = taken(acme, "Name,Phone,SMS opt-in\nAna,212 555 0100,Yes\n")
    assert counts(report) == (0, 0, 1, 0)
    assert report.kept_refusals == 1
    contact.refresh_from_db()
    assert contact.consents == {"sms": "revoked"}


def test_two_rows_that_disagree_on_consent_are_told(acme: Organization) -> None:
    text = "Name,Phone,SMS opt-in\nAna,212 555 0100,no\nAna,212 555 0100,yes\n"
    report = taken(acme, text)
    assert counts(report) == (1, 0, 0, 1)
    assert "Column “SMS opt-in”: “agrees” contradicts line 2" in report.rejected[0].reason
    assert acme.contacts.get().consents == {}


def test_do_not_call_goes_on_the_list_once(acme: Organization) -> None:
    text = "Name,Phone,Email,Do not call,DND\nAna,212 555 0100,ana@example.com,yes,\nBea,,bea@example.com,,yes\n"
    assert counts(taken(acme, text)) == (2, 0, 0, 0)
    assert set(DoNotCall.objects.values_list("phone", "email")) == {("+12125550100", ""), ("", "bea@example.com")}
    assert acme.contacts.get(name="Bea").consents == {"call": "revoked"}
    assert counts(taken(acme, text)) == (0, 0, 2, 0)
    assert DoNotCall.objects.count() == 2


def test_a_dry_run_says_what_would_happen_and_writes_nothing(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "CHUNK", 2)
    text = (
        "Name,Phone,SMS opt-in,Do not call\nAna,212 555 0100,yes,\nBea,12,,\nAna,212 555 0100,,yes\n"
        "Cleo,212 555 0102,,\nAna,212 555 0100,yes,yes\n"
    )
    dry = taken(acme, text, dry_run=True)
    assert not acme.contacts.exists()
    assert not DoNotCall.objects.exists()
    assert counts(dry) == counts(taken(acme, text)) == (2, 1, 1, 1)


def many(count: int, answer: str = "yes") -> str:
    rows = (f"{n},Contact {n},+1 212 555 01{n % 100:02},c{n}@example.com,{answer},yes,nora vidal" for n in range(count))
    return "\n".join(["Contact ID,Name,Phone,Email,SMS opt-in,Do not call,Owner", *rows])


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_chunk_takes_a_handful_of_statements_however_many_its_rows(
    acme: Organization, nora: Member, answer: str
) -> None:
    taken(acme, many(0 if answer == "yes" else 500))
    with CaptureQueriesContext(connection) as queries:
        assert taken(acme, many(500, answer)).unchanged == 0
    assert len(queries) <= 3 + 11  # the members, the transaction's own two, and the chunk's


def test_a_run_that_breaks_off_keeps_its_chunks_and_the_next_completes_it(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "CHUNK", 2)
    table = Table("Name,Phone\n" + "".join(f"Contact {n},212 555 010{n}\n" for n in range(5)))

    def killed(done: int, total: int) -> None:
        if done > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(acme, table, find(table.header), by=None, file_name="list.csv", progress=killed)
    assert acme.contacts.count() == 2
    heard: list[tuple[int, int]] = []
    report = take(
        acme, table, find(table.header), by=None, file_name="list.csv", progress=lambda *so_far: heard.append(so_far)
    )
    assert counts(report) == (3, 0, 2, 0)
    assert heard == [(2, 5), (4, 5), (5, 5)]


NAMES = st.sampled_from(["Ana", "ANA", "Bea", "Cleo", ""])
PHONES = st.sampled_from(["212 555 0100", "+1 (212) 555-0100", "305 555 0101", "+34 911 555 010", "12", ""])
EMAILS = st.sampled_from(["ana@example.com", "Ana@Example.com", "bea@example.com", "nowhere", ""])
STATES = st.sampled_from(["", "FL", "texas", "Atlantis"])
ROWS = st.lists(st.tuples(NAMES, PHONES, EMAILS, STATES, st.sampled_from(["", "yes", "no"])), max_size=9)
IDS = st.none() | st.lists(st.sampled_from(["1", "2", "3", ""]), min_size=9, max_size=9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ROWS, IDS, st.integers(1, 4))
def test_every_row_is_counted_once_and_taking_them_again_makes_nobody_new(
    rows: list[tuple[str, ...]], ids: list[str] | None, chunk: int
) -> None:
    organization = Organization.objects.create(name="Acme Care", country="US")
    lines = [",".join(row) for row in [("Name", "Phone", "Email", "State", "SMS opt-in"), *rows]]
    if ids:
        lines = [f"{first},{line}" for first, line in zip(["Contact ID", *ids], lines, strict=False)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taking, "CHUNK", chunk)
        table = Table("\n".join(lines))
        dry = taken(organization, "\n".join(lines), dry_run=True)
        first = taken(organization, "\n".join(lines))
        before = kept(organization)
        again = taken(organization, "\n".join(lines))
    assert first.done == again.done == len(table)
    assert counts(dry) == counts(first)
    assert [r.reason for r in dry.rejected] == [r.reason for r in first.rejected]
    assert first.created == len(before)
    if not first.rejected:
        assert counts(again) == (0, 0, len(table), 0)
        assert kept(organization) == before
    if ids is None:
        assert again.created == 0


def test_a_file_is_taken_and_its_bad_rows_written_beside_it(acme: Organization, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("Name;Phone;Pet\r\nAna;212 555 0100;\r\nBea;12;=cat\r\n".encode("cp1252"))
    report = import_file(path, acme)
    assert counts(report) == (1, 0, 0, 1)
    assert report.ignored == ["Pet"]
    rejected = path_for(path).read_text(encoding="utf-8-sig")
    assert path_for(path).name == "list.rejected.csv"
    assert rejected.splitlines()[:2][0] == "Name;Phone;Pet;line;reason"
    assert rejected.splitlines()[1].startswith("Bea;12;=cat;3;Column “Phone”: “12” is too short")
    path_for(path).write_text(rejected.replace(";12;", ";212 555 0101;"))
    assert counts(import_file(path_for(path), acme)) == (1, 0, 0, 0)


def test_a_file_without_bad_rows_leaves_none_beside_it(acme: Organization, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Name,Phone\nAna,12\n")
    import_file(path, acme, dry_run=True)
    assert not path_for(path).exists()
    import_file(path, acme)
    assert path_for(path).exists()
    path.write_text("Name,Phone\nAna,212 555 0100\n")
    import_file(path, acme)
    assert not path_for(path).exists()


def test_a_file_that_tells_nobody_writes_nothing(acme: Organization, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Street,City\nElm,Oakland\n")
    with pytest.raises(Invalid, match="No column"):
        import_file(path, acme)
    assert list(tmp_path.iterdir()) == [path]


CONTENT = "Name,Phone\nAna,212 555 0100\nBea,12\nCleo,212 555 0102\nDan,212 555 0103\nEve,13\n"


def handed_over(organization: Organization, content: str = CONTENT, **fields: object) -> ContactImport:
    return ContactImport.objects.create(organization=organization, file_name="list.csv", content=content, **fields)


def test_an_import_is_taken_once_and_says_how_it_went(acme: Organization) -> None:
    handed = handed_over(acme)
    job.run(handed.pk)
    job.run(handed.pk)
    handed.refresh_from_db()
    assert (handed.status, handed.total, handed.processed) == ("done", 5, 5)
    assert (handed.created, handed.updated, handed.error) == (3, 0, "")
    assert [row["line"] for row in handed.rejected] == [3, 6]
    assert handed.finished_at is not None
    assert job.rejected_csv(handed).splitlines()[1].startswith('Bea,12,3,"Column “Phone”')


def test_an_import_that_broke_off_goes_on_where_it_was(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "CHUNK", 2)
    handed = handed_over(acme)
    note = job._note

    def killed(handed: ContactImport, report: Report) -> None:
        note(handed, report)
        if report.done > 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(job, "_note", killed)
    with pytest.raises(KeyboardInterrupt):
        job.run(handed.pk)
    handed.refresh_from_db()
    assert (handed.status, handed.processed, handed.created) == ("running", 2, 1)
    monkeypatch.setattr(job, "_note", note)
    job.run(handed.pk)
    handed.refresh_from_db()
    assert (handed.status, handed.processed, handed.created, handed.updated) == ("done", 5, 3, 0)
    assert [row["line"] for row in handed.rejected] == [3, 6]


def test_an_import_that_another_worker_has_in_hand_is_left_to_it(acme: Organization) -> None:
    handed = handed_over(acme)
    note = job._note

    def overtaken(handed: ContactImport, report: Report) -> None:
        ContactImport.objects.filter(pk=handed.pk).update(processed=500, status="running")
        note(handed, report)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "_note", overtaken)
        job.run(handed.pk)
    handed.refresh_from_db()
    assert handed.finished_at is None
    assert not acme.contacts.exists()


def test_an_import_that_cannot_be_read_fails_in_words(acme: Organization) -> None:
    handed = handed_over(acme, content="Street,City\nElm,Oakland\n")
    job.run(handed.pk)
    handed.refresh_from_db()
    assert handed.status == "failed"
    assert "No column for a phone number or e-mail address" in handed.error


def test_a_dry_import_writes_nothing_and_counts(acme: Organization) -> None:
    handed = handed_over(acme, dry_run=True)
    job.run(handed.pk)
    handed.refresh_from_db()
    assert (handed.status, handed.created, len(handed.rejected)) == ("done", 3, 2)
    assert not acme.contacts.exists()


@pytest.mark.parametrize("start", ["", "\n\n", "sep=;\n"])
def test_of_a_file_that_was_taken_in_only_the_header_is_kept(acme: Organization, start: str) -> None:
    end = ";" if start.startswith("sep") else ","
    handed = handed_over(acme, start + f'Name,"Phone\nnumber"\n\n{CONTENT.partition(chr(10))[2]}'.replace(",", end))
    job.run(handed.pk)
    handed.refresh_from_db()
    assert handed.status == "done"
    assert "Ana" not in handed.content
    lines = job.rejected_csv(handed).splitlines()
    assert lines[0] == "Name,Phone number,line,reason".replace(",", end)
    assert lines[1].startswith("Bea,12,".replace(",", end))


@pytest.mark.parametrize("content", ["Street,City\nElm,Oakland\n", "\n"])
def test_of_one_that_failed_the_rows_are_gone_too(acme: Organization, content: str) -> None:
    handed = handed_over(acme, content)
    job.run(handed.pk)
    handed.refresh_from_db()
    assert (handed.status, handed.content) == ("failed", content.partition("\n")[0] and "Street,City\n")


@pytest.mark.parametrize("content", [CONTENT, "Street,City\nElm,Oakland\n"])
def test_one_that_was_only_checked_is_kept_to_be_taken_in(acme: Organization, content: str) -> None:
    handed = handed_over(acme, content, dry_run=True)
    job.run(handed.pk)
    handed.refresh_from_db()
    assert handed.content == content


def test_only_so_many_rejected_rows_are_kept(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "MOST_KEPT", 1)
    handed = handed_over(acme)
    job.run(handed.pk)
    handed.refresh_from_db()
    assert [row["line"] for row in handed.rejected] == [3, 6]
    assert "1 more rows were rejected" in handed.rejected[1]["reason"]


@pytest.mark.skipif(not os.environ.get("RELANCE_CONTACTS_CSV"), reason="RELANCE_CONTACTS_CSV names no file")
def test_a_real_list_is_taken_whole(acme: Organization) -> None:
    path = Path(os.environ["RELANCE_CONTACTS_CSV"])
    total = len(Table(path.read_text(encoding="utf-8-sig")))
    report = import_file(path, acme)
    assert report.created == acme.contacts.count() == total - len(report.rejected)
    assert all("Phone" in rejection.reason for rejection in report.rejected)
    assert not acme.contacts.filter(phone="").exists()
    assert not acme.contacts.filter(region="").exists()
    assert not acme.contacts.filter(zones=[]).exists()
    assert import_file(path, acme).unchanged == report.created
