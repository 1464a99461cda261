"""What a first visit weighs: everything that comes over the wire, as the browser counts it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from relance.models import Contact
from tests.browser.conftest import Browse

MOST = 150_000
PAGES = ("/", "/follow-ups", "/follow-ups/scheduled", "/contacts", "/contacts/{contact}", "/phone/{contact}")


def weigh(page: Page, address: str) -> dict[str, int]:
    """The bytes that it takes to see this page for the first time, by address."""
    session = page.context.new_cdp_session(page)
    named: dict[str, str] = {}
    bytes: dict[str, int] = {}
    session.on("Network.requestWillBeSent", lambda it: named.update({it["requestId"]: it["request"]["url"]}))

    def finished(it: dict[str, Any]) -> None:
        if address := named.get(it["requestId"]):  # else it was begun before
            bytes[address] = int(it["encodedDataLength"])

    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.readyState") == "complete"
    return bytes


@pytest.mark.parametrize("address", PAGES)
def test_a_first_visit_weighs_less_than_150_kilobytes(browse: Browse, contact: Contact, address: str) -> None:
    found = weigh(browse(new=True), address.format(contact=contact.public_id))
    assert any(name.endswith(".js") for name in found), "nothing was weighed"
    assert sum(found.values()) < MOST, sorted(found.items(), key=lambda it: -it[1])[:10]


def test_what_was_seen_once_is_not_fetched_again(browse: Browse) -> None:
    page = browse(new=True)
    weigh(page, "/")
    again = weigh(page, "/")
    assert [name for name in again if "/static/" in name and again[name] > 0] == []
