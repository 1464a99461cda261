"""The product page of the Follow-ups card, sentence by sentence and row by row, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from relance.models import Agent, Campaign, Contact, FollowUp, Organization, scheduling
from relance.models.scheduling import Plan
from relance.rules.states import Status
from tests.browser.faults import Faults
from tests.browser.instance import Instance
from tests.web.follow_ups import put

COLUMNS = ["Status", "Type", "Scheduled", "Agent", "Campaign", "Attempts", "Source", "Actions"]
NEW_YORK = ZoneInfo("America/New_York")

Make = Callable[..., FollowUp]


@pytest.fixture
def make(instance: Instance, contact: Contact) -> Iterator[Make]:
    """Schedules a call to the contact for tomorrow. None stays: what a test put under way keeps the clock waiting."""

    def made(**plan: object) -> FollowUp:
        to = plan.pop("contact", contact)
        wanted = Plan("call", instance.now + timedelta(days=1), **plan)  # type: ignore[arg-type]
        return scheduling.schedule_one(contact.organization, to, wanted, by=instance.member("maya@brightwater.example"))  # type: ignore[arg-type]

    yield made
    FollowUp.objects.filter(contact=contact).delete()


@pytest.fixture
def opened(page: Page, contact: Contact) -> Page:
    """The contact's page."""
    page.goto(f"/contacts/{contact.public_id}")
    return page


def card(page: Page) -> Locator:
    return page.get_by_role("region", name="Follow-ups", exact=True)


def row(page: Page, follow_up: FollowUp) -> Locator:
    return card(page).locator(f"#{follow_up.public_id}")


def cell(page: Page, follow_up: FollowUp, column: str) -> Locator:
    return row(page, follow_up).get_by_role("cell").nth(COLUMNS.index(column))


def dialog(page: Page) -> Locator:
    """The dialog, opened by its button."""
    card(page).get_by_role("button", name="Schedule follow-up").click()
    found = page.get_by_role("dialog", name="Schedule follow-up")
    expect(found).to_be_visible()
    return found


def press_schedule(opened_dialog: Locator) -> None:
    opened_dialog.get_by_role("button", name="Schedule", exact=True).click()


def the_one(contact: Contact) -> FollowUp:
    follow_up: FollowUp = FollowUp.objects.get(contact=contact)
    return follow_up


class TestTheCard:
    def test_it_lists_follow_ups_for_that_contact(
        self, instance: Instance, page: Page, contact: Contact, make: Make
    ) -> None:
        mine, other = make(), make(contact=instance.new_contact())
        page.goto(f"/contacts/{contact.public_id}")
        expect(row(page, mine)).to_be_visible()
        expect(row(page, other)).to_have_count(0)

    def test_it_links_to_the_global_list_filtered_to_this_contact(self, opened: Page, contact: Contact) -> None:
        link = card(opened).get_by_role("link", name="View all")
        expect(link).to_have_attribute("href", f"/follow-ups/scheduled?contact={contact.public_id}")

    def test_it_opens_schedule_follow_up_in_a_dialog(self, opened: Page) -> None:
        address = opened.url
        expect(dialog(opened).get_by_label("Type")).to_be_visible()
        assert opened.url == address

    def test_it_sits_below_call_logs_in_the_main_column(self, opened: Page) -> None:
        calls = opened.get_by_role("heading", name="Call logs").bounding_box()
        follow_ups = opened.get_by_role("heading", name="Follow-ups", exact=True).bounding_box()
        assert calls
        assert follow_ups
        assert follow_ups["y"] > calls["y"]
        assert abs(follow_ups["x"] - calls["x"]) < 1


class TestDataLoading:
    def test_the_list_loads_for_the_open_contact(self, make: Make, page: Page, contact: Contact) -> None:
        first, second = make(), make()
        page.goto(f"/contacts/{contact.public_id}")
        expect(card(page).locator("tbody tr")).to_have_count(2)
        for follow_up in (first, second):
            expect(row(page, follow_up)).to_be_visible()

    def test_when_the_dialog_opens_the_agents_are_loaded(self, opened: Page, contact: Contact) -> None:
        agent = Agent.objects.create(organization=contact.organization, name="Made after the page was loaded")
        try:
            dialog(opened).get_by_label("Agent").select_option("Made after the page was loaded")
        finally:
            agent.delete()

    def test_saving_creates_a_follow_up_for_this_contact_and_refreshes_the_list(
        self, opened: Page, contact: Contact
    ) -> None:
        expect(card(opened)).to_contain_text("No follow-ups scheduled for this contact.")
        press_schedule(dialog(opened))
        expect(card(opened).locator("tbody tr[id^=followup]")).to_have_count(1)
        expect(row(opened, the_one(contact))).to_be_visible()


