"""What is around every page: keys, dialogs, toasts, themes, the sidebar, and what changes by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, TimeoutError, expect

from relance.models import Contact, FollowUp, changes, clock, scheduling, verbs
from relance.models.moves import SYSTEM
from relance.models.scheduling import Plan
from tests.browser.conftest import NARROW, Browse
from tests.browser.faults import Faults
from tests.browser.instance import Instance

MIDDLE = (800, 900)
FORM = """
<dialog class="dialog" aria-label="Form"><form hx-post="/made-up" hx-target="#dialog">
  <label>Name <input name="name" {wrong}></label>
  <button type="button" data-close>Cancel</button><button data-working="Saving…">Save</button>
</form></dialog>
"""


@pytest.fixture
def dashboard(page: Page) -> Page:
    page.goto("/")
    return page


def focused(page: Page) -> Locator:
    return page.locator(":focus")


def put(page: Page, html: str) -> None:
    """Have the page's content begin with this, as if the page had come with it."""
    page.evaluate(
        "html => { const main = document.getElementById('content');"
        " main.insertAdjacentHTML('afterbegin', html); htmx.process(main); }",
        html,
    )


def answer(page: Page, address: str, *answers: tuple[int, str]) -> None:
    """Have requests to this address answered so, one after another; the last answer stays."""
    left = list(answers)

    def fulfil(route: Route) -> None:
        status, html = left.pop(0) if len(left) > 1 else left[0]
        route.fulfill(status=status, content_type="text/html", body=html)

    page.route(f"**{address}", fulfil)


# -- keys ----------------------------------------------------------------------------------------------------


def test_a_question_mark_lists_the_shortcuts_and_escape_closes_the_list(dashboard: Page) -> None:
    dashboard.keyboard.press("?")
    listed = dashboard.get_by_role("dialog", name="Keyboard shortcuts")
    expect(listed).to_contain_text("Search and commands")
    for place in dashboard.locator(".places a[data-key]:not([data-key=''])").all():
        told = listed.locator("dl div", has_text=f"Go to {place.get_attribute('title')}")
        expect(told.locator("kbd").last).to_have_text(place.get_attribute("data-key") or "")
    dashboard.keyboard.press("Escape")
    expect(listed).to_be_hidden()


def test_g_and_a_letter_go_where_the_sidebar_goes(dashboard: Page) -> None:
    keys = [place.get_attribute("data-key") for place in dashboard.locator(".places a").all()]
    for key in filter(None, keys):
        address = dashboard.locator(f".places a[data-key={key}]").get_attribute("href") or ""
        dashboard.keyboard.press("g")
        with dashboard.expect_navigation(url=re.compile(rf"[^/]{address}($|[/?])")):
            dashboard.keyboard.press(key)
        expect(dashboard.locator(".places a[aria-current=page]")).to_have_attribute("data-key", key)


def test_a_slash_goes_to_the_search_of_the_page_and_what_is_typed_there_is_no_shortcut(page: Page) -> None:
    page.goto("/contacts")
    page.keyboard.press("/")
    expect(focused(page)).to_have_attribute("type", "search")
    page.keyboard.type("a/?gs")
    expect(focused(page)).to_have_value("a/?gs")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_keys_wait_while_a_dialog_is_open(dashboard: Page) -> None:
    dashboard.keyboard.press("?")
    for key in ("g", "c", "Control+k"):
        dashboard.keyboard.press(key)
    expect(dashboard.get_by_role("dialog")).to_have_count(1)
    expect(dashboard).to_have_url(re.compile(r"\d/$"))


# -- focus ---------------------------------------------------------------------------------------------------


def test_the_first_tab_offers_to_skip_to_the_content(dashboard: Page) -> None:
    dashboard.keyboard.press("Tab")
    skip = dashboard.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    dashboard.keyboard.press("Enter")
    expect(dashboard.locator("#content")).to_be_focused()


