"""Making a contact, changing them, taking them out, and making one of two."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from relance.models import Contact, FollowUp, Stage, members, merging
from tests import cast
from tests.web.follow_ups import HTMX, scheduled, text, visitor

PHONE = "+12125550123"


@pytest.fixture
def maya(home: cast.House) -> Client:
    """The admin."""
    return visitor(home.admin)


@pytest.fixture
def tom(home: cast.House) -> Client:
    """Who works the house's contact."""
    return visitor(home.worker)


def where(contact: Contact, *below: str) -> str:
    return "/".join(["/contacts", contact.public_id, *below])


def form(client: Client, contact: Contact) -> dict[str, Any]:
    """What the form of the contact holds, as a browser would send it."""
    typed = client.get(where(contact, "edit"), headers=HTMX).context["typed"]
    return {**typed, "assigns": "yes"}


class TestNew:
    def test_what_was_typed_is_kept_and_its_page_opens(self, home: cast.House, maya: Client) -> None:
        stage = Stage.objects.create(organization=home.organization, name="Viewing", position=1)
        given = {
            "name": "Grace Kim", "phone": "(415) 555-0100", "email": "Grace@Example.com", "leadQuality": "HOT",
            "status": "ACTIVE", "stageId": stage.public_id, "nextFollowUpDate": "2026-12-24", "cadenceDays": "14",
            "assigns": "yes", "assignees": [home.worker.public_id, home.colleague.public_id],
        }  # fmt: skip
        answer = maya.post("/contacts/new", given, headers=HTMX)
        made = Contact.objects.get(name="Grace Kim")
        assert answer.headers["HX-Redirect"] == where(made)
        assert (made.phone, made.email, made.region, made.stage) == ("+14155550100", "grace@example.com", "CA", stage)
        assert (str(made.next_follow_up_date), made.cadence_days) == ("2026-12-24", 14)
        assert set(made.assignments.values_list("member", flat=True)) == {home.worker.pk, home.colleague.pk}

    def test_without_scripts_it_is_an_ordinary_form(self, home: cast.House, maya: Client) -> None:
        answer = maya.post("/contacts/new", {"name": "Grace Kim", "status": "ACTIVE"})
        assert answer.headers["Location"] == where(Contact.objects.get(name="Grace Kim"))

    def test_an_agent_works_whom_they_add_and_gets_no_page_of_whom_they_give_away(
        self, home: cast.House, tom: Client
    ) -> None:
        tom.post("/contacts/new", {"name": "Own", "status": "ACTIVE"}, headers=HTMX)
        assert Contact.objects.get(name="Own") in Contact.objects.visible_to(home.worker)
        given = {"name": "Given", "status": "ACTIVE", "assigns": "yes", "assignees": [home.colleague.public_id]}
        assert tom.post("/contacts/new", given, headers=HTMX).headers["HX-Redirect"] == "/contacts"

    def test_everything_that_is_wrong_stands_at_its_field_and_what_was_typed_stays(
        self, home: cast.House, elsewhere: cast.House, maya: Client
    ) -> None:
        stage = Stage.objects.create(organization=elsewhere.organization, name="Cita", position=1)
        given = {
            "name": " ", "phone": "12", "email": "ana@", "timeZone": "Mars/Base", "leadQuality": "TEPID",
            "status": "", "stageId": stage.public_id, "nextFollowUpDate": "soon", "cadenceDays": "often",
            "region": "Atlantis", "country": "US", "assigns": "yes", "assignees": [elsewhere.worker.public_id],
        }  # fmt: skip
        answer = maya.post("/contacts/new", given, headers=HTMX)
        html = answer.content.decode()
        assert answer.status_code == 422
        for field in set(given) - {"country", "assigns"}:
            assert f'id="error-{field}"' in html, field
        assert 'value="Mars/Base"' in html
        assert not Contact.objects.filter(phone="12").exists()

    @pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202eevil", "A" * 301, "\0"])
    def test_no_name_breaks_a_page(self, home: cast.House, maya: Client, name: str) -> None:
        answer = maya.post("/contacts/new", {"name": name, "status": "ACTIVE"}, headers=HTMX)
        assert answer.status_code in (200, 422)
        assert "<script>alert" not in maya.get("/contacts").content.decode()


