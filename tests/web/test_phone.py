"""The demo's phones: they ring, are answered and write back, and what was said on them counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from relance.models import Call, Consent, Contact, DoNotCall, FollowUp, Message
from tests import cast
from tests.engine.scene import expire_leases, resolve_open, succeed
from tests.engine.test_query_counts import counted
from tests.web.follow_ups import HTMX, scheduled, visitor
from tests.web.phones import element, rings


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def maya(home: cast.House) -> Client:
    return visitor(home.admin)


@pytest.fixture
def address(home: cast.House) -> str:
    return f"/phone/{home.contact.public_id}"


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def do(client: Client, address: str, what: str, text: str = "") -> Any:
    return client.post(address, {"do": what, "text": text}, headers=HTMX)


class TestWhoSeesIt:
    def test_nobody_where_it_is_no_demo(self, maya: Client, address: str, settings: Any) -> None:
        settings.DEMO = False
        for path in (address, f"{address}/sms", "/phone", "/clock", "/first-steps"):
            assert maya.get(path).status_code == 404
            assert Client().get(path).status_code == 404
        assert "/phone" not in maya.get("/").content.decode()

    def test_an_agent_sees_the_phones_of_their_contacts(self, home: cast.House) -> None:
        tom, theirs = visitor(home.worker), f"/phone/{home.others.public_id}"
        assert tom.get(theirs).status_code == 404
        assert tom.post(theirs + "/sms", {"text": "Hello"}).status_code == 404
        listed = shown(tom, "/phone")
        assert home.contact.name in listed
        assert home.others.name not in listed

    def test_another_organization_and_nobody_do_not(
        self, home: cast.House, elsewhere: cast.House, address: str
    ) -> None:
        rings(home)
        for stranger in (elsewhere.admin, elsewhere.worker):
            assert visitor(stranger).get(address).status_code == 404
            assert do(visitor(stranger), address, "answer").status_code == 404
            assert home.contact.name not in shown(visitor(stranger), "/phone")
        assert Client().get(address).headers["Location"] == f"/sign-in?next={address}"
        assert Client().post(address, {"do": "answer"}).status_code == 302

    @pytest.mark.parametrize("path", ["/phone/person_999999", "/phone/followup_1", "/phone/x/sms"])
    def test_a_phone_that_there_is_not(self, maya: Client, path: str) -> None:
        assert maya.get(path).status_code == 404

    def test_what_no_phone_does_ends_no_call(self, home: cast.House, maya: Client, address: str) -> None:
        call = rings(home)
        assert do(maya, address, "explode").status_code == 404
        call.refresh_from_db()
        assert call.finished_at is None

    def test_an_app_that_there_is_not(self, maya: Client, address: str) -> None:
        assert maya.get(f"{address}/telegraph").status_code == 404


class TestACall:
    def test_it_rings_with_who_calls_and_so_says_every_page(self, home: cast.House, maya: Client, address: str) -> None:
        assert "Answer" not in shown(maya, address)
        rings(home)
        ringing = shown(maya, address)
        assert "Ava · incoming call" in ringing
        assert home.organization.name in element(ringing, "phone-line")
        assert "Ringing" in shown(maya, "/phone")
        assert 'aria-label="1 ringing"' in shown(maya, "/")

    def test_it_is_answered_and_what_is_said_is_written_down(
        self, home: cast.House, maya: Client, address: str
    ) -> None:
        follow_up = rings(home)
        assert "Hello Sarah, this is Ava of Brightwater Homes." in do(maya, address, "answer").content.decode()
        talk = do(maya, address, "say", "Call me <b>tomorrow</b> at 5.").content.decode()
        assert "Call me &lt;b&gt;tomorrow&lt;/b&gt; at 5." in talk
        assert "Answer" not in talk
        assert do(maya, address, "hang up").status_code == 200
        call = Call.objects.get(follow_up=follow_up)
        assert (call.status, [line["speaker"] for line in call.transcript]) == (
            "answered",
            ["agent", "contact", "agent"],
        )
        follow_up.refresh_from_db()
        assert follow_up.status == "completed"

    def test_who_asks_to_be_left_alone_is_left_alone_before_they_hang_up(
        self, home: cast.House, maya: Client, address: str
    ) -> None:
        waiting = scheduled(home, "sms")
        rings(home)
        do(maya, address, "answer")
        assert "On the do-not-call list" in do(maya, address, "say", "Stop calling me.").content.decode()
        waiting.refresh_from_db()
        assert waiting.status == "cancelled"
        assert DoNotCall.objects.filter(phone=home.contact.phone).exists()

    @pytest.mark.parametrize(
        ("what", "status"),
        [("decline", "declined"), ("leave", "missed"), ("voicemail", "voicemail"), ("hang up", "declined")],
    )
    def test_left_alone_it_is_tried_again(
        self, home: cast.House, maya: Client, address: str, what: str, status: str
    ) -> None:
        follow_up = rings(home)
        do(maya, address, what)
        follow_up.refresh_from_db()
        assert (follow_up.status, Call.objects.get().status) == ("scheduled", status)
        assert "Missed call" in shown(maya, address)

    def test_whoever_is_too_late_is_told_so(self, home: cast.House, maya: Client, address: str) -> None:
        rings(home)
        expire_leases()
        resolve_open()
        for what in ("answer", "decline", "say", "hang up"):
            answer = do(maya, address, what, "Hello")
            assert (answer.status_code, answer.content.decode()) == (409, "This call is over.")

    def test_a_second_answer_greets_once_and_silence_is_no_line(
        self, home: cast.House, maya: Client, address: str
    ) -> None:
        rings(home)
        for what in ("answer", "answer", "say"):
            do(maya, address, what, "  ")
        do(maya, address, "leave")
        (call,) = Call.objects.all()
        assert (call.status, len(call.transcript)) == ("answered", 1)

    def test_without_javascript_its_forms_post_and_come_back(
        self, home: cast.House, maya: Client, address: str
    ) -> None:
        rings(home)
        assert "Say something" in maya.post(address, {"do": "answer"}).content.decode()


class TestMessages:
    @pytest.mark.parametrize("kind", ["sms", "whatsapp", "email"])
    def test_they_arrive_and_are_answered(self, home: cast.House, maya: Client, address: str, kind: str) -> None:
        Consent.objects.all().delete()
        Contact.objects.filter(pk=home.contact.pk).update(consents={kind: "granted"})
        scheduled(home, kind, allow_out_of_window=True)
        assert "No message has come yet." in shown(maya, f"{address}/{kind}")
        FollowUp.objects.update(next_attempt_at=FollowUp.objects.get().created_at)
        succeed()
        sent = Message.objects.get()
        assert sent.body in shown(maya, f"{address}/{kind}")
        assert (sent.subject or sent.body) in element(shown(maya, address), "phone-notices")
        answer = maya.post(f"{address}/{kind}", {"text": "Thank you\x00 & see you."}, headers=HTMX).content.decode()
        assert "Thank you &amp; see you." in answer
        reply = Message.objects.get(direction="inbound")
        assert reply.subject == ("Re: The plans" if kind == "email" else "")

    def test_stop_stops(self, home: cast.House, maya: Client, address: str) -> None:
        Contact.objects.filter(pk=home.contact.pk).update(consents={"sms": "granted"})
        waiting = scheduled(home, "sms")
        known = element(maya.post(f"{address}/sms", {"text": "STOP"}, headers=HTMX).content.decode(), "known")
        assert "Refused" in known
        waiting.refresh_from_db()
        assert waiting.status == "cancelled"

    def test_nothing_is_no_message(self, maya: Client, address: str) -> None:
        assert maya.post(f"{address}/sms", {"text": " \n"}).status_code == 200
        assert not Message.objects.exists()

    def test_nobody_writes_in_the_call_log(self, maya: Client, address: str) -> None:
        maya.post(f"{address}/calls", {"text": "Hello"})
        assert not Message.objects.exists()
        assert "Nobody has called yet." in shown(maya, f"{address}/calls")


class TestHowMuchIsAsked:
    @pytest.mark.parametrize("app", ["", "/sms", "/calls"])
    def test_a_phone_takes_as_many_queries_with_one_call_as_with_ten(
        self, home: cast.House, maya: Client, address: str, app: str
    ) -> None:
        def calls(many: int) -> int:
            for _ in range(many):
                rings(home)
                do(maya, address, "decline")
                FollowUp.objects.all().delete()
            return counted(lambda: maya.get(address + app))[0]

        assert calls(1) == calls(2)

    def test_choosing_a_phone_takes_as_many_for_two_as_for_twenty(self, home: cast.House, maya: Client) -> None:
        few = counted(lambda: maya.get("/phone"))[0]
        for number in range(20):
            cast.contact(home.organization, f"Guest {number}")
        assert counted(lambda: maya.get("/phone"))[0] == few

    def test_a_phone_is_found_by_name(self, home: cast.House, maya: Client) -> None:
        found = element(shown(maya, "/phone?q=dan"), "phones")
        assert home.others.name in found
        assert home.contact.name not in found
        assert "Nobody is found for “zz&lt;”" in shown(maya, "/phone?q=zz<")
