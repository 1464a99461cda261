"""`/api/stages`, and bringing contacts into them."""

from __future__ import annotations

from datetime import timedelta

from relance.models import Stage, due, stage_editing
from tests import cast
from tests.api.client import Program


def warm(home: cast.House) -> Stage:
    return stage_editing.add(home.admin, {"name": "Warm", "cadenceDays": 14})


def test_stages_come_in_their_order(home: cast.House, tom: Program) -> None:
    stages = [warm(home), stage_editing.add(home.admin, {"name": "Cold"})]
    assert tom.get("/stages").items == [
        {"id": stages[0].public_id, "name": "Warm", "cadenceDays": 14},
        {"id": stages[1].public_id, "name": "Cold", "cadenceDays": None},
    ]


def test_a_contact_that_is_put_into_a_stage_is_due_by_its_cadence(home: cast.House, tom: Program) -> None:
    stage, address = warm(home), f"/contacts/{home.contact.public_id}"
    put = tom.patch(address, {"stageId": stage.public_id}).json
    assert put["stageId"] == stage.public_id
    assert put["nextFollowUpDate"] == (due.today_of(home.worker) + timedelta(days=14)).isoformat()
    assert tom.patch(address, {"stageId": None}).json["stageId"] is None
    made = tom.post("/contacts", {"name": "Ada", "stageId": stage.public_id, "nextFollowUpDate": "2030-01-01"}).json
    assert (made["stageId"], made["nextFollowUpDate"]) == (stage.public_id, "2030-01-01")


def test_another_organizations_stage_does_not_exist(
    home: cast.House, elsewhere: cast.House, tom: Program, lucia: Program
) -> None:
    theirs = warm(elsewhere)
    refused = tom.patch(f"/contacts/{home.contact.public_id}", {"stageId": theirs.public_id})
    assert (refused.status, refused.fields()) == (404, ["stageId"])
    assert tom.get("/stages").items == []
