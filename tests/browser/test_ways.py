"""From one page to the next, as people go: a follow-up from the wish to what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from relance.models import Attempt, Contact, FollowUp, clock, scheduling
from relance.models.scheduling import Plan
from tests.browser.conftest import MAYA, NARROW, WIDE, Browse
from tests.browser.faults import Faults
from tests.browser.instance import Instance
from tests.browser.looks import overflowing

TOM = "tom@brightwater.example"


def planned(
    instance: Instance, contact: Contact, kind: str = "call", at: datetime | None = None, **plan: Any
) -> FollowUp:
    """A follow-up that is due in a moment, before anything else, by day or by night."""
    wanted = Plan(kind, at or instance.now + timedelta(seconds=40), allow_out_of_window=True, **plan)
    return scheduling.schedule_one(contact.organization, contact, wanted, by=instance.member(MAYA))


def card(page: Page) -> Locator:
    return page.get_by_role("region", name="Follow-ups", exact=True)


def dialog(page: Page) -> Locator:
    return page.locator("#dialog dialog[open]")


def head(page: Page) -> Locator:
    return page.locator("#follow-up-head")


def phone(page: Page, contact: Contact) -> Locator:
    return page.get_by_role("region", name=f"{contact.name}’s phone")


def toast(page: Page) -> Locator:
    return page.locator(".toast").last


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_call_from_the_contacts_page_to_their_call_log_without_scrolling_sideways(
    browse: Browse, instance: Instance, contact: Contact, size: tuple[int, int]
) -> None:
    page = browse(size=size)

    def fits() -> None:
        assert overflowing(page) == [], page.url

    page.goto(f"/contacts/{contact.public_id}")
    expect(page.locator("#contact-calls")).to_contain_text("No calls with this contact yet.")
    card(page).get_by_role("button", name="Schedule follow-up").click()
    dialog(page).get_by_label("Scheduled at").fill("in 1 minute")
    dialog(page).get_by_label("Allow out-of-window (customer override)").check()
    expect(dialog(page).locator(".foreseen")).to_contain_text("Would go then")
    fits()
    dialog(page).get_by_role("button", name="Schedule", exact=True).click()
    expect(dialog(page)).to_have_count(0)
    expect(card(page).locator(".status .badge")).to_have_text(["Scheduled", "out-of-window"])
    fits()

    if size == NARROW:
        page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Phone and clock").click()
    page.get_by_role("searchbox", name="Find a contact").fill(contact.name)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/phone\?q="))
    fits()
    page.locator(f"#phone-of-{contact.public_id} a").click()
    expect(page.locator("#clock-face")).to_contain_text(f"Call to {contact.name}")
    page.get_by_role("button", name="To the next follow-up").click()
    phone(page, contact).get_by_role("button", name="Answer").click()
    phone(page, contact).get_by_label(f"What {contact.name} says").fill("Send me the plans.")
    fits()
    page.keyboard.press("Enter")
    expect(phone(page, contact).get_by_role("log")).to_contain_text("Send me the plans.")
    phone(page, contact).get_by_role("button", name="Hang up").click()

    page.locator("#clock-way").get_by_role("link", name=f"Call to {contact.name}").click()
    expect(head(page)).to_contain_text("Completed")
    expect(page.locator("#follow-up-attempts")).to_contain_text("Success")
    expect(page.locator("#follow-up-history")).to_contain_text("4 changes")
    fits()
    page.locator("#follow-up-fields").get_by_role("link", name=contact.name).click()
    expect(card(page).locator(".status .badge").first).to_have_text("Completed")
    expect(card(page)).to_contain_text("1/3")
    logged = page.get_by_role("region", name="Call logs").get_by_role("row").last
    expect(logged).to_contain_text("Answered")
    fits()
    logged.get_by_role("link", name="Transcript").click()
    expect(dialog(page)).to_contain_text("Send me the plans.")
    fits()


def test_nobody_answers_three_times_it_fails_and_retry_schedules_it_five_minutes_ahead(
    page: Page, instance: Instance, contact: Contact
) -> None:
    follow_up = planned(instance, contact)
    page.goto(f"/phone/{contact.public_id}")
    for _ in range(3):
        follow_up.refresh_from_db()
        instance.forward(to=follow_up.next_attempt_at)
        phone(page, contact).get_by_role("button", name="Let it ring out").click()
        expect(phone(page, contact).get_by_role("button", name="Answer")).to_have_count(0)
    page.goto(f"/follow-ups/{follow_up.public_id}")
    expect(head(page)).to_contain_text("Failed")
    expect(page.locator("#follow-up-attempts")).to_contain_text("3 of 3")
    expect(page.locator("#follow-up-attempts .tries > li")).to_have_count(3)

    page.get_by_role("button", name="Retry").click()
    expect(toast(page)).to_contain_text("Scheduled anew: it goes")
    expect(head(page)).to_contain_text("Scheduled")
    expect(page.locator("#follow-up-attempts")).to_contain_text("0 of 3")
    follow_up.refresh_from_db()
    assert timedelta(minutes=4) < follow_up.scheduled_at - instance.now <= timedelta(minutes=5)


# -- too late, and just in time ------------------------------------------------------------------------------


@contextmanager
def held_up(instance: Instance, contact: Contact) -> Iterator[None]:
    """Nothing goes to the contact meanwhile, nor to those who are due with them: a batch waits for each one's lock."""
    with psycopg.connect(instance.database) as holding:
        holding.execute("SELECT 1 FROM relance_contact WHERE id = %s FOR NO KEY UPDATE", [contact.pk])
        yield


