"""Contacts in the browser: the list as one types, many at once, and the page of one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from relance.models import Contact, Evidence, Member, suppression, timeline
from tests import cast
from tests.browser.conftest import Browse
from tests.browser.faults import Faults
from tests.browser.instance import Instance

MAYA, TOM = "maya@brightwater.example", "tom@brightwater.example"


@pytest.fixture
def maya(instance: Instance) -> Member:
    return instance.member(MAYA)


@pytest.fixture
def twins(instance: Instance, maya: Member) -> list[Contact]:
    """Two contacts whose names nobody else has, with one number."""
    number = 2_000_000 + Contact.objects.count()
    tom, phone = instance.member(TOM), f"+1415{number}"
    return [
        cast.contact(maya.organization, f"{name} Zwilling{number}", maya, tom, phone=phone) for name in ("Ada", "Bo")
    ]


def found(page: Page) -> Locator:
    return page.locator("#contact-rows [data-row]")


def dialog(page: Page) -> Locator:
    return page.locator("#dialog dialog[open]")


def opened(page: Page, contact: Contact) -> Page:
    page.goto(f"/contacts/{contact.public_id}")
    return page


def searched(page: Page, contact: Contact) -> Page:
    page.goto(f"/contacts?q={contact.name.split()[-1]}")
    return page


class TestTheList:
    def test_it_narrows_as_one_types_and_the_address_keeps_it(self, page: Page, twins: list[Contact]) -> None:
        page.goto("/contacts")
        page.keyboard.press("/")
        page.keyboard.type(twins[0].name.split()[-1])
        expect(found(page)).to_have_count(2)
        expect(page.locator("#contacts-count")).to_have_text("2 contacts")
        expect(page).to_have_url(re.compile(r"/contacts\?q=Zwilling\d+$"))
        page.reload()
        expect(found(page)).to_have_count(2)
        expect(page.get_by_role("searchbox")).to_have_value(twins[0].name.split()[-1])

    def test_a_filter_acts_as_it_is_chosen(self, page: Page, twins: list[Contact]) -> None:
        twins[0].edit({"leadQuality": "NURTURE"})
        searched(page, twins[0])
        page.get_by_label("Lead quality").select_option("Nurture")
        expect(found(page)).to_have_count(1)
        expect(page).to_have_url(re.compile("quality=NURTURE"))

    def test_columns_that_are_chosen_stay(self, browse: Browse, twins: list[Contact]) -> None:
        page = searched(browse(TOM), twins[0])
        page.get_by_role("button", name="Columns").click()
        page.get_by_label("E-mail").check()
        expect(page.locator("th", has_text="E-mail")).to_be_visible()
        page.goto("/contacts")
        expect(page.locator("th", has_text="E-mail")).to_be_visible()

    def test_keys_choose_and_open(self, page: Page, twins: list[Contact]) -> None:
        searched(page, twins[0])
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(page.locator(".bulk [data-count]")).to_have_text("1 selected")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"/contacts/{twins[0].public_id}$"))

    def test_what_is_done_to_many_is_seen_at_once(self, page: Page, twins: list[Contact]) -> None:
        searched(page, twins[0])
        page.get_by_label("Select all on this page").check()
        page.locator(".bulk").get_by_role("button", name="Set quality").click()
        dialog(page).get_by_label("Lead quality").select_option("Warm")
        dialog(page).get_by_role("button", name="Set", exact=True).click()
        expect(found(page).filter(has_text="Warm")).to_have_count(2)

    def test_whom_another_adds_comes_in_by_itself(self, page: Page, twins: list[Contact], maya: Member) -> None:
        searched(page, twins[0])
        expect(found(page)).to_have_count(2)
        surname = twins[0].name.split()[-1]
        cast.contact(maya.organization, f"Cy {surname}", maya)
        expect(found(page)).to_have_count(3)
        expect(page.locator("#contacts-count")).to_have_text("3 contacts")


class TestNew:
    def test_a_number_is_shown_back_and_who_has_it_already(self, page: Page, twins: list[Contact]) -> None:
        page.goto("/contacts")
        page.get_by_role("link", name="New contact").click()
        dialog(page).get_by_label("Name", exact=True).fill("Di Zwilling")
        dialog(page).get_by_label("Phone").fill(twins[0].phone)
        dialog(page).get_by_label("Phone").press("Tab")
        expect(page.locator("#reading")).to_contain_text("2 contacts already have this number")
        dialog(page).get_by_role("button", name="Add contact").click()
        expect(page.locator("h1")).to_have_text("Di Zwilling")

    def test_focus_goes_to_the_first_field_that_is_wrong(self, page: Page, faults: Faults) -> None:
        faults.expect(422)
        page.goto("/contacts")
        page.get_by_role("link", name="New contact").click()
        dialog(page).get_by_label("Phone").fill("call me")
        dialog(page).get_by_role("button", name="Add contact").click()
        expect(page.locator("#error-name")).to_be_visible()
        expect(page.locator("#error-phone")).to_be_visible()
        expect(page.locator("#name")).to_be_focused()


class TestThePage:
    def test_the_quality_is_chosen_from_its_chip(self, page: Page, contact: Contact) -> None:
        opened(page, contact)
        page.locator("[popovertarget=quality-menu]").click()
        page.locator("#quality-menu").get_by_role("button", name="Hot").click()
        expect(page.locator("#contact-head .quality-hot")).to_be_visible()

    def test_a_note_stands_on_the_timeline_once_it_is_written(self, page: Page, contact: Contact) -> None:
        opened(page, contact).get_by_role("link", name="Add note").click()
        dialog(page).get_by_role("textbox").fill("Prefers mornings.")
        dialog(page).get_by_role("button", name="Add note").click()
        expect(page.locator("#contact-timeline")).to_contain_text("Prefers mornings.")

    def test_what_happens_elsewhere_comes_in_by_itself(self, page: Page, contact: Contact, maya: Member) -> None:
        opened(page, contact)
        timeline.note(contact, "Called the office.", maya)
        suppression.opt_out(contact.pk, ["sms"], Evidence("message", "STOP"))
        expect(page.locator("#contact-timeline")).to_contain_text("Called the office.")
        expect(page.locator("#contact-aside")).to_contain_text("Opted out")

    def test_marked_done_it_can_be_taken_back(self, page: Page, contact: Contact) -> None:
        contact.edit({"nextFollowUpDate": "2026-01-05"})
        opened(page, contact).get_by_role("button", name="Mark done").click()
        expect(page.locator(".due-day")).to_have_text("No due date")
        page.locator(".toast").get_by_role("button", name="Undo").click()
        expect(page.locator(".due-day")).to_contain_text("5 Jan")

    def test_a_consent_is_written_down_with_its_words(self, page: Page, contact: Contact, faults: Faults) -> None:
        faults.expect(422)
        opened(page, contact).get_by_role("link", name="Record an answer").click()
        dialog(page).get_by_label("WhatsApp").check()
        dialog(page).get_by_role("button", name="Record").click()
        expect(dialog(page).locator("#error-quote")).to_be_visible()
        dialog(page).get_by_label("In which words").fill("Send it by WhatsApp, please.")
        dialog(page).get_by_role("button", name="Record").click()
        expect(page.locator("#contact-aside")).to_contain_text("Send it by WhatsApp, please.")

    def test_left_alone_it_says_so_loudly(self, page: Page, contact: Contact) -> None:
        opened(page, contact).get_by_role("button", name="More actions").click()
        page.get_by_role("link", name="Put on the do-not-call list").click()
        dialog(page).get_by_label("Reason").fill("Asked at the door")
        dialog(page).get_by_role("button", name="Put on the list").click()
        expect(page.locator(".contact-listed")).to_contain_text("Asked at the door")

    def test_two_with_one_number_become_one(self, page: Page, twins: list[Contact]) -> None:
        first, second = twins
        opened(page, second).get_by_role("link", name=f"Merge with {first.name}").click()
        expect(dialog(page)).to_contain_text(first.name)
        dialog(page).get_by_role("button", name="Merge").click()
        expect(page).to_have_url(re.compile(f"/contacts/{first.public_id}$"))
        opened(page, second)
        expect(page).to_have_url(re.compile(f"/contacts/{first.public_id}$"))

    def test_a_number_is_copied(self, page: Page, contact: Contact) -> None:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened(page, contact).get_by_role("button", name="Copy the number").click()
        expect(page.locator(".toast")).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == contact.phone

    def test_without_scripts_it_can_be_read(self, browse: Browse, contact: Contact) -> None:
        page = opened(browse(javascript=False), contact)
        expect(page.locator("h1")).to_have_text(contact.name)
        expect(page.locator("#contact-profile")).to_contain_text(contact.email or "None")

    def test_the_stranger_finds_nothing(self, stranger: Page, contact: Contact, faults: Faults) -> None:
        faults.expect(404)
        opened(stranger, contact)
        expect(stranger.locator("h1")).to_have_text("There is nothing here")
