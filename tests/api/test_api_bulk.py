"""`bulk` and `why`: many contacts in one request, the pre-flight, and the gates before anything is scheduled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from relance.models import Agent, Contact, FollowUp, suppression
from tests import cast
from tests.api.client import Program, ahead


def call(**fields: Any) -> dict[str, Any]:
    return {"type": "call", "scheduledAt": ahead(), **fields}


class TestBulk:
    def test_many_contacts_at_once_and_who_was_skipped(self, home: cast.House, maya: Program) -> None:
        suppression.do_not_call(home.organization, phone=home.others.phone, source="member", by=None)
        ids = [home.contact.public_id, home.others.public_id, "person_999999"]
        done = maya.post("/follow-ups/bulk", call(contactIds=ids, notes="Spring"))
        assert done.status == 201
        assert [made["contactId"] for made in done.json["created"]] == [home.contact.public_id]
        assert {s["contactId"]: s["gate"] for s in done.json["skipped"]} == {
            home.others.public_id: "doNotCall",
            "person_999999": "contact",
        }
        assert FollowUp.objects.get().notes == "Spring"

    def test_a_filter_names_the_contacts(self, home: cast.House, maya: Program) -> None:
        maya.patch(f"/contacts/{home.contact.public_id}", {"leadQuality": "HOT"})
        done = maya.post("/follow-ups/bulk", call(filter={"leadQuality": "HOT"}))
        assert [made["contactId"] for made in done.json["created"]] == [home.contact.public_id]
        everybody = maya.post("/follow-ups/bulk", call(filter={}))
        assert len(everybody.json["created"]) == 2

    def test_a_dry_run_counts_and_schedules_nothing(self, home: cast.House, maya: Program) -> None:
        suppression.do_not_call(home.organization, phone=home.others.phone, source="member", by=None)
        seen = maya.post("/follow-ups/bulk", call(filter={}, dryRun=True, allowOutOfWindow=True))
        assert seen.status == 200
        assert (seen.json["total"], seen.json["now"], seen.json["stopped"]) == (2, 1, 1)
        assert [rule["gate"] for rule in seen.json["byRule"]] == ["doNotCall"]
        assert {region["region"] for region in seen.json["byRegion"]} == {"NY", "FL"}
        assert seen.json["lastGoesAt"] == seen.json["byTime"][-1]["goesAt"]
        assert not FollowUp.objects.exists()

    def test_a_dry_run_counts_those_that_wait_for_a_line_among_the_waiting(
        self, home: cast.House, maya: Program
    ) -> None:
        Agent.objects.filter(pk=home.agent.pk).update(lines=1)
        wanted = call(filter={}, dryRun=True, allowOutOfWindow=True, agentId=home.agent.public_id)
        seen = maya.post("/follow-ups/bulk", wanted).json
        assert (seen["now"], seen["waiting"], seen["stopped"]) == (1, 1, 0)
        (rule,) = seen["byRule"]
        assert (rule["gate"], rule["answer"]) == ("capacity", "wait")
        assert rule["because"] == "The one line of Ava is busy."
        assert [moment["count"] for moment in seen["byTime"]] == [1, 1]
        first, last = (datetime.fromisoformat(moment["goesAt"]) for moment in seen["byTime"])
        assert last - first == timedelta(minutes=1)
        assert seen["lastGoesAt"] == rule["lastAt"] == seen["byTime"][-1]["goesAt"]

    def test_members_reach_their_own_contacts_only(
        self, home: cast.House, tom: Program, priya: Program, lucia: Program, anonymous: Program
    ) -> None:
        body = call(contactIds=[home.contact.public_id])
        assert priya.post("/follow-ups/bulk", body).fields() == ["contactIds"]
        assert lucia.post("/follow-ups/bulk", body).status == 404
        assert anonymous.post("/follow-ups/bulk", body).status == 401
        assert not FollowUp.objects.exists()
        assert len(tom.post("/follow-ups/bulk", call(filter={})).json["created"]) == 1

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({}, "body"),
            ({"contactIds": []}, "contactIds"),
            ({"contactIds": ["x"]}, "contactIds.0"),
            ({"contactIds": ["person_1"], "filter": {}}, "body"),
            ({"filter": {"colour": "red"}}, "filter.colour"),
            ({"filter": {}, "scheduledAt": "2020-01-01T00:00:00Z"}, "scheduledAt"),
        ],
    )
    def test_bad_input_is_refused(self, home: cast.House, maya: Program, wrong: dict[str, Any], field: str) -> None:
        refused = maya.post("/follow-ups/bulk", call() | wrong)
        assert refused.status == 422
        assert refused.fields() == [field]

    def test_thousands_take_as_many_queries_as_two(
        self, home: cast.House, maya: Program, django_assert_max_num_queries: Any
    ) -> None:
        rows = [
            Contact(
                organization=home.organization, name=f"Contact {n}", phone=f"+1212555{n:04}", zones=["America/New_York"]
            )
            for n in range(3000)
        ]
        Contact.objects.bulk_create(rows)
        with django_assert_max_num_queries(30):
            assert len(maya.post("/follow-ups/bulk", call(filter={})).json["created"]) == 3002


class TestWhy:
    def test_every_gate_answers_before_anything_is_scheduled(self, home: cast.House, maya: Program) -> None:
        why = maya.get(f"/why?contactId={home.contact.public_id}&type=sms&agentId={home.agent.public_id}")
        assert why.status == 200
        answers = {gate["gate"]: gate["answer"] for gate in why.json["gates"]}
        assert list(answers) == [
            "contact", "doNotCall", "consent", "onceOnly", "replied", "callingWindow", "frequency", "capacity",
        ]  # fmt: skip
        assert answers["consent"] == "stop"
        assert why.json["goesAt"] is None

    def test_a_follow_up_says_when_it_goes(self, home: cast.House, maya: Program) -> None:
        body = call(contactId=home.contact.public_id, allowOutOfWindow=True)
        made = maya.post("/follow-ups", body).json
        why = maya.get(f"/follow-ups/{made['id']}/why")
        assert why.json["goesAt"] == made["scheduledAt"]
        maya.post(f"/follow-ups/{made['id']}/cancel")
        assert maya.get(f"/follow-ups/{made['id']}/why").json["goesAt"] is None

    def test_strangers_learn_nothing(
        self, home: cast.House, maya: Program, priya: Program, lucia: Program, anonymous: Program
    ) -> None:
        made = maya.post("/follow-ups", call(contactId=home.contact.public_id)).json["id"]
        for path in (f"/follow-ups/{made}/why", f"/why?contactId={home.contact.public_id}&type=call"):
            assert priya.get(path).status == 404
            assert lucia.get(path).status == 404
            assert anonymous.get(path).status == 401

    @pytest.mark.parametrize(
        ("query", "field"),
        [("type=call", "contactId"), ("contactId=person_1", "type"), ("contactId=person_1&type=call&at=soon", "at")],
    )
    def test_bad_input_is_refused(self, maya: Program, query: str, field: str) -> None:
        assert maya.get(f"/why?{query}").fields() == [field]

    def test_centuries_ahead_nobody_can_say(self, home: cast.House, maya: Program) -> None:
        asked = f"/why?contactId={home.contact.public_id}&type=call&at=2199-01-01T00:00:00Z"
        assert maya.get(asked).fields() == ["at"]
