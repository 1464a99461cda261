"""A follow-up for many contacts under the fingers: ticked, foretold in words, scheduled by one press."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from relance.models import Contact, FollowUp, suppression
from tests import cast
from tests.browser.conftest import NARROW, Browse
from tests.browser.instance import Instance
from tests.browser.looks import violations


@pytest.fixture
def triplets(instance: Instance) -> list[Contact]:
    """Three contacts whose name nobody else has; the last one is on the do-not-call list."""
    organization = instance.member("maya@brightwater.example").organization
    number = 3_000_000 + Contact.objects.count()
    made = [
        cast.contact(organization, f"{name} Drilling{number}", phone=f"+1212{number + n}")
        for n, name in enumerate(("Ada", "Bo", "Cy"))
    ]
    suppression.do_not_call(organization, phone=made[-1].phone, source="member", by=None)
    return made


def opened(page: Page, contacts: list[Contact]) -> Locator:
    """The dialog, over the list in which they are ticked."""
    page.goto(f"/contacts?q={contacts[0].name.split()[-1]}")
    page.get_by_label("Select all on this page").check()
    page.locator(".bulk").get_by_role("button", name="Schedule follow-up").click()
    found = page.get_by_role("dialog")
    expect(found).to_contain_text("Schedule a follow-up for 3 contacts")
    return found


def beside(dialog: Locator) -> Locator:
    return dialog.locator(".foreseen")


def test_what_would_become_of_it_is_told_and_one_press_schedules(page: Page, triplets: list[Contact]) -> None:
    dialog = opened(page, triplets)
    expect(beside(dialog)).to_contain_text("1 is on the do-not-call list.")
    dialog.get_by_label("Scheduled at").fill("next Wednesday 12:00")
    expect(beside(dialog)).to_contain_text("Of 3 contacts, 2 go then and 1 is left out.")
    dialog.get_by_label("Scheduled at").fill("next Wednesday 4am")
    expect(beside(dialog)).to_contain_text(re.compile(r"2 wait until Wed .*outside calling hours"))
    assert violations(page) == []
    dialog.get_by_role("button", name="Schedule", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("2 follow-ups scheduled for Wed")
    told = page.get_by_role("dialog", name="2 scheduled, 1 left out")
    expect(told).to_contain_text("1 is on the do-not-call list.")
    expect(told.get_by_role("link", name=triplets[-1].name)).to_be_visible()
    assert violations(page) == []
    told.get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert FollowUp.objects.filter(contact__in=triplets).count() == 2


def test_a_message_is_measured_and_the_consents_are_asked(page: Page, triplets: list[Contact]) -> None:
    dialog = opened(page, triplets)
    dialog.get_by_label("Type").select_option("sms")
    expect(beside(dialog)).to_contain_text("2 have not agreed to SMS messages.")
    dialog.get_by_label("Message").fill("Your keys are ready.")
    expect(dialog.locator("#schedule-measure")).to_contain_text("20 of 160 characters, 1 segment.")
    expect(dialog.get_by_label("Message")).to_have_value("Your keys are ready.")


def test_all_that_match_are_meant_once_they_are_chosen(page: Page, instance: Instance) -> None:
    organization = instance.member("maya@brightwater.example").organization
    name = f"Menge{Contact.objects.count()}"
    for number in range(53):
        cast.contact(organization, f"{name} {number}")
    page.goto(f"/contacts?q={name}")
    page.get_by_label("Select all on this page").check()
    bar = page.locator(".bulk")
    bar.get_by_role("button", name="Select all 53 that match").click()
    expect(bar).to_contain_text("All 53 that match selected")
    expect(bar.get_by_role("button", name="Assign")).to_be_hidden()
    bar.get_by_role("button", name="Schedule follow-up").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Schedule a follow-up for 53 contacts")
    expect(beside(dialog)).to_contain_text("All 53 are left out.")
    page.keyboard.press("Escape")
    bar.get_by_role("button", name="Clear selection").click()
    expect(bar).to_be_hidden()


def test_it_fits_a_phone(browse: Browse, triplets: list[Contact]) -> None:
    page = browse(size=NARROW)
    page.goto(f"/contacts?q={triplets[0].name.split()[-1]}")
    for contact in triplets:
        page.get_by_label(f"Select {contact.name}").check()
    page.locator(".bulk").get_by_role("button", name="Schedule follow-up").click()
    expect(page.get_by_role("dialog")).to_contain_text("Schedule a follow-up for 3 contacts")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