class TestEditing:
    def test_saved_as_it_was_nothing_changes(self, home: cast.House, maya: Client) -> None:
        home.contact.edit({"nextFollowUpDate": "2026-12-24", "cadenceDays": 14, "company": "Lee & Co"})
        before = Contact.objects.filter(pk=home.contact.pk).values().get()
        assert maya.post(where(home.contact, "edit"), form(maya, home.contact), headers=HTMX).status_code == 204
        after = Contact.objects.filter(pk=home.contact.pk).values().get()
        assert after | {"updated_at": None} == before | {"updated_at": None}
        assert home.contact.assignments.count() == 1

    def test_a_region_that_the_number_told_goes_with_the_number(self, home: cast.House, maya: Client) -> None:
        given = form(maya, home.contact) | {"phone": "415 555 0100"}
        maya.post(where(home.contact, "edit"), given, headers=HTMX)
        home.contact.refresh_from_db()
        assert (home.contact.phone, home.contact.region) == ("+14155550100", "CA")

    def test_what_is_emptied_is_empty(self, home: cast.House, maya: Client) -> None:
        home.contact.edit({"company": "Lee & Co", "cadenceDays": 14, "leadQuality": "HOT"})
        given = form(maya, home.contact) | {"company": "", "cadenceDays": "", "leadQuality": "", "assignees": []}
        maya.post(where(home.contact, "edit"), given, headers=HTMX)
        home.contact.refresh_from_db()
        assert (home.contact.company, home.contact.cadence_days, home.contact.lead_quality) == ("", None, "")
        assert not home.contact.assignments.exists()

    def test_who_works_them_and_is_not_shown_stays_when_the_rest_is_edited(
        self, home: cast.House, maya: Client
    ) -> None:
        members.deactivate(home.worker, home.admin)
        maya.post(where(home.contact, "edit"), form(maya, home.contact) | {"company": "Lee & Co"}, headers=HTMX)
        assert list(home.contact.assignments.values_list("member", flat=True)) == [home.worker.pk]

    @pytest.mark.parametrize("days", ["9" * 5000, "0", "²", "-1"])
    def test_a_cadence_that_cannot_be_is_refused(self, home: cast.House, maya: Client, days: str) -> None:
        given = {"nextFollowUpDate": "", "cadenceDays": days}
        answer = maya.post(where(home.contact, "due"), given, headers=HTMX)
        assert answer.status_code == 422
        assert 'id="error-cadenceDays"' in answer.content.decode()

    def test_what_is_wrong_changes_nothing(self, home: cast.House, maya: Client) -> None:
        given = form(maya, home.contact) | {"company": "Lee & Co", "email": "nowhere"}
        assert maya.post(where(home.contact, "edit"), given, headers=HTMX).status_code == 422
        home.contact.refresh_from_db()
        assert (home.contact.company, home.contact.email) == ("", "sarah.lee@example.com")

    def test_whoever_gives_a_contact_away_is_led_back_to_the_list(self, home: cast.House, tom: Client) -> None:
        given = {"assignees": [home.colleague.public_id]}
        on_its_page = HTMX | {"HX-Current-URL": f"http://testserver{where(home.contact)}"}
        answer = tom.post(where(home.contact, "assignees"), given, headers=on_its_page)
        assert answer.headers["HX-Redirect"] == "/contacts"

    def test_only_members_of_the_house_can_work_them(
        self, home: cast.House, elsewhere: cast.House, maya: Client
    ) -> None:
        given = {"assignees": [home.colleague.public_id, elsewhere.worker.public_id, "me"]}
        maya.post(where(home.contact, "assignees"), given, headers=HTMX)
        assert list(home.contact.assignments.values_list("member", flat=True)) == [home.colleague.pk]


class TestReading:
    def read(self, client: Client, **typed: str) -> str:
        return str(text(client.get("/contacts/reading", typed, headers=HTMX).content.decode()))

    def test_a_number_is_shown_back_with_its_place_and_time(self, home: cast.House, maya: Client) -> None:
        read = self.read(maya, phone="(415) 555 0100")
        assert "+1 415-555-0100 · CA, US" in read
        assert "Los Angeles" in read

    def test_what_cannot_be_read_is_told(self, home: cast.House, maya: Client) -> None:
        assert "has letters in it" in self.read(maya, phone="415 CALL NOW")
        assert "Unknown time zone" in self.read(maya, timeZone="Mars/Base")

    def test_who_has_the_number_already_is_told_to_those_who_may_see_them(
        self, home: cast.House, tom: Client, maya: Client
    ) -> None:
        read = self.read(maya, phone="(305) 555-0141")
        assert "1 contact already has this number: Daniel Brooks" in read
        assert "Daniel" not in self.read(tom, phone="(305) 555-0141")
        assert "already" not in self.read(maya, phone=PHONE, of=home.contact.public_id)

    def test_nothing_is_saved(self, home: cast.House, maya: Client) -> None:
        self.read(maya, phone="(415) 555 0100", of=home.contact.public_id)
        assert Contact.objects.get(pk=home.contact.pk).phone == PHONE

    def test_anothers_contact_is_not_read(self, home: cast.House, elsewhere: cast.House, maya: Client) -> None:
        assert maya.get("/contacts/reading", {"of": elsewhere.contact.public_id}).status_code == 404


