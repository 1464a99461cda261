"""Leaving a dialog: what was entered in it goes only when somebody says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from relance.models import Contact
from tests.browser.faults import Faults

Leave = Callable[[Page], None]
QUESTION = "Discard what you entered?"
BESIDE = (20, 450)

WAYS: dict[str, Leave] = {
    "Escape": lambda page: page.keyboard.press("Escape"),
    "Cancel": lambda page: dialog(page).get_by_role("button", name="Cancel").click(),
    "Close": lambda page: dialog(page).get_by_role("button", name="Close").click(),
    "outside": lambda page: page.mouse.click(*BESIDE),
}


@pytest.fixture(params=WAYS)
def leave(request: pytest.FixtureRequest) -> Leave:
    """Every way to leave a dialog."""
    return WAYS[request.param]


@pytest.fixture
def editing(page: Page, contact: Contact) -> Page:
    """The dialog that edits a contact."""
    page.goto(f"/contacts/{contact.public_id}")
    page.get_by_role("link", name="Edit").click()
    expect(name_of(page)).to_be_focused()
    return page


def dialog(page: Page) -> Locator:
    return page.locator("#dialog dialog[open]")


def name_of(page: Page) -> Locator:
    return dialog(page).get_by_label("Name", exact=True)


def question(page: Page) -> Locator:
    return dialog(page).get_by_role("group", name=QUESTION)


def keep(page: Page) -> Locator:
    return question(page).get_by_role("button", name="Keep editing")


def test_a_dialog_in_which_nothing_was_entered_goes_at_once(editing: Page, leave: Leave) -> None:
    leave(editing)
    expect(dialog(editing)).to_have_count(0)
    expect(editing.get_by_role("link", name="Edit")).to_be_focused()


def test_what_was_entered_is_asked_about_and_kept(editing: Page, leave: Leave) -> None:
    name_of(editing).fill("Somebody Else")
    leave(editing)
    expect(keep(editing)).to_be_focused()
    expect(dialog(editing).get_by_role("button", name="Save")).to_be_hidden()
    editing.keyboard.press("Enter")
    expect(question(editing)).to_be_hidden()
    expect(name_of(editing)).to_be_focused()
    expect(name_of(editing)).to_have_value("Somebody Else")
    expect(dialog(editing).get_by_role("button", name="Save")).to_be_visible()


def test_it_goes_when_somebody_says_so(editing: Page, leave: Leave, contact: Contact) -> None:
    name_of(editing).fill("Somebody Else")
    leave(editing)
    editing.keyboard.press("Tab")
    expect(question(editing).get_by_role("button", name="Discard")).to_be_focused()
    editing.keyboard.press("Enter")
    expect(dialog(editing)).to_have_count(0)
    expect(editing.get_by_role("link", name="Edit")).to_be_focused()
    expect(editing.get_by_role("heading", level=1)).to_have_text(contact.name)


def test_however_often_escape_is_pressed_nothing_is_lost(editing: Page) -> None:
    name_of(editing).fill("Somebody Else")
    for _ in range(3):
        editing.keyboard.press("Escape")
        expect(keep(editing)).to_be_focused()
        editing.keyboard.press("Escape")
        expect(name_of(editing)).to_be_focused()
    expect(name_of(editing)).to_have_value("Somebody Else")


def test_what_was_put_back_as_it_was_is_not_asked_about(editing: Page, contact: Contact) -> None:
    name_of(editing).fill("Somebody Else")
    name_of(editing).fill(contact.name)
    editing.keyboard.press("Escape")
    expect(dialog(editing)).to_have_count(0)


def test_a_choice_is_asked_about_too(editing: Page) -> None:
    dialog(editing).get_by_label("Lead quality").select_option("HOT")
    editing.keyboard.press("Escape")
    expect(keep(editing)).to_be_focused()


def test_who_goes_on_in_the_form_has_answered(editing: Page) -> None:
    name_of(editing).fill("Somebody Else")
    editing.keyboard.press("Escape")
    name_of(editing).click()
    expect(question(editing)).to_be_hidden()


def test_a_form_that_was_refused_still_holds_what_was_entered(editing: Page, faults: Faults) -> None:
    faults.expect(422)
    email = dialog(editing).get_by_label("E-mail", exact=True)
    dialog(editing).locator("form").evaluate("form => (form.noValidate = true)")
    email.fill("nobody")
    editing.keyboard.press("Enter")
    expect(email).to_have_attribute("aria-invalid", "true")
    editing.keyboard.press("Escape")
    expect(keep(editing)).to_be_focused()


def test_what_was_saved_is_not_asked_about(editing: Page) -> None:
    name_of(editing).fill("Somebody Else")
    editing.keyboard.press("Enter")
    expect(dialog(editing)).to_have_count(0)
    expect(editing.get_by_role("heading", level=1)).to_have_text("Somebody Else")


def test_marking_words_beyond_the_dialog_is_no_click_outside(editing: Page) -> None:
    box = name_of(editing).bounding_box()
    assert box
    editing.mouse.move(box["x"] + 40, box["y"] + 10)
    editing.mouse.down()
    editing.mouse.move(*BESIDE)
    editing.mouse.up()
    expect(name_of(editing)).to_be_visible()
