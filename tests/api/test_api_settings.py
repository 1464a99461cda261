"""Agents, campaigns, templates, connections and webhooks: what admins set, and what is checked on save."""

from __future__ import annotations

from typing import Any

import pytest

from relance.models import Agent, Connection, Template
from tests import cast
from tests.api.client import Program

ON = {"callsEnabled": True, "callsWhen": "They ask for it.", "callsInstructions": "Be brief."}


class TestAgents:
    def test_an_agent_with_its_settings(self, home: cast.House, maya: Program, tom: Program) -> None:
        made = maya.post("/agents", {"name": "Bo", "hours": {"mon": [["09:00", "12:30"], ["14:00", "18:00"]]}, **ON})
        assert made.status == 201
        assert made.json["hours"] == {"mon": [["09:00", "12:30"], ["14:00", "18:00"]]}
        assert made.json["callLadder"] == [30, 120, "next day"]
        path = f"/agents/{made.json['id']}"
        assert tom.get(path).json == made.json
        assert maya.patch(path, {"callLadder": [15, "next day"], "lines": 4}).json["lines"] == 4
        assert maya.get(path).json["callsWhen"] == "They ask for it."
        assert [a["name"] for a in tom.get("/agents").items] == ["Ava", "Bo"]

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"hours": {"mon": [["18:00", "09:00"]]}}, "hours"),
            ({"hours": {"mon": [["9", "18:00"]]}}, "hours.mon.0.0"),
            ({"hours": {"someday": [["09:00", "18:00"]]}}, "hours"),
            ({"hours": {}}, "hours"),
            ({"callsEnabled": True}, "callsWhen"),
            ({"whatsappEnabled": True}, "whatsappWhen"),
            ({"callLadder": ["soon"]}, "callLadder"),
            ({"callLadder": []}, "callLadder"),
            ({"callsMaxRetries": 20}, "callsMaxRetries"),
            ({"lines": 0}, "lines"),
            ({"name": ""}, "name"),
        ],
    )
    def test_review_points_are_named_and_nothing_is_saved(
        self, home: cast.House, maya: Program, wrong: dict[str, Any], field: str
    ) -> None:
        before = maya.get(f"/agents/{home.agent.public_id}").json
        refused = maya.patch(f"/agents/{home.agent.public_id}", wrong)
        assert refused.status == 422
        assert refused.fields()[0] == field
        assert maya.get(f"/agents/{home.agent.public_id}").json == before

    def test_whatsapp_needs_an_approved_template(self, home: cast.House, maya: Program) -> None:
        wanted = {
            "whatsappEnabled": True,
            "whatsappWhen": "They ask for it.",
            "whatsappFollowUpInstructions": "Be brief.",
            "whatsappTemplateId": home.template.public_id,
        }
        path = f"/agents/{home.agent.public_id}"
        Template.objects.update(approval="paused")
        assert maya.patch(path, wanted).fields() == ["whatsappTemplateId"]
        Template.objects.update(approval="approved")
        assert maya.patch(path, wanted).json["whatsappTemplateId"] == home.template.public_id