class TestTable:
    def test_the_columns(self, make: Make, page: Page, contact: Contact) -> None:
        make()
        page.goto(f"/contacts/{contact.public_id}")
        expect(card(page).get_by_role("columnheader")).to_have_text(COLUMNS)

    def test_status_with_an_extra_out_of_window_outline_badge(self, make: Make, page: Page, contact: Contact) -> None:
        inside, outside = make(), make(allow_out_of_window=True)
        page.goto(f"/contacts/{contact.public_id}")
        expect(cell(page, inside, "Status").locator(".badge")).to_have_text(["Scheduled"])
        badges = cell(page, outside, "Status").locator(".badge")
        expect(badges).to_have_text(["Scheduled", "out-of-window"])
        expect(badges.last).to_have_css("background-color", "rgba(0, 0, 0, 0)")
        expect(badges.last).to_have_css("border-top-width", "1px")

    def test_type_agent_attempts_and_source(self, make: Make, page: Page, contact: Contact) -> None:
        follow_up = make(agent=contact.organization.default_agent, max_attempts=5)
        FollowUp.objects.filter(pk=follow_up.pk).update(attempts_made=2)
        page.goto(f"/contacts/{contact.public_id}")
        expect(cell(page, follow_up, "Type")).to_have_text("Call")
        expect(cell(page, follow_up, "Agent")).to_have_text("Ava")
        expect(cell(page, follow_up, "Attempts")).to_have_text("2/5")
        expect(cell(page, follow_up, "Source")).to_have_text("Manual")

    def test_scheduled(self, make: Make, page: Page, contact: Contact) -> None:
        follow_up = make()
        page.goto(f"/contacts/{contact.public_id}")
        local = follow_up.scheduled_at.astimezone(NEW_YORK)
        expect(cell(page, follow_up, "Scheduled")).to_have_text(f"{local:%a} {local.day} {local:%b, %H:%M}")

    def test_campaign_links_to_the_campaign_when_one_is_set(self, make: Make, page: Page, contact: Contact) -> None:
        home = contact.organization
        campaign = Campaign.objects.create(organization=home, name="Spring viewings", agent=home.default_agent)
        without, within = make(), make(campaign=campaign)
        page.goto(f"/contacts/{contact.public_id}")
        expect(cell(page, without, "Campaign").get_by_role("link")).to_have_count(0)
        link = cell(page, within, "Campaign").get_by_role("link", name="Spring viewings")
        expect(link).to_have_attribute("href", re.compile(campaign.public_id))

    def test_view_opens_that_follow_ups_page_in_the_follow_ups_area(
        self, make: Make, page: Page, contact: Contact
    ) -> None:
        follow_up = make()
        page.goto(f"/contacts/{contact.public_id}")
        cell(page, follow_up, "Actions").get_by_role("link", name="View").click()
        expect(page).to_have_url(re.compile(f"/follow-ups/{follow_up.public_id}$"))
        expect(page.get_by_role("heading", level=1)).to_contain_text(contact.name)

    def test_status_badges_use_distinct_colors_icons_and_words_in_the_light_and_in_the_dark(
        self, make: Make, page: Page, contact: Contact
    ) -> None:
        made = {status: put(make(), status) for status in Status}
        page.goto(f"/contacts/{contact.public_id}")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            badges = {status: cell(page, one, "Status").locator(".badge") for status, one in made.items()}
            looks = {status: _look(badge) for status, badge in badges.items()}
            for part in zip(*looks.values(), strict=True):
                assert len(set(part)) == len(Status) == 8, f"{scheme}: {looks}"

    def test_the_empty_copy(self, opened: Page) -> None:
        expect(card(opened).locator("tbody")).to_have_text("No follow-ups scheduled for this contact.")