def test_focus_is_visible_wherever_the_keyboard_takes_it(dashboard: Page) -> None:
    for _ in range(dashboard.locator(".sidebar :is(a, button):visible").count()):
        dashboard.keyboard.press("Tab")
        expect(focused(dashboard)).to_have_css("outline-style", "solid")


def test_focus_returns_to_what_opened_the_palette(dashboard: Page) -> None:
    opener = dashboard.locator(".search-button")
    opener.focus()
    dashboard.keyboard.press("Enter")
    expect(dashboard.get_by_role("combobox")).to_be_focused()
    dashboard.keyboard.press("Escape")
    expect(opener).to_be_focused()


@pytest.mark.parametrize("close", ["Escape", "Cancel"])
def test_focus_goes_to_what_is_wrong_in_a_form_and_back_to_its_opener(
    dashboard: Page, faults: Faults, close: str
) -> None:
    faults.expect(422)
    answer(dashboard, "/made-up", (200, FORM.format(wrong="")), (422, FORM.format(wrong='aria-invalid="true"')))
    put(dashboard, '<button type="button" id="opener" hx-get="/made-up" hx-target="#dialog">Open</button>')
    dashboard.locator("#opener").focus()
    dashboard.keyboard.press("Enter")
    form = dashboard.get_by_role("dialog", name="Form")
    expect(form.get_by_label("Name")).to_be_focused()
    form.get_by_role("button", name="Save").click()
    expect(form.locator("[aria-invalid]")).to_be_focused()
    if close == "Escape":
        dashboard.keyboard.press("Escape")
    else:
        form.get_by_role("button", name="Cancel").click()
    expect(dashboard.get_by_role("dialog")).to_have_count(0)
    expect(dashboard.locator("#opener")).to_be_focused()


def test_arrows_go_through_a_menu_and_escape_returns(dashboard: Page) -> None:
    who = dashboard.locator(".who")
    who.focus()
    dashboard.keyboard.press("Enter")
    menu = dashboard.locator("#who-menu")
    expect(menu.get_by_role("link").first).to_be_focused()
    dashboard.keyboard.press("ArrowUp")
    expect(menu.get_by_role("button", name="Sign out")).to_be_focused()
    dashboard.keyboard.press("ArrowDown")
    expect(menu.get_by_role("link").first).to_be_focused()
    dashboard.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(who).to_be_focused()


# -- toasts --------------------------------------------------------------------------------------------------


def test_a_toast_says_what_was_done_and_takes_it_back(dashboard: Page) -> None:
    asked: list[str] = []

    def undo(route: Route) -> None:
        asked.append(f"{route.request.method} {route.request.headers['x-csrftoken'] != ''}")
        route.fulfill(status=204, headers={"HX-Trigger": '{"relance:done": {"said": "Taken back."}}'})

    dashboard.route("**/made-up/undo", undo)
    dashboard.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('relance:done', {detail}))",
        {"said": "Marked done.", "undo": "/made-up/undo"},
    )
    toasts = dashboard.get_by_role("status")
    expect(toasts).to_contain_text("Marked done.")
    toasts.get_by_role("button", name="Undo").click()
    expect(toasts).to_contain_text("Taken back.")
    expect(toasts).not_to_contain_text("Marked done.")
    assert asked == ["POST True"]


@pytest.mark.parametrize(("status", "words"), [(500, "nothing was changed"), (404, "no longer there")])
def test_a_request_that_failed_is_told_in_words(dashboard: Page, faults: Faults, status: int, words: str) -> None:
    faults.expect(status)
    answer(dashboard, "/made-up", (status, ""))
    put(dashboard, '<button type="button" hx-post="/made-up">Break</button>')
    dashboard.get_by_role("button", name="Break").click()
    expect(dashboard.get_by_role("status")).to_contain_text(words)


