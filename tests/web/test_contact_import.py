"""Importing contacts from a page: the file, what its columns hold, what would come of it, and taking it in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from relance.contacts_csv import job, uploads
from relance.models import Contact, ContactImport
from tests import cast
from tests.web.follow_ups import text, visitor

PATH = "/contacts/import"
PEOPLE = """\
Name,Mobile,Email,Colour,Owner
Ana Ruiz,+1 646 555 0199,ana@example.com,red,Somebody else
Ben Holt,12,,blue,
Sarah Lee,+12125550123,,green,
"""
GUESSED = {"Name": "name", "Mobile": "phone", "Email": "email", "Colour": "", "Owner": "assignees"}


@pytest.fixture
def maya(home: cast.House) -> Client:
    return visitor(home.admin)


def upload(client: Client, data: str | bytes = PEOPLE, name: str = "people.csv") -> Any:
    content = data.encode() if isinstance(data, str) else data
    return client.post(PATH, {"file": SimpleUploadedFile(name, content, "text/csv")})


def handed_over(client: Client, data: str | bytes = PEOPLE) -> str:
    """The address of a new import."""
    answer = upload(client, data)
    assert answer.status_code == 302, text(answer.content.decode())
    return str(answer.headers["Location"]).removesuffix("/columns")


def row(address: str) -> ContactImport:
    return ContactImport.objects.get(pk=ContactImport.key_of(address.rpartition("/")[2]))


def work(address: str) -> None:
    """What a worker does once it gets to it."""
    job.run(row(address).pk)


def jobs() -> int:
    return ProcrastinateJob.objects.filter(task_name="relance.import_contacts").count()


def selects(html: str) -> dict[str, str]:
    """What each column is said to hold."""
    found = re.findall(r'<select [^>]*aria-label="What “([^”]*)” holds">(.*?)</select>', html)
    return {name: (re.findall(r'value="(\w+)" selected', options) or [""])[0] for name, options in found}


def names(html: str) -> dict[str, str]:
    """The name of each column's control."""
    return {header: name for name, header in re.findall(r'name="(column\.\d+)" aria-label="What “([^”]*)”', html)}


def checked(client: Client, data: str = PEOPLE, **chosen: str) -> str:
    """A file whose columns are confirmed, some of them changed, and that a worker has gone through."""
    address = handed_over(client, data)
    html = client.get(f"{address}/columns").content.decode()
    held = selects(html) | chosen
    answer = client.post(f"{address}/columns", {control: held[header] for header, control in names(html).items()})
    assert answer.headers["Location"] == address
    work(address)
    return address


