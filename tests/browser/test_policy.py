"""No page does what its content security policy forbids, nor asks for a laxer one.

What browsers tell of breaches while pages are looked at fails every test here; these look at what pages are made of.
"""

from __future__ import annotations

import re
import urllib.request

import pytest

from tests.browser.addresses import ADDRESSES, NO_PAGES, PATTERNS, ROOMS, Visit, visits
from tests.browser.conftest import Browse
from tests.browser.instance import Instance

TAG = r"<[a-z][^>]*\s"
FORBIDDEN = [
    re.compile(part, re.IGNORECASE)
    for part in (
        r"<script(?![^>]*\bsrc=)[^>]*>",
        r"<style\b",
        rf"{TAG}style\s*=",
        rf"{TAG}(on[a-z]+|hx-on[a-z:-]*)\s*=",
        r"\b(href|src|action)\s*=\s*[\"']?\s*javascript:",
        rf"{TAG}src\s*=\s*[\"']?(https?:)?//",
        r"<link\b[^>]*\bhref\s*=\s*[\"']?(https?:)?//",
    )
]


@pytest.mark.parametrize("room", ROOMS)
def test_pages_have_nothing_inline_and_a_strict_policy(instance: Instance, room: str) -> None:
    found: list[str] = []
    for visit in visits(instance, room):
        policy, html = asked(instance, visit)
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';"), visit.address
        assert "unsafe" not in policy, visit.address
        found += [f"{visit.address}: {match[0][:120]}" for part in FORBIDDEN for match in part.finditer(html)]
    assert not found, "\n".join(found)


def asked(instance: Instance, visit: Visit) -> tuple[str, str]:
    """The policy of a page, and its HTML."""
    cookie = instance.session(visit.who, halfway=visit.halfway) if visit.who else None
    headers = {"Cookie": f"{cookie['name']}={cookie['value']}"} if cookie else {}
    with urllib.request.urlopen(urllib.request.Request(instance.base + visit.address, headers=headers)) as answer:
        return answer.headers["Content-Security-Policy"], answer.read().decode()


def test_the_table_of_addresses_names_none_that_is_gone() -> None:
    assert (NO_PAGES.keys() | ADDRESSES.keys()) - set(PATTERNS) == set()


def test_a_breach_is_seen(browse: Browse) -> None:
    page = browse()
    page.goto("/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">Red</p>')")
    found = browse.faults.found()
    assert len(found) == 1
    assert "Content Security Policy" in found[0]
    browse.faults.expect("Content Security Policy")
