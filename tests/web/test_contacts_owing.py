"""Mark done and Snooze on a contact's page: pressed twice they move the day once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from relance.models import Activity, Contact, due
from tests import cast
from tests.web.follow_ups import HTMX, visitor


@pytest.fixture
def tom(home: cast.House) -> Client:
    """Who works the house's contact."""
    return visitor(home.worker)


@pytest.fixture
def today(home: cast.House) -> date:
    """The house's contact is due, and then again in a week."""
    today = due.today_of(home.worker)
    home.contact.edit({"nextFollowUpDate": today.isoformat(), "cadenceDays": 7})
    return today


def press(client: Client, home: cast.House, button: str, seen: date | str = "") -> Any:
    return client.post(f"/contacts/{home.contact.public_id}/due/{button}", {"seen": str(seen)}, headers=HTMX)


def day(home: cast.House) -> date | None:
    return Contact.objects.get(pk=home.contact.pk).next_follow_up_date


@pytest.mark.parametrize(("button", "days"), [("done", 7), ("snooze", 3)])
def test_pressed_twice_it_moves_once(home: cast.House, tom: Client, today: date, button: str, days: int) -> None:
    assert press(tom, home, button, today).status_code == 204
    again = press(tom, home, button, today)
    assert (again.status_code, again.content.decode()) == (409, "Somebody moved this already.")
    assert day(home) == today + timedelta(days=days)
    assert Activity.objects.count() == 1


def test_the_buttons_say_which_day_they_stood_beside(home: cast.House, tom: Client, today: date) -> None:
    html = tom.get(f"/contacts/{home.contact.public_id}").content.decode()
    assert html.count(f"""hx-vals='{{"seen": "{today.isoformat()}"}}'""") == 2


@pytest.mark.parametrize("seen", ["", "yesterday"])
def test_without_a_day_it_is_moved_as_it_is(home: cast.House, tom: Client, today: date, seen: str) -> None:
    assert press(tom, home, "snooze", seen).status_code == 204
    assert day(home) == today + timedelta(days=3)


def test_whom_they_do_not_work_an_admin_leaves_alone(home: cast.House, today: date) -> None:
    assert press(visitor(home.admin), home, "done", today).status_code == 200
    assert day(home) == today


def test_without_scripts_one_comes_back_to_the_contact(home: cast.House, tom: Client, today: date) -> None:
    for _ in range(2):
        answer = tom.post(f"/contacts/{home.contact.public_id}/due/done", {"seen": str(today)})
        assert answer.headers["Location"] == f"/contacts/{home.contact.public_id}"
    assert day(home) == today + timedelta(days=7)
