"""The pipeline in the browser: cards go to another stage by the pointer, by keys and by their menu, and live."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from relance.models import Contact, Member, Organization, Role, Stage, due, pipeline, stage_editing, touches
from tests import cast
from tests.browser.conftest import MAYA, NARROW, Browse
from tests.browser.faults import Faults
from tests.browser.instance import Instance
from tests.browser.looks import overflowing, violations

TOM = "tom@brightwater.example"
DAY = timedelta(days=1)

Make = Callable[..., Contact]
_families = count(1)


@pytest.fixture
def maya(instance: Instance) -> Member:
    return instance.member(MAYA)


@pytest.fixture
def stages(maya: Member) -> dict[str, Stage]:
    """The demo's stages by name: New, In touch (every 7 days), Viewing, Past client (every 90)."""
    return {stage.name: stage for stage in pipeline.stages_of(maya.organization)}


@pytest.fixture
def family(instance: Instance) -> str:
    """A surname that nobody else has: a search for it shows a board of the test's own."""
    return f"Pipe{Contact.objects.count()}x{next(_families)}"


@pytest.fixture
def make(instance: Instance, family: str) -> Make:
    """Makes a contact of that name: `make("Ada", stage=…, next_follow_up_date=…)`."""

    def made(name: str, **fields: object) -> Contact:
        contact = instance.new_contact(name=f"{name} {family}")
        Contact.objects.filter(pk=contact.pk).update(**fields)
        contact.refresh_from_db()
        return contact

    return made


def board(page: Page, family: str) -> Page:
    """Open the board with this family alone, and wait until it is counted."""
    page.goto(f"/pipeline?q={family}")
    expect(page.locator("#count-none")).not_to_be_empty()
    return page


def column(page: Page, name: str) -> Locator:
    return page.locator(".board-column").filter(has=page.get_by_role("heading", name=re.compile(f"^{name}")))


def cards(page: Page, name: str) -> Locator:
    return column(page, name).locator(".board-card")


def card(page: Page, contact: Contact) -> Locator:
    return page.locator(f"#{contact.public_id}")


def counted(page: Page, name: str) -> Locator:
    return column(page, name).locator(".board-count")


def toast(page: Page) -> Locator:
    return page.locator("#toasts .toast").last


def stage_of(contact: Contact) -> str:
    contact.refresh_from_db()
    return contact.stage.name if contact.stage else ""


