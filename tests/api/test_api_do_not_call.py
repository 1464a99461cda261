"""`/api/do-not-call`: the list that nothing overrides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relance.models import DoNotCall, FollowUp, clock, scheduling
from relance.models.scheduling import Plan
from tests import cast
from tests.api.client import Program

SARAH = "%2B12125550123"


def waiting(home: cast.House) -> FollowUp:
    planned = Plan(type="call", at=clock.now() + timedelta(days=1))
    return scheduling.schedule_one(home.organization, home.contact, planned, by=home.admin)


def test_listing_a_number_cancels_what_waits_and_twice_is_once(home: cast.House, tom: Program) -> None:
    follow_up = waiting(home)
    first = tom.post("/do-not-call", {"phone": "(212) 555-0123", "reason": "Asked on the phone"})
    again = tom.post("/do-not-call", {"phone": "+12125550123"})
    assert (first.status, again.status) == (201, 201)
    assert first.json["phone"] == "+12125550123"
    assert again.json["id"] == first.json["id"]
    follow_up.refresh_from_db()
    assert follow_up.status == "cancelled"


def test_an_address_is_listed_whatever_its_case(home: cast.House, maya: Program) -> None:
    maya.post("/do-not-call", {"email": "Sarah.Lee@Example.com"})
    assert maya.get("/do-not-call?email=SARAH.LEE@example.com").items[0]["email"] == "sarah.lee@example.com"
    assert maya.get(f"/contacts/{home.contact.public_id}").json["doNotCall"] is True


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "body"),
        ({"phone": "+12125550123", "email": "a@example.com"}, "body"),
        ({"phone": "12"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@example.com", "reason": "x" * 501}, "reason"),
    ],
)
def test_bad_input_is_refused(maya: Program, wrong: dict[str, Any], field: str) -> None:
    assert maya.post("/do-not-call", wrong).fields() == [field]
    assert not DoNotCall.objects.exists()


def test_admins_take_off_the_list(home: cast.House, maya: Program, tom: Program, anonymous: Program) -> None:
    tom.post("/do-not-call", {"phone": "+12125550123"})
    assert tom.delete(f"/do-not-call?phone={SARAH}").status == 403
    assert anonymous.delete(f"/do-not-call?phone={SARAH}").status == 401
    assert maya.delete(f"/do-not-call?phone={SARAH}").status == 204
    assert maya.delete(f"/do-not-call?phone={SARAH}").fields() == ["phone"]
    assert maya.delete("/do-not-call").status == 422


def test_the_list_belongs_to_its_organization_and_its_admins(
    home: cast.House, elsewhere: cast.House, maya: Program, tom: Program, lucia: Program
) -> None:
    maya.post("/do-not-call", {"phone": "+12125550123"})
    assert len(maya.get("/do-not-call").items) == 1
    assert tom.get("/do-not-call").status == 403
    assert lucia.get("/do-not-call").items == []
    assert lucia.delete(f"/do-not-call?phone={SARAH}").status == 404
    assert "5550123" not in lucia.get("/do-not-call/export").text
    assert tom.get("/do-not-call/export").status == 403
    assert tom.post("/do-not-call/import", "+12125550123", Content_Type="text/csv").status == 403


@pytest.mark.parametrize(
    "text",
    [
        "Phone,E-mail,Reason\n(212) 555-0123,,Asked\n,BAR@example.com,\n12,,\n",
        "+12125550123\nbar@example.com\n12\n",
    ],
)
def test_a_list_is_taken_in_with_or_without_a_header(home: cast.House, maya: Program, text: str) -> None:
    follow_up = waiting(home)
    taken = maya.post("/do-not-call/import", text, Content_Type="text/csv")
    assert taken.status == 200
    assert (taken.json["added"], taken.json["known"]) == (2, 0)
    assert [row["value"] for row in taken.json["rejected"]] == ["12"]
    again = maya.post("/do-not-call/import", text, Content_Type="text/csv")
    assert (again.json["added"], again.json["known"]) == (0, 2)
    assert {e["phone"] or e["email"] for e in maya.get("/do-not-call").items} == {"+12125550123", "bar@example.com"}
    follow_up.refresh_from_db()
    assert follow_up.status == "cancelled"


def test_a_file_without_any_is_refused(home: cast.House, maya: Program) -> None:
    assert maya.post("/do-not-call/import", "Colour\nred\n", Content_Type="text/csv").fields() == ["file"]


def test_thousands_take_few_queries(home: cast.House, maya: Program, django_assert_max_num_queries: Any) -> None:
    text = "phone\n" + "".join(f"+1212555{n:04}\n" for n in range(3000))
    with django_assert_max_num_queries(60):
        assert maya.post("/do-not-call/import", text, Content_Type="text/csv").json["added"] == 3000


def test_no_cell_of_the_export_is_a_formula(home: cast.House, maya: Program) -> None:
    maya.post("/do-not-call", {"phone": "+12125550123", "reason": "=HYPERLINK(0)"})
    export = maya.get("/do-not-call/export")
    assert export.headers["Content-Type"].startswith("text/csv")
    assert "+12125550123,,'=HYPERLINK(0),api," in export.text
