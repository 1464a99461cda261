"""The list of scheduled follow-ups in the browser: filters, what is chosen, and what changes under one's eyes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from relance.models import Contact, FollowUp, clock, scheduling, verbs
from relance.models.moves import SYSTEM
from relance.models.scheduling import Plan
from tests.browser.conftest import NARROW, Browse
from tests.browser.instance import Instance

NOTE = "Ask about the garden, whether the date still fits, and if the whole family will come along this time."


def scheduled(instance: Instance, contact: Contact, days: int = 1, kind: str = "call", **plan: object) -> FollowUp:
    """A follow-up that this test alone knows."""
    wanted = Plan(kind, clock.now() + timedelta(days=days), **plan)
    by = instance.member("maya@brightwater.example")
    return scheduling.schedule_one(by.organization, contact, wanted, by=by)


def address(contact: Contact, query: str = "") -> str:
    return f"/follow-ups/scheduled?contact={contact.public_id}{query}"


def rows(page: Page) -> Locator:
    return page.locator("#scheduled-list [data-row]")


def row(page: Page, follow_up: FollowUp) -> Locator:
    return page.locator(f"#{follow_up.public_id}")


def count(page: Page, tab: str) -> Locator:
    return page.locator(f"#tab-{tab} .tab-count")


@pytest.fixture
def three(instance: Instance, contact: Contact) -> list[FollowUp]:
    """Follow-ups for the next three days."""
    return [scheduled(instance, contact, days) for days in (1, 2, 3)]


def test_the_tabs_say_how_many_and_lead_there(page: Page, contact: Contact, three: list[FollowUp]) -> None:
    page.goto(address(contact))
    expect(count(page, "all")).to_have_text("3")
    expect(count(page, "canceled")).to_have_text("0")
    page.locator("#tab-canceled").click()
    expect(page).to_have_url(re.compile(r"contact=person_\d+&group=canceled$"))
    expect(page.locator("#tab-canceled")).to_have_attribute("aria-current", "page")
    expect(page.locator(".empty")).to_contain_text("No follow-up fits these filters.")


def test_filters_act_as_they_are_chosen_and_stand_in_the_address(
    page: Page, instance: Instance, contact: Contact, three: list[FollowUp]
) -> None:
    text = scheduled(instance, contact, kind="sms", body="See you soon.")
    page.goto(address(contact))
    page.get_by_label("Type", exact=True).select_option("sms")
    expect(rows(page)).to_have_count(1)
    expect(row(page, text)).to_be_visible()
    expect(page).to_have_url(re.compile(r"contact=person_\d+&type=sms$"))
    expect(count(page, "all")).to_have_text("1")
    page.get_by_role("link", name="Show the follow-ups of all contacts").click()
    expect(page).to_have_url(re.compile(r"scheduled\?type=sms$"))


def test_words_are_looked_for_while_they_are_typed(page: Page, contact: Contact, three: list[FollowUp]) -> None:
    page.goto("/follow-ups/scheduled")
    page.keyboard.press("/")
    page.keyboard.type(contact.name)
    expect(page).to_have_url(re.compile(r"\?q="))
    expect(row(page, three[0])).to_be_visible()
    expect(page.locator("input[type=search]")).to_be_focused()


def test_what_is_ticked_is_cancelled_once_that_is_confirmed(
    page: Page, contact: Contact, three: list[FollowUp]
) -> None:
    page.goto(address(contact))
    for follow_up in three[:2]:
        row(page, follow_up).get_by_role("checkbox").check()
    bar = page.locator(".bulk")
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Cancel 2 follow-ups?")
    dialog.get_by_role("button", name="Cancel follow-ups").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("2 follow-ups cancelled.")
    expect(row(page, three[0])).to_contain_text("Cancelled")
    expect(row(page, three[2])).to_contain_text("Scheduled")
    expect(count(page, "canceled")).to_have_text("2")


def test_what_is_ticked_gets_the_time_that_is_said_in_words(
    page: Page, contact: Contact, three: list[FollowUp]
) -> None:
    page.goto(address(contact))
    page.get_by_label("Select all on this page").check()
    page.locator(".bulk").get_by_role("button", name="Reschedule").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Date and time").fill("in 5 days at 3pm")
    expect(dialog.locator("#understood")).to_contain_text("15:00")
    dialog.get_by_role("button", name="Reschedule").click()
    expect(page.locator("#toasts")).to_contain_text("3 follow-ups rescheduled.")
    assert len(set(FollowUp.objects.filter(contact=contact).values_list("scheduled_at", flat=True))) == 1


def test_the_whole_page_ticked_offers_all_that_match(page: Page, instance: Instance, contact: Contact) -> None:
    for _ in range(53):
        scheduled(instance, contact)
    page.goto(address(contact))
    expect(count(page, "all")).to_have_text("53")
    offer = page.locator("[data-everything]")
    expect(offer).to_be_hidden()
    page.get_by_label("Select all on this page").check()
    expect(page.locator(".bulk")).to_contain_text("50 selected")
    offer.click()
    expect(page.locator(".bulk")).to_contain_text("All 53 that match selected")
    page.locator(".bulk").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_contain_text("Cancel 53 follow-ups?")
    page.keyboard.press("Escape")
    rows(page).first.get_by_role("checkbox").uncheck()
    expect(page.locator(".bulk")).to_contain_text("49 selected")
    page.locator(".bulk").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_contain_text("Cancel 49 follow-ups?")


def test_nothing_moves_under_the_pointer(page: Page, contact: Contact, three: list[FollowUp]) -> None:
    page.goto(address(contact, "&group=pending"))
    expect(count(page, "pending")).to_have_text("3")
    row(page, three[2]).hover()
    place = row(page, three[2]).bounding_box()
    verbs.cancel_one(three[0], SYSTEM)
    expect(row(page, three[0])).to_have_class(re.compile("leaving"))
    expect(count(page, "pending")).to_have_text("2")
    assert row(page, three[2]).bounding_box() == place
    page.locator("h1").hover()
    expect(row(page, three[0])).to_have_count(0)
    expect(rows(page)).to_have_count(2)


def test_what_comes_in_shows_by_itself(page: Page, instance: Instance, contact: Contact) -> None:
    page.goto(address(contact))
    expect(page.locator(".empty")).to_contain_text("No follow-ups scheduled for this contact.")
    follow_up = scheduled(instance, contact)
    expect(row(page, follow_up)).to_be_visible()
    expect(count(page, "all")).to_have_text("1")


def test_a_note_is_whole_under_the_pointer_and_in_focus(page: Page, instance: Instance, contact: Contact) -> None:
    follow_up = scheduled(instance, contact, notes=NOTE)
    page.goto(address(contact))
    note = row(page, follow_up).locator(".note-text")
    cut = "note => note.scrollWidth > note.clientWidth"
    assert note.evaluate(cut)
    note.hover()
    assert not note.evaluate(cut)
    page.locator("h1").hover()
    note.focus()
    assert not note.evaluate(cut)


def test_on_a_phone_a_row_is_a_card_with_its_note(browse: Browse, instance: Instance, contact: Contact) -> None:
    follow_up = scheduled(instance, contact, notes=NOTE)
    page = browse(size=NARROW)
    page.goto(address(contact))
    expect(row(page, follow_up)).to_contain_text(NOTE)
    row(page, follow_up).get_by_role("checkbox").check()
    expect(page.locator(".bulk")).to_contain_text("1 selected")
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW[0]


def test_without_javascript_the_list_is_read_and_filtered(
    browse: Browse, contact: Contact, three: list[FollowUp]
) -> None:
    page = browse(javascript=False)
    page.goto(address(contact))
    expect(rows(page)).to_have_count(3)
    page.get_by_label("Type", exact=True).select_option("sms")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(rows(page)).to_have_count(0)
