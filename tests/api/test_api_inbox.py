"""Conversations, notifications, members and the demo's clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relance.models import Conversation, Message, Notification, clock
from tests import cast
from tests.api.client import Program, ahead


@pytest.fixture
def thread(home: cast.House) -> Conversation:
    now = clock.now()
    mine = {"organization": home.organization}
    made = Conversation.objects.create(**mine, contact=home.contact, kind="sms", last_message_at=now, unread=2)
    for n in range(3):
        at = now + timedelta(minutes=n)
        Message.objects.create(
            **mine, conversation=made, direction="inbound", status="received", body=f"Hello {n}", at=at
        )
    return made


def test_the_inbox_shows_the_latest_first(thread: Conversation, home: cast.House, tom: Program) -> None:
    assert [c["contactName"] for c in tom.get("/conversations?unread=true").items] == ["Sarah Lee"]
    assert tom.get("/conversations?kind=whatsapp").items == []
    shown = tom.get(f"/conversations/{thread.public_id}?limit=2").json
    assert [m["body"] for m in shown["messages"]["items"]] == ["Hello 2", "Hello 1"]
    rest = tom.get(f"/conversations/{thread.public_id}?limit=2&cursor={shown['messages']['nextCursor']}").json
    assert [m["body"] for m in rest["messages"]["items"]] == ["Hello 0"]


def test_strangers_read_nothing(
    thread: Conversation, elsewhere: cast.House, priya: Program, lucia: Program, anonymous: Program
) -> None:
    for stranger in (priya, lucia):
        assert stranger.get("/conversations").items == []
        assert stranger.get(f"/conversations/{thread.public_id}").status == 404
    assert anonymous.get("/conversations").status == 401


def test_notifications_are_ones_own(home: cast.House, maya: Program, tom: Program, anonymous: Program) -> None:
    for n in range(2):
        Notification.objects.create(
            organization=home.organization, member=home.worker, kind="x", text=f"Told {n}", at=clock.now()
        )
    first = tom.get("/notifications?unread=true").items[0]
    assert first["text"] == "Told 1"
    assert maya.get("/notifications").items == []
    assert maya.post(f"/notifications/{first['id']}/read").status == 404
    assert tom.post(f"/notifications/{first['id']}/read").json["readAt"] is not None
    assert tom.post("/notifications/read").json == {"count": 1}
    assert tom.get("/notifications?unread=true").items == []
    assert anonymous.post("/notifications/read").status == 401


def test_who_one_is_and_with_whom(home: cast.House, elsewhere: cast.House, tom: Program, anonymous: Program) -> None:
    me = tom.get("/members/me").json
    assert (me["name"], me["role"], me["scope"]) == ("Tom Okafor", "agent", "admin")
    assert me["organization"]["name"] == "Brightwater Homes"
    assert [m["name"] for m in tom.get("/members").items] == ["Maya Chen", "Tom Okafor", "Priya Nair"]
    assert anonymous.get("/members/me").status == 401


def test_outside_a_demo_there_is_no_clock(maya: Program) -> None:
    assert maya.get("/demo/clock").status == 404
    assert maya.post("/demo/clock", {"to": ahead()}).status == 404
    assert "/api/demo/clock" not in maya.get("/openapi.json").json["paths"]


def test_a_demos_time_goes_forward_only(home: cast.House, maya: Program, anonymous: Program, settings: Any) -> None:
    settings.DEMO = True
    assert "/api/demo/clock" in maya.get("/openapi.json").json["paths"]
    to = ahead(days=3)
    maya.post("/follow-ups", {"contactId": home.contact.public_id, "type": "call", "scheduledAt": ahead(days=4)})
    moved = maya.post("/demo/clock", {"to": to})
    assert moved.status == 200
    assert moved.json["now"][:16] == to[:16]
    assert moved.json["nextDueAt"] > moved.json["now"]
    assert maya.get("/demo/clock").json["now"] >= to[:16]
    for wrong in ("2020-01-01T00:00:00Z", "2190-01-01T00:00:00Z", "soon"):
        assert maya.post("/demo/clock", {"to": wrong}).fields() == ["to"]
    assert anonymous.get("/demo/clock").status == 401
