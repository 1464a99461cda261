"""`/api/calls`: calls that ended, whoever's telephony made them, and what the contact said on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relance.inbound import calls
from relance.models import Call, Consent, Contact, DoNotCall, FollowUp, clock, scheduling
from relance.models.scheduling import Plan
from tests import cast
from tests.api.client import Program, ahead

ASKED = {"speaker": "agent", "text": "May I send you a text?"}


def call(home: cast.House, *said: str, **fields: Any) -> dict[str, Any]:
    turns = [{"speaker": "contact", "text": text} for text in said]
    return {
        "contactId": home.contact.public_id,
        "direction": "outbound",
        "status": "answered",
        "startedAt": "2026-01-05T15:00:00Z",
        "endedAt": "2026-01-05T15:04:00Z",
        "transcript": turns,
    } | fields


def planned(home: cast.House, kind: str = "call", **fields: Any) -> FollowUp:
    plan = Plan(type=kind, at=clock.now() + timedelta(days=1), body="Hello", **fields)
    return scheduling.schedule_one(home.organization, home.contact, plan, by=home.admin)


def test_a_call_is_recorded_with_what_was_said(home: cast.House, tom: Program) -> None:
    made = tom.post("/calls", call(home, "Call me on Thursday.", agentId=home.agent.public_id))
    assert made.status == 201
    assert made.json["contactName"] == "Sarah Lee"
    assert made.json["transcript"][0]["text"] == "Call me on Thursday."
    assert tom.get(f"/calls/{made.json['id']}").json == made.json
    assert [c["id"] for c in tom.get(f"/calls?contactId={home.contact.public_id}").items] == [made.json["id"]]


def test_the_same_external_id_is_the_same_call(home: cast.House, tom: Program) -> None:
    first = tom.post("/calls", call(home, externalId="CA1", consents={"sms": "agreed"}))
    again = tom.post("/calls", call(home, externalId="CA1", consents={"sms": "agreed"}))
    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json
    assert (Call.objects.count(), Consent.objects.count()) == (1, 1)


def test_a_number_finds_the_contact(home: cast.House, tom: Program, priya: Program) -> None:
    body = call(home, phone="(212) 555-0123", contactId=None)
    assert tom.post("/calls", body).json["contactId"] == home.contact.public_id
    assert priya.post("/calls", body).fields() == ["phone"]


def test_answers_are_lines_of_the_ledger_with_the_call_as_evidence(home: cast.House, tom: Program) -> None:
    text = planned(home, "whatsapp", template=home.template, parameters={"name": "Sarah", "day": "Tuesday"})
    said = call(home, consents={"sms": "agreed", "whatsapp": "declined", "email": "notAsked"})
    said["transcript"] = [ASKED, {"speaker": "contact", "text": "Sure, go ahead."}]
    made = tom.post("/calls", said).json
    lines = {line["kind"]: line for line in tom.get(f"/contacts/{home.contact.public_id}/consents").items}
    assert {kind: line["action"] for kind, line in lines.items()} == {"sms": "granted", "whatsapp": "revoked"}
    assert lines["sms"]["quote"] == "Sure, go ahead."
    assert lines["sms"]["callId"] == made["id"]
    text.refresh_from_db()
    assert text.status == "cancelled"


@pytest.mark.parametrize(
    ("words", "stopped"),
    [
        ("Please stop calling me.", True),
        ("Do not call me again!", True),
        ("Take me off your list, please.", True),
        ("Quítenme de la lista, por favor.", True),
        ("Call me Tuesday.", False),
    ],
)
def test_who_asks_not_to_be_called_is_left_alone(home: cast.House, tom: Program, words: str, stopped: bool) -> None:
    follow_up = planned(home)
    tom.post("/calls", call(home, words, consents={"sms": "agreed"}))
    follow_up.refresh_from_db()
    contact = tom.get(f"/contacts/{home.contact.public_id}").json
    assert contact["doNotCall"] is stopped
    assert follow_up.status == ("cancelled" if stopped else "scheduled")
    assert contact["consents"]["sms"] == ("revoked" if stopped else "granted")


def test_what_our_own_agent_says_stops_nothing(home: cast.House, tom: Program) -> None:
    ours = [{"speaker": who, "text": "I will stop calling you, do not call us."} for who in ("agent", "Ava")]
    tom.post("/calls", call(home, agentId=home.agent.public_id, transcript=ours))
    assert not DoNotCall.objects.exists()


def test_a_spoken_word_that_answers_a_question_is_no_command(home: cast.House, tom: Program) -> None:
    tom.post("/calls", call(home, "Cancel.", "End."))
    assert not Consent.objects.exists()


def test_nothing_that_fails_later_loses_the_wish_to_be_left_alone(
    home: cast.House, maya: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(calls, "record", fails)
    assert maya.post("/calls", call(home, "Stop calling me.")).status == 500
    assert DoNotCall.objects.filter(phone=home.contact.phone).exists()


def test_a_call_from_the_contact_counts_as_a_reply(home: cast.House, tom: Program) -> None:
    ends, stays = planned(home, cancel_on_reply=True), planned(home)
    FollowUp.objects.update(created_at=clock.now() - timedelta(days=9999))
    later = planned(home, cancel_on_reply=True)
    tom.post("/calls", call(home, direction="inbound", status="missed"))
    for follow_up, status in ((ends, "cancelled"), (stays, "scheduled"), (later, "scheduled")):
        follow_up.refresh_from_db()
        assert follow_up.status == status
    assert Contact.objects.get(pk=home.contact.pk).last_inbound_at is not None


def test_a_call_that_is_reported_late_ends_only_what_was_made_before_it_began(home: cast.House, tom: Program) -> None:
    made = {}
    for hours in (3, 1):
        made[hours] = planned(home, cancel_on_reply=True)
        FollowUp.objects.filter(pk=made[hours].pk).update(created_at=clock.now() - timedelta(hours=hours))
    began = {"startedAt": ahead(hours=-2), "endedAt": ahead(hours=-1.9)}
    assert tom.post("/calls", call(home, direction="inbound", **began)).status == 201
    for hours, status in ((3, "cancelled"), (1, "scheduled")):
        made[hours].refresh_from_db()
        assert made[hours].status == status


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"contactId": None}, "body"),
        ({"phone": "+12125550123"}, "body"),
        ({"contactId": None, "phone": "12"}, "phone"),
        ({"endedAt": "2026-01-05T14:00:00Z"}, "body"),
        ({"startedAt": "2150-01-01T10:00:00Z", "endedAt": "2150-01-01T10:01:00Z"}, "startedAt"),
        ({"status": "ringing"}, "status"),
        ({"direction": "sideways"}, "direction"),
        ({"consents": {"sms": "yes"}}, "consents.sms"),
        ({"transcript": [{"speaker": "contact"}]}, "transcript.0.text"),
        ({"recordingUrl": "javascript:alert(1)"}, "recordingUrl"),
    ],
)
def test_bad_input_is_refused(home: cast.House, tom: Program, wrong: dict[str, Any], field: str) -> None:
    refused = tom.post("/calls", call(home) | wrong)
    assert refused.status == 422
    assert refused.fields() == [field]
    assert not Call.objects.exists()


def test_strangers_report_and_see_nothing(
    home: cast.House, elsewhere: cast.House, tom: Program, priya: Program, lucia: Program, anonymous: Program
) -> None:
    made = tom.post("/calls", call(home, externalId="CA1")).json["id"]
    assert priya.get("/calls").items == []
    assert priya.get(f"/calls/{made}").status == 404
    assert priya.post("/calls", call(home)).status == 404
    assert priya.post("/calls", call(home, externalId="CA1")).status == 404
    assert lucia.post("/calls", call(home, externalId="CA1")).status == 404
    assert anonymous.post("/calls", call(home)).status == 401
    assert Call.objects.count() == 1