class TestCampaigns:
    def test_a_campaign_with_its_settings(self, home: cast.House, maya: Program, tom: Program) -> None:
        made = maya.post("/campaigns", {"name": "Spring", "agentId": home.agent.public_id})
        assert made.status == 201
        path = f"/campaigns/{made.json['id']}"
        changed = maya.patch(path, {"smsEnabled": True, "smsTemplate": "next_step", "status": "paused"})
        assert (changed.json["smsTemplate"], changed.json["status"]) == ("next_step", "paused")
        assert tom.get(path).json == changed.json
        assert [c["name"] for c in tom.get("/campaigns").items] == ["Spring"]

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"smsEnabled": True}, "smsTemplate"),
            ({"smsTemplate": "my own words"}, "smsTemplate"),
            ({"emailEnabled": True, "emailSubject": "Hi", "emailBody": "Hello"}, "emailConnectionId"),
            ({"agentId": None}, "agentId"),
            ({"status": "asleep"}, "status"),
        ],
    )
    def test_review_points_are_named(self, home: cast.House, maya: Program, wrong: dict[str, Any], field: str) -> None:
        refused = maya.post("/campaigns", {"name": "Spring", "agentId": home.agent.public_id} | wrong)
        assert refused.status == 422
        assert refused.fields() == [field]

    def test_email_goes_through_an_email_account(self, home: cast.House, maya: Program) -> None:
        by_kind = {c.kind: c.public_id for c in home.organization.connections.all()}
        wanted = {"name": "S", "agentId": home.agent.public_id, "emailSubject": "Hi", "emailBody": "Hello"}
        refused = maya.post("/campaigns", wanted | {"emailConnectionId": by_kind["sms"]})
        assert refused.fields() == ["emailConnectionId"]
        made = maya.post("/campaigns", wanted | {"emailEnabled": True, "emailConnectionId": by_kind["email"]})
        assert made.status == 201


class TestTemplates:
    def test_parameters_are_found_in_the_wording(self, home: cast.House, maya: Program) -> None:
        made = maya.post("/templates", {"name": "hello", "body": "Hi {{ name }}, {{1}} and {{name}}."})
        assert made.status == 201
        assert made.json["parameters"] == ["name", "1"]
        assert made.json["body"] == "Hi {{name}}, {{1}} and {{name}}."
        assert [t["name"] for t in maya.get("/templates?approval=approved").items] == ["viewing_reminder", "hello"]

    def test_without_a_simulator_it_is_a_draft(self, home: cast.House, maya: Program) -> None:
        home.organization.connections.filter(kind="whatsapp").update(provider="whatsapp_cloud")
        assert maya.post("/templates", {"name": "hello", "body": "Hi"}).json["approval"] == "draft"

    def test_what_the_provider_holds_is_not_reworded(self, home: cast.House, maya: Program) -> None:
        Template.objects.update(provider_id="123")
        assert maya.patch(f"/templates/{home.template.public_id}", {"body": "Else"}).status == 409

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": "Has Blanks"}, "name"),
            ({"name": "viewing_reminder"}, "name"),
            ({"body": ""}, "body"),
            ({"language": "English"}, "language"),
            ({"approval": "approved"}, "approval"),
        ],
    )
    def test_bad_input_is_refused(self, home: cast.House, maya: Program, wrong: dict[str, Any], field: str) -> None:
        assert maya.post("/templates", {"name": "hello", "body": "Hi"} | wrong).fields() == [field]


