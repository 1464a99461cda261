"""On a phone: no page scrolls sideways, and what is touched is large enough."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.addresses import ROOMS, visits
from tests.browser.conftest import NARROW, Browse
from tests.browser.instance import Instance

LEAST = 44

WIDER = """width => document.documentElement.scrollWidth <= width ? [] : [
  `is ${document.documentElement.scrollWidth} px wide`,
  ...[...document.querySelectorAll("body *")]
    .filter(it => it.getBoundingClientRect().right > width + 1 && it.checkVisibility())
    .map(it => `${it.tagName.toLowerCase()}.${it.className.baseVal ?? it.className}`),
]"""

# What one touches, but for small buttons in rows, which have the row about them.
SMALL = """least => [...document.querySelectorAll(
    ".button:not(.tiny), .topbar button, .places a, .who, .search-button, .menu :is(a, button), .input, .select")]
  .filter(it => it.checkVisibility({visibilityProperty: true}) && it.getBoundingClientRect().height < least - 0.5)
  .map(it => `${(it.textContent || it.name).trim()} is ${Math.round(it.getBoundingClientRect().height)} px high`)"""


@pytest.mark.parametrize("room", ROOMS)
def test_no_page_scrolls_sideways_and_what_is_touched_is_large_enough(
    browse: Browse, instance: Instance, room: str
) -> None:
    found: list[str] = []
    for visit, page in browse.all(visits(instance, room), size=NARROW):
        wrong = page.evaluate(WIDER, NARROW[0])[:5] + page.evaluate(SMALL, LEAST)
        found += [f"{visit.address}: {line}" for line in wrong]
    assert not found, "\n".join(found)


def test_the_sheet_is_large_enough_to_be_touched(narrow_page: Page) -> None:
    narrow_page.goto("/")
    narrow_page.get_by_role("button", name="Menu").click()
    narrow_page.get_by_role("button", name="Maya Chen").click()
    assert narrow_page.evaluate(SMALL, LEAST) == []