def test_a_toast_goes_by_itself_but_not_while_it_is_pointed_at(dashboard: Page) -> None:
    dashboard.clock.install()
    dashboard.reload()
    dashboard.evaluate("document.dispatchEvent(new CustomEvent('relance:said', {detail: {said: 'Saved.'}}))")
    toast = dashboard.get_by_text("Saved.")
    toast.hover()
    dashboard.clock.run_for(30_000)
    expect(toast).to_be_visible()
    dashboard.mouse.move(0, 0)
    dashboard.clock.run_for(10_000)
    expect(toast).to_be_hidden()


# -- themes --------------------------------------------------------------------------------------------------


def test_a_theme_that_was_chosen_stays_through_a_reload(dashboard: Page) -> None:
    root, menu = dashboard.locator("html"), dashboard.locator("#who-menu")

    def switch() -> None:
        dashboard.locator(".who").click()
        menu.get_by_role("button", name="Theme").click()

    light = dashboard.evaluate("getComputedStyle(document.body).color")
    switch()
    expect(root).to_have_attribute("data-theme", "light")
    switch()
    expect(root).to_have_attribute("data-theme", "dark")
    dashboard.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    assert dashboard.evaluate("getComputedStyle(document.body).color") != light
    switch()
    dashboard.reload()
    expect(root).not_to_have_attribute("data-theme", re.compile("."))