def _look(badge: Locator) -> tuple[str, ...]:
    """A badge's colours, its picture and its word."""
    colours: list[str] = badge.evaluate("b => [getComputedStyle(b).color, getComputedStyle(b).backgroundColor]")
    return (*colours, badge.locator("use").get_attribute("href") or "", badge.inner_text())


class TestDialog:
    def test_its_trigger_is_a_small_outline_button_in_the_cards_header(self, opened: Page) -> None:
        button = card(opened).locator("header").get_by_role("button", name="Schedule follow-up")
        box = button.bounding_box()
        assert box
        assert box["height"] < 32
        expect(button).to_have_css("border-top-width", "1px")
        expect(button).not_to_have_class(re.compile("primary"))

    def test_its_title(self, opened: Page) -> None:
        expect(dialog(opened).get_by_role("heading")).to_have_text("Schedule follow-up")

    def test_type_call_sms_or_webhook_default_call(self, opened: Page) -> None:
        field = dialog(opened).get_by_label("Type")
        expect(field).to_have_value("call")
        for name in ("Call", "SMS", "Webhook"):
            field.select_option(name)

    def test_scheduled_at_date_and_time_default_about_one_hour_ahead(
        self, instance: Instance, opened: Page, contact: Contact
    ) -> None:
        shown = dialog(opened)
        said = shown.get_by_label("Scheduled at").input_value()
        local = datetime.strptime(said, "%a %d %b %Y, %H:%M").replace(tzinfo=NEW_YORK)
        assert timedelta(minutes=55) < local - instance.now < timedelta(minutes=70)
        press_schedule(shown)
        expect(card(opened).locator("tbody tr[id^=followup]")).to_have_count(1)
        assert the_one(contact).scheduled_at == local

    def test_agent_choose_one(self, opened: Page, contact: Contact) -> None:
        shown = dialog(opened)
        shown.get_by_label("Agent").select_option("Ava")
        press_schedule(shown)
        expect(shown).to_be_hidden()
        assert the_one(contact).agent == contact.organization.default_agent

    def test_agent_inherit_from_source_leaves_the_agent_unset(self, opened: Page, contact: Contact) -> None:
        shown = dialog(opened)
        expect(shown.get_by_label("Agent").locator("option").first).to_have_text("Inherit from source")
        expect(shown.get_by_label("Agent")).to_have_value("")
        press_schedule(shown)
        expect(shown).to_be_hidden()
        assert the_one(contact).agent is None

    def test_priority_low_normal_high_or_urgent_default_normal(self, opened: Page) -> None:
        field = dialog(opened).get_by_label("Priority")
        expect(field.locator("option")).to_have_text(["Low", "Normal", "High", "Urgent"])
        expect(field).to_have_value("normal")

    def test_max_attempts_default_3(self, opened: Page) -> None:
        expect(dialog(opened).get_by_label("Max attempts")).to_have_value("3")

    def test_allow_out_of_window_is_not_checked_at_first(self, opened: Page) -> None:
        expect(dialog(opened).get_by_label("Allow out-of-window (customer override)")).not_to_be_checked()

    def test_notes_are_optional(self, opened: Page, contact: Contact) -> None:
        shown = dialog(opened)
        expect(shown.get_by_label("Notes")).to_have_value("")
        press_schedule(shown)
        expect(shown).to_be_hidden()
        assert the_one(contact).notes == ""

    def test_on_schedule_everything_is_sent_and_recorded_as_scheduled_manually(
        self, opened: Page, contact: Contact
    ) -> None:
        shown = dialog(opened)
        shown.get_by_label("Type").select_option("Webhook")
        shown.get_by_label("Address").fill("https://hooks.example.com/in")
        shown.get_by_label("Scheduled at").fill("tomorrow 15:00")
        shown.get_by_label("Agent").select_option("Ava")
        shown.get_by_label("Priority").select_option("Urgent")
        shown.get_by_label("Max attempts").fill("7")
        shown.get_by_label("Allow out-of-window (customer override)").check()
        shown.get_by_label("Notes").fill("Ask about the garden.")
        press_schedule(shown)
        expect(shown).to_be_hidden()
        made = the_one(contact)
        local = made.scheduled_at.astimezone(NEW_YORK)
        assert (made.type, made.url, local.hour, local.minute) == ("webhook", "https://hooks.example.com/in", 15, 0)
        assert (made.agent, made.priority, made.max_attempts) == (contact.organization.default_agent, 0, 7)
        assert (made.allow_out_of_window, made.notes, made.source) == (True, "Ask about the garden.", "manual")
        assert made.created_by
        assert made.created_by.name == "Maya Chen"

    def test_the_footer_has_cancel_and_schedule(self, opened: Page, contact: Contact) -> None:
        shown = dialog(opened)
        expect(shown.locator(".form-foot").get_by_role("button")).to_have_text(["Cancel", "Schedule"])
        shown.get_by_role("button", name="Cancel").click()
        expect(shown).to_be_hidden()
        assert not FollowUp.objects.filter(contact=contact).exists()

    def test_it_shows_scheduling_while_submitting(self, opened: Page) -> None:
        held: list[Route] = []
        opened.route("**/follow-ups/new", lambda route: held.append(route) if _posts(route) else route.continue_())
        shown = dialog(opened)
        button = shown.locator(".form-foot").get_by_role("button").last
        button.click()
        expect(button).to_have_text("Scheduling…")
        held[0].continue_()
        expect(shown).to_be_hidden()

    def test_on_success_the_dialog_closes_and_the_list_reloads(self, opened: Page, contact: Contact) -> None:
        shown = dialog(opened)
        press_schedule(shown)
        expect(shown).to_be_hidden()
        expect(card(opened).locator("tbody tr[id^=followup]")).to_have_count(1)
        expect(opened.locator(".toast")).to_have_text(
            re.compile(r"^Call scheduled for \w{3} \d{1,2} \w{3}, \d\d:\d\d$")
        )
        assert the_one(contact)


