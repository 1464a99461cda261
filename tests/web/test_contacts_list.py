"""The list of contacts: who stands in it, how it is narrowed, exported, and what is done to many at once."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from relance.models import Activity, Assignment, Contact, DoNotCall, due, scheduling
from relance.models.scheduling import Plan
from relance.web.contacts import listing
from relance.web.contacts.listing import ROWS
from tests import cast
from tests.engine.test_query_counts import counted
from tests.web.follow_ups import HTMX, scheduled, visitor


@pytest.fixture
def maya(home: cast.House) -> Client:
    """The admin."""
    return visitor(home.admin)


def shown(client: Client, query: str = "", **headers: str) -> str:
    answer = client.get(f"/contacts{query}", headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def ids(html: str) -> list[str]:
    return re.findall(r'<tr id="(person_\d+)"', html)


def heads(html: str) -> list[str]:
    return [re.sub("<.*?>", "", head) for head in re.findall(r"<th [^>]*>(.*?)</th>", html, re.DOTALL)]


class TestWhoStandsInIt:
    def test_an_admin_sees_everybodys_an_agent_their_own_and_nobody_anothers(
        self, home: cast.House, elsewhere: cast.House
    ) -> None:
        sarah, daniel = home.contact.public_id, home.others.public_id
        assert ids(shown(visitor(home.admin))) == [daniel, sarah]
        assert ids(shown(visitor(home.worker))) == [sarah]
        assert ids(shown(visitor(elsewhere.admin))) == [elsewhere.others.public_id, elsewhere.contact.public_id]
        assert visitor().get("/contacts").headers["Location"].startswith("/sign-in")

    def test_whoever_was_removed_is_not_in_it(self, home: cast.House, maya: Client) -> None:
        home.contact.remove()
        assert ids(shown(maya)) == [home.others.public_id]

    def test_a_row_says_who_may_not_be_called_and_who_is_overdue(self, home: cast.House, maya: Client) -> None:
        DoNotCall.objects.create(organization=home.organization, phone=home.contact.phone)
        yesterday = due.today_of(home.admin) - timedelta(days=1)
        home.others.edit({"nextFollowUpDate": yesterday.isoformat()})
        html = shown(maya)
        daniel, sarah = html.split('<tr id="person_')[1:]
        assert "Do not call" in sarah
        assert "Do not call" not in daniel
        assert "overdue</span>" in daniel
        assert "overdue</span>" not in sarah


class TestWhatOneCanBegin:
    def test_everybody_adds_contacts_and_admins_import_them(self, home: cast.House) -> None:
        for member, imports in ((home.admin, True), (home.worker, False)):
            html = shown(visitor(member))
            assert 'href="/contacts/new"' in html
            assert ('href="/contacts/import"' in html) is imports
            assert visitor(member).get("/contacts/import").status_code == (200 if imports else 403)


class TestNarrowing:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?q=sar", 1), ("?q=%28305%29+555", 1), ("?q=nobody", 0), ("?quality=HOT", 1), ("?quality=TEPID", 2),
            ("?country=us&region=new+york", 1), ("?region=NY", 1), ("?assigned=nobody", 0), ("?due=overdue", 0),
            ("?due=never", 2), ("?consent=sms+granted", 0), ("?doNotCall=no", 2), ("?status=INACTIVE", 0),
            ("?stage=stage_0", 0), ("?q=%00", 2), ("?region=%00", 2), ("?sort=upside-down", 2),
        ],
    )  # fmt: skip
    def test_by_what_is_asked_for(self, home: cast.House, maya: Client, query: str, found: int) -> None:
        home.contact.edit({"leadQuality": "HOT"})
        html = shown(maya, query)
        assert len(ids(html)) == found
        assert f"{found} contact{'' if found == 1 else 's'}" in html
        assert ("No contact fits this search." in html) == (found == 0)

    def test_by_who_stands_on_the_list_of_those_not_to_call(
        self, home: cast.House, elsewhere: cast.House, maya: Client
    ) -> None:
        third = cast.contact(home.organization, "Ines Mora", phone="+12125550177")
        cast.contact(home.organization, "Without number or address")
        DoNotCall.objects.create(organization=home.organization, phone=home.contact.phone)
        DoNotCall.objects.create(organization=home.organization, email=home.others.email)
        DoNotCall.objects.create(organization=elsewhere.organization, phone=third.phone)
        assert ids(shown(maya, "?doNotCall=yes")) == [home.others.public_id, home.contact.public_id]
        assert third.public_id in ids(shown(maya, "?doNotCall=no"))
        assert ids(shown(visitor(home.worker), "?doNotCall=yes")) == [home.contact.public_id]

    def test_a_search_gets_the_list_alone_and_an_address_to_come_back_to(self, home: cast.House, maya: Client) -> None:
        answer = maya.get("/contacts?q=sar&quality=&columns=name", headers=HTMX | {"HX-Target": "found"})
        assert answer.content.decode().startswith('<div id="found"')
        assert answer.headers["HX-Replace-Url"] == "/contacts?q=sar"
        assert ids(answer.content.decode()) == [home.contact.public_id]

    def test_what_renews_itself_comes_as_it_stood_in_the_page(self, home: cast.House, maya: Client) -> None:
        page = shown(maya, "?q=sarah")
        again = shown(maya, "?q=sarah", **HTMX | {"X-Live": "contact-rows"})
        assert "<html" not in again
        assert 'id="contact-rows"' in again
        assert ids(again) == ids(page)
        assert 'data-from="/contacts?q=sarah"' in page

    def test_where_there_is_nobody_yet_it_says_how_to_begin(self, home: cast.House, maya: Client) -> None:
        Contact.objects.all().delete()
        html = shown(maya)
        assert "The people to follow up with stand here." in html
        assert "Export CSV" not in html


class TestOrderAndParts:
    def test_it_goes_on_where_it_ended(self, home: cast.House, maya: Client) -> None:
        for number in range(ROWS):
            cast.contact(home.organization, f"Contact {number:02}")
        first = shown(maya, "?sort=name")
        (following,) = re.findall(r'href="(\?[^"]*cursor[^"]*)"', first)
        second = shown(maya, following.replace("&amp;", "&"))
        assert len(ids(first)) == ROWS
        assert set(ids(first) + ids(second)) == {c.public_id for c in Contact.objects.all()}
        assert len(ids(first) + ids(second)) == ROWS + 2
        assert "First page" in second

    def test_a_cursor_that_is_none_leads_to_the_beginning(self, home: cast.House, maya: Client) -> None:
        assert maya.get("/contacts?q=sar&cursor=forged").headers["Location"] == "/contacts?q=sar"

    def test_its_head_says_in_which_order_it_is(self, home: cast.House, maya: Client) -> None:
        assert 'aria-sort="descending"' in shown(maya, "?columns=created")
        assert re.search(
            r'<th scope="col" aria-sort="ascending"><a href="\?sort=-name">Name', shown(maya, "?sort=name")
        )


class TestColumns:
    def test_those_that_are_chosen_are_shown_from_then_on(self, home: cast.House, maya: Client) -> None:
        shown(maya, "?columns=name&columns=email&columns=status&columns=shoe")
        assert heads(shown(maya))[1:] == ["Name", "E-mail", "Status"]
        assert heads(shown(visitor(home.worker)))[1:] != ["Name", "E-mail", "Status"]

    def test_the_name_alone_may_be_left(self, home: cast.House, maya: Client) -> None:
        shown(maya, "?columns=name")
        assert heads(shown(maya))[1:] == ["Name"]


class TestTheCount:
    def count(self, html: str) -> str:
        (found,) = re.findall(r'<p [^>]*id="contacts-count".*?</p>', html)
        return str(found)

    def said(self, html: str) -> str:
        return re.sub("<.*?>", "", self.count(html))

    def test_of_a_few_it_comes_with_the_page_as_it_comes_anew(self, home: cast.House, maya: Client) -> None:
        for number in range(ROWS):
            cast.contact(home.organization, f"Contact {number}")
        page = shown(maya)
        assert self.said(page) == f"{ROWS + 2} contacts"
        assert "hx-trigger" not in self.count(page)
        assert self.count(page) == maya.get("/contacts/count").content.decode().strip()

    def test_the_page_does_not_wait_for_that_of_many(
        self, home: cast.House, maya: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listing, "COUNTED", 10)
        for number in range(ROWS):
            cast.contact(home.organization, f"Contact {number}")
        alone = shown(maya, "?q=contact&sort=name")
        assert self.said(alone) == f"{ROWS} contacts"  # they stand there, and need not be counted
        page = self.count(shown(maya, "?status=ACTIVE"))
        assert self.said(page) == "More than 10 contacts"
        assert 'hx-get="/contacts/count?status=ACTIVE" hx-trigger="load"' in page
        assert self.said(maya.get("/contacts/count?status=ACTIVE").content.decode()) == f"{ROWS + 2} contacts"

    def test_it_is_of_what_the_member_may_see(self, home: cast.House, elsewhere: cast.House) -> None:
        for who, many in ((home.admin, "2 contacts"), (home.worker, "1 contact"), (elsewhere.admin, "2 contacts")):
            assert self.said(visitor(who).get("/contacts/count").content.decode()) == many
        assert visitor(home.admin).get("/contacts/count?q=sarah").content.decode().count("1 contact")
        assert visitor().get("/contacts/count").headers["Location"].startswith("/sign-in")


class TestCost:
    def test_its_cost_is_the_same_for_few_and_for_many(self, home: cast.House, maya: Client) -> None:
        shown(maya, "?columns=name&columns=assigned&columns=stage&columns=consents&columns=there&columns=due")
        few, _ = counted(shown, maya)
        for number in range(40):
            cast.contact(home.organization, f"Contact {number}", home.worker, home.colleague)
        many, html = counted(shown, maya)
        assert len(ids(html)) == 42
        assert many == few
        assert many <= 20


class TestExport:
    def rows(self, client: Client, query: str = "") -> list[dict[str, str]]:
        answer = client.get(f"/contacts/export{query}")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="contacts.csv"'
        text = answer.getvalue().decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    def test_it_holds_what_the_filter_finds_and_the_member_may_see(self, home: cast.House) -> None:
        assert [row["Name"] for row in self.rows(visitor(home.admin))] == ["Sarah Lee", "Daniel Brooks"]
        assert [row["Name"] for row in self.rows(visitor(home.admin), "?q=daniel")] == ["Daniel Brooks"]
        (sarah,) = self.rows(visitor(home.worker))
        assert (sarah["Phone"], sarah["Assigned to"]) == ("+12125550123", "tom@brightwater.example")

    def test_no_cell_is_a_formula(self, home: cast.House, maya: Client) -> None:
        home.contact.edit({"name": "=HYPERLINK(1)", "company": "@SUM(1)"})
        sarah = self.rows(maya)[0]
        assert (sarah["Name"], sarah["Company"]) == ("'=HYPERLINK(1)", "'@SUM(1)")


class TestManyAtOnce:
    def do(self, client: Client, what: str, *contacts: Contact, **fields: Any) -> Any:
        given = {"ids": [contact.public_id for contact in contacts], **fields}
        return client.post(f"/contacts/bulk/{what}", given, headers=HTMX)

    def test_the_dialog_says_how_many_are_meant(self, home: cast.House, maya: Client) -> None:
        query = f"?ids={home.contact.public_id}&ids={home.others.public_id}"
        for what in ("assign", "quality", "do-not-call", "remove"):
            assert "2 contacts" in maya.get(f"/contacts/bulk/{what}{query}", headers=HTMX).content.decode()
        assert "No contact is chosen" in maya.get("/contacts/bulk/assign").content.decode()
        assert maya.get("/contacts/bulk/tickle").status_code == 404

    def test_they_are_assigned_to_a_member_besides_those_who_work_them(self, home: cast.House, maya: Client) -> None:
        answer = self.do(maya, "assign", home.contact, home.others, member=home.worker.public_id)
        assert answer.status_code == 204
        assert Assignment.objects.filter(member=home.worker).count() == 2
        assert Assignment.objects.filter(member=home.colleague).count() == 1

    @pytest.mark.parametrize("member", ["", "member_999999", "nonsense"])
    def test_assigning_to_nobody_is_refused(self, home: cast.House, maya: Client, member: str) -> None:
        answer = self.do(maya, "assign", home.contact, member=member)
        assert answer.status_code == 422
        assert "Choose who works them." in answer.content.decode()

    def test_a_member_of_another_organization_is_nobody(
        self, home: cast.House, elsewhere: cast.House, maya: Client
    ) -> None:
        assert self.do(maya, "assign", home.contact, member=elsewhere.worker.public_id).status_code == 422

    def test_their_quality_is_set(self, home: cast.House, maya: Client) -> None:
        self.do(maya, "quality", home.contact, home.others, quality="WARM")
        assert set(Contact.objects.values_list("lead_quality", flat=True)) == {"WARM"}
        assert self.do(maya, "quality", home.contact, quality="TEPID").status_code == 422
        self.do(maya, "quality", home.contact, quality="")
        assert Contact.objects.get(pk=home.contact.pk).lead_quality == ""

    def test_they_are_left_alone(self, home: cast.House, maya: Client) -> None:
        waiting = scheduled(home)
        self.do(maya, "do-not-call", home.contact, home.others, reason="Asked at the fair")
        waiting.refresh_from_db()
        assert waiting.status == "cancelled"
        listed = DoNotCall.objects.filter(reason="Asked at the fair", created_by=home.admin)
        assert {entry.phone or entry.email for entry in listed} == {
            home.contact.phone, home.contact.email, home.others.phone, home.others.email,
        }  # fmt: skip
        noted = Activity.objects.filter(kind="doNotCall", member=home.admin, text__endswith=": Asked at the fair")
        assert {activity.contact_id for activity in noted} == {home.contact.pk, home.others.pk}

    def test_who_cannot_be_listed_is_not_counted(self, home: cast.House, maya: Client) -> None:
        nowhere = cast.contact(home.organization, "Nobody Reaches Me")
        answer = self.do(maya, "do-not-call", home.contact, nowhere)
        assert "1 contact put on the do-not-call list." in answer.headers["HX-Trigger"]
        assert not nowhere.activities.exists()

    def test_they_are_removed_by_an_admin_alone(self, home: cast.House, maya: Client) -> None:
        waiting = scheduling.schedule_one(
            home.organization, home.contact, Plan("call", scheduled(home).scheduled_at), by=home.admin
        )
        assert self.do(visitor(home.worker), "remove", home.contact).status_code == 403
        assert self.do(maya, "remove", home.contact, home.others).status_code == 204
        waiting.refresh_from_db()
        assert waiting.status == "cancelled"
        assert ids(shown(maya)) == []

    @pytest.mark.parametrize("what", ["assign", "quality", "do-not-call"])
    def test_those_who_are_not_the_members_are_left_out(
        self, home: cast.House, elsewhere: cast.House, what: str
    ) -> None:
        fields = {"member": home.worker.public_id, "quality": "HOT"}
        tom = visitor(home.worker)
        answer = self.do(tom, what, home.others, elsewhere.contact, **fields)
        assert "No contact is chosen" in answer.content.decode()
        assert not Contact.objects.filter(lead_quality="HOT").exists()
        assert not DoNotCall.objects.exists()
