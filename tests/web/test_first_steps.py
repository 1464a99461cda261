"""The dashboard: what goes out next, what needs a person, and on a demo the first steps, ticked off by what is true."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from relance.demo import first_steps
from relance.engine import calls
from relance.models import DemoClock, Priority, clock
from tests import cast
from tests.engine.test_query_counts import counted
from tests.web.follow_ups import HTMX, put, scheduled, visitor
from tests.web.phones import element, rings


@pytest.fixture(autouse=True)
def demo(settings: Any, db: None) -> None:
    settings.DEMO = True
    DemoClock.objects.create(id=1, loaded_at=clock.now() - timedelta(minutes=1))


@pytest.fixture
def maya(home: cast.House) -> Client:
    return visitor(home.admin)


def ticked(house: cast.House) -> list[bool]:
    return [step.done for step in first_steps.steps(house.admin)]


class TestTheWalk:
    def test_each_step_ticks_itself_off(self, home: cast.House, maya: Client) -> None:
        assert ticked(home) == [False] * 4
        scheduled(home)
        assert ticked(home) == [True, False, False, False]
        rings(home)
        assert ticked(home) == [True, True, False, False]
        assert "Sarah Lee’s phone rings" in maya.get("/").content.decode()
        (call,) = calls.under_way()
        calls.picked_up(call.connection_id, call.reference)
        assert ticked(home) == [True, True, True, False]
        calls.ended(call.connection_id, call.reference, "answered")
        answer = maya.post("/first-steps", {"do": "call log"})
        assert answer.headers["Location"] == f"/contacts/{home.contact.public_id}#contact-calls"
        home.admin.refresh_from_db()
        assert ticked(home) == [True] * 4

    def test_what_others_did_or_the_demo_brought_ticks_nothing_off(self, home: cast.House) -> None:
        scheduled(home, by=home.worker)
        DemoClock.objects.update(loaded_at=clock.now() + timedelta(days=1))
        scheduled(home)
        assert not any(ticked(home))

    def test_they_are_left_for_good_by_one_member_alone(self, home: cast.House, maya: Client) -> None:
        assert "Try it in four steps" in maya.get("/").content.decode()
        assert maya.post("/first-steps", {"do": "leave"}, headers=HTMX).status_code == 204
        assert "Try it in four steps" not in maya.get("/").content.decode()
        assert "You have left these steps." in maya.get("/first-steps").content.decode()
        assert "Try it in four steps" in visitor(home.worker).get("/").content.decode()

    def test_an_agent_is_not_led_to_phones_that_are_not_theirs(self, home: cast.House) -> None:
        rings(home, contact=home.others)
        assert home.others.name not in visitor(home.worker).get("/").content.decode()

    def test_where_nobody_talked_yet_the_call_log_is_where_the_contacts_are(self, maya: Client) -> None:
        assert maya.post("/first-steps", {"do": "call log"}).headers["Location"] == "/contacts"

    def test_where_it_is_no_demo_there_are_none(self, maya: Client, settings: Any) -> None:
        settings.DEMO = False
        assert "Try it in four steps" not in maya.get("/").content.decode()
        assert maya.post("/first-steps", {"do": "leave"}).status_code == 404


class TestTheDashboard:
    def test_what_goes_out_next_comes_first_and_at_most_eight(self, home: cast.House, maya: Client) -> None:
        late = scheduled(home, after=timedelta(days=9))
        soon = [scheduled(home, after=timedelta(hours=hours)) for hours in range(8, 0, -1)]
        shown = element(maya.get("/").content.decode(), "coming-list")
        places = [shown.index(f'coming-{follow_up.public_id}"') for follow_up in reversed(soon)]
        assert places == sorted(places)
        assert f"coming-{late.public_id}" not in shown

    def test_what_is_urgent_does_not_stand_before_what_goes_out_sooner(self, home: cast.House, maya: Client) -> None:
        hours = {Priority.URGENT: 4, Priority.HIGH: 2, Priority.NORMAL: 3, Priority.LOW: 1}
        made = {after: scheduled(home, after=timedelta(hours=after), priority=p) for p, after in hours.items()}
        put(scheduled(home, after=timedelta(minutes=5)), "cancelled")
        shown = element(maya.get("/").content.decode(), "coming-list")
        assert re.findall(r"coming-(followup_\d+)", shown) == [made[after].public_id for after in (1, 2, 3, 4)]

    def test_what_failed_says_why_and_at_most_five(self, home: cast.House, maya: Client) -> None:
        for number in range(6):
            put(scheduled(home), "failed", because=f"Reason {number}.")
        shown = element(maya.get("/").content.decode(), "failed-list")
        assert shown.count("Reason") == 5

    def test_where_there_is_nothing_it_says_what_would_be_there(self, maya: Client) -> None:
        shown = maya.get("/").content.decode()
        assert "What is scheduled goes out here in its turn." in shown
        assert "Nothing has failed." in shown

    def test_everybody_sees_their_own(self, home: cast.House, elsewhere: cast.House) -> None:
        scheduled(home, contact=home.others)
        put(scheduled(home, contact=home.others), "failed", because="Wrong number.")
        for other in (home.worker, elsewhere.admin):
            shown = visitor(other).get("/").content.decode()
            assert home.others.name not in shown
            assert "Wrong number." not in shown
        assert Client().get("/").headers["Location"] == "/sign-in"

    @pytest.mark.parametrize("role", ["admin", "worker"])
    def test_it_takes_as_many_queries_for_one_row_as_for_eight(self, home: cast.House, role: str) -> None:
        who = visitor(getattr(home, role))

        def load(many: int) -> int:
            for _ in range(many):
                scheduled(home)
                put(scheduled(home), "failed", because="Why.")
            return counted(lambda: who.get("/"))[0]

        few = load(1)
        assert load(8) == few <= 24
