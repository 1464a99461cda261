"""The whole way by the keyboard alone: where one stands is always seen, and never lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect

from relance.demo.cast import PASSWORD
from relance.models import Contact, scheduling, verbs
from relance.models.moves import Actor
from relance.models.scheduling import Plan
from tests.browser.conftest import MAYA
from tests.browser.instance import Instance

FARTHEST = 120
STANDS = """goal => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  return {
    there: at === goal,
    outside: at === document.body,
    seen: box.width > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
    ringed: style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2,
    what: at.outerHTML.slice(0, 160),
  };
}"""


class Keyboard:
    """All that touches the page. Each stop on the way has to be in view, with a ring around it."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, *keys: str) -> None:
        """One key after another."""
        for key in keys:
            self._page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Replace what stands in the field."""
        self.press("Control+a")
        self._page.keyboard.insert_text(text)

    def to(self, goal: Locator, key: str = "Tab") -> None:
        """Go on until the focus is there. Between the page's last stop and its first it is with the browser."""
        expect(goal).to_be_visible()
        for _ in range(FARTHEST):
            found: dict[str, Any] = goal.evaluate(STANDS)
            if not found["outside"]:
                self._check(found)
            if found["there"]:
                return
            self.press(key)
        raise AssertionError(f"{key} does not lead to {goal}")

    def stands(self) -> None:
        """The focus is somewhere, and everybody can see where."""
        expect(self._page.locator(":focus"), "the focus is lost").to_have_count(1)
        self._check(self._page.evaluate(STANDS, None))

    def _check(self, found: dict[str, Any]) -> None:
        assert found["seen"], f"out of view: {found['what']}"
        assert found["ringed"], f"without a ring: {found['what']}"


def dialog(page: Page) -> Locator:
    return page.locator("#dialog dialog[open]")


def closed(page: Page, keys: Keyboard) -> None:
    """The dialog is gone and what it changed is shown; the focus is on something all the same."""
    expect(dialog(page)).to_have_count(0)
    keys.stands()


def test_everything_is_done_by_the_keyboard_alone(visitor: Page, instance: Instance, contact: Contact) -> None:
    page, keys = visitor, Keyboard(visitor)
    contact.edit({"nextFollowUpDate": "2026-01-05"})
    signs_in(page, keys)
    goes_to_the_contact(page, keys, contact)
    schedules(page, keys)
    marks_done_and_takes_it_back(page, keys)
    looks_at_the_follow_up_and_cancels_it(page, keys)
    answers_the_phone(page, keys, instance, contact)
    works_the_list(page, keys, instance, contact)


