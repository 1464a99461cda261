"""Errors are problems (RFC 9457), keys open what they should, and the documentation needs nothing from elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from relance.models import ApiKey, Contact, Member
from tests import cast
from tests.api.client import Answer, Program, browser


def is_problem(answer: Answer, status: int, kind: str) -> bool:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail", "instance", "errors"}
    assert answer.json["detail"][-1] == "."
    return bool(answer.status == answer.json["status"] == status and answer.json["type"].endswith(f"/api/docs#{kind}"))


class TestProblems:
    @pytest.mark.parametrize(
        "body", ["{nope", '{"name": NaN}', '{"name": 1e999}', b"\xff\xfe", "[" * 100_000, '{"a": ' + "9" * 5000 + "}"]
    )
    def test_what_is_no_json(self, maya: Program, body: Any) -> None:
        assert is_problem(maya.post("/contacts", body), 400, "malformed")

    @pytest.mark.parametrize("body", ["", "[]", '"name"', "null", "3"])
    def test_json_that_is_no_object(self, maya: Program, body: str) -> None:
        assert is_problem(maya.post("/contacts", body), 422, "invalid")

    def test_an_address_that_is_none(self, maya: Program, anonymous: Program) -> None:
        for asker in (maya, anonymous):
            assert is_problem(asker.get("/nothing/here"), 404, "not-found")
            assert is_problem(asker.post("/nothing"), 404, "not-found")

    def test_a_method_that_is_none(self, maya: Program) -> None:
        refused = maya.ask("PUT", "/contacts", {})
        assert is_problem(refused, 405, "method")
        assert refused.headers["Allow"] == "GET, POST"

    def test_another_media_type(self, maya: Program) -> None:
        refused = maya.post("/contacts", "name=x", Content_Type="application/x-www-form-urlencoded")
        assert is_problem(refused, 415, "media-type")

    def test_too_much_at_once(self, maya: Program, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        assert is_problem(maya.post("/contacts", {"name": "x" * 2000}), 413, "too-large")
        csv = maya.post("/contacts/import", "Name,Phone\n" * 1000, Content_Type="text/csv")
        assert is_problem(csv, 413, "too-large")

    def test_a_failure_of_ours_tells_nothing_of_us(self, maya: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_: Any) -> None:
            raise RuntimeError("password=hunter2")

        monkeypatch.setattr(type(Contact.objects), "add", fails)
        failed = maya.post("/contacts", {"name": "Grace Kim"})
        assert is_problem(failed, 500, "failure")
        assert "hunter2" not in failed.text

    @pytest.mark.parametrize(
        "id", ["person_0", "person_999999999999999999", "person_", "1", "%00", "person_1x", "PERSON_1"]
    )
    def test_an_id_that_is_nobodys(self, maya: Program, id: str) -> None:
        assert is_problem(maya.get(f"/contacts/{id}"), 404, "not-found")

    def test_an_unknown_parameter_is_not_passed_over(self, home: cast.House, maya: Program) -> None:
        assert maya.get(f"/contacts/{home.contact.public_id}?verbose=1").fields() == ["verbose"]


class TestKeys:
    def test_without_one_or_with_a_wrong_one(self, home: cast.House, anonymous: Program) -> None:
        assert is_problem(anonymous.get("/contacts"), 401, "unauthorized")
        for header in ("Bearer relance_wrong", "Bearer", "Basic dG9tOnRvbQ==", ""):
            refused = anonymous.get("/contacts", Authorization=header)
            assert is_problem(refused, 401, "unauthorized")
            assert refused.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_wrong_key_is_not_made_good_by_a_session(self, home: cast.House) -> None:
        assert browser(home.admin).get("/contacts", Authorization="Bearer relance_wrong").status == 401

    def test_a_revoked_key_and_that_of_a_member_who_left(self, home: cast.House) -> None:
        first, second = Program(home.worker), Program(home.colleague)
        ApiKey.objects.filter(member=home.worker).update(revoked_at=timezone.now())
        Member.objects.filter(pk=home.colleague.pk).update(is_active=False)
        assert first.get("/contacts").status == 401
        assert second.get("/contacts").status == 401

    def test_scopes(self, home: cast.House) -> None:
        reads, writes = Program(home.admin, "read"), Program(home.admin, "write")
        assert reads.get("/contacts").status == 200
        assert is_problem(reads.post("/contacts", {"name": "X"}), 403, "forbidden")
        assert writes.post("/contacts", {"name": "X"}).status == 201
        assert is_problem(writes.get("/webhooks/secret"), 403, "forbidden")

    def test_its_use_is_noted_once_a_minute(self, home: cast.House, maya: Program) -> None:
        maya.get("/members/me")
        first = ApiKey.objects.get(member=home.admin).last_used_at
        maya.get("/members/me")
        assert ApiKey.objects.get(member=home.admin).last_used_at == first is not None
        ApiKey.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
        maya.get("/members/me")
        assert ApiKey.objects.get(member=home.admin).last_used_at > first

    def test_a_session_that_writes_needs_its_token(self, home: cast.House) -> None:
        page = browser(home.admin)
        assert is_problem(page.post("/contacts", {"name": "X"}), 403, "forbidden")
        assert page.get("/contacts").status == 200


class TestDocumentation:
    def test_the_document_is_openapi_3_1_and_open_to_all(self, anonymous: Program) -> None:
        document = anonymous.get("/openapi.json").json
        assert document["openapi"] == "3.1.0"
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                problem = operation["responses"]["401"]["content"]["application/problem+json"]["schema"]
                assert problem == {"$ref": "#/components/schemas/Problem"}, (method, path)

    def test_operations_have_names_of_their_own(self, anonymous: Program) -> None:
        paths = anonymous.get("/openapi.json").json["paths"]
        ids = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
        assert len(ids) == len(set(ids))

    def test_the_page_shows_every_address_and_loads_nothing(self, anonymous: Program) -> None:
        page = anonymous.get("/docs")
        assert page.status == 200
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        for path in anonymous.get("/openapi.json").json["paths"]:
            assert path in page.text
        for outside in ("http://", "https://", "<script", "src="):
            assert outside not in page.text