class TestRemoving:
    def test_they_leave_the_lists_and_what_waits_is_cancelled(self, home: cast.House, maya: Client) -> None:
        waiting = scheduled(home)
        answer = maya.post(where(home.contact, "remove"), headers=HTMX)
        waiting.refresh_from_db()
        assert answer.headers["HX-Redirect"] == "/contacts"
        assert waiting.status == "cancelled"
        assert waiting.history.latest("id").member == home.admin
        assert maya.get(where(home.contact)).status_code == 404


class TestMerging:
    @pytest.fixture
    def twin(self, home: cast.House) -> Contact:
        """The same person, added again."""
        return cast.contact(home.organization, "Sara Lee", home.worker, phone=PHONE, email="sara@lee.example")

    def test_the_page_tells_of_a_duplicate(self, home: cast.House, twin: Contact, tom: Client) -> None:
        assert "2 contacts share this number" in tom.get(where(home.contact)).content.decode()

    def test_both_stand_side_by_side_before(self, home: cast.House, twin: Contact, tom: Client) -> None:
        for contact in (home.contact, twin):
            told = text(tom.get(where(contact, "merge"), headers=HTMX).content.decode())
            assert "sarah.lee@example.com sara@lee.example" in told

    def test_of_several_one_is_chosen_first(self, home: cast.House, twin: Contact, tom: Client) -> None:
        third = cast.contact(home.organization, "S. Lee", home.worker, phone=PHONE)
        assert "Which of these" in tom.get(where(home.contact, "merge")).content.decode()
        named = tom.get(where(home.contact, "merge") + f"?with={third.public_id}").content.decode()
        assert f'value="{third.public_id}"' in named

    def test_without_a_duplicate_it_says_what_would_make_one(self, home: cast.House, tom: Client) -> None:
        assert "No other contact of yours has the number" in tom.get(where(home.contact, "merge")).content.decode()

    def test_afterwards_the_address_of_the_one_leads_to_the_other(
        self, home: cast.House, twin: Contact, tom: Client
    ) -> None:
        waiting = scheduled(home, contact=twin)
        answer = tom.post(where(twin, "merge"), {"with": home.contact.public_id}, headers=HTMX)
        assert answer.headers["HX-Redirect"] == where(home.contact)
        assert tom.get(where(twin)).headers["Location"] == where(home.contact)
        assert FollowUp.objects.get(pk=waiting.pk).contact == home.contact

    def test_it_does_not_lead_where_the_member_may_not_go(
        self, home: cast.House, elsewhere: cast.House, twin: Contact
    ) -> None:
        merging.merge(home.contact, twin, home.admin)
        for member in (home.colleague, elsewhere.admin):
            assert visitor(member).get(where(twin)).status_code == 404

    def test_one_that_the_member_may_not_see_cannot_be_named(
        self, home: cast.House, elsewhere: cast.House, tom: Client
    ) -> None:
        hidden = cast.contact(home.organization, "Hidden", home.colleague, phone=PHONE)
        stranger = cast.contact(elsewhere.organization, "Stranger", phone=PHONE)
        for other in (hidden, stranger, home.others):
            answer = tom.post(where(home.contact, "merge"), {"with": other.public_id}, headers=HTMX)
            assert answer.status_code == 404
            other.refresh_from_db()
            assert other.deleted_at is None

    def test_while_one_is_being_carried_out_it_says_to_wait(self, home: cast.House, twin: Contact, tom: Client) -> None:
        busy = scheduled(home, contact=twin)
        FollowUp.objects.filter(pk=busy.pk).update(status="queued", next_attempt_at=None, lease_until=busy.scheduled_at)
        answer = tom.post(where(home.contact, "merge"), {"with": twin.public_id}, headers=HTMX)
        assert answer.status_code == 409
        assert "Merge when it has ended." in answer.content.decode()