def _posts(route: Route) -> bool:
    return route.request.method == "POST"


class TestOverride:
    def test_when_checked_the_list_shows_an_out_of_window_badge_on_that_follow_ups_status(
        self, opened: Page, contact: Contact
    ) -> None:
        shown = dialog(opened)
        shown.get_by_label("Allow out-of-window (customer override)").check()
        press_schedule(shown)
        expect(shown).to_be_hidden()
        expect(card(opened).locator("tbody .status .badge")).to_have_text(["Scheduled", "out-of-window"])
        assert the_one(contact).allow_out_of_window

    def test_when_checked_it_may_run_outside_the_usual_window_and_unchecked_the_rules_apply(self, opened: Page) -> None:
        shown = dialog(opened)
        shown.get_by_label("Scheduled at").fill("tomorrow 03:00")
        expect(shown.locator(".foreseen")).to_contain_text("outside calling hours")
        shown.get_by_label("Allow out-of-window (customer override)").check()
        expect(shown.locator(".foreseen")).to_contain_text("Would go then")

    def test_overrides_only_when_policy_allows(self, opened: Page, contact: Contact, faults: Faults) -> None:
        faults.expect("answered 422")
        policy = Organization.objects.filter(pk=contact.organization_id)
        policy.update(override_policy="nobody")
        try:
            shown = dialog(opened)
            shown.get_by_label("Allow out-of-window (customer override)").check()
            press_schedule(shown)
            refusal = "In Brightwater Homes nobody may allow this outside the calling window."
            expect(shown.locator("#error-allowOutOfWindow")).to_have_text(refusal)
        finally:
            policy.update(override_policy="everybody")
        assert not FollowUp.objects.filter(contact=contact).exists()


class TestViewAll:
    def test_it_opens_the_list_so_that_only_this_contacts_follow_ups_appear(
        self, instance: Instance, make: Make, page: Page, contact: Contact
    ) -> None:
        mine, other = make(), make(contact=instance.new_contact())
        page.goto(f"/contacts/{contact.public_id}")
        card(page).get_by_role("link", name="View all").click()
        expect(page).to_have_url(re.compile(rf"/follow-ups/scheduled\?contact={contact.public_id}$"))
        expect(page.locator(f"#{mine.public_id}")).to_be_visible()
        expect(page.locator(f"#{other.public_id}")).to_have_count(0)
