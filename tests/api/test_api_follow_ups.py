"""`/api/follow-ups`: who sees, schedules, changes and ends which follow-up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relance.models import Attempt, FollowUp, Source, clock
from relance.models.followups import FollowUp as Row
from tests import cast
from tests.api.client import Program, ahead, browser


def scheduled(program: Program, contact: Any, **fields: Any) -> str:
    """The id of a new call to `contact`."""
    body = {"contactId": contact.public_id, "type": "call", "scheduledAt": ahead()} | fields
    answer = program.post("/follow-ups", body)
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def put(id: str, **values: Any) -> None:
    """Bring the row to where a test wants it."""
    Row.objects.filter(pk=Row.key_of(id)).update(**values)


FAILED = {"status": "failed", "next_attempt_at": None}


class TestScheduling:
    def test_a_call_waits_for_its_time(self, home: cast.House, maya: Program) -> None:
        at = ahead(days=2)
        body = {
            "contactId": home.contact.public_id,
            "type": "call",
            "scheduledAt": at,
            "agentId": home.agent.public_id,
            "priority": "urgent",
            "notes": "Ask about the garden.",
        }
        made = maya.post("/follow-ups", body)
        assert made.status == 201
        assert made.json["status"] == "scheduled"
        assert made.json["group"] == "pending"
        assert made.json["priority"] == "urgent"
        assert made.json["contactName"] == "Sarah Lee"
        assert made.json["agentId"] == home.agent.public_id
        assert made.json["createdBy"] == home.admin.public_id
        assert made.json["maxAttempts"] == 3
        assert made.json["nextAttemptAt"] == made.json["scheduledAt"]
        assert maya.get(f"/follow-ups/{made.json['id']}").json == made.json
        assert [change["to"] for change in made.json["history"]] == ["scheduled"]

    def test_what_a_program_schedules_is_told_from_what_a_person_does(self, home: cast.House, maya: Program) -> None:
        id = scheduled(maya, home.contact)
        assert maya.get(f"/follow-ups/{id}").json["source"] == "api"
        assert FollowUp.objects.get(pk=FollowUp.key_of(id)).source == Source.API

    def test_a_template_message_has_four_attempts(self, home: cast.House, maya: Program) -> None:
        body = {
            "contactId": home.contact.public_id,
            "type": "whatsapp",
            "scheduledAt": ahead(),
            "templateId": home.template.public_id,
            "parameters": {"name": "Sarah", "day": "Tuesday"},
        }
        assert maya.post("/follow-ups", body).json["maxAttempts"] == 4

    def test_an_offset_is_understood_and_shown_in_utc(self, home: cast.House, maya: Program) -> None:
        year = clock.now().year + 1
        id = scheduled(maya, home.contact, scheduledAt=f"{year}-06-01T15:00:00+02:00")
        assert maya.get(f"/follow-ups/{id}").json["scheduledAt"] == f"{year}-06-01T13:00:00Z"

    def test_only_who_works_the_contact_schedules(
        self, home: cast.House, tom: Program, priya: Program, lucia: Program, anonymous: Program
    ) -> None:
        body = {"contactId": home.contact.public_id, "type": "call", "scheduledAt": ahead()}
        assert tom.post("/follow-ups", body).status == 201
        for stranger in (priya, lucia):
            refused = stranger.post("/follow-ups", body)
            assert refused.status == 404
            assert refused.fields() == ["contactId"]
        assert anonymous.post("/follow-ups", body).status == 401
        assert FollowUp.objects.count() == 1

    @pytest.mark.parametrize("field", ["agentId", "templateId", "campaignId", "conversationId"])
    def test_what_belongs_to_others_does_not_exist(
        self, home: cast.House, elsewhere: cast.House, maya: Program, field: str
    ) -> None:
        theirs = {
            "agentId": elsewhere.agent.public_id,
            "templateId": elsewhere.template.public_id,
            "campaignId": "campaign_1",
            "conversationId": "conversation_1",
        }
        body = {"contactId": home.contact.public_id, "type": "call", "scheduledAt": ahead(), field: theirs[field]}
        refused = maya.post("/follow-ups", body)
        assert refused.status == 404
        assert refused.fields() == [field]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a past time": ({"scheduledAt": "2020-01-01T10:00:00Z"}, "scheduledAt"),
    "a time without a zone": ({"scheduledAt": "2030-01-01T10:00:00"}, "scheduledAt"),
    "a time that is none": ({"scheduledAt": "tomorrow"}, "scheduledAt"),
    "a number for a time": ({"scheduledAt": 1900000000}, "scheduledAt"),
    "no time": ({"scheduledAt": None}, "scheduledAt"),
    "a time in the next century": ({"scheduledAt": "2150-01-01T10:00:00Z"}, "scheduledAt"),
    "an unknown type": ({"type": "fax"}, "type"),
    "an unknown priority": ({"priority": "asap"}, "priority"),
    "notes over 500 characters": ({"notes": "x" * 501}, "notes"),
    "notes that cannot be kept": ({"notes": "a\x00b"}, "notes"),
    "half a character": ({"notes": "a\ud800b"}, "notes"),
    "no attempts": ({"maxAttempts": 0}, "maxAttempts"),
    "21 attempts": ({"maxAttempts": 21}, "maxAttempts"),
    "attempts as text": ({"maxAttempts": "3"}, "maxAttempts"),
    "an id of another kind": ({"agentId": "person_1"}, "agentId"),
    "a field that does not exist": ({"colour": "red"}, "colour"),
    "an SMS without a message": ({"type": "sms"}, "body"),
    "an e-mail without a subject": ({"type": "email", "body": "Hello"}, "subject"),
    "a WhatsApp message without a template": ({"type": "whatsapp"}, "templateId"),
    "a webhook to nowhere": ({"type": "webhook"}, "url"),
    "a webhook into our network": ({"type": "webhook", "url": "http://127.0.0.1/"}, "url"),
    "an expiry before its time": ({"expiresAt": "2020-01-01T10:00:00Z"}, "expiresAt"),
}


@pytest.mark.parametrize(("wrong", "field"), WRONG.values(), ids=WRONG.keys())
def test_bad_input_is_refused_with_its_field(
    home: cast.House, maya: Program, wrong: dict[str, Any], field: str
) -> None:
    body = {"contactId": home.contact.public_id, "type": "call", "scheduledAt": ahead()} | wrong
    refused = maya.post("/follow-ups", body)
    assert refused.status == 422
    assert refused.fields() == [field]
    assert not FollowUp.objects.exists()


def test_an_unapproved_template_and_missing_parameters_are_refused(home: cast.House, maya: Program) -> None:
    body = {
        "contactId": home.contact.public_id,
        "type": "whatsapp",
        "scheduledAt": ahead(),
        "templateId": home.template.public_id,
        "parameters": {"name": "Sarah"},
    }
    assert maya.post("/follow-ups", body).fields() == ["parameters.day"]
    home.template.approval = "paused"
    home.template.save()
    assert maya.post("/follow-ups", body).fields() == ["templateId"]


def test_every_wrong_field_is_named_at_once(home: cast.House, maya: Program) -> None:
    refused = maya.post("/follow-ups", {"type": "fax", "notes": "x" * 501})
    assert sorted(refused.fields()) == ["contactId", "notes", "scheduledAt", "type"]


class TestListing:
    def test_a_member_lists_what_they_may_see(
        self, home: cast.House, maya: Program, tom: Program, priya: Program, lucia: Program, anonymous: Program
    ) -> None:
        sarahs, daniels = scheduled(maya, home.contact), scheduled(maya, home.others)
        assert {f["id"] for f in maya.get("/follow-ups").items} == {sarahs, daniels}
        assert [f["id"] for f in tom.get("/follow-ups").items] == [sarahs]
        assert [f["id"] for f in priya.get("/follow-ups").items] == [daniels]
        assert lucia.get("/follow-ups").items == []
        assert anonymous.get("/follow-ups").status == 401

    def test_filters_narrow(self, home: cast.House, maya: Program) -> None:
        call = scheduled(maya, home.contact, agentId=home.agent.public_id)
        text = scheduled(maya, home.others, type="sms", body="Hello", scheduledAt=ahead(days=9))
        put(text, **FAILED, finished_at=clock.now())
        wanted = {
            f"contactId={home.contact.public_id}": [call],
            f"agentId={home.agent.public_id}": [call],
            "agentId=agent_999999": [],
            "type=sms": [text],
            "status=scheduled": [call],
            "group=failed": [text],
            "source=manual": [],
            f"from={ahead(days=5)}": [text],
            f"to={ahead(days=5)}": [call],
            "q=dan": [text],
            "q=+1212": [call],
            "sort=scheduledAt": [call, text],
            "sort=-scheduledAt": [text, call],
        }
        for query, ids in wanted.items():
            asked = query.replace("+", "%2B")
            assert [f["id"] for f in maya.get(f"/follow-ups?{asked}").items] == ids, query

    def test_pages_show_everything_once_also_at_one_instant(self, home: cast.House, maya: Program) -> None:
        at = ahead()
        made = {scheduled(maya, home.contact, scheduledAt=at) for _ in range(5)}
        seen: list[str] = []
        cursor = ""
        for _ in range(3):
            page = maya.get(f"/follow-ups?limit=2&cursor={cursor}")
            seen += [f["id"] for f in page.items]
            cursor = page.json["nextCursor"]
        assert cursor is None
        assert len(seen) == 5
        assert set(seen) == made

    @pytest.mark.parametrize(
        "query", ["limit=0", "limit=201", "limit=x", "limit=1_0", "cursor=abc", "sort=name", "page=2"]
    )
    def test_a_wrong_parameter_is_named(self, maya: Program, query: str) -> None:
        assert maya.get(f"/follow-ups?{query}").fields() == [query.partition("=")[0]]

    def test_a_cursor_of_another_order_is_refused(self, home: cast.House, maya: Program) -> None:
        for _ in range(2):
            scheduled(maya, home.contact)
        cursor = maya.get("/follow-ups?limit=1").json["nextCursor"]
        assert maya.get(f"/follow-ups?sort=scheduledAt&cursor={cursor}").fields() == ["cursor"]

    def test_the_number_of_queries_does_not_grow_with_the_list(
        self, home: cast.House, maya: Program, django_assert_num_queries: Any
    ) -> None:
        for _ in range(3):
            scheduled(maya, home.contact)
        with django_assert_num_queries(3):
            assert len(maya.get("/follow-ups").items) == 3


class TestChanging:
    def test_what_waits_is_edited_and_rescheduled(self, home: cast.House, tom: Program) -> None:
        id = scheduled(tom, home.contact, agentId=home.agent.public_id, notes="Before")
        later = ahead(days=4)
        edited = tom.patch(f"/follow-ups/{id}", {"notes": "After", "agentId": None, "scheduledAt": later})
        assert edited.status == 200
        assert edited.json["notes"] == "After"
        assert edited.json["agentId"] is None
        assert edited.json["nextAttemptAt"][:16] == later[:16]
        assert edited.json["history"][-1]["because"] == "Rescheduled."

    def test_a_patch_leaves_alone_what_it_does_not_name(self, home: cast.House, tom: Program) -> None:
        id = scheduled(tom, home.contact, notes="Kept", priority="high")
        tom.patch(f"/follow-ups/{id}", {"maxAttempts": 5})
        kept = tom.get(f"/follow-ups/{id}").json
        assert (kept["notes"], kept["priority"], kept["maxAttempts"]) == ("Kept", "high", 5)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"notes": "x" * 501},
            {"scheduledAt": "2020-01-01T00:00:00Z"},
            {"expiresAt": "2020-01-01T00:00:00Z"},
            {"status": "failed"},
        ],
    )
    def test_a_wrong_change_is_refused_and_changes_nothing(
        self, home: cast.House, tom: Program, wrong: dict[str, Any]
    ) -> None:
        id = scheduled(tom, home.contact)
        before = tom.get(f"/follow-ups/{id}").json
        assert tom.patch(f"/follow-ups/{id}", wrong).fields() == list(wrong)
        assert tom.get(f"/follow-ups/{id}").json == before

    def test_an_expiry_that_is_over_is_refused_also_for_what_was_due_before(
        self, home: cast.House, tom: Program
    ) -> None:
        id = scheduled(tom, home.contact)
        put(id, scheduled_at=clock.now() - timedelta(days=2))
        assert tom.patch(f"/follow-ups/{id}", {"expiresAt": ahead(days=-1)}).fields() == ["expiresAt"]
        assert tom.patch(f"/follow-ups/{id}", {"expiresAt": ahead(days=1)}).status == 200

    def test_a_template_that_was_paused_since_does_not_keep_the_notes_from_being_changed(
        self, home: cast.House, tom: Program
    ) -> None:
        said = {"templateId": home.template.public_id, "parameters": {"name": "Sarah", "day": "Tuesday"}}
        id = scheduled(tom, home.contact, type="whatsapp", **said)
        home.template.approval = "paused"
        home.template.save()
        assert tom.patch(f"/follow-ups/{id}", {"notes": "After"}).json["notes"] == "After"
        assert tom.patch(f"/follow-ups/{id}", {"templateId": said["templateId"]}).fields() == ["templateId"]

    def test_what_has_ended_is_not_edited(self, home: cast.House, tom: Program) -> None:
        id = scheduled(tom, home.contact)
        tom.post(f"/follow-ups/{id}/cancel")
        refused = tom.patch(f"/follow-ups/{id}", {"notes": "Too late"})
        assert refused.status == 409
        assert "cancelled" in refused.json["detail"]


class TestEnding:
    def test_cancel_then_no_more(self, home: cast.House, tom: Program) -> None:
        id = scheduled(tom, home.contact)
        assert tom.post(f"/follow-ups/{id}/cancel").json["status"] == "cancelled"
        assert tom.post(f"/follow-ups/{id}/cancel").status == 409
        assert tom.post(f"/follow-ups/{id}/snooze", {"days": 1}).status == 409
        assert tom.post(f"/follow-ups/{id}/retry").status == 409

    def test_retry_of_a_failed_one_starts_a_fresh_set(self, home: cast.House, tom: Program) -> None:
        id = scheduled(tom, home.contact)
        put(id, **FAILED, attempts_made=3, finished_at=clock.now())
        retried = tom.post(f"/follow-ups/{id}/retry")
        assert retried.json["status"] == "scheduled"
        assert retried.json["attemptsMade"] == 0

    def test_snooze_by_days_and_until(self, home: cast.House, tom: Program) -> None:
        id, until = scheduled(tom, home.contact), ahead(days=3)
        assert tom.post(f"/follow-ups/{id}/snooze", {"days": 3}).json["status"] == "snoozed"
        assert tom.post(f"/follow-ups/{id}/snooze", {"until": until}).json["nextAttemptAt"][:19] == until[:19]

    @pytest.mark.parametrize(
        "wrong", [{}, {"days": 0}, {"days": 1, "until": "2030-01-01T00:00:00Z"}, {"until": "2020-01-01T00:00:00Z"}]
    )
    def test_a_snooze_needs_one_moment_that_lies_ahead(
        self, home: cast.House, tom: Program, wrong: dict[str, Any]
    ) -> None:
        id = scheduled(tom, home.contact)
        assert tom.post(f"/follow-ups/{id}/snooze", wrong).status == 422

    def test_only_admins_delete_and_only_what_was_cancelled_or_failed(
        self, home: cast.House, maya: Program, tom: Program, priya: Program
    ) -> None:
        id = scheduled(tom, home.contact)
        assert maya.delete(f"/follow-ups/{id}").status == 409
        tom.post(f"/follow-ups/{id}/cancel")
        assert tom.delete(f"/follow-ups/{id}").status == 403
        assert priya.delete(f"/follow-ups/{id}").status == 404
        assert maya.delete(f"/follow-ups/{id}").status == 204
        assert maya.get(f"/follow-ups/{id}").status == 404

    @pytest.mark.parametrize("verb", ["cancel", "retry", "snooze"])
    def test_strangers_end_nothing(
        self, home: cast.House, maya: Program, priya: Program, lucia: Program, anonymous: Program, verb: str
    ) -> None:
        id = scheduled(maya, home.contact)
        body = {"days": 1} if verb == "snooze" else None
        assert priya.post(f"/follow-ups/{id}/{verb}", body).status == 404
        assert lucia.post(f"/follow-ups/{id}/{verb}", body).status == 404
        assert anonymous.post(f"/follow-ups/{id}/{verb}", body).status == 401
        assert maya.get(f"/follow-ups/{id}").json["status"] == "scheduled"

    def test_members_cancel_their_own_also_when_the_contact_is_no_longer_theirs(
        self, home: cast.House, maya: Program, tom: Program
    ) -> None:
        id = scheduled(tom, home.contact)
        maya.patch(f"/contacts/{home.contact.public_id}", {"assignees": []})
        assert tom.get(f"/follow-ups/{id}").status == 404
        assert tom.post(f"/follow-ups/{id}/cancel").json["status"] == "cancelled"


def test_attempts_are_shown_and_the_unknown_as_unknown(home: cast.House, maya: Program) -> None:
    id = scheduled(maya, home.contact)
    follow_up = FollowUp.objects.get(pk=FollowUp.key_of(id))
    common = {
        "organization": home.organization,
        "follow_up": follow_up,
        "contact": home.contact,
        "kind": "call",
        "provider": "simulator",
        "worker": "test",
        "idempotency_key": "5d9c68c6-c50e-4d1f-8f1e-3a3a3a3a3a3a",
        "started_at": clock.now(),
    }
    Attempt.objects.create(**common, number=1, outcome="unreached", detail="busy", finished_at=clock.now())
    Attempt.objects.create(**common, number=2, unheard=True)
    first, second = maya.get(f"/follow-ups/{id}").json["attempts"]
    assert (first["number"], first["outcome"], first["detail"]) == (1, "unreached", "busy")
    assert (second["outcome"], second["finishedAt"]) == ("unknown", None)


def test_a_browser_schedules_by_hand_and_needs_its_token(home: cast.House) -> None:
    page = browser(home.worker)
    body = {"contactId": home.contact.public_id, "type": "call", "scheduledAt": ahead()}
    assert page.get("/follow-ups").status == 200
    assert page.post("/follow-ups", body).status == 403
    page.client.cookies["csrftoken"] = token = "a" * 32
    made = page.post("/follow-ups", body, X_CSRFToken=token)
    assert made.status == 201
    assert made.json["source"] == "manual"


def test_an_outcome_that_came_late_is_shown_and_no_longer_as_unknown(home: cast.House, maya: Program) -> None:
    id = scheduled(maya, home.contact)
    Attempt.objects.create(
        organization=home.organization,
        follow_up=FollowUp.objects.get(pk=FollowUp.key_of(id)),
        contact=home.contact,
        kind="call",
        provider="simulator",
        worker="test",
        idempotency_key="5d9c68c6-c50e-4d1f-8f1e-3a3a3a3a3a3a",
        started_at=clock.now(),
        number=1,
        unheard=True,
        outcome="success",
        finished_at=clock.now(),
    )
    (attempt,) = maya.get(f"/follow-ups/{id}").json["attempts"]
    assert attempt["outcome"] == "success"


def test_a_number_of_tries_below_those_made_is_refused(home: cast.House, tom: Program) -> None:
    id = scheduled(tom, home.contact)
    put(id, attempts_made=2)
    refused = tom.patch(f"/follow-ups/{id}", {"maxAttempts": 1})
    assert (refused.status, refused.fields()) == (422, ["maxAttempts"])
    assert "It has made 2 tries already. Choose 2 or more." in refused.text
    assert tom.get(f"/follow-ups/{id}").json["maxAttempts"] == 3