class TestMoving:
    def test_a_card_is_dragged_to_another_stage_and_back_by_undo(
        self, page: Page, family: str, make: Make, stages: dict[str, Stage], maya: Member
    ) -> None:
        ada, _ = make("Ada", stage=stages["New"]), make("Bo", stage=stages["In touch"])
        board(page, family)
        card(page, ada).drag_to(column(page, "In touch"))
        expect(cards(page, "In touch")).to_have_count(2)
        expect(counted(page, "In touch")).to_have_text("2")
        expect(counted(page, "New")).to_have_text("0")
        expect(toast(page)).to_contain_text("Moved to In touch. Due again")
        expect(card(page, ada)).to_contain_text("Due")
        assert stage_of(ada) == "In touch"
        assert ada.next_follow_up_date == due.today_of(maya) + 7 * DAY
        toast(page).get_by_role("button", name="Undo").click()
        expect(cards(page, "New")).to_have_count(1)
        expect(card(page, ada)).to_contain_text("No due date")
        expect(counted(page, "New")).to_have_text("1")
        assert stage_of(ada) == "New"

    def test_where_there_are_no_stages_a_card_goes_nowhere(self, browse: Browse, family: str) -> None:
        organization = Organization.objects.create(name="Without Stages", time_zone="UTC", country="US")
        admin = cast.member(organization, "Nia Stone", f"{family}@stages.example".lower(), Role.ADMIN)
        ada = cast.contact(organization, f"Ada {family}", admin)
        page = board(browse(admin), family)
        begin = page.locator("#column-begin")
        card(page, ada).drag_to(begin)
        card(page, ada).get_by_role("link").focus()
        page.keyboard.press("Shift+H")
        expect(card(page, ada).get_by_role("link")).to_be_focused()
        expect(cards(page, "No stage")).to_have_count(1)
        stage_editing.add(admin, {"name": "First"})  # and what changes still comes by itself
        expect(begin).to_be_hidden()

    def test_its_menu_says_where_it_is_and_brings_it_elsewhere(
        self, page: Page, family: str, make: Make, stages: dict[str, Stage]
    ) -> None:
        ada = make("Ada", stage=stages["New"])
        board(page, family)
        card(page, ada).get_by_role("button", name=f"Move Ada {family}").click()
        menu = page.locator("#board-menu")
        expect(menu.locator("[aria-current]")).to_have_text("New")
        assert violations(page) == []
        menu.get_by_role("button", name="No stage").click()
        expect(cards(page, "No stage")).to_have_count(1)
        expect(toast(page)).to_contain_text("Taken out of the pipeline.")
        assert stage_of(ada) == ""

    def test_a_second_press_closes_the_menu(self, page: Page, family: str, make: Make) -> None:
        ada = make("Ada")
        board(page, family)
        button = card(page, ada).get_by_role("button")
        button.click()
        expect(page.locator("#board-menu")).to_be_visible()
        button.click()
        expect(page.locator("#board-menu")).to_be_hidden()

    def test_the_due_date_is_set_from_the_menu(self, page: Page, family: str, make: Make) -> None:
        ada = make("Ada")
        board(page, family)
        card(page, ada).get_by_role("button").click()
        page.locator("#board-menu").get_by_role("link", name="Due date and cadence…").click()
        page.get_by_role("dialog").get_by_label("Cadence in days").fill("5")
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(card(page, ada)).to_contain_text("Every 5 days, own")

    def test_keys_go_through_the_board_and_take_a_card_along(
        self, page: Page, family: str, make: Make, stages: dict[str, Stage], maya: Member
    ) -> None:
        today = due.today_of(maya)
        ada = make("Ada", stage=stages["New"], next_follow_up_date=today)
        bo = make("Bo", stage=stages["New"], next_follow_up_date=today + DAY)
        cy = make("Cy", stage=stages["Viewing"], next_follow_up_date=today)
        board(page, family)
        for key, who in (("j", ada), ("j", bo), ("k", ada), ("l", cy), ("ArrowLeft", ada), ("ArrowDown", bo)):
            page.keyboard.press(key)
            expect(card(page, who).locator("a")).to_be_focused()
        page.keyboard.press("Shift+L")
        expect(cards(page, "In touch")).to_have_count(1)
        expect(toast(page)).to_contain_text("Moved to In touch. Still due tomorrow.")
        expect(card(page, bo).locator("a")).to_be_focused()
        page.keyboard.press("m")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(cards(page, "Viewing")).to_have_count(2)
        expect(toast(page)).to_contain_text("Moved to Viewing. Still due tomorrow.")
        page.keyboard.press("z")
        expect(cards(page, "In touch")).to_have_count(1)
        assert stage_of(bo) == "In touch"

    def test_g_and_r_lead_here(self, page: Page) -> None:
        page.goto("/")
        page.keyboard.press("g")
        page.keyboard.press("r")
        expect(page).to_have_url(re.compile("/pipeline$"))

    def test_what_cannot_be_moved_goes_back_and_says_why(
        self, page: Page, family: str, make: Make, stages: dict[str, Stage], faults: Faults
    ) -> None:
        faults.expect(503)
        ada = make("Ada", stage=stages["New"])
        board(page, family)
        page.route("**/stage", lambda route: route.fulfill(status=503))
        card(page, ada).drag_to(column(page, "Viewing"))
        expect(toast(page)).to_contain_text("Something went wrong")
        expect(cards(page, "New")).to_have_count(1)
        expect(counted(page, "New")).to_have_text("1")
        assert stage_of(ada) == "New"


class TestLive:
    def test_what_another_member_moves_moves_here(
        self, browse: Browse, family: str, make: Make, stages: dict[str, Stage]
    ) -> None:
        ada = make("Ada", stage=stages["New"])
        hers, his = board(browse(MAYA), family), board(browse(TOM), family)
        card(his, ada).drag_to(column(his, "Viewing"))
        expect(cards(hers, "Viewing")).to_have_count(1)
        expect(counted(hers, "Viewing")).to_have_text("1")
        expect(counted(hers, "New")).to_have_text("0")

    def test_a_touch_moves_the_day_on_the_board(
        self, page: Page, family: str, make: Make, stages: dict[str, Stage], instance: Instance, maya: Member
    ) -> None:
        ada = make("Ada", stage=stages["Past client"], next_follow_up_date=due.today_of(maya) - DAY)
        board(page, family)
        expect(card(page, ada)).to_contain_text("Yesterday, overdue", ignore_case=True)
        touches.done(instance.member(TOM), [ada.pk])
        expect(card(page, ada)).not_to_contain_text("overdue")
        ada.refresh_from_db()
        assert ada.next_follow_up_date == due.today_of(maya) + 90 * DAY

    def test_a_column_that_shows_more_goes_on_showing_it(
        self, page: Page, family: str, make: Make, stages: dict[str, Stage], maya: Member
    ) -> None:
        ada = make("Ada", stage=stages["Viewing"])
        Contact.objects.bulk_create(
            Contact(organization=maya.organization, stage=stages["Viewing"], name=f"C{n:02} {family}", zones=["UTC"])
            for n in range(35)
        )
        board(page, family)
        expect(cards(page, "Viewing")).to_have_count(30)
        column(page, "Viewing").get_by_role("link", name="Show more").click()
        expect(cards(page, "Viewing")).to_have_count(36)
        expect(page.get_by_role("link", name=f"C29 {family}")).to_be_focused()
        ada.edit({"leadQuality": "HOT"})
        expect(card(page, ada)).to_contain_text("Hot")
        expect(cards(page, "Viewing")).to_have_count(36)

    def test_a_stage_that_is_changed_or_added_shows_everywhere(
        self, browse: Browse, family: str, make: Make, maya: Member
    ) -> None:
        stage = stage_editing.add(maya, {"name": family})
        make("Ada", stage=stage)
        hers, his = board(browse(MAYA), family), board(browse(TOM), family)
        hers.get_by_role("link", name=f"Change {family}").click()
        hers.get_by_role("dialog").get_by_label("Cadence in days").fill("3")
        hers.get_by_role("dialog").get_by_label("Also give the 1 contact").check()
        hers.get_by_role("dialog").get_by_role("button", name="Save").click()
        for page in (hers, his):
            expect(column(page, family)).to_contain_text("every 3 days")
            expect(cards(page, family)).to_contain_text("Due tomorrow")
        stage_editing.remove(stage, maya, None)
        for page in (hers, his):
            expect(column(page, family)).to_have_count(0)
            expect(counted(page, "No stage")).to_have_text("1")


