"""The product page of the Follow-ups hub, sentence by sentence as far as it is about the screen, in a real browser."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from relance.models import Activity, Contact, Member, due
from tests.browser.conftest import Browse
from tests.browser.instance import Instance
from tests.browser.owing import a_member, a_morning, expect_counts, expect_names, expect_sidebar, owe, row, rows, undo

THREE_DAYS = timedelta(days=3)


@pytest.fixture
def me(instance: Instance) -> Member:
    return a_member(instance)


@pytest.fixture
def morning(me: Member) -> list[Contact]:
    return a_morning(me)


@pytest.fixture
def hub(browse: Browse, me: Member, morning: list[Contact]) -> Page:
    page = browse(me)
    page.goto("/follow-ups")
    return page


def day_of(contact: Contact) -> date | None:
    return Contact.objects.get(pk=contact.pk).next_follow_up_date


# -- when to use the hub and when the panel ------------------------------------------------------------------


def test_the_panel_is_a_short_prioritized_peek_of_up_to_ten(browse: Browse, me: Member, morning: list[Contact]) -> None:
    for number in range(7):
        owe(f"Later {number}", me)
    page = browse(me)
    page.goto("/")
    panel = page.get_by_role("region", name="Follow-ups")
    expect(panel.locator("[data-row]")).to_have_count(10)
    expect(panel.locator("[data-open]").first).to_have_text("Ada Both")
    expect(panel.get_by_role("link", name="All 13")).to_be_visible()
    expect(panel.get_by_role("checkbox")).to_have_count(0)


def test_you_can_jump_from_the_panels_header_into_the_hub_and_by_the_dashboard_link_return(
    browse: Browse, me: Member, morning: list[Contact]
) -> None:
    page = browse(me)
    page.goto("/")
    page.get_by_role("region", name="Follow-ups").get_by_role("link", name="All 6").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Follow-ups")
    page.locator(".page-head").get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")


# -- the row -------------------------------------------------------------------------------------------------


def test_tap_the_row_to_open_the_contacts_profile(hub: Page, morning: list[Contact]) -> None:
    row(hub, morning[2]).click(position={"x": 500, "y": 28})
    expect(hub).to_have_url(re.compile(f"/contacts/{morning[2].public_id}$"))
    expect(hub.get_by_role("heading", level=1)).to_have_text("Cora Long")


def test_the_reason_says_due_today_or_overdue_by_so_many_days_and_overdue_is_red(
    hub: Page, morning: list[Contact]
) -> None:
    expect(row(hub, morning[1]).locator(".owed-reason")).to_have_text("Follow-up due today")
    expect(row(hub, morning[2]).locator(".owed-reason")).to_have_text("Follow-up overdue by 4 days")
    expect(row(hub, morning[3]).locator(".owed-reason")).to_have_text("Follow-up overdue by 1 day")
    expect(row(hub, morning[3]).locator(".late")).to_have_text("overdue")


def test_snooze_pushes_the_follow_up_out_by_three_days(hub: Page, me: Member, morning: list[Contact]) -> None:
    row(hub, morning[2]).get_by_role("button", name="Snooze").click()
    expect(hub.locator("#toasts")).to_contain_text("Cora Long snoozed until")
    assert day_of(morning[2]) == due.today_of(me) + THREE_DAYS


def test_mark_done_clears_the_date_and_logs_the_activity(hub: Page, morning: list[Contact]) -> None:
    row(hub, morning[2]).get_by_role("button", name="Mark done").click()
    expect(hub.locator("#toasts")).to_contain_text("Cora Long marked done.")
    assert day_of(morning[2]) is None
    hub.goto(f"/contacts/{morning[2].public_id}")
    expect(hub.locator("#contact-timeline")).to_contain_text("Follow-up done.")


def test_the_overflow_menu_has_more_actions_for_the_contact(hub: Page, morning: list[Contact]) -> None:
    row(hub, morning[0]).get_by_role("link", name="More for Ada Both").click()
    menu = hub.locator("#owed-menu")
    for words in ("1 week", "Call tomorrow 10:00"):
        expect(menu.get_by_role("button", name=words)).to_be_visible()
    for words in ("Until a date…", "Schedule a follow-up…", "Assign…", "Open"):
        expect(menu.get_by_role("link", name=words)).to_be_visible()


# -- visual signals ------------------------------------------------------------------------------------------


def test_hot_is_an_amber_flame_next_to_the_name_and_overdue_a_red_left_border(
    hub: Page, morning: list[Contact]
) -> None:
    flames = [row(hub, contact).get_by_role("img", name="Hot lead").count() for contact in morning]
    assert flames == [1, 1, 0, 0, 0, 0]
    border = (
        """row => { const it = getComputedStyle(row, "::before"); return [it.content !== "none", it.width, it.left] }"""
    )
    borders = [row(hub, contact).evaluate(border)[0] for contact in morning]
    assert borders == [True, False, True, True, False, False]
    assert row(hub, morning[0]).evaluate(border)[1:] == ["3px", "0px"]
    is_red = """row => { const probe = document.createElement("i"); probe.style.color = "var(--danger)";
      row.append(probe); const red = getComputedStyle(probe).color; probe.remove();
      return getComputedStyle(row, "::before").backgroundColor === red }"""
    assert row(hub, morning[0]).evaluate(is_red)


def test_hot_and_overdue_rise_to_the_top_then_hot_only_then_overdue_only_then_everything_else(
    hub: Page, morning: list[Contact]
) -> None:
    expect_names(hub, *[contact.name for contact in morning])


def test_rows_are_56_pixels_high(hub: Page, morning: list[Contact]) -> None:
    assert {round(box["height"]) for it in rows(hub).all() if (box := it.bounding_box())} == {56}


# -- filtering -----------------------------------------------------------------------------------------------


def test_four_tabs_each_with_a_live_count_narrow_the_list(hub: Page) -> None:
    expect_counts(hub, all=6, overdue=3, today=3, hot=2)
    tabs = hub.get_by_role("navigation", name="Due contacts")
    tabs.get_by_role("link", name="Overdue").click()
    expect_names(hub, "Ada Both", "Cora Long", "Dario Late")
    tabs.get_by_role("link", name="Due today").click()
    expect_names(hub, "Ben Hot", "Edda Today", "Finn Today")
    tabs.get_by_role("link", name="Hot").click()
    expect(hub).to_have_url(re.compile(r"/follow-ups\?tab=hot$"))
    expect_names(hub, "Ada Both", "Ben Hot")
    expect_counts(hub, all=6, overdue=3, today=3, hot=2)


def test_the_row_leaves_the_list_immediately_and_the_badges_shrink(hub: Page, morning: list[Contact]) -> None:
    held: list[Route] = []
    expect_counts(hub, all=6, overdue=3, today=3, hot=2)
    hub.route("**/follow-ups/done", lambda route: held.append(route))
    row(hub, morning[0]).get_by_role("button", name="Mark done").click()
    expect_names(hub, *[contact.name for contact in morning[1:]])
    expect_counts(hub, all=5, overdue=2, today=3, hot=1)
    expect(hub.locator("#toasts")).to_be_empty()
    held[0].continue_()
    expect(hub.locator("#toasts")).to_contain_text("Ada Both marked done.")
    expect_counts(hub, all=5, overdue=2, today=3, hot=1)


# -- multi-select and bulk actions ---------------------------------------------------------------------------


def test_the_bar_appears_at_the_bottom_of_the_screen_with_the_count_of_selected_contacts(
    hub: Page, morning: list[Contact]
) -> None:
    bar = hub.locator(".bulk")
    expect(bar).to_be_hidden()
    for contact in morning[:2]:
        row(hub, contact).get_by_role("checkbox").check()
    expect(bar).to_contain_text("2 selected")
    expect(bar).to_be_in_viewport(ratio=1)
    for width in (1360, 380):  # however few rows there are
        hub.set_viewport_size({"width": width, "height": 1200})
        below = "bar => innerHeight - bar.getBoundingClientRect().bottom"
        assert bar.evaluate(below) == 16
        assert hub.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_select_all_grabs_everything_in_the_current_filter(hub: Page) -> None:
    hub.get_by_role("link", name="Overdue").click()
    hub.get_by_label("Select all").check()
    expect(hub.locator(".bulk")).to_contain_text("3 selected")
    hub.locator(".bulk").get_by_role("button", name="Mark done").click()
    expect_counts(hub, all=3, overdue=0, today=3, hot=1)
    expect(hub.locator("#toasts")).to_contain_text("3 contacts marked done.")


def test_shift_and_a_click_select_a_range(hub: Page, morning: list[Contact]) -> None:
    row(hub, morning[1]).get_by_role("checkbox").click()
    row(hub, morning[4]).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(hub.locator(".bulk")).to_contain_text("4 selected")
    row(hub, morning[3]).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(hub.locator(".bulk")).to_contain_text("2 selected")


def test_snooze_pushes_every_selected_follow_up_out_by_three_days(
    hub: Page, me: Member, morning: list[Contact]
) -> None:
    hub.get_by_label("Select all").check()
    row(hub, morning[5]).get_by_role("checkbox").uncheck()
    hub.locator(".bulk").get_by_role("button", name="Snooze").click()
    expect_names(hub, "Finn Today")
    expect(hub.locator("#toasts")).to_contain_text("5 contacts snoozed until")
    assert {day_of(contact) for contact in morning[:5]} == {due.today_of(me) + THREE_DAYS}


def test_mark_done_clears_every_selected_one(hub: Page, morning: list[Contact]) -> None:
    for contact in morning[2:5]:
        row(hub, contact).get_by_role("checkbox").check()
    hub.locator(".bulk").get_by_role("button", name="Mark done").click()
    expect(hub.locator("#toasts")).to_contain_text("3 contacts marked done.")
    assert [day_of(contact) for contact in morning[2:5]] == [None] * 3
    assert Activity.objects.filter(contact__in=morning).count() == 3
    expect(hub.locator(".bulk")).to_be_hidden()


def test_the_x_clears_the_selection_without_acting(hub: Page, morning: list[Contact]) -> None:
    hub.get_by_label("Select all").check()
    hub.get_by_role("button", name="Clear selection").click()
    expect(hub.locator(".bulk")).to_be_hidden()
    expect(hub.locator("#owed-list :checked")).to_have_count(0)
    expect(rows(hub)).to_have_count(6)


@pytest.mark.parametrize("many", [1, 6])
def test_undo_brings_back_one_and_many(hub: Page, morning: list[Contact], many: int) -> None:
    for contact in morning[:many]:
        row(hub, contact).get_by_role("checkbox").check()
    hub.locator(".bulk").get_by_role("button", name="Mark done").click()
    expect(rows(hub)).to_have_count(6 - many)
    undo(hub).click()
    expect_names(hub, *[contact.name for contact in morning])
    expect_counts(hub, all=6, overdue=3, today=3, hot=2)


def test_undo_is_offered_for_ten_seconds(hub: Page, morning: list[Contact]) -> None:
    hub.clock.install()
    row(hub, morning[0]).get_by_role("button", name="Mark done").click()
    hub.locator("h1").hover()
    expect(undo(hub)).to_be_visible()
    hub.clock.fast_forward(8_000)
    expect(undo(hub)).to_be_visible()
    hub.clock.fast_forward(2_500)
    expect(undo(hub)).to_have_count(0)


# -- when there is nothing left to do ------------------------------------------------------------------------


def test_the_hub_shows_all_caught_up_with_a_shortcut_to_contacts(hub: Page) -> None:
    hub.get_by_label("Select all").check()
    hub.locator(".bulk").get_by_role("button", name="Mark done").click()
    expect(hub.get_by_text("All caught up")).to_be_visible()
    expect_counts(hub, all=0, overdue=0, today=0, hot=0)
    expect(hub.get_by_label("Select all")).to_be_hidden()
    hub.locator("#owed-none").hover()  # it is no row: nothing happens on it
    expect(hub.locator("#owed-none")).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    hub.get_by_role("link", name="Go to contacts").click()
    expect(hub).to_have_url(re.compile("/contacts$"))


def test_the_panel_collapses_to_a_similar_empty_state(browse: Browse, me: Member) -> None:
    contact = owe("Ana Alone", me)
    page = browse(me)
    page.goto("/")
    panel = page.get_by_role("region", name="Follow-ups")
    expect(panel.get_by_text("All caught up")).to_be_hidden()
    row(page, contact).get_by_role("button", name="Mark done").click()
    expect(panel.get_by_text("All caught up")).to_be_visible()
    expect(panel.get_by_role("link", name="Go to contacts")).to_be_visible()
    expect_sidebar(page, 0)


def test_a_tab_that_is_empty_while_others_are_not_says_so(hub: Page) -> None:
    hub.locator("#owed-tabs").get_by_role("link", name="Hot").click()
    hub.get_by_label("Select all").check()
    hub.locator(".bulk").get_by_role("button", name="Mark done").click()
    expect(hub.get_by_text("No hot lead is due")).to_be_visible()
    hub.get_by_role("link", name="All follow-ups").click()
    expect(rows(hub)).to_have_count(4)
