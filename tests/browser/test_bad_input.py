"""The Schedule follow-up dialog with everything that can be wrong: said at its field, the focus there, nothing lost."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, Page, expect

from relance.models import Agent, Contact, FollowUp, suppression
from tests.browser.faults import Faults

NOTES = "Ask about the garden."
TEMPLATE = "viewing_reminder (en)"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is typed where, and what is then said at which field."""

    at: str
    said: str
    type: str = "Call"
    typed: dict[str, str] = field(default_factory=dict)
    template: str = ""


WRONGS = {
    "a time that has passed": Wrong("Scheduled at", "has passed", typed={"Scheduled at": "yesterday 15:00"}),
    "an hour that has passed": Wrong("Scheduled at", "has passed", typed={"Scheduled at": "2026-01-05 15:00"}),
    "no time": Wrong("Scheduled at", "", typed={"Scheduled at": ""}),
    "years ahead": Wrong("Scheduled at", "more than two years ahead", typed={"Scheduled at": "2031-01-05 15:00"}),
    "words that say no time": Wrong("Scheduled at", "No day or time is named", typed={"Scheduled at": "soonish"}),
    "words that mean two days": Wrong("Scheduled at", "", typed={"Scheduled at": "3/4 15:00"}),
    "words without end": Wrong("Scheduled at", "in fewer words", typed={"Scheduled at": "Tuesday " * 99}),
    "long notes": Wrong("Notes", "At most 500 characters; these are 501.", typed={"Notes": "n" * 501}),
    "no attempts": Wrong("Max attempts", "from 1 to 20", typed={"Max attempts": "0"}),
    "too many attempts": Wrong("Max attempts", "from 1 to 20", typed={"Max attempts": "21"}),
    "attempts in words": Wrong("Max attempts", "from 1 to 20", typed={"Max attempts": "three"}),
    "half an attempt": Wrong("Max attempts", "from 1 to 20", typed={"Max attempts": "2.5"}),
    "an SMS without words": Wrong("Message", "Write the message to send.", "SMS"),
    "an SMS without end": Wrong("Message", "At most 10,000 characters", "SMS", {"Message": "x" * 10_001}),
    "an e-mail without subject": Wrong("Subject", "Write the subject", "E-mail", {"Message": "Here."}),
    "an e-mail without text": Wrong("Message", "Write the text", "E-mail", {"Subject": "The plans"}),
    "WhatsApp without template": Wrong("Template", "Choose an approved template.", "WhatsApp"),
    "a parameter left out": Wrong("day", "Fill in “day”", "WhatsApp", {"name": "Ann", "home": "1 Elm"}, TEMPLATE),
    "a webhook to nowhere": Wrong("Address", "", "Webhook", {"Address": "nonsense"}),
    "a webhook by another way": Wrong("Address", "", "Webhook", {"Address": "ftp://example.com/in"}),
    "a webhook inside": Wrong("Address", "private network", "Webhook", {"Address": "http://10.0.0.1/in"}),
    "a webhook to itself": Wrong("Address", "private network", "Webhook", {"Address": "http://localhost/in"}),
}


@pytest.fixture
def opened(page: Page, contact: Contact, faults: Faults) -> Page:
    """The contact's page; refusals are expected."""
    faults.expect("answered 422")
    page.goto(f"/contacts/{contact.public_id}")
    return page


def the_dialog(page: Page) -> Locator:
    """Opened anew."""
    page.locator("#follow-ups-card").get_by_role("button", name="Schedule follow-up").click()
    found = page.get_by_role("dialog", name="Schedule follow-up")
    expect(found).to_be_visible()
    return found


def left(dialog: Locator) -> None:
    """What was entered is given up."""
    dialog.get_by_role("button", name="Close").click()
    dialog.get_by_role("button", name="Discard").click()
    expect(dialog).to_have_count(0)


def refused(dialog: Locator, label: str, said: str, case: str = "") -> None:
    """Pressed, the dialog says this at the field with this label, and the focus is there."""
    dialog.get_by_role("button", name="Schedule", exact=True).click()
    wrong = dialog.get_by_label(label, exact=True)
    expect(wrong, f"{case}: no error at {label}").to_have_attribute("aria-invalid", "true")
    expect(wrong, case).to_be_focused()
    expect(wrong, case).to_have_accessible_description(re.compile(re.escape(said) or "."))
    expect(dialog.locator(f"#{wrong.get_attribute('aria-describedby')}"), case).to_be_in_viewport()


def test_whatever_is_wrong_is_said_at_its_field_with_the_focus_there_and_nothing_is_saved_or_lost(
    opened: Page, contact: Contact
) -> None:
    for case, wrong in WRONGS.items():
        dialog = the_dialog(opened)
        dialog.get_by_label("Type").select_option(wrong.type)
        if wrong.template:
            dialog.get_by_label("Template").select_option(wrong.template)
        typed = {"Scheduled at": "in 5 days at 15:00", "Notes": NOTES} | wrong.typed
        for label, text in typed.items():
            dialog.get_by_label(label, exact=True).fill(text)
        refused(dialog, wrong.at, wrong.said, case)
        for label, text in typed.items():
            expect(dialog.get_by_label(label, exact=True), case).to_have_value(text)
        left(dialog)
    assert not FollowUp.objects.filter(contact=contact).exists()


def test_a_contact_who_cannot_be_reached_so_is_told_at_the_type(opened: Page, contact: Contact) -> None:
    Contact.objects.filter(pk=contact.pk).update(phone="", email="")
    for kind, said in (("Call", "phone number"), ("SMS", "phone number"), ("E-mail", "e-mail address")):
        dialog = the_dialog(opened)
        dialog.get_by_label("Type").select_option(kind)
        for label in dialog.get_by_label(re.compile("^(Subject|Message)$")).filter(visible=True).all():
            label.fill("The plans")
        dialog.get_by_label("Notes").fill(NOTES)
        refused(dialog, "Type", f"The contact has no {said}. Add one and retry.", kind)
        expect(dialog.get_by_label("Notes")).to_have_value(NOTES)
        left(dialog)
    assert not FollowUp.objects.filter(contact=contact).exists()


def test_a_contact_who_is_on_the_do_not_call_list(opened: Page, contact: Contact) -> None:
    suppression.do_not_call(contact.organization, phone=contact.phone, source="member", by=None)
    dialog = the_dialog(opened)
    dialog.get_by_label("Notes").fill(NOTES)
    refused(dialog, "Type", "On the do-not-call list")
    expect(dialog.get_by_label("Notes")).to_have_value(NOTES)
    assert not FollowUp.objects.filter(contact=contact).exists()


def test_an_agent_of_another_organization(opened: Page, contact: Contact) -> None:
    theirs = Agent.objects.exclude(organization=contact.organization).first()
    assert theirs
    dialog = the_dialog(opened)
    dialog.get_by_label("Notes").fill(NOTES)
    agents = dialog.get_by_label("Agent")
    agents.evaluate("(it, id) => it.append(new Option('Theirs', id))", theirs.public_id)
    agents.select_option("Theirs")
    refused(dialog, "Agent", "This agent no longer exists. Choose another.")
    expect(dialog.get_by_label("Notes")).to_have_value(NOTES)
    assert not FollowUp.objects.filter(contact=contact).exists()