class TestStages:
    def test_they_are_added_put_in_order_and_deleted_by_keys_alone(self, page: Page, family: str, maya: Member) -> None:
        page.goto("/settings/pipeline")
        page.get_by_role("link", name="Add stage").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#name")).to_be_focused()
        page.keyboard.type(family)
        page.keyboard.press("Tab")
        page.keyboard.type("often")
        page.keyboard.press("Enter")
        expect(page.locator("#cadenceDays[aria-invalid]")).to_be_focused()
        page.keyboard.press("Control+A")
        page.keyboard.type("10")
        page.keyboard.press("Enter")
        row = page.get_by_role("row").filter(has_text=family)
        expect(row).to_contain_text("Every 10 days")
        row.get_by_role("button", name="up").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("row").nth(-2)).to_contain_text(family)
        row.get_by_role("link", name="Delete").focus()
        page.keyboard.press("Enter")
        page.get_by_role("dialog").get_by_role("button", name="Delete").focus()
        page.keyboard.press("Enter")
        expect(row).to_have_count(0)
        assert family not in [stage.name for stage in pipeline.stages_of(maya.organization)]

    @pytest.fixture(autouse=True)
    def as_expected(self, faults: Faults) -> None:
        faults.expect(422)


def test_on_a_phone_the_board_scrolls_within_and_the_menu_moves(
    browse: Browse, family: str, make: Make, stages: dict[str, Stage]
) -> None:
    ada = make("Ada", stage=stages["New"])
    page = board(browse(size=NARROW), family)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    assert page.evaluate("document.documentElement.scrollHeight") <= NARROW[1]
    card(page, ada).get_by_role("button").tap()
    page.locator("#board-menu").get_by_role("button", name="Past client").tap()
    expect(card(page, ada)).to_be_in_viewport()
    expect(column(page, "Past client")).to_be_in_viewport(ratio=0.9)
    expect(toast(page)).to_contain_text("Moved to Past client.")
    column(page, "No stage").scroll_into_view_if_needed()
    expect(column(page, "No stage")).to_be_in_viewport(ratio=0.9)
    assert page.evaluate("scrollX") == 0


def test_on_a_phone_what_is_done_to_stages_has_buttons_large_enough(browse: Browse, stages: dict[str, Stage]) -> None:
    page = browse(size=NARROW)
    page.goto("/settings/pipeline")
    buttons = page.locator("#stage-list .button")
    expect(buttons).to_have_count(4 * len(stages) - 2)
    sizes = [button.bounding_box() for button in buttons.all()]
    assert all(size and size["width"] >= 44 and size["height"] >= 44 for size in sizes)
    assert overflowing(page) == []


def test_without_scripts_the_board_can_be_read(browse: Browse, family: str, make: Make) -> None:
    make("Ada")
    page = browse(javascript=False)
    page.goto(f"/pipeline?q={family}")
    expect(cards(page, "No stage")).to_contain_text(f"Ada {family}")


def test_axe_finds_nothing_on_a_full_board(
    page: Page, family: str, make: Make, stages: dict[str, Stage], maya: Member
) -> None:
    today = due.today_of(maya)
    make("Ada", stage=stages["New"], next_follow_up_date=today - DAY, lead_quality="HOT", cadence_days=3)
    make("Bo", stage=stages["Viewing"], next_follow_up_date=today, lead_quality="COLD")
    board(page, family)
    assert violations(page) == []