def signs_in(page: Page, keys: Keyboard) -> None:
    page.goto("/sign-in")
    keys.to(page.get_by_label("E-mail"))
    keys.write(MAYA)
    keys.to(page.get_by_label("Password"))
    keys.write(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    keys.to(page.get_by_role("link", name="Skip to content"))
    keys.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def goes_to_the_contact(page: Page, keys: Keyboard, contact: Contact) -> None:
    keys.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    keys.write(contact.name)
    expect(page.get_by_role("option", selected=True)).to_contain_text(contact.name)
    keys.press("Enter")
    expect(page).to_have_url(re.compile(f"/contacts/{contact.public_id}$"))


def schedules(page: Page, keys: Keyboard) -> None:
    keys.to(page.locator("#follow-ups-card").get_by_role("button", name="Schedule follow-up"))
    keys.press("Enter")
    expect(dialog(page).get_by_label("Type")).to_be_focused()
    keys.press("Escape")
    closed(page, keys)
    keys.press("Enter")
    keys.to(dialog(page).get_by_label("Scheduled at"))
    keys.write("tomorrow 15:00")
    keys.to(dialog(page).get_by_label("Allow out-of-window"))
    keys.press("Space")
    keys.to(dialog(page).get_by_label("Notes"))
    keys.write("Ask about the garden.")
    keys.to(dialog(page).get_by_role("button", name="Schedule", exact=True))
    keys.press("Enter")
    expect(page.locator("#follow-ups-card tbody tr[id^=followup]")).to_have_count(1)
    closed(page, keys)


def marks_done_and_takes_it_back(page: Page, keys: Keyboard) -> None:
    keys.to(page.get_by_role("button", name="Mark done"), "Shift+Tab")
    keys.press("Enter")
    expect(page.locator(".due-day")).to_have_text("No due date")
    keys.stands()
    keys.to(page.get_by_role("button", name="Undo"))
    keys.press("Enter")
    expect(page.locator(".due-day")).to_contain_text("5 Jan")
    keys.stands()


def looks_at_the_follow_up_and_cancels_it(page: Page, keys: Keyboard) -> None:
    keys.to(page.locator("#follow-ups-card").get_by_role("link", name="View this Call follow-up"))
    keys.press("Enter")
    head = page.locator("#follow-up-head")
    keys.to(head.get_by_role("button", name="Snooze"))
    keys.press("Enter", "ArrowDown")
    keys.stands()
    keys.press("Escape")
    expect(head.get_by_role("button", name="Snooze")).to_be_focused()
    keys.to(head.get_by_role("link", name="Cancel follow-up"))
    keys.press("Enter")
    keys.to(dialog(page).get_by_role("button", name="Keep it"))
    keys.press("Enter")
    closed(page, keys)
    expect(head.get_by_role("link", name="Cancel follow-up")).to_be_focused()
    keys.press("Enter")
    keys.to(dialog(page).get_by_role("button", name="Cancel follow-up"))
    keys.press("Enter")
    expect(head).to_contain_text("Cancelled")
    closed(page, keys)


def answers_the_phone(page: Page, keys: Keyboard, instance: Instance, contact: Contact) -> None:
    plan = Plan("call", instance.now + timedelta(seconds=40), allow_out_of_window=True)
    scheduling.schedule_one(contact.organization, contact, plan, by=instance.member(MAYA))
    page.goto(f"/phone/{contact.public_id}")
    keys.to(page.get_by_role("button", name="To the next follow-up"))
    keys.press("Enter")
    phone = page.locator("#phone")
    keys.to(phone.get_by_role("button", name="Answer"), "Shift+Tab")
    keys.press("Enter")
    expect(phone.get_by_label(f"What {contact.name} says")).to_be_focused()
    keys.write("Call me tomorrow at 5.")
    keys.press("Enter")
    expect(phone.get_by_role("log")).to_contain_text("Call me tomorrow at 5.")
    keys.to(phone.get_by_role("button", name="Hang up"))
    keys.press("Enter")
    expect(phone.get_by_role("button", name="Hang up")).to_have_count(0)
    keys.stands()


def works_the_list(page: Page, keys: Keyboard, instance: Instance, contact: Contact) -> None:
    plan = Plan("call", instance.now + timedelta(days=1))
    waits = scheduling.schedule_one(contact.organization, contact, plan, by=instance.member(MAYA))
    page.goto(f"/contacts/{contact.public_id}")
    keys.to(page.locator("#follow-ups-card").get_by_role("link", name="View all"))
    keys.press("Enter")
    row = page.locator(f"#scheduled-rows #{waits.public_id}")
    keys.to(row.get_by_role("button", name=f"Actions for {contact.name}"))
    keys.press("Enter")
    expect(row.get_by_role("link", name="View")).to_be_focused()
    keys.to(row.get_by_role("link", name="Snooze…"), "ArrowDown")
    keys.press("Enter")
    keys.to(dialog(page).get_by_label("Or until"))
    keys.write("tomorrow at 16:00")
    keys.press("Enter")
    expect(row).to_contain_text("Snoozed")
    closed(page, keys)

    keys.to(page.get_by_label("Select all on this page"), "Shift+Tab")
    keys.press("Space")
    keys.to(page.locator(".bulk").get_by_role("button", name="Cancel"))
    keys.press("Enter")
    keys.to(dialog(page).get_by_role("button", name="Cancel follow-up"))
    keys.press("Enter")
    expect(row).to_contain_text("Cancelled")
    closed(page, keys)
    keys.to(page.locator(".bulk").get_by_role("button", name="Clear selection"))
    keys.press("Enter")
    expect(page.locator(".bulk")).to_be_hidden()
    keys.stands()


def test_the_focus_comes_back_to_a_row_that_another_member_changed_meanwhile(
    page: Page, instance: Instance, contact: Contact
) -> None:
    plan = Plan("call", instance.now + timedelta(days=1))
    waits = scheduling.schedule_one(contact.organization, contact, plan, by=instance.member(MAYA))
    page.goto(f"/follow-ups/scheduled?contact={contact.public_id}")
    row, keys = page.locator(f"#scheduled-rows #{waits.public_id}"), Keyboard(page)
    actions = row.get_by_role("button", name=f"Actions for {contact.name}")
    keys.to(actions)
    keys.press("Enter")
    keys.to(row.get_by_role("link", name="Cancel follow-up…"), "ArrowDown")
    keys.press("Enter")
    expect(dialog(page)).to_be_visible()
    verbs.snooze(waits, instance.now + timedelta(days=2), Actor.of(instance.member("tom@brightwater.example")))
    expect(row).to_contain_text("Snoozed")
    keys.press("Escape")
    closed(page, keys)
    expect(actions).to_be_focused()
