"""The command palette: by keys alone to any place, any contact, any deed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from relance.models import Contact
from tests.browser.conftest import MAYA, NARROW, Browse
from tests.browser.instance import Instance


@pytest.fixture
def palette(page: Page) -> Locator:
    """The palette, opened on the dashboard."""
    page.goto("/")
    page.keyboard.press("Control+k")
    return opened(page)


def opened(page: Page) -> Locator:
    found = page.get_by_role("dialog", name="Search and commands")
    expect(found.get_by_role("option").first).to_be_visible()
    return found


def chosen(palette: Locator) -> Locator:
    return palette.get_by_role("option", selected=True)


def test_arrows_go_through_what_there_is_and_enter_goes_there(page: Page, palette: Locator) -> None:
    field = palette.get_by_role("combobox")
    expect(field).to_be_focused()
    expect(chosen(palette)).to_contain_text("Dashboard")
    page.keyboard.press("ArrowUp")
    expect(chosen(palette)).to_contain_text("Keyboard shortcuts")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(chosen(palette)).to_have_count(1)
    expect(field).to_have_attribute("aria-activedescendant", chosen(palette).get_attribute("id") or "")
    field.press_sequentially("sett")
    expect(chosen(palette)).to_contain_text("Settings")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/settings"))


def test_a_contact_is_found_by_name_and_opened(page: Page, palette: Locator, contact: Contact) -> None:
    palette.get_by_role("combobox").fill(contact.name.lower())
    expect(chosen(palette)).to_contain_text(contact.name)
    expect(palette.get_by_role("option", selected=True)).to_have_attribute("href", f"/contacts/{contact.public_id}")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/contacts/{contact.public_id}$"))


def test_a_follow_up_is_scheduled_from_anywhere(page: Page, palette: Locator, contact: Contact) -> None:
    palette.get_by_role("combobox").fill(f"schedule {contact.name}")
    expect(chosen(palette)).to_contain_text(f"Schedule a follow-up for {contact.name}")
    page.keyboard.press("Enter")
    expect(palette).to_be_hidden()
    expect(page.get_by_role("dialog")).to_contain_text("Schedule")


def test_enter_before_the_answer_waits_for_it(page: Page, palette: Locator, contact: Contact) -> None:
    held: list[Route] = []
    page.route("**/palette?*", lambda route: held.append(route))
    with page.expect_request("**/palette?*"):
        palette.get_by_role("combobox").fill(contact.name)
        page.keyboard.press("Enter")
    expect(palette).to_be_visible()
    held[0].continue_()
    expect(page).to_have_url(re.compile(f"/contacts/{contact.public_id}$"))


def test_what_the_page_does_itself_can_be_asked_for(page: Page, palette: Locator) -> None:
    palette.get_by_role("combobox").fill("dark")
    expect(chosen(palette)).to_contain_text("Dark theme")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Control+k")
    opened(page).get_by_role("combobox").fill("shortcuts")
    page.get_by_role("option", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_it_opens_anew_with_nothing_typed(page: Page, palette: Locator) -> None:
    palette.get_by_role("combobox").fill("sett")
    expect(palette.get_by_role("option", name="Dashboard")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(palette.get_by_role("combobox")).to_have_value("")
    expect(palette.get_by_role("option", name="Dashboard")).to_be_visible()


@pytest.mark.parametrize("who", [MAYA, "priya@brightwater.example"])
def test_only_what_a_member_may_see_is_found(browse: Browse, instance: Instance, who: str) -> None:
    contact = instance.new_contact(assignees=["me"])
    page = browse(who)
    page.goto("/")
    page.keyboard.press("Control+k")
    found = opened(page)
    found.get_by_role("combobox").fill(contact.name)
    expect(found.get_by_role("option", name=f"matching “{contact.name}”")).to_be_visible()
    expect(found.locator(f"[href='/contacts/{contact.public_id}']")).to_have_count(1 if who == MAYA else 0)


def test_on_a_phone_it_opens_from_the_top_bar(browse: Browse) -> None:
    page = browse(size=NARROW)
    page.goto("/")
    page.get_by_role("button", name="Search and commands").click()
    box = opened(page).bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= NARROW[0]