class TestConnections:
    def test_secrets_go_in_and_never_come_out(self, home: cast.House, maya: Program) -> None:
        wanted = {
            "kind": "sms",
            "provider": "simulator",
            "name": "Second",
            "settings": {"seed": 4242},
            "isDefault": True,
        }
        made = maya.post("/connections", wanted)
        assert made.status == 201
        assert made.json["settingsGiven"] == ["seed"]
        assert (
            "4242" not in made.text + maya.get("/connections").text + maya.get(f"/connections/{made.json['id']}").text
        )
        assert Connection.objects.get(pk=Connection.key_of(made.json["id"])).settings == {"seed": 4242}
        assert [c["name"] for c in maya.get("/connections").items if c["kind"] == "sms" and c["isDefault"]] == [
            "Second"
        ]

    def test_a_patch_without_settings_keeps_them(self, home: cast.House, maya: Program) -> None:
        account = home.organization.connections.get(kind="sms")
        maya.patch(f"/connections/{account.public_id}", {"settings": {"seed": 1}})
        maya.patch(f"/connections/{account.public_id}", {"name": "Renamed", "perSecond": 2.5})
        account.refresh_from_db()
        assert (account.settings, account.name, account.per_second) == ({"seed": 1}, "Renamed", 2.5)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"provider": "nobody"}, "provider"),
            ({"settings": {"seed": "x"}}, "settings.seed"),
            ({"settings": {"colour": "red"}}, "settings.colour"),
            ({"settings": []}, "settings"),
            ({"kind": "fax"}, "kind"),
        ],
    )
    def test_bad_input_is_refused(self, home: cast.House, maya: Program, wrong: dict[str, Any], field: str) -> None:
        assert maya.post("/connections", {"kind": "sms", "provider": "simulator", "name": "S"} | wrong).fields() == [
            field
        ]

    @pytest.mark.parametrize("rate", [0, -1, 0.0009, 10_001, 1e300, "NaN", "Infinity", True])
    def test_a_rate_that_cannot_be_is_refused(self, home: cast.House, maya: Program, rate: Any) -> None:
        account = home.organization.connections.get(kind="sms")
        new = {"kind": "sms", "provider": "simulator", "name": "S"}
        for refused in (
            maya.post("/connections", new | {"perSecond": rate}),
            maya.patch(f"/connections/{account.public_id}", {"perSecond": rate}),
        ):
            assert (refused.status, refused.fields()) == (422, ["perSecond"])

    @pytest.mark.parametrize("rate", [0.001, 10_000, None])
    def test_a_rate_within_its_bounds_is_kept(self, home: cast.House, maya: Program, rate: float | None) -> None:
        account = home.organization.connections.get(kind="sms")
        assert maya.patch(f"/connections/{account.public_id}", {"perSecond": rate}).json["perSecond"] == rate


class TestWebhooks:
    def test_the_address_is_checked(self, home: cast.House, maya: Program) -> None:
        assert maya.get("/webhooks").json == {"url": ""}
        assert maya.patch("/webhooks", {"url": "http://10.0.0.1/"}).fields() == ["url"]
        assert maya.patch("/webhooks", {"url": "https://hooks.example.com/r"}).status == 200
        assert maya.get("/webhooks").json == {"url": "https://hooks.example.com/r"}

    def test_a_new_secret_leaves_the_old_one_signing_too(self, home: cast.House, maya: Program) -> None:
        before = maya.get("/webhooks/secret").json
        assert before["secret"].startswith("whsec_")
        after = maya.post("/webhooks/secret/rotate").json
        assert after["secret"] != before["secret"]
        assert after["previousSecret"] == before["secret"]
        assert maya.get("/webhooks/secret").json == after


ADMINS_ONLY = [
    ("POST", "/agents", {"name": "Bo"}),
    ("PATCH", "/agents/{agent}", {"name": "Bo"}),
    ("POST", "/campaigns", {"name": "Bo", "agentId": "{agent}"}),
    ("POST", "/templates", {"name": "bo", "body": "Hi"}),
    ("PATCH", "/templates/{template}", {"body": "Hi"}),
    ("GET", "/connections", None),
    ("GET", "/connections/{connection}", None),
    ("POST", "/connections", {"kind": "sms", "provider": "simulator", "name": "S"}),
    ("PATCH", "/connections/{connection}", {"name": "S"}),
    ("GET", "/webhooks", None),
    ("PATCH", "/webhooks", {"url": ""}),
    ("GET", "/webhooks/secret", None),
    ("POST", "/webhooks/secret/rotate", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ADMINS_ONLY, ids=[f"{m} {p}" for m, p, _ in ADMINS_ONLY])
def test_settings_are_the_admins(
    home: cast.House, tom: Program, anonymous: Program, method: str, path: str, body: Any
) -> None:
    ids = {
        "agent": home.agent.public_id,
        "template": home.template.public_id,
        "connection": home.organization.connections.get(kind="sms").public_id,
    }
    path = path.format_map(ids)
    named = {k: v.format_map(ids) if isinstance(v, str) else v for k, v in body.items()} if body else body
    assert anonymous.ask(method, path, named).status == 401
    for short in (tom, Program(home.admin, "write")):
        refused = short.ask(method, path, named)
        assert refused.status == 403
        assert "admin" in refused.json["detail"]
    assert Agent.objects.count() == 1
