"""On narrower screens, besides what `test_every_page.py` sees on every page."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from relance.web.contacts.asked import COLUMNS
from tests.browser.looks import BETWEEN, overflowing, small


def test_with_every_column_it_is_the_list_of_contacts_that_scrolls(page: Page) -> None:
    page.goto("/contacts?" + "&".join(f"columns={name}" for name in COLUMNS))
    expect(page.get_by_role("columnheader", name="May get")).to_be_visible()
    for width in BETWEEN:
        page.set_viewport_size({"width": width, "height": 900})
        assert overflowing(page) == [], width


def test_the_sheet_is_large_enough_to_be_touched(narrow_page: Page) -> None:
    narrow_page.goto("/")
    narrow_page.get_by_role("button", name="Menu").click()
    narrow_page.get_by_role("button", name="Maya Chen").click()
    assert small(narrow_page) == []
