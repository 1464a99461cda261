"""Operations that commit by themselves keep their `Idempotency-Key` promise without a transaction around them."""

from __future__ import annotations

import pytest
from django.test import Client

from relance.inbound import calls
from relance.models import ApiKey, Call, DoNotCall
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def report(house: cast.House, client: Client, key: str, text: str = "Please stop calling me.") -> int:
    _, token = ApiKey.issue(house.admin, "telephony")
    body = {
        "contactId": house.contact.public_id,
        "direction": "outbound",
        "status": "answered",
        "startedAt": "2026-11-01T10:00:00Z",
        "endedAt": "2026-11-01T10:03:00Z",
        "transcript": [{"speaker": "contact", "text": text}],
    }
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    return client.post("/api/calls", body, content_type="application/json", headers=headers).status_code


def test_a_wish_heard_on_a_call_outlives_a_failure_of_the_calls_own_bookkeeping(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = cast.brightwater()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(calls, "record", fail)
    client.raise_request_exception = False
    assert report(house, client, "call-1") == 500
    assert DoNotCall.objects.filter(organization=house.organization, phone=house.contact.phone).exists()
    monkeypatch.undo()
    assert report(house, client, "call-1") == 201
    assert Call.objects.count() == 1


def test_the_same_key_records_the_call_once_and_another_body_is_refused(client: Client) -> None:
    house = cast.brightwater()
    assert [report(house, client, "call-2") for _ in range(3)] == [201] * 3
    assert Call.objects.count() == 1
    assert report(house, client, "call-2", "Something else.") == 422
