"""The organization's settings and its keys: who may change them, and what is checked on save."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model

from relance.models import ApiKey
from tests import cast
from tests.api.client import Program


def everything_of(held: Model) -> dict[str, Any]:
    return {field.attname: getattr(held, field.attname) for field in held._meta.concrete_fields}


class TestOrganization:
    def test_an_admin_changes_what_holds_for_everybody(self, home: cast.House, maya: Program, tom: Program) -> None:
        wanted = {"closedDays": {"2026-12-24": "Office closed"}, "callsPerDay": 2, "overridePolicy": "admins"}
        assert maya.patch("/organization", wanted).status == 200
        shown = tom.get("/organization").json
        assert {name: shown[name] for name in wanted} == wanted
        assert maya.patch("/organization", {"defaultAgentId": home.agent.public_id}).json["defaultAgentId"]

    def test_an_agent_sees_the_settings_and_changes_none(self, home: cast.House, tom: Program) -> None:
        assert tom.patch("/organization", {"callsPerDay": 50}).status == 403
        assert tom.get("/organization").json["callsPerDay"] == 3

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"timeZone": "Mars/Olympus"}, "timeZone"),
            ({"hours": {"mon": [["18:00", "09:00"]]}}, "hours"),
            ({"hours": {}}, "hours"),
            ({"closedDays": {"Christmas": "x"}}, "closedDays"),
            ({"frequencyPresets": ["whatever"]}, "frequencyPresets"),
            ({"leadDaysLeast": 91}, "leadDaysLeast"),
            ({"callsPerDay": 0}, "callsPerDay"),
            ({"country": "Spain"}, "country"),
        ],
    )
    def test_what_cannot_be_is_refused_by_its_field(
        self, home: cast.House, maya: Program, wrong: dict[str, Any], field: str
    ) -> None:
        before = maya.get("/organization").json
        refused = maya.patch("/organization", wrong)
        assert refused.status == 422
        assert refused.fields()[0].startswith(field)
        assert maya.get("/organization").json == before


class TestKeys:
    def test_who_holds_one_is_read_as_the_orm_reads_them(self, home: cast.House) -> None:
        home.organization.closed_days, home.organization.frequency_presets = {"2026-12-24": "Closed"}, ["weekly", '"x"']
        home.organization.save()
        key = ApiKey.holder(cast.key(home.admin))
        assert key
        for held in (key, key.member, key.member.organization, key.organization):
            by_the_orm = type(held).objects.get(pk=held.pk)
            assert everything_of(held) == everything_of(by_the_orm)
            assert not held.get_deferred_fields()

    def test_a_key_is_shown_once_works_and_ends_when_it_is_revoked(self, home: cast.House, maya: Program) -> None:
        made = maya.post("/keys", {"name": "CRM", "scope": "read"})
        assert made.status == 201
        program = Program()
        program.headers = {"Authorization": f"Bearer {made.json['key']}"}
        assert program.get("/contacts").status == 200
        assert program.post("/contacts", {"name": "Ann"}).status == 403
        assert made.json["key"] not in maya.get("/keys").text
        assert maya.delete(f"/keys/{made.json['id']}").status == 204
        assert program.get("/contacts").status == 401

    def test_only_a_hash_of_it_is_kept(self, home: cast.House, maya: Program) -> None:
        text = maya.post("/keys", {"name": "CRM"}).json["key"]
        kept = ApiKey.objects.latest("id")
        assert text not in repr(kept.__dict__)
        assert bytes(kept.digest) == ApiKey.digest_of(text)

    def test_a_key_makes_none_that_reaches_further_than_itself(self, home: cast.House) -> None:
        assert Program(home.admin, "write").post("/keys", {"name": "x", "scope": "admin"}).status == 403

    def test_an_agent_sees_and_ends_only_their_own(self, home: cast.House, maya: Program, tom: Program) -> None:
        hers = maya.post("/keys", {"name": "hers"}).json["id"]
        assert hers not in [key["id"] for key in tom.get("/keys").items]
        assert tom.delete(f"/keys/{hers}").status == 404