def test_what_is_cancelled_in_the_moment_it_is_about_to_go_does_not_go(
    page: Page, instance: Instance, contact: Contact
) -> None:
    later = instance.new_contact()
    first = planned(instance, contact, "sms", body="Good morning.")
    second = planned(instance, later, "sms", at=first.scheduled_at, body="See you soon.")
    page.goto(f"/follow-ups/{second.public_id}")
    with held_up(instance, contact):
        clock.set_forward(first.scheduled_at)
        expect(head(page)).to_contain_text("Queued")
        page.get_by_role("link", name="Cancel follow-up").click()
        dialog(page).get_by_role("button", name="Cancel follow-up").click()
        expect(toast(page)).to_have_text("Cancelled.")
        expect(head(page)).to_contain_text("Cancelled")
    instance.forward(minutes=10)
    expect(page.locator("#follow-up-attempts")).to_contain_text("It ended without a try.")
    assert list(Attempt.objects.filter(follow_up__in=[first, second]).values_list("follow_up", flat=True)) == [first.pk]
    page.goto(f"/phone/{later.public_id}/sms")
    expect(page.get_by_role("log")).not_to_contain_text("See you soon.")


def test_who_cancels_what_has_begun_reads_so_and_it_goes_on_once(
    page: Page, instance: Instance, contact: Contact, faults: Faults
) -> None:
    faults.expect(409)
    follow_up = planned(instance, contact)
    page.goto(f"/follow-ups/{follow_up.public_id}")
    page.get_by_role("link", name="Cancel follow-up").click()
    instance.forward(to=follow_up.scheduled_at)
    dialog(page).get_by_role("button", name="Cancel follow-up").click()
    expect(toast(page)).to_have_text("It cannot be cancelled: it is in progress now.")
    expect(dialog(page)).to_have_count(0)
    expect(head(page)).to_contain_text("In progress")
    page.goto(f"/phone/{contact.public_id}")
    phone(page, contact).get_by_role("button", name="Decline").click()
    assert Attempt.objects.filter(follow_up=follow_up).count() == 1


# -- two at once ---------------------------------------------------------------------------------------------


def test_what_another_member_does_arrives_on_every_page_without_a_reload(
    browse: Browse, instance: Instance, contact: Contact
) -> None:
    by = instance.member(MAYA)
    plan = Plan("call", instance.now + timedelta(days=1))
    follow_up = scheduling.schedule_one(contact.organization, contact, plan, by=by)
    mine, theirs = browse(MAYA), browse(TOM)
    seen = {mine: "#follow-ups-card", mine.context.new_page(): "#scheduled-rows", mine.context.new_page(): "#follow-up"}
    addresses = ("contacts/{0}", "follow-ups/scheduled?contact={0}", "follow-ups/{1}")
    for page, address in zip(seen, addresses, strict=True):
        page.goto("/" + address.format(contact.public_id, follow_up.public_id))
        page.evaluate("window.stayed = true")

    theirs.goto(f"/follow-ups/{follow_up.public_id}")
    theirs.get_by_role("button", name="Snooze").click()
    theirs.get_by_role("button", name="3 days").click()
    for page, part in seen.items():
        expect(page.locator(part)).to_contain_text("Snoozed")
    theirs.get_by_role("link", name="Cancel follow-up").click()
    dialog(theirs).get_by_role("button", name="Cancel follow-up").click()
    for page, part in seen.items():
        expect(page.locator(part)).to_contain_text("Cancelled")
    theirs.goto(f"/contacts/{contact.public_id}")
    card(theirs).get_by_role("button", name="Schedule follow-up").click()
    dialog(theirs).get_by_role("button", name="Schedule", exact=True).click()
    for page, part in list(seen.items())[:2]:
        expect(page.locator(f"{part} tr[id^=followup]")).to_have_count(2)
    expect(mine.context.pages[2].locator("#follow-up-history")).to_contain_text(re.compile("Tom Okafor"))
    assert all(page.evaluate("window.stayed") for page in seen)
