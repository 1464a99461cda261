"""The demo's phone and clock, as somebody sees them who tries Relance for the first time."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from relance.engine import calls
from relance.models import Call, Contact, Message, scheduling
from relance.models.scheduling import Plan
from tests.browser.conftest import MAYA, Browse
from tests.browser.instance import Instance
from tests.browser.looks import violations

A_JOURNEY = 90_000


def planned(instance: Instance, contact: Contact, kind: str = "call", **plan: object) -> None:
    """A follow-up that is due in a moment, before anything else."""
    at = instance.now + timedelta(seconds=40)
    wanted = Plan(kind, at, allow_out_of_window=True, **plan)  # type: ignore[arg-type]
    scheduling.schedule_one(contact.organization, contact, wanted, by=instance.member(MAYA))


def ringing(page: Page, instance: Instance, contact: Contact) -> Locator:
    """The contact's phone, on which a call rings."""
    planned(instance, contact)
    page.goto(f"/phone/{contact.public_id}")
    page.get_by_role("button", name="To the next follow-up").click()
    phone = page.get_by_role("region", name=f"{contact.name}’s phone")
    expect(phone.get_by_role("button", name="Answer")).to_be_visible()
    return phone


def test_a_call_rings_is_answered_and_stands_in_the_call_log(page: Page, instance: Instance, contact: Contact) -> None:
    phone = ringing(page, instance, contact)
    expect(phone.get_by_text("incoming call")).to_be_visible()
    phone.get_by_role("button", name="Answer").click()
    field = phone.get_by_label(f"What {contact.name} says")
    expect(field).to_be_focused()
    field.fill("Call me tomorrow at 5.")
    page.keyboard.press("Enter")
    expect(phone.get_by_role("log").get_by_text("Call me tomorrow at 5.")).to_be_visible()
    phone.get_by_role("button", name="Hang up").click()
    expect(phone.get_by_role("button", name="Hang up")).to_be_hidden()
    expect(page.locator("#clock-way")).to_contain_text(f"Call to {contact.name}")
    phone.get_by_role("link", name="Phone", exact=True).click()
    expect(page.get_by_role("region", name="Recent calls")).to_contain_text("Answered")
    assert Call.objects.get(contact=contact).transcript[1]["text"] == "Call me tomorrow at 5."


@pytest.mark.parametrize(
    ("button", "words"),
    [("Decline", "The call was declined."), ("Let it ring out", "no answer"), ("To voicemail", "voicemail")],
)
def test_a_call_that_is_not_taken_is_tried_again(
    page: Page, instance: Instance, contact: Contact, button: str, words: str
) -> None:
    phone = ringing(page, instance, contact)
    phone.get_by_role("button", name=button).click()
    expect(phone.get_by_text("Missed call")).to_be_visible()
    expect(page.locator("#clock-way")).to_contain_text(words)
    expect(page.locator("#clock-way")).to_contain_text("Next at")


def test_who_asks_to_be_left_alone_is_at_once(page: Page, instance: Instance, contact: Contact) -> None:
    phone = ringing(page, instance, contact)
    phone.get_by_role("button", name="Answer").click()
    phone.get_by_role("button", name="Stop calling me.").click()
    expect(page.get_by_text("On the do-not-call list")).to_be_visible()


def test_another_page_hears_the_phone(page: Page, browse: Browse, instance: Instance, contact: Contact) -> None:
    other = browse()
    other.goto(f"/phone?q={contact.name}")
    phone = ringing(page, instance, contact)
    row = other.locator(f"#phone-of-{contact.public_id}")
    expect(row).to_contain_text("Ringing")
    phone.get_by_role("button", name="Answer").click()
    expect(row).to_contain_text("On the phone")
    phone.get_by_role("button", name="Hang up").click()
    expect(row).not_to_contain_text("phone")


def test_a_phone_that_rings_out_elsewhere_is_silent_here(page: Page, instance: Instance, contact: Contact) -> None:
    phone = ringing(page, instance, contact)
    call = calls.under_way().get(contact=contact)
    calls.ended(call.connection_id, call.reference, "no answer")
    expect(phone.get_by_role("button", name="Answer")).to_be_hidden()
    expect(phone.get_by_text("Missed call")).to_be_visible()


def test_a_message_arrives_while_one_writes_and_is_answered(page: Page, instance: Instance, contact: Contact) -> None:
    page.goto(f"/phone/{contact.public_id}/sms")
    field = page.get_by_label(f"Write as {contact.name}")
    field.fill("ST")
    planned(instance, contact, "sms", body="See you soon.")
    instance.forward(minutes=1)
    expect(page.get_by_role("log")).to_contain_text("See you soon.")
    expect(field).to_have_value("ST")
    field.fill("STOP")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("STOP")
    expect(page.get_by_label(f"Write as {contact.name}")).to_be_focused()
    expect(page.locator("#known").get_by_role("img", name="Refused")).to_have_count(3)
    assert Message.objects.filter(conversation__contact=contact, direction="inbound").count() == 1


def test_the_clock_goes_and_every_open_page_with_it(page: Page, browse: Browse, instance: Instance) -> None:
    dashboard = browse()
    dashboard.goto("/")
    page.goto("/phone")
    page.get_by_role("button", name="To tomorrow morning").click()
    expect(page.locator("#clock-face .clock-time")).to_have_text(re.compile(r"^09:0\d$"), timeout=A_JOURNEY)
    expect(page.locator("#clock-way progress")).to_be_hidden()
    expect(dashboard.locator("#clock-small")).to_contain_text(re.compile(r"09:0\d"))


def test_the_first_steps_are_left_with_one_press(browse: Browse) -> None:
    page = browse("priya@brightwater.example")
    page.goto("/")
    expect(page.get_by_role("heading", name="Try it in four steps")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("heading", name="Try it in four steps")).to_be_hidden()


def test_axe_finds_nothing_on_a_phone_that_rings_and_on_which_somebody_talks(
    page: Page, instance: Instance, contact: Contact
) -> None:
    phone = ringing(page, instance, contact)
    assert violations(page) == []
    phone.get_by_role("button", name="Answer").click()
    expect(phone.get_by_role("button", name="Hang up")).to_be_visible()
    assert violations(page) == []
    phone.get_by_role("button", name="Hang up").click()
