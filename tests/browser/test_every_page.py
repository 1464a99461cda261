"""Every page that the router knows, each with the worst that people may write on it: what no page may do.

None keeps anybody out who cannot see colours, uses no mouse or reads with their ears; none is wider than a phone; none
takes what somebody wrote for markup; none has anything inline, or a laxer policy. Dialogs are looked at as pages, and
opened; so is every menu. What browsers tell of breaches of the policy fails every test here, as everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.addresses import ADDRESSES, NO_PAGES, PATTERNS, Visit, parts, visits
from tests.browser.conftest import NARROW, WIDE, Browse
from tests.browser.hostile import BROKEN_OUT, TURNS
from tests.browser.instance import Instance
from tests.browser.looks import BETWEEN, overflowing, small, violations

TAG = r"<[a-z][^>]*\s"
INLINE = [
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
STRICT = "default-src 'none'; script-src 'self'; style-src 'self';"
PHONE = NARROW[0]
ESCAPED = "&lt;img src=x onerror="  # in an attribute it is as harmless as anywhere
# Until the page stands still: a menu goes when it is scrolled.
IN_VIEW = """it => new Promise(done => {
  it.scrollIntoView({block: "center"});
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
OPEN_HERE = """address => {
  document.getElementById("content").replaceChildren();
  return htmx.ajax("GET", address, "#dialog");
}"""


@pytest.mark.parametrize("patterns", parts().values(), ids=parts())
def test_every_page_lets_everybody_in_fits_a_phone_keeps_its_policy_and_takes_texts_for_texts(
    browse: Browse, instance: Instance, patterns: Sequence[str]
) -> None:
    found: list[str] = []
    menus: set[str] = set()
    for visit, page, answer in browse.all(visits(instance, patterns)):
        wrong = [*policy(answer), *looked_at(page), *at(page, PHONE, *BETWEEN), *opened_menus(page, menus)]
        if is_dialog(page, visit):
            wrong += opened_as_dialog(page, visit)
        found += [f"{visit.address}: {line}" for line in wrong]
    assert not found, "\n".join(found)


def policy(answer: Response) -> Iterator[str]:
    """What is inline, and what the page would let be."""
    kept = answer.headers["content-security-policy"]
    if not kept.startswith(STRICT) or "unsafe" in kept:
        yield f"policy: {kept}"
    html = answer.text().replace(ESCAPED, "")
    for part in INLINE:
        yield from (f"inline: {match[0][:120]}" for match in part.finditer(html))


def looked_at(page: Page, within: str = "") -> list[str]:
    """What is wrong on a large screen, in the light and in the dark."""
    broken: list[str] = page.evaluate(BROKEN_OUT, TURNS)
    return violations(page, within) + broken


def at(page: Page, *widths: int) -> list[str]:
    """What does not fit a window of these widths, and what is too small to be touched on a phone."""
    found: list[str] = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        wrong = overflowing(page) + (small(page) if width == PHONE else [])
        found += [f"at {width} px: {line}" for line in wrong]
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    return found


def opened_menus(page: Page, known: set[str]) -> list[str]:
    """What is wrong in the page's menus, those that were not `known` from other pages."""
    found: list[str] = []
    for opener in page.locator("[popovertarget]:visible").all():
        id = opener.get_attribute("popovertarget") or ""
        kind = re.sub(r"\d+", "", id)
        if kind not in known:
            known.add(kind)
            opener.evaluate(IN_VIEW)
            opener.click()
            expect(page.locator(f"#{id}")).to_be_visible()
            found += [f"#{id}: {line}" for line in looked_at(page, f"#{id}")]
            page.keyboard.press("Escape")
    return found


def is_dialog(page: Page, visit: Visit) -> bool:
    """Whether it is one that opens over another page."""
    if not page.locator("#dialog").count():
        return False
    return page.request.get(visit.address, headers={"HX-Request": "true"}).text().lstrip().startswith("<dialog")


def opened_as_dialog(page: Page, visit: Visit) -> list[str]:
    """What is wrong with it when it is opened, on a large screen and on a phone."""
    page.evaluate(OPEN_HERE, visit.address)
    expect(page.locator("#dialog dialog[open]")).to_be_visible()
    return [f"opened: {line}" for line in looked_at(page, "#dialog") + at(page, PHONE)]


def test_the_table_of_addresses_names_none_that_is_gone() -> None:
    assert (NO_PAGES.keys() | ADDRESSES.keys()) - set(PATTERNS) == set()


def test_a_page_that_nobody_thought_of_is_looked_at_or_fails(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.browser.addresses.PATTERNS", ["settings/new-page", "settings/unheard-of/<id>"])
    looked_at = visits(instance, parts()["settings 0"])
    assert next(looked_at).address == "/settings/new-page"
    with pytest.raises(LookupError, match="Say in ADDRESSES or NO_PAGES how to look at"):
        next(looked_at)


def test_a_breach_is_seen(browse: Browse) -> None:
    page = browse()
    page.goto("/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">Red</p>')")
    found = browse.faults.found()
    assert len(found) == 1
    assert "Content Security Policy" in found[0]
    browse.faults.expect("Content Security Policy")
