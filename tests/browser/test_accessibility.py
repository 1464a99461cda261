"""What axe finds on every page, in the light and in the dark: nothing."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from relance.models import Contact
from tests.browser.addresses import ROOMS, visits
from tests.browser.conftest import Browse
from tests.browser.instance import Instance

COLOURS = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}


def violations(page: Page) -> list[str]:
    """Everything that axe objects to in the light, and what colours it objects to in the dark."""
    page.emulate_media(color_scheme="light")
    found = _told(Axe().run(page).response)
    page.emulate_media(color_scheme="dark")
    return found + [f"dark: {line}" for line in _told(Axe().run(page, options=COLOURS).response)]


def _told(response: dict[str, Any]) -> list[str]:
    return [
        f"{violation['id']}: {node['failureSummary'].splitlines()[-1].strip()} {' '.join(map(str, node['target']))}"
        for violation in response["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_axe_finds_nothing(browse: Browse, instance: Instance, room: str) -> None:
    found: list[str] = []
    for visit, page in browse.all(visits(instance, room)):
        found += [f"{visit.address}: {line}" for line in violations(page)]
    assert not found, "\n".join(found)


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
