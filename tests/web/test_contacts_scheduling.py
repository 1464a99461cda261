"""A follow-up for many contacts at once: whom it is for, what is foretold, and for whom none was scheduled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from relance.engine.preflight import rule_of
from relance.models import Contact, Evidence, FollowUp, clock, suppression
from relance.rules import gates
from relance.rules.facts import Facts, OptIn
from relance.web.contacts import choosing, outlook
from tests import cast
from tests.web.follow_ups import HTMX, text, visitor

BASE = "/contacts/bulk/follow-ups"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def maya(home: cast.House) -> Client:
    """The admin."""
    return visitor(home.admin)


@pytest.fixture
def third(home: cast.House) -> Contact:
    """A contact without a number, of whom nothing is known."""
    return cast.contact(home.organization, "Kai Lund", home.worker)


def at(hour: int) -> str:
    """That hour in New York, on a Wednesday that lies ahead, as one types it."""
    local = clock.now().astimezone(ZoneInfo("America/New_York")) + timedelta(days=1)
    local += timedelta(days=(2 - local.weekday()) % 7)
    return f"{local:%Y-%m-%d} {hour:02}:00"


def form(contacts: Sequence[Contact] = (), **said: Any) -> dict[str, Any]:
    return {"ids": [c.public_id for c in contacts], "type": "call", "scheduledAt": at(12), "maxAttempts": "3"} | said


def post(client: Client, contacts: Sequence[Contact] = (), part: str = "new", **said: Any) -> Any:
    return client.post(f"{BASE}/{part}", form(contacts, **said), headers=HTMX)


def foreseen(client: Client, contacts: Sequence[Contact] = (), **said: Any) -> str:
    answer = post(client, contacts, "foreseen", **said)
    assert answer.status_code == 200
    return text(answer.content.decode())


def everybody(house: cast.House) -> list[Contact]:
    return list(house.organization.contacts.order_by("id"))


class TestWhoIsMeant:
    def test_those_that_were_ticked(self, home: cast.House, maya: Client) -> None:
        query = "&".join(f"ids={contact.public_id}" for contact in everybody(home))
        page = maya.get(f"{BASE}/new?{query}", headers=HTMX).content.decode()
        assert "Schedule a follow-up for 2 contacts" in page
        assert re.findall(r'name="ids" value="(person_\d+)"', page) == [c.public_id for c in everybody(home)]

    def test_all_that_the_filters_describe_but_none_that_came_since(
        self, home: cast.House, maya: Client, third: Contact
    ) -> None:
        page = maya.get(f"{BASE}/new?all=q%3Ddaniel", headers=HTMX).content.decode()
        assert "Schedule a follow-up for 1 contact<" in page
        page = maya.get(f"{BASE}/new?all=", headers=HTMX).content.decode()
        (newest,) = re.findall(r'name="newest" value="(person_\d+)"', page)
        assert newest == third.public_id
        cast.contact(home.organization, "Came Later", phone="+12125550188")
        post(maya, type="webhook", url="https://hooks.example.com/in", all="", newest=newest)
        assert set(FollowUp.objects.values_list("contact", flat=True)) == {home.contact.pk, home.others.pk, third.pk}

    def test_of_an_agent_only_their_own(self, home: cast.House, elsewhere: cast.House) -> None:
        tom = visitor(home.worker)
        assert post(tom, [home.contact, home.others, elsewhere.contact], allowOutOfWindow="on").status_code == 204
        post(tom, all="")
        assert set(FollowUp.objects.values_list("contact", flat=True)) == {home.contact.pk}

    @pytest.mark.parametrize("part", ["new", "foreseen"])
    def test_nobody_where_none_of_them_is_the_members(self, home: cast.House, elsewhere: cast.House, part: str) -> None:
        for stranger in (visitor(elsewhere.admin), visitor(home.colleague)):
            answer = post(stranger, [home.contact], part)
            assert answer.status_code == 200
            assert home.contact.name not in answer.content.decode()
            assert ("No contact is chosen" in answer.content.decode()) == (part == "new")
        assert visitor().post(f"{BASE}/{part}").headers["Location"].startswith("/sign-in")
        assert not FollowUp.objects.exists()

    def test_not_more_than_are_taken_at_once(
        self, home: cast.House, maya: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(choosing, "MOST", 1)
        assert "These are more than 1 contact." in post(maya, all="").content.decode()
        assert not FollowUp.objects.exists()

    def test_what_is_another_organizations_cannot_be_named(
        self, home: cast.House, elsewhere: cast.House, maya: Client
    ) -> None:
        answer = post(maya, everybody(home), agentId=elsewhere.agent.public_id)
        assert answer.status_code == 422
        assert 'id="error-agentId"' in answer.content.decode()
        assert not FollowUp.objects.exists()
        query = {"templateId": elsewhere.template.public_id}
        assert "day" not in maya.get(f"{BASE}/parameters", query, headers=HTMX).content.decode()


class TestForeseen:
    def test_where_nothing_stands_in_the_way_all_go(self, home: cast.House, maya: Client) -> None:
        said = foreseen(maya, everybody(home))
        assert "12:00 by your clock" in said
        assert said.endswith("All 2 go then.")

    def test_who_waits_until_when_and_by_whose_rule(self, home: cast.House, maya: Client) -> None:
        cast.contact(home.organization, "Grace Kim", phone="+12135550187")
        said = foreseen(maya, everybody(home), scheduledAt=at(9))
        assert "Of 3 contacts, 2 go then and 1 waits. The last goes Wed" in said
        assert re.search(r"1 waits until Wed \d+ \w+, 11:00: .*outside calling hours\.", said)

    def test_who_is_left_out_and_why(self, home: cast.House, maya: Client, third: Contact) -> None:
        suppression.do_not_call(home.organization, phone=home.others.phone, source="member", by=None)
        said = foreseen(maya, everybody(home))
        assert "Of 3 contacts, 1 goes then and 2 are left out." in said
        assert "1 has no phone number." in said
        assert "1 is on the do-not-call list." in said
        assert "1 has not agreed to SMS messages." in foreseen(maya, [home.contact, home.others], type="sms")

    def test_one_rule_counts_all_whom_it_leaves_out(self, home: cast.House, maya: Client) -> None:
        for contact in everybody(home):
            suppression.do_not_call(home.organization, email=contact.email, source="member", by=None)
        said = foreseen(maya, everybody(home), type="email")
        assert "All 2 are left out." in said
        assert "2 are on the do-not-call list." in said

    def test_what_is_wrong_is_said_and_nothing_foretold(self, home: cast.House, maya: Client) -> None:
        said = foreseen(maya, everybody(home), scheduledAt="soonish")
        assert "No day or time is named." in said
        assert "go then" not in said

    def test_texts_are_measured_without_looking_at_anybody(
        self, home: cast.House, maya: Client, django_assert_max_num_queries: Any
    ) -> None:
        with django_assert_max_num_queries(6):
            said = post(maya, everybody(home), "texts", type="sms", body="Hello")
        assert "160 characters, 1 segment" in text(said.content.decode())

    @pytest.mark.parametrize("part", ["foreseen", "new"])
    def test_it_takes_as_many_queries_for_many_as_for_two(
        self, home: cast.House, maya: Client, part: str, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(60):
            cast.contact(home.organization, f"Contact {number}", phone=f"+1212555{number:04}")
        with django_assert_max_num_queries(32):
            assert post(maya, part=part, all="").status_code in (200, 204)


class TestTheWords:
    @pytest.mark.parametrize(
        ("kind", "facts", "one", "three"),
        [
            ("call", {"contact_exists": False}, "1 no longer exists.", "3 no longer exist."),
            ("call", {"phone": ""}, "1 has no phone number.", "3 have no phone number."),
            ("email", {"email": ""}, "1 has no e-mail address.", "3 have no e-mail address."),
            ("call", {"listed_as": "a@b.c"}, "1 is on the do-not-call list.", "3 are on the do-not-call list."),
            ("sms", {"consents": {}}, "1 has not agreed to SMS messages.", "3 have not agreed to SMS messages."),
            (
                "email", {"consents": {"email": "revoked"}},
                "1 asked not to be contacted by e-mail.", "3 asked not to be contacted by e-mail.",
            ),
            (
                "call", {"opt_in": OptIn("Italy: calls need the contact's consent. Record it and retry.", "")},
                "1 is left out: Italy: calls need the contact's consent. Record it and retry.",
                "3 are left out: Italy: calls need the contact's consent. Record it and retry.",
            ),
        ],
    )  # fmt: skip
    def test_what_a_gate_says_of_one_is_said_of_many(
        self, kind: str, facts: dict[str, Any], one: str, three: str
    ) -> None:
        consents = {} if "opt_in" in facts else {kind: "granted"}
        reachable = {"phone": "+12125550123", "email": "a@b.c", "consents": consents}
        held = gates.decide(Facts(kind, NOON, NOON, **reachable | facts), NOON)
        assert held is not None
        because = rule_of(held[1].because)
        assert outlook.left_out(because, 1) == one
        assert outlook.left_out(because, 3) == three


class TestScheduling:
    def test_each_gets_one_and_the_toast_says_how_many(self, home: cast.House, maya: Client) -> None:
        answer = post(maya, everybody(home), notes="Spring")
        assert answer.status_code == 204
        assert "2 follow-ups scheduled for Wed" in answer.headers["HX-Trigger"]
        made = FollowUp.objects.order_by("contact")
        assert [f.contact_id for f in made] == [c.pk for c in everybody(home)]
        assert {(f.type, f.source, f.created_by_id, f.notes) for f in made} == {
            ("call", "manual", home.admin.pk, "Spring")
        }

    def test_those_whom_a_rule_leaves_out_are_named_with_it(
        self, home: cast.House, maya: Client, third: Contact
    ) -> None:
        suppression.opt_out(home.others.pk, ["call"], Evidence("member", member=home.admin))
        answer = post(maya, everybody(home))
        said = text(answer.content.decode())
        assert "1 scheduled, 2 left out" in said
        assert "1 asked not to be contacted by call. Daniel Brooks" in said
        assert "1 has no phone number. Kai Lund" in said
        assert "1 follow-up scheduled for" in answer.headers["HX-Trigger"]
        assert FollowUp.objects.get().contact_id == home.contact.pk

    def test_where_all_are_left_out_it_says_so(self, home: cast.House, maya: Client, third: Contact) -> None:
        answer = post(maya, [third])
        assert "Nothing was scheduled" in answer.content.decode()
        assert "HX-Trigger" not in answer.headers
        assert not FollowUp.objects.exists()

    def test_what_is_wrong_stands_at_its_field_and_the_choice_stays(self, home: cast.House, maya: Client) -> None:
        answer = post(maya, everybody(home), type="sms", body="", scheduledAt="yesterday 9:00")
        page = answer.content.decode()
        assert answer.status_code == 422
        assert {"error-body", "error-scheduledAt"} <= set(re.findall(r'id="(error-[\w-]+)"', page))
        assert re.findall(r'name="ids" value="(person_\d+)"', page) == [c.public_id for c in everybody(home)]
        assert not FollowUp.objects.exists()

    def test_without_scripts_it_leads_back_to_the_list(self, home: cast.House, maya: Client) -> None:
        answer = maya.post(f"{BASE}/new", form(everybody(home)))
        assert answer.headers["Location"] == "/contacts"
        page = maya.get(f"{BASE}/new?ids={home.contact.public_id}").content.decode()
        assert "<html" in page
        assert 'action="/contacts/bulk/follow-ups/new"' in page

    def test_one_moment_is_meant_for_all(self, home: cast.House, maya: Client) -> None:
        post(maya, everybody(home), scheduledAt=at(15))
        (moment,) = set(FollowUp.objects.values_list("scheduled_at", flat=True))
        assert isinstance(moment, datetime)
        assert moment.astimezone(ZoneInfo("America/New_York")).hour == 15


class TestTheBar:
    def test_it_offers_all_that_match_only_where_there_are_further_pages(self, home: cast.House, maya: Client) -> None:
        assert "data-everything" not in maya.get("/contacts").content.decode()
        for number in range(50):
            cast.contact(home.organization, f"Contact {number}")
        page = maya.get("/contacts?status=ACTIVE&sort=name").content.decode()
        assert "data-everything" in page
        assert 'name="all" value="status=ACTIVE"' in page
