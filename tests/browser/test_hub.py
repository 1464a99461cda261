"""The hub in the browser beyond its product page: by keyboard alone, with others at work, and when something fails."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from relance.models import Contact, FollowUp, Member, due, touches
from tests.browser.conftest import NARROW, Browse
from tests.browser.faults import Faults
from tests.browser.instance import Instance
from tests.browser.looks import overflowing, small, violations
from tests.browser.owing import a_member, a_morning, expect_counts, expect_names, expect_sidebar, owe, row, rows, undo


@pytest.fixture
def me(instance: Instance) -> Member:
    return a_member(instance)


@pytest.fixture
def morning(me: Member) -> list[Contact]:
    return a_morning(me)


@pytest.fixture
def hub(browse: Browse, me: Member, morning: list[Contact]) -> Page:
    return opened(browse, me)


def opened(browse: Browse, who: Member, path: str = "/follow-ups", size: tuple[int, int] = (1360, 900)) -> Page:
    page = browse(who, size=size)
    page.goto(path)
    return page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def expect_cursor(page: Page, name: str) -> None:
    expect(page.locator(".cursor [data-open]")).to_have_text(name)
    expect(page.locator(".cursor [data-open]")).to_be_focused()


def menu_of(page: Page, contact: Contact) -> None:
    row(page, contact).get_by_role("link", name=f"More for {contact.name}").click()
    expect(page.locator("#owed-menu")).to_be_visible()


# -- the keyboard --------------------------------------------------------------------------------------------


def test_a_whole_mornings_triage_goes_by_keyboard_alone(browse: Browse, me: Member, morning: list[Contact]) -> None:
    page = opened(browse, me, "/")
    press(page, "g", "f")
    expect_names(page, *[contact.name for contact in morning])
    press(page, "j")
    expect_cursor(page, "Ada Both")
    press(page, "e")
    expect_cursor(page, "Ben Hot")
    press(page, "s")
    expect_cursor(page, "Cora Long")
    expect_counts(page, all=4, overdue=2, today=2, hot=0)
    press(page, "Shift+J", "Shift+J")
    expect(page.locator(".bulk")).to_contain_text("3 selected")
    press(page, "Shift+K")
    expect(page.locator(".bulk")).to_contain_text("2 selected")
    press(page, "e")
    expect_names(page, "Edda Today", "Finn Today")
    expect_cursor(page, "Edda Today")
    expect(page.locator("#toasts")).to_contain_text("2 contacts marked done.")
    press(page, "z")
    expect_names(page, "Cora Long", "Dario Late", "Edda Today", "Finn Today")
    press(page, "k", "k", "x")
    expect(page.locator(".bulk")).to_contain_text("1 selected")
    press(page, "Escape")
    expect(page.locator(".bulk")).to_be_hidden()
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cora Long")
    page.go_back()
    expect(rows(page)).to_have_count(4)
    for left in (3, 2, 1, 0):
        press(page, "j", "e") if left == 3 else press(page, "e")
        expect(rows(page)).to_have_count(left)
    expect(page.get_by_text("All caught up")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("Finn Today marked done.")
    assert due.count(me, due.today_of(me)) == 0


def test_keys_faster_than_the_server_lose_nothing(hub: Page, me: Member) -> None:
    press(hub, "j", "e", "e", "s", "e", "s", "e")
    expect(hub.get_by_text("All caught up")).to_be_visible()
    expect_counts(hub, all=0, overdue=0, today=0, hot=0)
    expect(hub.locator(".toast")).to_have_count(6)
    press(hub, "z", "z", "z", "z", "z", "z")
    expect(rows(hub)).to_have_count(6)
    expect_counts(hub, all=6, overdue=3, today=3, hot=2)


def test_what_was_done_last_is_taken_back_first_even_if_it_is_answered_first(
    hub: Page, me: Member, morning: list[Contact]
) -> None:
    waiting: list[Route] = []
    hub.route("**/follow-ups/done", lambda route: route.continue_() if waiting else waiting.append(route))
    with hub.expect_response("**/follow-ups/done"):
        press(hub, "j", "e", "e")
    press(hub, "z")
    waiting[0].continue_()
    expect_names(hub, *[contact.name for contact in morning[1:]])
    expect(hub.locator("#toasts")).to_contain_text("Ada Both marked done.")


def test_a_key_that_is_held_down_acts_once(hub: Page) -> None:
    press(hub, "j")
    hub.keyboard.down("e")
    hub.keyboard.down("e")
    hub.keyboard.up("e")
    expect(rows(hub)).to_have_count(5)
    expect(hub.locator(".toast")).to_have_count(1)


def test_the_keys_are_in_the_help(hub: Page) -> None:
    press(hub, "?")
    for words in ("Mark done", "Snooze", "Undo the last", "Select one row more"):
        expect(hub.locator("#keys")).to_contain_text(words)


def test_the_cursor_is_where_the_focus_is(hub: Page, morning: list[Contact]) -> None:
    press(hub, "j")
    row(hub, morning[3]).get_by_role("button", name="Snooze").focus()
    press(hub, "Tab")
    expect(hub.locator(".cursor [data-open]")).to_have_text("Dario Late")
    press(hub, "Enter")
    expect(row(hub, morning[3])).to_have_count(0)
    expect(row(hub, morning[4]).get_by_role("button", name="Mark done")).to_be_focused()


def test_enter_in_a_check_box_presses_nothing(hub: Page, morning: list[Contact]) -> None:
    row(hub, morning[2]).get_by_role("checkbox").focus()
    press(hub, "Enter", "Space")
    expect(hub.locator(".bulk")).to_contain_text("1 selected")
    expect(rows(hub)).to_have_count(6)


def test_the_menu_goes_by_keyboard(hub: Page, me: Member, morning: list[Contact]) -> None:
    press(hub, "j", "Tab", "Tab", "Tab", "Enter")
    expect(hub.locator("#owed-menu").get_by_role("button", name="1 day")).to_be_focused()
    press(hub, "ArrowRight", "Enter")
    expect(hub.locator("#toasts")).to_contain_text("Ada Both snoozed until")
    expect(row(hub, morning[0])).to_have_count(0)
    expect(row(hub, morning[1]).locator(":focus")).to_have_count(1)
    morning[0].refresh_from_db()
    assert morning[0].next_follow_up_date == due.today_of(me) + timedelta(days=7)


# -- the menu ------------------------------------------------------------------------------------------------


def test_a_call_tomorrow_is_scheduled_in_one_step_and_undone(hub: Page, morning: list[Contact]) -> None:
    menu_of(hub, morning[1])
    hub.get_by_role("button", name="Call tomorrow 10:00").click()
    expect(hub.locator("#toasts")).to_contain_text(re.compile(r"Call to Ben Hot scheduled for .*, 10:00 in New York\."))
    expect(row(hub, morning[1])).to_be_visible()
    undo(hub).click()
    expect(hub.locator("#toasts")).to_contain_text("Cancelled.")
    assert FollowUp.objects.get(contact=morning[1]).status == "cancelled"


def test_the_quality_is_changed_and_the_row_rises(hub: Page, morning: list[Contact]) -> None:
    menu_of(hub, morning[5])
    hub.locator("#owed-menu").get_by_role("button", name="Hot").click()
    expect_names(hub, "Ada Both", "Ben Hot", "Finn Today", "Cora Long", "Dario Late", "Edda Today")
    expect_counts(hub, all=6, overdue=3, today=3, hot=3)


def test_one_is_put_off_until_a_day(hub: Page, me: Member, morning: list[Contact]) -> None:
    wanted = due.today_of(me) + timedelta(days=40)
    menu_of(hub, morning[3])
    hub.get_by_role("link", name="Until a date…").click()
    dialog = hub.get_by_role("dialog", name="Snooze Dario Late")
    dialog.get_by_label("Until").fill(wanted.isoformat())
    dialog.get_by_role("button", name="Snooze").click()
    expect(row(hub, morning[3])).to_have_count(0)
    expect_counts(hub, all=5, overdue=2, today=3, hot=2)


def test_what_opens_a_dialog_opens_the_one_that_there_is(hub: Page, morning: list[Contact]) -> None:
    for words, title in (("Schedule a follow-up…", "Schedule follow-up"), ("Assign…", "Who works Ada Both")):
        menu_of(hub, morning[0])
        hub.locator("#owed-menu").get_by_role("link", name=words).click()
        expect(hub.get_by_role("dialog", name=title)).to_be_visible()
        press(hub, "Escape")
        expect(hub.locator("#dialog dialog")).to_have_count(0)


def test_each_row_opens_its_own_menu_and_a_second_click_closes_it(hub: Page, morning: list[Contact]) -> None:
    menu_of(hub, morning[2])
    menu_of(hub, morning[0])
    expect(hub.locator("#owed-menu")).to_contain_text("Ada Both")
    row(hub, morning[0]).get_by_role("link", name="More for Ada Both").click()
    expect(hub.locator("#owed-menu")).to_be_hidden()


# -- others at work ------------------------------------------------------------------------------------------


def test_what_two_members_do_at_once_comes_to_both(browse: Browse, instance: Instance, me: Member) -> None:
    other = a_member(instance, "Sami Okonkwo")
    shared = [owe(name, me, other) for name in ("Ana", "Bo", "Cy", "Di")]
    pages = [opened(browse, member) for member in (me, other)]
    row(pages[0], shared[0]).get_by_role("button", name="Mark done").click()
    row(pages[1], shared[1]).get_by_role("button", name="Snooze").click()
    for page in pages:
        page.locator("h1").hover()
        expect_names(page, "Cy", "Di")
        expect_counts(page, all=2, overdue=0, today=2, hot=0)


def test_whom_somebody_adds_comes_in_by_itself(hub: Page, me: Member) -> None:
    owe("Zoe New", me, days=9, quality="HOT").edit({"company": "Elm Street"})
    expect(rows(hub).locator("[data-open]").first).to_have_text("Zoe New")
    expect_counts(hub, all=7, overdue=4, today=3, hot=3)


def test_what_somebody_else_did_meanwhile_is_said_and_not_done_twice(
    browse: Browse, instance: Instance, me: Member, faults: Faults
) -> None:
    faults.expect("/api/events")
    other = a_member(instance, "Sami Okonkwo")
    contact = owe("Ana", me, other, cadence_days=7)
    page = browse(me)
    page.route("**/api/events", lambda route: route.abort())
    page.goto("/follow-ups")
    touches.done(other, [contact.pk])
    row(page, contact).get_by_role("button", name="Mark done").click()
    expect(page.locator("#toasts")).to_contain_text("This was no longer due.")
    expect_counts(page, all=0, overdue=0, today=0, hot=0)
    contact.refresh_from_db()
    assert contact.next_follow_up_date == due.today_of(other) + timedelta(days=7)


def test_nothing_that_others_do_moves_what_is_under_the_pointer(hub: Page, me: Member, morning: list[Contact]) -> None:
    row(hub, morning[3]).hover()
    place = row(hub, morning[3]).bounding_box()
    touches.done(me, [morning[0].pk])
    expect(row(hub, morning[0])).to_have_class(re.compile("leaving"))
    assert row(hub, morning[3]).bounding_box() == place
    hub.locator("h1").hover()
    expect(rows(hub)).to_have_count(5)


# -- when something fails ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said"), [(500, "Something went wrong; nothing was changed."), (0, "Relance cannot be reached.")]
)
def test_rows_come_back_with_an_explanation_where_it_failed(
    hub: Page, faults: Faults, morning: list[Contact], status: int, said: str
) -> None:
    faults.expect("/follow-ups/done", "net::ERR_FAILED")
    hub.route("**/follow-ups/done", lambda route: route.fulfill(status=status) if status else route.abort("failed"))
    for contact in morning[1:4]:
        row(hub, contact).get_by_role("checkbox").check()
    hub.locator(".bulk").get_by_role("button", name="Mark done").click()
    expect(hub.locator(".toast.bad")).to_contain_text(said)
    expect_names(hub, *[contact.name for contact in morning])
    expect_counts(hub, all=6, overdue=3, today=3, hot=2)
    expect(hub.locator(".bulk")).to_contain_text("3 selected")


# -- how it looks and moves ----------------------------------------------------------------------------------


def test_a_leaving_row_moves_shortly_and_not_at_all_where_motion_is_unwanted(hub: Page, morning: list[Contact]) -> None:
    leave = """row => { row.querySelector("[data-shortcut=e]").click();
      return row.isConnected ? row.getAnimations().map(it => it.effect.getTiming().duration) : [] }"""
    assert row(hub, morning[0]).evaluate(leave) == []
    hub.emulate_media(reduced_motion="no-preference")
    assert 0 < max(row(hub, morning[1]).evaluate(leave)) <= 160
    expect(hub.locator(f"#{morning[1].public_id}")).to_have_count(0)


def test_the_panel_acts_like_the_hub_and_the_next_comes_up(browse: Browse, me: Member, morning: list[Contact]) -> None:
    last = [owe(f"Later {number}", me) for number in range(5)][-1]
    page = opened(browse, me, "/")
    expect(row(page, last)).to_have_count(0)
    row(page, morning[0]).get_by_role("button", name="Mark done").click()
    expect(page.locator("#owed-all")).to_have_text("All 10")
    expect(row(page, last)).to_be_visible()
    expect_sidebar(page, 10)
    undo(page).click()
    expect(page.locator("#owed-all")).to_have_text("All 11")
    expect(row(page, morning[0])).to_be_visible()


def test_without_scripts_it_is_read_and_acted_on(browse: Browse, me: Member, morning: list[Contact]) -> None:
    page = browse(me, javascript=False)
    page.goto("/follow-ups?tab=overdue")
    row(page, morning[0]).get_by_role("button", name="Mark done").click()
    expect_names(page, "Cora Long", "Dario Late")
    expect(page).to_have_url(re.compile(r"\?tab=overdue$"))
    for contact in morning[2:4]:
        row(page, contact).get_by_role("checkbox").check()
    page.get_by_role("button", name="Snooze those selected").click()
    expect(page.get_by_text("Nothing is overdue")).to_be_visible()


def test_axe_finds_nothing_in_the_hub_with_a_selection_and_its_menu_open(hub: Page, morning: list[Contact]) -> None:
    hub.get_by_label("Select all").check()
    assert violations(hub) == []
    menu_of(hub, morning[0])
    assert violations(hub) == []


def test_on_a_phone_nothing_scrolls_sideways_and_buttons_are_large_enough(
    browse: Browse, me: Member, morning: list[Contact]
) -> None:
    for path in ("/follow-ups", "/"):
        page = opened(browse, me, path, NARROW)
        assert overflowing(page) == []
        assert small(page) == []
        menu_of(page, morning[0])
        assert overflowing(page) == []
        assert small(page) == []
