"""The page of a contact: what stands on it, for whom, and what is done there."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from relance.models import Activity, Call, Consent, Contact, DoNotCall, Evidence, Stage, clock, due, suppression
from relance.web.contacts.detail import CALLS, ENTRIES, PARTS
from tests import cast
from tests.engine.test_query_counts import counted
from tests.web.follow_ups import HTMX, scheduled, text, visitor

POSTED = ("due/done", "due/snooze", "quality", "stage")
DIALOGS = ("edit", "assignees", "consents", "consents/ledger", "do-not-call", "due", "merge", "notes")
FOR_ADMINS = ("do-call", "remove")

GRANTED: dict[str, Any] = {
    "action": "granted",
    "kinds": ["sms", "email"],
    "source": "call",
    "quote": "Sure, text me.",
    "heardBy": "Tom",
}


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


def page(client: Client, contact: Contact, query: str = "") -> str:
    answer = client.get(where(contact) + query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def called(house: cast.House, **fields: Any) -> Call:
    now = clock.now()
    said = {"status": "answered", "started_at": now - timedelta(seconds=65), "ended_at": now} | fields
    return Call.objects.create(organization=house.organization, contact=house.contact, **said)


class TestWhoMay:
    @pytest.mark.parametrize("below", [(), *[(name,) for name in (*DIALOGS, *FOR_ADMINS, *POSTED)]])
    def test_what_is_not_a_members_does_not_exist(
        self, home: cast.House, elsewhere: cast.House, below: tuple[str, ...]
    ) -> None:
        address = where(home.contact, *below)
        for member in (elsewhere.admin, home.colleague):
            assert visitor(member).get(address).status_code == 404
            assert visitor(member).post(address, {"reason": "x", "quality": "HOT"}).status_code in (404, 405)
        assert visitor().get(address).headers["Location"].startswith("/sign-in")
        assert visitor().post(address).status_code in (302, 405)
        assert Contact.objects.get(pk=home.contact.pk).lead_quality == ""

    @pytest.mark.parametrize("name", PARTS)
    def test_neither_do_its_parts(self, home: cast.House, elsewhere: cast.House, name: str) -> None:
        for member in (elsewhere.admin, home.colleague):
            assert visitor(member).get(where(home.contact, "parts", name)).status_code == 404

    @pytest.mark.parametrize("below", FOR_ADMINS)
    def test_what_is_an_admins_to_do_is_forbidden_to_an_agent(self, home: cast.House, tom: Client, below: str) -> None:
        for ask in (tom.get, tom.post):
            assert ask(where(home.contact, below)).status_code == 403
        assert f"/{below}" not in page(tom, home.contact)

    @pytest.mark.parametrize("below", POSTED)
    def test_what_is_only_posted_to_leads_back_to_the_page(self, home: cast.House, tom: Client, below: str) -> None:
        assert tom.get(where(home.contact, below)).headers["Location"] == where(home.contact)

    @pytest.mark.parametrize("below", DIALOGS)
    def test_every_dialog_is_a_page_too(self, home: cast.House, maya: Client, below: str) -> None:
        assert "<h1>" in maya.get(where(home.contact, below)).content.decode()
        assert "<dialog" in maya.get(where(home.contact, below), headers=HTMX).content.decode()


class TestWhatStandsOnIt:
    def test_the_follow_ups_card_stands_below_the_call_logs(self, home: cast.House, tom: Client) -> None:
        html = page(tom, home.contact)
        order = [html.index(f'id="{name}"') for name in ("contact-profile", "contact-timeline", "contact-calls")]
        assert order == sorted(order)
        assert html.index('id="follow-ups-card"') > order[-1]

    @pytest.mark.parametrize("name", PARTS)
    def test_a_part_comes_alone_as_it_stands_in_the_page(self, home: cast.House, tom: Client, name: str) -> None:
        called(home)
        alone = tom.get(where(home.contact, "parts", name)).content.decode().strip()
        assert alone.split(">", 1)[0] in page(tom, home.contact)
        assert tom.get(where(home.contact, "parts", "sunglasses")).status_code == 404

    def test_it_says_their_time_and_how_it_is_known(self, home: cast.House, tom: Client) -> None:
        html = page(tom, home.contact)
        assert 'data-clock="America/New_York"' in html
        assert home.contact.zone_evidence in html

    def test_a_call_says_how_it_went_and_leads_to_what_was_said(self, home: cast.House, tom: Client) -> None:
        call = called(home, agent=home.agent, transcript=[{"speaker": "agent", "text": "Hello Sarah"}])
        called(home, status="missed")
        html = text(page(tom, home.contact).partition('id="contact-calls"')[2].partition("</section>")[0])
        assert "Outgoing Answered Ava" in html
        assert "1 min 05 s" in html
        assert "Outgoing Missed" in html
        said = tom.get(where(home.contact, "calls", call.public_id), headers=HTMX).content.decode()
        assert "Hello Sarah" in said

    def test_another_contacts_call_is_not_under_this_one(self, home: cast.House, maya: Client) -> None:
        call = called(home)
        assert maya.get(where(home.others, "calls", call.public_id)).status_code == 404

    def test_being_on_the_do_not_call_list_is_said_loudly(self, home: cast.House, tom: Client) -> None:
        assert "On the do-not-call list." not in page(tom, home.contact)
        suppression.put_on_list(home.contact, "Asked on a call", home.worker)
        html = page(tom, home.contact)
        assert "On the do-not-call list." in html
        assert "Asked on a call" in html

    def test_a_consent_stands_with_its_evidence(self, home: cast.House, tom: Client) -> None:
        suppression.opt_in(home.contact.pk, ["sms"], Evidence("call", "Sure, text me.", "Ava"))
        suppression.opt_out(home.contact.pk, ["email"], Evidence("message", "STOP"))
        aside = text(tom.get(where(home.contact, "parts", "aside")).content.decode())
        assert "SMS Agreed Sure, text me. On a call" in aside
        assert "E-mail Opted out STOP In a message" in aside
        assert "WhatsApp No answer" in aside

    def test_what_is_for_a_time_or_since_a_time_names_that_time(self, home: cast.House, tom: Client) -> None:
        follow_up = scheduled(home, after=timedelta(hours=1))
        suppression.put_on_list(home.contact, "Asked on a call", home.worker)
        said = text(page(tom, home.contact))
        at = follow_up.scheduled_at.astimezone(ZoneInfo(home.worker.zone))
        assert f"Call scheduled for {at:%a} {at.day} {at:%b, %H:%M}" in said
        assert not re.findall(r"\b(?:for|until|since) (?:in \d+|\d+ \w+ ago|just now|now|in a moment)\b", said)

    def test_earlier_entries_and_calls_are_there_for_the_asking(self, home: cast.House, tom: Client) -> None:
        for number in range(ENTRIES + CALLS):
            called(home, external_id=str(number))
        html = page(tom, home.contact)
        assert html.count('<li id="line-call_') == ENTRIES
        assert html.count('<tr id="call_') == CALLS
        more = page(tom, home.contact, "?entries=24&calls=24")
        assert more.count('<li id="line-call_') == more.count('<tr id="call_') == ENTRIES + CALLS
        assert "timeline-earlier" not in more
        assert page(tom, home.contact, "?entries=-1&calls=²")

    def test_its_cost_is_the_same_however_much_happened(self, home: cast.House, tom: Client) -> None:
        called(home)
        suppression.opt_in(home.contact.pk, ["sms"], Evidence("form"))
        scheduled(home)
        page(tom, home.contact)
        few, _ = counted(page, tom, home.contact)
        for number in range(5):
            called(home, external_id=str(number), agent=home.agent)
            scheduled(home)
            suppression.opt_in(home.contact.pk, ["sms", "email"], Evidence("form", member=home.admin))
            cast.contact(home.organization, f"Twin {number}", home.worker, phone=home.contact.phone)
        many, _ = counted(page, tom, home.contact)
        assert many <= few
        assert many <= 40


class TestNotes:
    def test_one_is_written_on_the_timeline(self, home: cast.House, tom: Client) -> None:
        assert tom.post(where(home.contact, "notes"), {"text": "Prefers mornings."}, headers=HTMX).status_code == 204
        html = page(tom, home.contact)
        assert "Prefers mornings." in html
        (note,) = Activity.objects.all()
        assert (note.kind, note.member) == ("note", home.worker)

    def test_an_empty_one_is_refused(self, home: cast.House, tom: Client) -> None:
        answer = tom.post(where(home.contact, "notes"), {"text": "  "}, headers=HTMX)
        assert answer.status_code == 422
        assert "Write the note first." in answer.content.decode()


class TestWhatIsOwed:
    @pytest.fixture
    def today(self, home: cast.House) -> Any:
        today = due.today_of(home.worker)
        home.contact.edit({"nextFollowUpDate": today.isoformat(), "cadenceDays": 7})
        return today

    def day(self, home: cast.House) -> Any:
        return Contact.objects.get(pk=home.contact.pk).next_follow_up_date

    def test_done_leads_to_the_next_date_of_the_cadence_and_back(
        self, home: cast.House, tom: Client, today: Any
    ) -> None:
        answer = tom.post(where(home.contact, "due/done"), headers=HTMX)
        assert self.day(home) == today + timedelta(days=7)
        tom.post(json.loads(answer.headers["HX-Trigger"])["relance:done"]["undo"], headers=HTMX)
        assert self.day(home) == today

    def test_snoozed_it_is_three_days_later(self, home: cast.House, tom: Client, today: Any) -> None:
        tom.post(where(home.contact, "due/snooze"), headers=HTMX)
        assert self.day(home) == today + timedelta(days=3)

    def test_whom_they_do_not_work_an_admin_leaves_alone(self, home: cast.House, maya: Client, today: Any) -> None:
        maya.post(where(home.contact, "due/done"), headers=HTMX)
        assert self.day(home) == today
        assert "due/done" not in page(maya, home.contact)

    def test_the_day_and_the_cadence_are_set(self, home: cast.House, tom: Client) -> None:
        given = {"nextFollowUpDate": "2026-12-24", "cadenceDays": "30"}
        assert tom.post(where(home.contact, "due"), given, headers=HTMX).status_code == 204
        home.contact.refresh_from_db()
        assert (str(home.contact.next_follow_up_date), home.contact.cadence_days) == ("2026-12-24", 30)

    @pytest.mark.parametrize("cadence", ["0", "often", "4000", "-1", "٣x"])
    def test_a_cadence_that_is_none_is_refused_at_its_field(self, home: cast.House, tom: Client, cadence: str) -> None:
        answer = tom.post(where(home.contact, "due"), {"cadenceDays": cadence}, headers=HTMX)
        assert answer.status_code == 422
        assert 'id="error-cadenceDays"' in answer.content.decode()


class TestQualityAndStage:
    def test_they_are_chosen_from_a_menu(self, home: cast.House, tom: Client) -> None:
        stage = Stage.objects.create(organization=home.organization, name="Viewing", position=1)
        tom.post(where(home.contact, "quality"), {"quality": "HOT"}, headers=HTMX)
        tom.post(where(home.contact, "stage"), {"stage": stage.public_id}, headers=HTMX)
        home.contact.refresh_from_db()
        assert (home.contact.lead_quality, home.contact.stage) == ("HOT", stage)
        tom.post(where(home.contact, "stage"), {"stage": ""}, headers=HTMX)
        home.contact.refresh_from_db()
        assert home.contact.stage is None

    def test_another_organizations_stage_is_none(self, home: cast.House, elsewhere: cast.House, tom: Client) -> None:
        theirs = Stage.objects.create(organization=elsewhere.organization, name="Cita", position=1)
        answer = tom.post(where(home.contact, "stage"), {"stage": theirs.public_id}, headers=HTMX)
        home.contact.refresh_from_db()
        assert home.contact.stage is None
        assert "This stage is gone" in answer.headers["HX-Trigger"]


class TestLeavingAlone:
    def test_number_and_address_are_put_on_the_list_with_the_reason(self, home: cast.House, tom: Client) -> None:
        waiting = scheduled(home)
        tom.post(where(home.contact, "do-not-call"), {"reason": "Asked on a call"}, headers=HTMX)
        waiting.refresh_from_db()
        assert waiting.status == "cancelled"
        assert suppression.entries_of(home.contact).count() == 2
        assert "Asked on a call" in Activity.objects.get(contact=home.contact).text

    def test_a_contact_with_neither_is_told_so(self, home: cast.House, tom: Client) -> None:
        bare = cast.contact(home.organization, "Nobody Known", home.worker)
        answer = tom.post(where(bare, "do-not-call"), {"reason": ""}, headers=HTMX)
        assert answer.status_code == 422
        assert "neither a number nor an address" in answer.content.decode()

    def test_an_admin_takes_them_off_and_says_why(self, home: cast.House, maya: Client) -> None:
        suppression.put_on_list(home.contact, "", home.admin)
        answer = maya.post(where(home.contact, "do-call"), {"reason": " "}, headers=HTMX)
        assert answer.status_code == 422
        assert DoNotCall.objects.count() == 2
        maya.post(where(home.contact, "do-call"), {"reason": "Called us and asked"}, headers=HTMX)
        assert not DoNotCall.objects.exists()
        assert Activity.objects.filter(text__contains="Called us and asked", member=home.admin).exists()


class TestAnswers:
    def test_one_is_written_down_with_its_evidence(self, home: cast.House, tom: Client) -> None:
        call = called(home)
        given = GRANTED | {"call": call.public_id}
        assert tom.post(where(home.contact, "consents"), given, headers=HTMX).status_code == 204
        lines = Consent.objects.filter(contact=home.contact)
        assert {(line.kind, line.action, line.quote, line.heard_by, line.call, line.member) for line in lines} == {
            (kind, "granted", "Sure, text me.", "Tom", call, home.worker) for kind in ("sms", "email")
        }

    def test_opting_out_cancels_what_waits(self, home: cast.House, tom: Client) -> None:
        waiting = scheduled(home, "sms")
        given = {"action": "revoked", "kinds": ["sms"], "source": "member"}
        tom.post(where(home.contact, "consents"), given, headers=HTMX)
        waiting.refresh_from_db()
        home.contact.refresh_from_db()
        assert (waiting.status, home.contact.consents["sms"]) == ("cancelled", "revoked")

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"quote": " "}, "quote"), ({"quote": "x" * 2001}, "quote"), ({"kinds": []}, "kinds"),
            ({"kinds": ["webhook"]}, "kinds"), ({"action": "maybe"}, "action"), ({"source": "rumour"}, "source"),
        ],
    )  # fmt: skip
    def test_an_answer_without_its_evidence_is_refused(
        self, home: cast.House, tom: Client, wrong: dict[str, Any], field: str
    ) -> None:
        answer = tom.post(where(home.contact, "consents"), GRANTED | wrong, headers=HTMX)
        assert answer.status_code == 422
        assert f'id="error-{field}"' in answer.content.decode()
        assert not Consent.objects.exists()

    def test_another_contacts_call_is_no_evidence(self, home: cast.House, maya: Client) -> None:
        call = called(home)
        given = GRANTED | {"call": call.public_id}
        assert maya.post(where(home.others, "consents"), given, headers=HTMX).status_code == 404

    def test_the_ledger_shows_when_a_line_was_changed(self, home: cast.House, tom: Client) -> None:
        suppression.opt_in(home.contact.pk, ["sms"], Evidence("form", "Ticked the box."))
        address = where(home.contact, "consents/ledger")
        assert "Every line is as it was written" in tom.get(address).content.decode()
        Consent.objects.update(quote="Something else")
        assert "was changed or taken out" in tom.get(address).content.decode()
