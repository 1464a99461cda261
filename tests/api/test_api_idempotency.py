"""`Idempotency-Key`: the same key and request, the same answer and one effect, also when both come at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from relance.engine import contact_imports
from relance.models import Contact, ContactImport, FollowUp, IdempotentRequest, requests, scheduling
from tests import cast
from tests.api.client import Answer, Program, ahead


def wanted(home: cast.House, **fields: Any) -> dict[str, Any]:
    return {"contactId": home.contact.public_id, "type": "call", "scheduledAt": ahead(), **fields}


def test_a_repeated_request_gets_the_first_answer(home: cast.House, maya: Program) -> None:
    body = wanted(home)
    first = maya.post("/follow-ups", body, Idempotency_Key="k1")
    again = maya.post("/follow-ups", body, Idempotency_Key="k1")
    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert FollowUp.objects.count() == 1


def test_another_key_is_another_request(home: cast.House, maya: Program) -> None:
    body = wanted(home)
    maya.post("/follow-ups", body, Idempotency_Key="k1")
    maya.post("/follow-ups", body, Idempotency_Key="k2")
    maya.post("/follow-ups", body)
    assert FollowUp.objects.count() == 3


@pytest.mark.parametrize("path", ["/follow-ups", "/follow-ups/bulk"])
def test_the_key_with_another_request_is_refused(home: cast.House, maya: Program, path: str) -> None:
    maya.post("/follow-ups", wanted(home), Idempotency_Key="k1")
    refused = maya.post(path, wanted(home, notes="Other"), Idempotency_Key="k1")
    assert refused.status == 422
    assert refused.fields() == ["Idempotency-Key"]
    assert FollowUp.objects.count() == 1


def test_a_refusal_is_repeated_too_and_had_no_effect(home: cast.House, maya: Program) -> None:
    body = wanted(home, scheduledAt="2020-01-01T00:00:00Z")
    first = maya.post("/follow-ups", body, Idempotency_Key="k1")
    again = maya.post("/follow-ups", body, Idempotency_Key="k1")
    assert (first.status, again.status) == (422, 422)
    assert again.headers["Content-Type"] == "application/problem+json"
    assert again.json == first.json


def test_members_do_not_share_keys(home: cast.House, maya: Program, tom: Program, lucia: Program) -> None:
    body = wanted(home)
    assert maya.post("/follow-ups", body, Idempotency_Key="k1").status == 201
    assert tom.post("/follow-ups", body, Idempotency_Key="k1").status == 201
    assert lucia.post("/follow-ups", body, Idempotency_Key="k1").status == 404


@pytest.mark.parametrize("key", [" ", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(home: cast.House, maya: Program, key: str) -> None:
    assert maya.post("/follow-ups", wanted(home), Idempotency_Key=key).fields() == ["Idempotency-Key"]
    assert not FollowUp.objects.exists()


def test_who_is_nobody_leaves_no_record(home: cast.House, anonymous: Program) -> None:
    assert anonymous.post("/follow-ups", wanted(home), Idempotency_Key="k1").status == 401
    assert not IdempotentRequest.objects.exists()


def test_a_failure_of_ours_is_not_kept(home: cast.House, maya: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        Contact.objects.filter(pk=home.contact.pk).update(name="Half written")
        raise RuntimeError("a bug")

    body = wanted(home)
    with monkeypatch.context() as broken:
        broken.setattr(scheduling, "schedule_one", fails)
        failed = maya.post("/follow-ups", body, Idempotency_Key="k1")
    assert failed.status == 500
    assert "bug" not in failed.text
    assert Contact.objects.get(pk=home.contact.pk).name == "Sarah Lee"
    assert not IdempotentRequest.objects.exists()
    assert maya.post("/follow-ups", body, Idempotency_Key="k1").status == 201


def test_old_keys_are_forgotten(home: cast.House, maya: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    maya.post("/follow-ups", wanted(home), Idempotency_Key="k1")
    monkeypatch.setattr(requests, "KEPT", -requests.KEPT)
    assert maya.post("/follow-ups", wanted(home, notes="Other"), Idempotency_Key="k1").status == 201


@pytest.mark.parametrize(
    ("path", "body", "secret"),
    [("/keys", {"name": "A program's"}, "key"), ("/webhooks/secret/rotate", None, "secret")],
)
def test_an_answer_with_a_secret_is_kept_so_that_the_table_does_not_tell_it(
    maya: Program, path: str, body: Any, secret: str
) -> None:
    first = maya.post(path, body, Idempotency_Key="k1")
    shown = first.json[secret]
    kept = bytes(IdempotentRequest.objects.get().body)
    assert shown.encode() not in kept
    assert b"{" not in kept, "nothing of an answer is in clear"
    assert maya.post(path, body, Idempotency_Key="k1").json[secret] == shown


def test_answers_that_nobody_asks_for_any_more_are_let_go_of(home: cast.House, maya: Program) -> None:
    for key in ("old", "young"):
        maya.post("/follow-ups", wanted(home), Idempotency_Key=key)
    IdempotentRequest.objects.filter(key="old").update(created_at=Now() - requests.KEPT - timedelta(minutes=1))
    IdempotentRequest.objects.filter(key="young").update(created_at=Now() - requests.KEPT + timedelta(minutes=1))
    requests.forget_old()
    assert IdempotentRequest.objects.get().key == "young"


@pytest.mark.parametrize(
    ("status", "dry_run", "stays"),
    [("draft", True, False), ("done", True, False), ("failed", True, False), ("running", True, True),
     ("done", False, True)],
)  # fmt: skip
def test_files_that_nobody_took_in_are_let_go_of(home: cast.House, status: str, dry_run: bool, stays: bool) -> None:
    made = contact_imports.hand_over(home.admin, "people.csv", "Name\nAna\n")
    old = Now() - requests.KEPT - timedelta(minutes=1)
    ContactImport.objects.filter(pk=made.pk).update(status=status, dry_run=dry_run, created_at=old)
    requests.forget_old()
    assert ContactImport.objects.exists() is stays


@pytest.mark.django_db(transaction=True)
def test_at_the_same_time_one_has_the_effect_and_all_get_its_answer() -> None:
    home = cast.brightwater()
    maya, body = Program(home.admin), wanted(home)
    answers: list[Answer] = []
    start = threading.Barrier(6)

    def ask() -> None:
        asking = Program()
        asking.headers = maya.headers
        start.wait()
        answers.append(asking.post("/follow-ups", body, Idempotency_Key="k1"))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [201] * 6
    assert len({answer.text for answer in answers}) == 1
    assert FollowUp.objects.count() == 1
