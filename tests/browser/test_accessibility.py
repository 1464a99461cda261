"""What axe finds in what opens over pages, in the light and in the dark. `test_every_page.py` has the pages."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from relance.models import Contact
from tests.browser.looks import violations


def test_axe_finds_nothing_in_what_opens_over_a_page(page: Page, contact: Contact) -> None:
    page.goto("/")
    page.keyboard.press("?")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator(".who").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill(contact.name)
    expect(page.get_by_role("option", selected=True)).to_contain_text(contact.name)
    assert violations(page) == []


def test_axe_finds_nothing_in_the_sidebar_of_a_phone(narrow_page: Page) -> None:
    narrow_page.goto("/")
    assert violations(narrow_page) == []
    narrow_page.get_by_role("button", name="Menu").click()
    assert violations(narrow_page) == []


def test_axe_finds_nothing_in_a_dialog(page: Page, contact: Contact) -> None:
    page.goto(f"/contacts/{contact.public_id}")
    page.get_by_role("button", name="Schedule follow-up").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


def test_axe_finds_nothing_in_a_dialog_that_asks_whether_to_go(page: Page, contact: Contact) -> None:
    page.goto(f"/contacts/{contact.public_id}")
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Somebody Else")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Keep editing")).to_be_in_viewport(ratio=1)
    assert violations(page) == []
