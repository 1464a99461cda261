"""`/api/follow-ups/due`: who is owed a touch, on the calling member's own day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from relance.models import Activity, Contact, Stage, due
from tests import cast
from tests.api.client import Program


def set_due(contact: Contact, on: date | None, **values: Any) -> None:
    Contact.objects.filter(pk=contact.pk).update(next_follow_up_date=on, **values)


@pytest.fixture
def today(home: cast.House) -> date:
    return due.today_of(home.worker)


def test_the_longest_overdue_comes_first_in_the_sources_own_shape(home: cast.House, tom: Program, today: date) -> None:
    set_due(home.contact, today - timedelta(days=4), lead_quality="HOT")
    now = cast.contact(home.organization, "Grace Kim", home.worker)
    set_due(now, today)
    later = cast.contact(home.organization, "Luis Ortega", home.worker)
    set_due(later, today + timedelta(days=1))
    assert tom.get("/follow-ups/due").json == {
        "followUps": [
            {
                "id": home.contact.public_id,
                "contactId": home.contact.public_id,
                "contactName": "Sarah Lee",
                "reason": "Follow-up overdue by 4 days",
                "suggestedTiming": "Overdue",
                "isHot": True,
                "leadQuality": "HOT",
                "status": "ACTIVE",
                "overdueDays": 4,
            },
            {
                "id": now.public_id,
                "contactId": now.public_id,
                "contactName": "Grace Kim",
                "reason": "Follow-up due today",
                "suggestedTiming": "Today",
                "isHot": False,
                "leadQuality": None,
                "status": "ACTIVE",
                "overdueDays": 0,
            },
        ]
    }
    assert len(tom.get("/follow-ups/due?limit=1").json["followUps"]) == 1


def test_one_day_is_no_plural(home: cast.House, tom: Program, today: date) -> None:
    set_due(home.contact, today - timedelta(days=1))
    assert tom.get("/follow-ups/due").json["followUps"][0]["reason"] == "Follow-up overdue by 1 day"


def test_today_is_the_members_own_day(home: cast.House, maya: Program, tom: Program) -> None:
    for member, zone in ((home.admin, "Pacific/Kiritimati"), (home.worker, "Pacific/Pago_Pago")):
        member.time_zone = zone
        member.save()
    home.contact.assign([home.admin, home.worker])
    set_due(home.contact, due.today_of(home.admin))
    assert [row["overdueDays"] for row in maya.get("/follow-ups/due").json["followUps"]] == [0]
    assert tom.get("/follow-ups/due").json["followUps"] == []


def test_it_is_about_ones_own_contacts(
    home: cast.House,
    elsewhere: cast.House,
    maya: Program,
    priya: Program,
    lucia: Program,
    anonymous: Program,
    today: date,
) -> None:
    set_due(home.contact, today)
    for other in (maya, priya, lucia):
        assert other.get("/follow-ups/due").json["followUps"] == []
        refused = other.patch("/follow-ups/due", {"personId": home.contact.public_id, "action": "done"})
        assert refused.status == 404
        assert refused.fields() == ["personId"]
    assert anonymous.get("/follow-ups/due").status == 401
    assert Contact.objects.get(pk=home.contact.pk).next_follow_up_date == today


def test_done_clears_the_date_and_is_logged(home: cast.House, tom: Program, today: date) -> None:
    set_due(home.contact, today)
    said = {"personIds": [home.contact.public_id, home.others.public_id, "person_x"], "action": "done"}
    assert tom.patch("/follow-ups/due", said).json == {"ok": True, "count": 1, "action": "done"}
    assert Contact.objects.get(pk=home.contact.pk).next_follow_up_date is None
    assert Activity.objects.get().member == home.worker
    assert tom.get("/follow-ups/due").json == {"followUps": []}


@pytest.mark.parametrize(("own", "stages", "next_in"), [(30, None, 30), (None, 14, 14), (7, 14, 7)])
def test_a_contact_on_a_cadence_gets_its_next_date(
    home: cast.House, tom: Program, today: date, own: int | None, stages: int | None, next_in: int
) -> None:
    stage = Stage.objects.create(organization=home.organization, name="Warm", position=1, cadence_days=stages)
    set_due(home.contact, today, cadence_days=own, stage=stage)
    tom.patch("/follow-ups/due", {"personId": home.contact.public_id, "action": "done"})
    assert Contact.objects.get(pk=home.contact.pk).next_follow_up_date == today + timedelta(days=next_in)


@pytest.mark.parametrize(("due_in", "moved_to"), [(-9, 3), (0, 3), (5, 8)])
def test_snooze_counts_from_today_or_from_a_date_ahead(
    home: cast.House, tom: Program, today: date, due_in: int, moved_to: int
) -> None:
    set_due(home.contact, today + timedelta(days=due_in))
    said = {"personId": home.contact.public_id, "action": "snooze"}
    assert tom.patch("/follow-ups/due", said).json == {"ok": True, "count": 1, "action": "snooze"}
    assert Contact.objects.get(pk=home.contact.pk).next_follow_up_date == today + timedelta(days=moved_to)


@pytest.mark.parametrize("limit", ["0", "201", "ten", "1.5"])
def test_a_limit_outside_1_to_200_is_refused(tom: Program, limit: str) -> None:
    assert tom.get(f"/follow-ups/due?limit={limit}").fields() == ["limit"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"personId": "person_1", "personIds": ["person_2"], "action": "done"}, "body"),
        ({"action": "done"}, "body"),
        ({"personIds": [], "action": "done"}, "personIds"),
        ({"personId": "person_1", "action": "forget"}, "action"),
        ({"personId": "person_1"}, "action"),
    ],
)
def test_bad_input_is_refused(tom: Program, wrong: dict[str, Any], field: str) -> None:
    refused = tom.patch("/follow-ups/due", wrong)
    assert refused.status == 422
    assert refused.fields() == [field]


def test_two_hundred_take_as_many_queries_as_one(
    home: cast.House, tom: Program, today: date, django_assert_num_queries: Any
) -> None:
    for n in range(5):
        set_due(cast.contact(home.organization, f"Contact {n}", home.worker), today)
    tom.get("/follow-ups/due")
    with django_assert_num_queries(3):
        assert len(tom.get("/follow-ups/due?limit=200").json["followUps"]) == 5