class TestFile:
    def test_a_file_leads_to_its_columns_and_nothing_is_taken_in(self, home: cast.House, maya: Client) -> None:
        before = Contact.objects.count()
        address = handed_over(maya)
        assert (row(address).status, row(address).file_name) == ("draft", "people.csv")
        assert (Contact.objects.count(), jobs()) == (before, 0)

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"", "The file is empty."),
            (b" \n \n", "The file is empty."),
            (b"PK\x03\x04" + bytes(100), "an Excel workbook"),
            (b"%PDF-1.7", "a PDF"),
            (bytes(range(1, 256)) * 20, "This is not a text file."),
            (b'"Name,Phone\nAna,1\n', "quotation mark"),
            (b"Name,Phone\n", "There is nothing below the first line"),
            (",".join(f"Column {n}" for n in range(600)).encode() + b"\n1", "600 columns"),
        ],
    )
    def test_what_cannot_be_taken_is_told_in_a_sentence(self, maya: Client, data: bytes, said: str) -> None:
        answer = upload(maya, data)
        assert answer.status_code == 422
        assert said in text(answer.content.decode())
        assert 'aria-describedby="file-hint error-file"' in answer.content.decode()
        assert not ContactImport.objects.exists()

    def test_one_that_is_too_large_is_told_so(self, maya: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
        answer = upload(maya, "Name,Phone\n" + "Ana,+16465550199\n" * 100)
        assert answer.status_code == 422
        assert "are taken at once: split it." in text(answer.content.decode())

    def test_without_a_file_one_is_asked_for(self, maya: Client) -> None:
        answer = maya.post(PATH, {})
        assert answer.status_code == 422
        assert "Choose a CSV file first." in answer.content.decode()

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
    def test_other_encodings_are_understood(self, maya: Client, encoding: str) -> None:
        address = handed_over(maya, "Name;Phone\nJosé Núñez;+16465550199\n".encode(encoding))
        assert "José Núñez" in maya.get(f"{address}/columns").content.decode()

    def test_the_latest_are_there_to_come_back_to(self, maya: Client) -> None:
        address = handed_over(maya)
        html = maya.get(PATH).content.decode()
        assert f'href="{address}"' in html
        assert "Columns to confirm" in text(html)


class TestColumns:
    def test_what_they_hold_is_guessed_with_some_of_their_values(self, maya: Client) -> None:
        html = maya.get(f"{handed_over(maya)}/columns").content.decode()
        assert selects(html) == {
            "Name": "name",
            "Mobile": "phone",
            "Email": "email",
            "Colour": "",
            "Owner": "assignees",
        }
        assert "Ana Ruiz Ben Holt Sarah Lee" in text(html)
        assert "has 5 columns; 4 of them say something to Relance" in text(html)

    def test_two_hundred_columns_are_shown_those_that_say_nothing_folded(self, maya: Client) -> None:
        more = [f"Custom {n}" for n in range(198)]
        data = f"Name,Phone,{','.join(more)}\nAna,+16465550199{',x' * 198}\n"
        html = maya.get(f"{handed_over(maya, data)}/columns").content.decode()
        assert "has 200 columns; 2 of them say something" in text(html)
        assert "Left out: 198 columns" in text(html)

    def test_what_is_confirmed_as_guessed_is_left_to_the_guess(self, maya: Client) -> None:
        address = checked(maya)
        assert row(address).mapping == {}
        assert row(address).created == 1  # and an owner who is nobody here is passed over

    def test_what_is_changed_holds_and_nothing_else_is_guessed_anew(self, maya: Client) -> None:
        address = checked(maya, Colour="company", Email="")
        assert row(address).mapping == {"Name": "name", "Mobile": "phone", "Colour": "company", "Email": ""}
        assert row(address).created == 1
        html = maya.get(f"{address}/columns").content.decode()
        assert selects(html) == {
            "Name": "name",
            "Mobile": "phone",
            "Colour": "company",
            "Email": "",
            "Owner": "assignees",
        }

    def test_columns_by_which_nobody_is_known_are_told_at_the_form(self, maya: Client) -> None:
        address = handed_over(maya)
        controls = names(maya.get(f"{address}/columns").content.decode())
        answer = maya.post(f"{address}/columns", {controls["Name"]: "name"})
        assert answer.status_code == 422
        assert "No column for a phone number or e-mail address was found" in text(answer.content.decode())
        assert selects(answer.content.decode())["Mobile"] == ""
        assert (row(address).status, jobs()) == ("draft", 0)

    def test_a_field_that_does_not_exist_is_none(self, maya: Client) -> None:
        address = handed_over(maya)
        controls = names(maya.get(f"{address}/columns").content.decode())
        maya.post(f"{address}/columns", {controls["Mobile"]: "phone", controls["Name"]: "password"})
        assert row(address).mapping == {"Mobile": "phone", "Name": "", "Email": "", "Colour": "", "Owner": ""}

    def test_a_draft_leads_to_its_columns(self, maya: Client) -> None:
        address = handed_over(maya)
        assert maya.get(address).headers["Location"] == f"{address}/columns"

    def test_a_large_file_is_not_read_whole_to_show_its_columns(self, maya: Client) -> None:
        address = handed_over(maya, "Name,Phone\n" + "Ana Ruiz,+16465550199\n" * 30_000)
        with CaptureQueriesContext(connection) as asked:
            assert maya.get(f"{address}/columns").status_code == 200
        assert len(asked) <= 8
        assert all('"content"' not in query["sql"] or "LEFT(" in query["sql"] for query in asked)


class TestCheck:
    def test_it_says_how_many_are_new_changed_and_rejected_and_why(self, home: cast.House, maya: Client) -> None:
        before = Contact.objects.count()
        home.contact.edit({"company": "Lee Homes"}, home.admin)
        said = text(maya.get(checked(maya)).content.decode())
        for words in ("New 1 contact", "Changed 0 contacts", "Unchanged 1 contact", "Rejected 1 row",
                      "Line 3 Column “Mobile”: “12” is too short.", "Import 1 contact"):  # fmt: skip
            assert words in said
        assert Contact.objects.count() == before

    def test_where_nothing_would_change_nothing_is_offered(self, maya: Client) -> None:
        html = maya.get(checked(maya, "Name,Phone\nSarah Lee,+12125550123\n")).content.decode()
        assert "Everything in this file is in Relance already." in html
        assert "/take" not in html

    def test_it_can_be_checked_again_with_other_columns(self, maya: Client) -> None:
        address = checked(maya)
        controls = names(maya.get(f"{address}/columns").content.decode())
        maya.post(f"{address}/columns", {controls["Name"]: "company", controls["Email"]: "email"})
        work(address)
        assert (row(address).created, row(address).refused) == (1, 2)

    def test_one_that_fails_says_why(self, maya: Client) -> None:
        address = checked(maya)
        ContactImport.objects.update(status="failed", error="Line 2: it is odd.")
        said = text(maya.get(address).content.decode())
        assert "This file could not be taken in. Line 2: it is odd." in said
        assert "Change the columns" in said


class TestTaking:
    def test_good_rows_are_taken_and_bad_ones_come_back(self, home: cast.House, maya: Client) -> None:
        address = checked(maya)
        assert maya.post(f"{address}/take").headers["Location"] == address
        work(address)
        said = text(maya.get(address).content.decode())
        for words in ("Imported", "New 1 contact", "Rejected 1 row", "Go to contacts"):
            assert words in said
        assert Contact.objects.get(phone="+16465550199").organization == home.organization
        file = maya.get(f"{address}/rejected.csv")
        assert file.headers["Content-Disposition"].startswith("attachment")
        lines = file.content.decode("utf-8-sig").splitlines()
        assert lines[0] == "Name,Mobile,Email,Colour,Owner,line,reason"
        assert lines[1].startswith("Ben Holt,12,,blue,,3,")

    def test_pressed_twice_it_is_taken_in_once(self, maya: Client) -> None:
        address = checked(maya)
        before = jobs()
        assert [maya.post(f"{address}/take").status_code for _ in range(2)] == [302, 302]
        assert jobs() == before + 1
        work(address)
        maya.post(f"{address}/take")
        maya.post(f"{address}/columns", {})
        assert row(address).status == "done"
        assert jobs() == before + 1

    @pytest.mark.parametrize("status", ["waiting", "running"])
    def test_while_it_is_under_way_its_page_asks_again_by_itself(self, maya: Client, status: str) -> None:
        address = checked(maya)
        ContactImport.objects.update(status=status, total=3, processed=2, created=1, unchanged=1)
        html = maya.get(address).content.decode()
        assert 'hx-trigger="every 1s"' in html
        assert '<progress value="2" max="3"' in html
        assert "2 of 3 rows" in text(html)
        part = maya.get(address, headers={"HX-Request": "true", "HX-Target": "import-work"}).content.decode()
        assert part.lstrip().startswith('<div class="stack narrow" id="import-work"')

    def test_when_it_has_ended_its_page_stops_asking(self, maya: Client) -> None:
        assert "every 1s" not in maya.get(checked(maya)).content.decode()

    def test_more_rejected_rows_than_are_kept_are_counted_all_the_same(
        self, maya: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(job, "MOST_KEPT", 3)
        said = text(maya.get(checked(maya, "Name,Phone\n" + "Ana,12\n" * 10 + "Ana,+16465550199\n")).content.decode())
        assert "Rejected 10 rows" in said
        assert "7 more rows in the file of rejected rows." in said

    def test_markup_in_a_file_is_text(self, maya: Client) -> None:
        address = checked(maya, "<script>alert(1)</script>,Phone\n<b>x</b>,12\n")
        for page in (address, f"{address}/columns"):
            html = maya.get(page).content.decode()
            assert "<script>alert" not in html
            assert "<b>x" not in html


class TestRights:
    PAGES = ("", "/columns", "/rejected.csv")

    def test_another_organizations_import_does_not_exist(self, maya: Client, elsewhere: cast.House) -> None:
        address, lucia = checked(maya), visitor(elsewhere.admin)
        for page in self.PAGES:
            assert lucia.get(address + page).status_code == 404
        assert lucia.post(f"{address}/take").status_code == 404
        assert lucia.post(f"{address}/columns").status_code == 404
        assert "people.csv" not in lucia.get(PATH).content.decode()

    def test_agents_import_nothing(self, home: cast.House, maya: Client) -> None:
        address, tom = checked(maya), visitor(home.worker)
        assert upload(tom).status_code == 403
        assert tom.get(PATH).status_code == 403
        for page in self.PAGES:
            assert tom.get(address + page).status_code == 403
        assert tom.post(f"{address}/take").status_code == 403

    def test_whoever_has_not_signed_in_is_asked_to(self, maya: Client) -> None:
        address = checked(maya)
        for page in (PATH, *(address + page for page in self.PAGES)):
            assert visitor().get(page).headers["Location"].startswith("/sign-in")
        assert visitor().post(f"{address}/take").status_code == 302
        assert row(address).dry_run


def test_the_api_knows_nothing_of_a_draft(home: cast.House, maya: Client) -> None:
    address = handed_over(maya)
    assert maya.get(f"/api/contacts/imports/{address.rpartition('/')[2]}").status_code == 404