def test_the_systems_theme_holds_where_none_was_chosen(dark_page: Page, page: Page) -> None:
    colours = []
    for one in (dark_page, page):
        one.goto("/")
        colours.append(one.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    assert len(set(colours)) == 2


# -- the sidebar ---------------------------------------------------------------------------------------------


def test_on_a_phone_the_sidebar_is_a_sheet(narrow_page: Page) -> None:
    narrow_page.goto("/")
    sidebar = narrow_page.get_by_role("navigation", name="Main")
    expect(sidebar).to_be_hidden()
    narrow_page.get_by_role("button", name="Menu").click()
    expect(sidebar).to_be_visible()
    expect(sidebar.get_by_role("link", name="Contacts")).to_be_in_viewport()
    narrow_page.keyboard.press("Escape")
    expect(sidebar).to_be_hidden()
    narrow_page.get_by_role("button", name="Menu").click()
    sidebar.get_by_role("button", name="Maya Chen").click()
    narrow_page.get_by_role("button", name="Sign out").click()
    expect(narrow_page).to_have_url(re.compile("/sign-in$"))


def test_in_between_the_sidebar_is_icons_with_names(browse: Browse) -> None:
    page = browse(size=MIDDLE)
    page.goto("/")
    sidebar = page.get_by_role("navigation", name="Main")
    box = sidebar.bounding_box()
    assert box
    assert box["width"] <= 64
    expect(sidebar.get_by_text("Contacts")).to_be_hidden()
    contacts = sidebar.get_by_role("link", name="Contacts")
    expect(contacts).to_be_visible()
    expect(contacts).to_have_attribute("title", "Contacts")


# -- what changes by itself ----------------------------------------------------------------------------------


@pytest.fixture
def watched(contact: Contact) -> FollowUp:
    """What parts of their own making are about: nothing else that happens meanwhile concerns them."""
    plan = Plan("call", clock.now() + timedelta(days=3))
    return scheduling.schedule_one(contact.organization, contact, plan, by=None)


@pytest.fixture
def listening(watched: FollowUp, dashboard: Page) -> Iterator[Page]:
    """The dashboard once it hears of changes, and has heard of all that were before."""
    dashboard.evaluate(
        "document.addEventListener('relance:changed', ({detail}) => (document.body.dataset.heard = detail.what))"
    )
    for _ in range(50):
        changes.announce(watched.organization_id, "ping")
        with suppress(TimeoutError):
            dashboard.locator("body[data-heard=ping]").wait_for(state="attached", timeout=200)
            break
    yield dashboard
    dashboard.unroute_all(behavior="ignoreErrors")


def change(follow_up: FollowUp) -> None:
    """Have something change that every page of the organization hears of."""
    verbs.snooze(follow_up, clock.now() + timedelta(days=4), SYSTEM)


def a_list(about: FollowUp, *rows: tuple[str, str]) -> str:
    """A list of its own making, live on a follow-up; of each row the id and what it says."""
    inside = "".join(
        f'<tr id="{id}" data-row><td><input type="checkbox" name="ids" aria-label="{id}"></td>'
        f'<td><button type="button">{said}</button></td></tr>'
        for id, said in rows
    )
    return (
        f'<table id="made" data-list data-live="followUp" data-live-ids="{about.public_id}" data-from="/made-up">'
        f"<tbody>{inside}</tbody></table>"
        '<div class="bulk" data-for="made" hidden><span data-count></span></div>'
    )


def test_what_changed_is_fetched_and_focus_and_check_boxes_stay(watched: FollowUp, listening: Page) -> None:
    answer(listening, "/made-up", (200, a_list(watched, ("new", "New"), ("one", "Now 1"), ("two", "Second"))))
    put(listening, a_list(watched, ("one", "First"), ("two", "Second"), ("three", "Third")))
    made = listening.locator("#made")
    for id in ("one", "two"):
        made.get_by_label(id).check()
    made.get_by_role("button", name="First").focus()
    kept = made.locator("#two").element_handle()

    change(watched)

    expect(made.get_by_role("row")).to_have_text(["New", "Now 1", "Second"])
    expect(made.get_by_role("button", name="Now 1")).to_be_focused()
    for id in ("one", "two"):
        expect(made.get_by_label(id)).to_be_checked()
    expect(made.get_by_label("new")).not_to_be_checked()
    expect(listening.locator("[data-count]")).to_have_text("2 selected")
    assert kept.evaluate("row => row.isConnected"), "a row that is as it was was replaced"


def test_focus_goes_to_the_next_where_its_row_is_gone(watched: FollowUp, listening: Page) -> None:
    answer(listening, "/made-up", (200, a_list(watched, ("two", "Second"))))
    put(listening, a_list(watched, ("one", "First"), ("two", "Second")))
    listening.locator("#made").get_by_label("one").focus()
    change(watched)
    expect(listening.locator("#made").get_by_label("two")).to_be_focused()


def test_what_is_being_written_is_not_taken_away(watched: FollowUp, listening: Page) -> None:
    live = f'data-live="followUp" data-live-ids="{watched.public_id}" data-from="/made-up"'
    written = f'<div id="made" {live}><label>Note <input></label><p>{{}}</p></div>'
    answer(listening, "/made-up", (200, written.format("after")))
    put(listening, written.format("before"))
    field = listening.get_by_label("Note")
    field.fill("Asked about the gar")
    change(watched)
    listening.locator("body[data-heard=followUp]").wait_for(state="attached")
    field.press_sequentially("den")
    expect(field).to_have_value("Asked about the garden")
    expect(field).to_be_focused()
    field.blur()
    expect(listening.locator("#made p")).to_have_text("after")


def test_the_count_beside_follow_ups_never_lies(page: Page, instance: Instance, contact: Contact) -> None:
    overdue = {"nextFollowUpDate": (instance.now - timedelta(days=2)).date().isoformat()}
    contact.edit(overdue)
    page.goto("/")
    count = page.locator(".places a[href='/follow-ups'] .count")
    before = int(count.inner_text())
    instance.new_contact(**overdue)
    expect(count).to_have_text(str(before + 1))


# -- without scripts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1360, 900), MIDDLE, NARROW], ids=["wide", "middle", "narrow"])
def test_without_scripts_pages_can_be_read_and_gone_through(browse: Browse, size: tuple[int, int]) -> None:
    page = browse(javascript=False, size=size)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    if size == NARROW:
        page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Settings").click()
    expect(page).to_have_url(re.compile("/settings"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
