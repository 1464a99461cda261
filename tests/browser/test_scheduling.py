"""The Schedule follow-up dialog under the fingers: words for time, what is foretold, what each type asks for."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from relance.models import Contact, FollowUp, scheduling
from relance.models.scheduling import Plan
from tests.browser.conftest import NARROW, Browse
from tests.browser.faults import Faults
from tests.browser.instance import Instance
from tests.browser.looks import violations

REFUSED = "answered 422"


def opened(page: Page, contact: Contact) -> Locator:
    """The dialog, over the contact's page."""
    page.goto(f"/contacts/{contact.public_id}")
    page.locator("#follow-ups-card").get_by_role("button", name="Schedule follow-up").click()
    found = page.get_by_role("dialog", name="Schedule follow-up")
    expect(found.get_by_role("button", name="Pick a date and time")).to_be_visible()  # its script has come too
    return found


@pytest.fixture
def dialog(page: Page, contact: Contact) -> Locator:
    return opened(page, contact)


def press_schedule(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Schedule", exact=True).click()


def beside(dialog: Locator) -> Locator:
    """What is said beside the time."""
    return dialog.locator(".foreseen")


# -- the time ------------------------------------------------------------------------------------------------


def test_words_are_understood_as_they_are_typed(dialog: Locator) -> None:
    dialog.get_by_label("Scheduled at").fill("")
    dialog.get_by_label("Scheduled at").press_sequentially("next Tuesday 3pm", delay=20)
    expect(beside(dialog)).to_contain_text(re.compile(r"Tue \d+ \w+, 15:00"))


def test_words_that_are_not_understood_are_said_to_be_so(dialog: Locator) -> None:
    dialog.get_by_label("Scheduled at").fill("soonish")
    expect(beside(dialog)).to_contain_text("No day or time is named.")
    expect(beside(dialog).locator("time")).to_have_count(0)


def test_both_clocks_are_shown_where_they_differ(page: Page, instance: Instance) -> None:
    dialog = opened(page, instance.new_contact(name="Ana Ruiz", timeZone="Europe/Madrid"))
    dialog.get_by_label("Scheduled at").fill("tomorrow 9:00")
    expect(beside(dialog)).to_contain_text(re.compile(r"1[45]:00 for Ana · 09:00 for you"))


def test_the_picker_writes_into_the_words_and_opens_at_what_was_understood(dialog: Locator) -> None:
    dialog.get_by_label("Scheduled at").fill("tomorrow 15:00")
    expect(beside(dialog)).to_contain_text("15:00")
    picker = dialog.get_by_label("Date and time", exact=True)
    dialog.page.evaluate(
        "() => { HTMLInputElement.prototype.showPicker = function () { this.dataset.shown = this.value; }; }"
    )
    dialog.get_by_role("button", name="Pick a date and time").click()
    expect(picker).to_have_attribute("data-shown", re.compile(r"T15:00$"))
    later = re.sub(r"T15:00$", "T16:30", picker.input_value())
    picker.fill(later)
    expect(dialog.get_by_label("Scheduled at")).to_have_value(later.replace("T", " "))
    expect(beside(dialog)).to_contain_text("16:30")


def test_what_the_gates_say_follows_type_agent_and_override(dialog: Locator) -> None:
    dialog.get_by_label("Scheduled at").fill("tomorrow 03:00")
    expect(beside(dialog)).to_contain_text(re.compile(r"Waits until .* in New York: .*outside calling hours"))
    dialog.get_by_label("Type").select_option("E-mail")
    expect(beside(dialog)).to_contain_text("Would go then")
    dialog.get_by_label("Type").select_option("Call")
    expect(beside(dialog)).to_contain_text("Waits until")
    dialog.get_by_label("Allow out-of-window (customer override)").check()
    expect(beside(dialog)).to_contain_text("Would go then")


# -- what each type asks for ---------------------------------------------------------------------------------


def test_a_type_asks_for_just_what_it_needs(dialog: Locator) -> None:
    asked = {
        "Call": [],
        "SMS": ["Message"],
        "WhatsApp": ["Template"],
        "E-mail": ["Subject", "Message"],
        "Webhook": ["Address"],
    }
    for kind, fields in asked.items():
        dialog.get_by_label("Type").select_option(kind)
        for name in ("Message", "Template", "Subject", "Address"):
            expect(dialog.get_by_label(name, exact=True)).to_be_visible(visible=name in fields)


def test_segments_of_an_sms_are_counted_as_one_types(dialog: Locator) -> None:
    dialog.get_by_label("Type").select_option("SMS")
    dialog.get_by_label("Message").fill("x" * 161)
    expect(dialog).to_contain_text("161 of 306 characters, 2 segments.")
    dialog.get_by_label("Message").fill("It’s on")
    expect(dialog).to_contain_text("7 of 70 characters, 1 segment. “’” makes it 70 to a segment instead of 160.")


def test_a_template_brings_its_parameters_and_a_preview_and_four_attempts(dialog: Locator, contact: Contact) -> None:
    dialog.get_by_label("Type").select_option("WhatsApp")
    expect(dialog.get_by_label("Max attempts")).to_have_value("4")
    dialog.get_by_label("Template").select_option("viewing_reminder (en)")
    for name, value in (("name", "Sarah"), ("home", "12 Elm Street"), ("day", "Monday")):
        dialog.get_by_label(name, exact=True).fill(value)
    expect(dialog.locator(".preview")).to_have_text("Hi Sarah, your viewing of 12 Elm Street is on Monday.")
    dialog.get_by_label("Template").select_option("new_listing (en)")
    expect(dialog.get_by_label("day", exact=True)).to_have_count(0)
    expect(dialog.get_by_label("home", exact=True)).to_have_value("12 Elm Street")
    press_schedule(dialog)
    expect(dialog).to_be_hidden()
    made = FollowUp.objects.get(contact=contact)
    assert (made.template and made.template.name, made.max_attempts) == ("new_listing", 4)
    assert made.parameters == {"name": "Sarah", "home": "12 Elm Street"}


def test_attempts_that_somebody_chose_are_left_to_them(dialog: Locator) -> None:
    dialog.get_by_label("Type").select_option("WhatsApp")
    expect(dialog.get_by_label("Max attempts")).to_have_value("4")
    dialog.get_by_label("Max attempts").fill("3")
    dialog.get_by_label("Type").select_option("SMS")
    dialog.get_by_label("Type").select_option("WhatsApp")
    expect(dialog.get_by_label("Max attempts")).to_have_value("3")


# -- errors --------------------------------------------------------------------------------------------------


def test_errors_stand_at_their_fields_and_nothing_that_was_typed_is_lost(
    dialog: Locator, contact: Contact, faults: Faults
) -> None:
    faults.expect(REFUSED)
    dialog.get_by_label("Type").select_option("E-mail")
    dialog.get_by_label("Subject").fill("The plans")
    dialog.get_by_label("Scheduled at").fill("soonish")
    dialog.get_by_label("Max attempts").fill("21")
    dialog.get_by_label("Notes").fill("n" * 501)
    expect(dialog.locator("[data-limit-of]")).to_have_text("501/500")
    press_schedule(dialog)
    message = dialog.get_by_label("Message")
    expect(message).to_be_focused()
    expect(message).to_have_accessible_description("Write the text of the e-mail.")
    expect(dialog.get_by_label("Scheduled at")).to_have_accessible_description(re.compile("^No day or time is named."))
    expect(dialog.get_by_label("Max attempts")).to_have_accessible_description("Choose from 1 to 20 attempts.")
    expect(dialog.get_by_label("Notes")).to_have_accessible_description("At most 500 characters; these are 501.")
    expect(dialog.get_by_label("Subject")).to_have_value("The plans")
    expect(dialog.get_by_label("Scheduled at")).to_have_value("soonish")
    assert not FollowUp.objects.filter(contact=contact).exists()


def test_an_error_goes_when_its_field_is_changed_and_then_all_is_well(
    dialog: Locator, contact: Contact, faults: Faults
) -> None:
    faults.expect(REFUSED)
    dialog.get_by_label("Scheduled at").fill("soonish")
    press_schedule(dialog)
    expect(dialog.locator("#error-scheduledAt")).to_be_visible()
    dialog.get_by_label("Scheduled at").fill("tomorrow 15:00")
    expect(dialog.locator(".error")).to_have_count(0)
    expect(beside(dialog)).to_contain_text("15:00")
    press_schedule(dialog)
    expect(dialog).to_be_hidden()
    assert FollowUp.objects.filter(contact=contact).count() == 1


# -- everybody, everywhere -----------------------------------------------------------------------------------


def test_it_works_by_keys_alone_and_gives_the_focus_back(page: Page, contact: Contact) -> None:
    page.goto(f"/contacts/{contact.public_id}")
    button = page.locator("#follow-ups-card").get_by_role("button", name="Schedule follow-up")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Schedule follow-up")
    expect(dialog.get_by_label("Type")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("tomorrow 15:00")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#follow-ups-card tbody tr[id^=followup]")).to_have_count(1)
    expect(button).to_be_focused()


def test_what_somebody_else_schedules_comes_into_the_card_by_itself(
    page: Page, contact: Contact, instance: Instance
) -> None:
    page.goto(f"/contacts/{contact.public_id}")
    expect(page.locator("#follow-ups-none")).to_be_visible()
    plan = Plan("call", instance.now + timedelta(days=1))
    made = scheduling.schedule_one(contact.organization, contact, plan, by=instance.member("tom@brightwater.example"))
    expect(page.locator(f"#follow-ups-card #{made.public_id}")).to_be_visible()
    expect(page.locator("#follow-ups-none")).to_have_count(0)


def test_without_scripts_it_is_a_page_with_the_same_form(browse: Browse, contact: Contact) -> None:
    page = browse(javascript=False)
    page.goto(f"/contacts/{contact.public_id}/follow-ups/new")
    page.get_by_label("Scheduled at").fill("tomorrow 15:00")
    page.get_by_role("button", name="Schedule", exact=True).click()
    expect(page).to_have_url(re.compile(f"/contacts/{contact.public_id}$"))
    expect(page.locator("#follow-ups-card tbody tr[id^=followup]")).to_have_count(1)


def test_nothing_keeps_anybody_out_whatever_the_type_and_whatever_is_wrong(dialog: Locator, faults: Faults) -> None:
    faults.expect(REFUSED)
    for kind in ("Call", "SMS", "WhatsApp", "E-mail", "Webhook"):
        dialog.get_by_label("Type").select_option(kind)
        dialog.get_by_label("Scheduled at").fill("tomorrow 03:00")
        expect(beside(dialog)).to_contain_text("03:00")
        dialog.get_by_label("Max attempts").fill("3")
        assert violations(dialog.page, "#dialog") == [], kind
        dialog.get_by_label("Max attempts").fill("21")
        press_schedule(dialog)
        expect(dialog.locator("#error-maxAttempts")).to_be_visible()
        assert violations(dialog.page, "#dialog") == [], f"{kind}, refused"


def test_it_fits_a_phone(browse: Browse, contact: Contact, instance: Instance) -> None:
    plan = Plan("call", instance.now + timedelta(days=1), allow_out_of_window=True)
    scheduling.schedule_one(contact.organization, contact, plan, by=None)
    page = browse(size=NARROW)
    dialog = opened(page, contact)
    for kind in ("Call", "SMS", "WhatsApp", "E-mail", "Webhook"):
        dialog.get_by_label("Type").select_option(kind)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
        assert dialog.evaluate("d => d.scrollWidth <= d.clientWidth")
    expect(dialog.get_by_role("button", name="Schedule", exact=True)).to_be_in_viewport()
