"""The dashboard's charts in the browser: they come after the page, follow what changes, and are reached by keyboard."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from relance.models import Contact, FollowUp, Member, Role, clock, scheduling, verbs
from relance.models.moves import Actor
from relance.models.scheduling import Plan
from tests import cast
from tests.browser.conftest import NARROW, Browse
from tests.browser.instance import Instance
from tests.browser.looks import overflowing, violations
from tests.browser.owing import a_member


@pytest.fixture
def me(instance: Instance) -> Member:
    """Somebody who sees nobody else's follow-ups, and whose day has some hours left."""
    me = a_member(instance)
    me.role, me.time_zone = Role.AGENT, "UTC" if clock.now().hour < 21 else "Pacific/Honolulu"
    me.save()
    return me


@pytest.fixture
def mine(me: Member) -> Contact:
    return cast.contact(me.organization, "Nils Arden", me, phone="+12125550199")


def to_go(me: Member, contact: Contact) -> FollowUp:
    plan = Plan("call", clock.now() + timedelta(hours=2))
    return scheduling.schedule_one(me.organization, contact, plan, by=me)


def test_charts_come_after_the_page_and_follow_what_changes(browse: Browse, me: Member, mine: Contact) -> None:
    page = browse(me)
    page.goto("/")
    expect(page.locator("#today")).to_contain_text("Nothing is to go out today.")
    expect(page.locator("#week")).to_contain_text("Nothing has ended in the last 7 days.")
    made = to_go(me, mine)
    expect(page.locator("#today-said")).to_contain_text("1 follow-up still to go today")
    verbs.cancel_one(made, Actor.of(me))
    expect(page.locator("#today")).to_contain_text("Nothing is to go out today.")
    expect(page.locator("#week-said")).to_contain_text("1 follow-up ended, 0% of it completed.")


def test_an_hour_is_reached_by_keyboard_says_its_number_and_leads_to_what_goes_in_it(
    browse: Browse, me: Member, mine: Contact
) -> None:
    made = to_go(me, mine)
    page = browse(me)
    page.goto("/")
    page.get_by_role("link", name="All of today").focus()
    page.keyboard.press("Tab")
    hour = page.get_by_role("link", name=re.compile(r"^\d\d:00 to \d\d:00: 1 to go$"))
    expect(hour).to_be_focused()
    expect(hour.locator(".chart-figure")).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(page.locator(f"#{made.public_id}")).to_be_visible()
    expect(page.locator(".scheduled-chips")).to_contain_text("Goes today")


@pytest.mark.parametrize("size", [NARROW, (1360, 900)])
def test_axe_finds_nothing_in_charts_and_they_fit(
    browse: Browse, me: Member, mine: Contact, size: tuple[int, int]
) -> None:
    verbs.cancel_one(to_go(me, mine), Actor.of(me))
    to_go(me, mine)
    page = browse(me, size=size)
    page.goto("/")
    for chart in ("#today .chart", "#week .chart"):
        expect(page.locator(chart)).to_be_visible()
    assert violations(page, "#content") == []
    assert overflowing(page) == []


def test_on_a_phone_what_needs_a_person_has_buttons_large_enough(browse: Browse) -> None:
    page = browse(size=NARROW)
    page.goto("/")
    buttons = page.locator(".failed .button")
    expect(buttons.first).to_be_visible()
    assert all((button.bounding_box() or {"height": 0})["height"] >= 44 for button in buttons.all())
    assert overflowing(page) == []


def test_without_scripts_each_chart_is_a_click_away(browse: Browse, me: Member, mine: Contact) -> None:
    to_go(me, mine)
    page = browse(me, javascript=False)
    page.goto("/")
    page.locator("#today").get_by_role("link", name="Show it").click()
    expect(page.locator("#today-said")).to_contain_text("1 follow-up still to go today")
