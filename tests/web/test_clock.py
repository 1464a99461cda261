"""The demo's clock: where it can be sent, and that it tells what happened on the way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from relance.demo import travel
from relance.models import Conflict, clock
from tests import cast
from tests.engine.scene import forward, succeed
from tests.web.follow_ups import HTMX, scheduled, visitor
from tests.web.phones import element, rings


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def maya(home: cast.House) -> Client:
    return visitor(home.admin)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Where the clock was sent; it does not go there."""
    to: list[datetime] = []
    monkeypatch.setattr(travel, "begin", to.append)
    return to


def send(client: Client, to: str) -> Any:
    return client.post("/clock", {"to": to}, headers=HTMX)


def test_it_goes_to_the_next_follow_up(home: cast.House, maya: Client, sent: list[datetime]) -> None:
    follow_up = scheduled(home)
    assert element(maya.get("/clock").content.decode(), "clock-face").count("Sarah Lee") == 1
    answer = send(maya, "next")
    assert answer.status_code == 204
    assert sent == [follow_up.next_attempt_at]


def test_it_goes_a_week_or_to_tomorrow_morning(maya: Client, sent: list[datetime]) -> None:
    for to in ("week", "morning"):
        assert send(maya, to).status_code == 204
    week, morning = sent
    assert timedelta(days=6, hours=23) < week - clock.now() <= timedelta(days=7)
    assert (morning.hour, str(morning.tzinfo)) == (9, "America/New_York")


def test_where_it_cannot_go_it_says_what_to_do(maya: Client, sent: list[datetime]) -> None:
    assert send(maya, "next").content.decode() == "No follow-up is waiting. Schedule one first."
    assert send(maya, "yesterday").status_code == 409
    assert sent == []


def test_while_it_goes_it_cannot_be_sent_again(maya: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: datetime) -> None:
        raise Conflict("The clock is on its way already. Wait until it has arrived.")

    monkeypatch.setattr(travel, "begin", busy)
    assert send(maya, "week").status_code == 409


def test_an_agent_is_led_by_their_own_follow_ups(home: cast.House, sent: list[datetime]) -> None:
    tom = visitor(home.worker)
    scheduled(home, contact=home.others, after=timedelta(hours=1))
    mine = scheduled(home, after=timedelta(hours=2))
    send(tom, "next")
    assert sent == [mine.next_attempt_at]


def test_what_happened_on_the_way_stands_there_for_those_whom_it_concerns(
    home: cast.House, elsewhere: cast.House, maya: Client
) -> None:
    scheduled(home, "email", after=timedelta(hours=1))
    with travel._alone(clock.now() + timedelta(hours=2)):
        assert "on the way to" in element(maya.get("/clock").content.decode(), "clock-way")
        forward(hours=2)
        succeed()
    told = element(maya.get("/clock").content.decode(), "clock-way")
    assert "E-mail to Sarah Lee" in told
    assert "on the way to" not in told
    assert "Sarah Lee" not in visitor(elsewhere.admin).get("/clock").content.decode()


def test_a_phone_that_rings_is_told_of(home: cast.House, maya: Client) -> None:
    with travel._alone(clock.now() + timedelta(minutes=1)):
        rings(home)
    assert "<bdi>Sarah Lee</bdi>’s phone rings" in element(maya.get("/clock").content.decode(), "clock-way")


def test_it_tells_the_time_where_the_member_is(home: cast.House, maya: Client) -> None:
    home.admin.time_zone = "Asia/Tokyo"
    home.admin.save()
    assert 'data-clock="Asia/Tokyo"' in element(maya.get("/clock").content.decode(), "clock-face")


def test_nobody_who_has_not_signed_in_moves_it(home: cast.House, sent: list[datetime]) -> None:
    assert Client().post("/clock", {"to": "week"}).headers["Location"].startswith("/sign-in")
    assert sent == []


def test_without_javascript_it_comes_back_to_the_clock(maya: Client, sent: list[datetime]) -> None:
    assert maya.post("/clock", {"to": "week"}).headers["Location"] == "/clock"
