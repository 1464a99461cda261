"""The page of a follow-up in the browser: what is done there, and what changes by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from relance.models import Contact, FollowUp, scheduling, verbs
from relance.models.moves import SYSTEM, Actor
from relance.models.scheduling import Plan
from tests.browser.conftest import NARROW, Browse
from tests.browser.faults import Faults
from tests.browser.instance import Instance
from tests.browser.looks import violations

TOM = "tom@brightwater.example"
NEW_YORK = ZoneInfo("America/New_York")
HOSTILE = "<img src=x onerror=alert(1)>\u202etxet esrever\u0000".replace("\u0000", "") + "A" * 9_900
Make = Callable[..., FollowUp]


@pytest.fixture
def make(instance: Instance, contact: Contact) -> Make:
    """Schedules a follow-up to the test's own contact."""

    def made(kind: str = "call", *, at: datetime | None = None, **plan: Any) -> FollowUp:
        wanted = Plan(kind, at or noon(instance, 3), **plan)
        by = instance.member("maya@brightwater.example")
        return scheduling.schedule_one(contact.organization, contact, wanted, by=by)

    return made


def noon(instance: Instance, days: int) -> datetime:
    """At noon in New York, so many days from the instance's today."""
    local = instance.now.astimezone(NEW_YORK) + timedelta(days=days)
    return local.replace(hour=12, minute=0, second=0, microsecond=0)


def opened(page: Page, follow_up: FollowUp) -> Page:
    page.goto(f"/follow-ups/{follow_up.public_id}")
    return page


def head(page: Page) -> Locator:
    return page.locator("#follow-up-head")


def toast(page: Page) -> Locator:
    return page.locator(".toast").last


def dialog(page: Page) -> Locator:
    return page.locator("#dialog dialog[open]")


def test_snoozing_by_the_menu_is_said_and_shown_at_once(page: Page, make: Make) -> None:
    opened(page, make())
    page.get_by_role("button", name="Snooze").click()
    page.get_by_role("button", name="3 days").click()
    expect(toast(page)).to_have_text(re.compile("^Snoozed until .* in New York"))
    expect(head(page)).to_contain_text("Snoozed")
    expect(page.locator("#follow-up-history")).to_contain_text("2 changes")


def test_words_are_said_back_before_they_count(page: Page, make: Make) -> None:
    opened(page, make())
    page.get_by_role("button", name="Snooze").click()
    page.get_by_role("link", name="Until another time").click()
    dialog(page).get_by_label("Or until").press_sequentially("tomorrow at 3pm")
    expect(dialog(page).locator("#until-understood")).to_have_text(re.compile(r"^\s*\w{3} \d+ \w{3}, 15:00\s*$"))
    dialog(page).get_by_role("button", name="Snooze", exact=True).click()
    expect(toast(page)).to_contain_text("15:00 in New York.")
    expect(dialog(page)).to_have_count(0)


def test_words_that_are_no_time_keep_the_dialog_and_the_focus(page: Page, make: Make, faults: Faults) -> None:
    faults.expect(422)
    opened(page, make())
    page.get_by_role("link", name="Reschedule").click()
    dialog(page).get_by_label("Date and time").fill("soonish")
    dialog(page).get_by_role("button", name="Reschedule").click()
    expect(dialog(page).locator(".error")).to_contain_text("No day or time is named.")
    expect(dialog(page).get_by_label("Date and time")).to_be_focused()
    expect(dialog(page).get_by_label("Date and time")).to_have_value("soonish")


def test_cancelling_asks_first_and_then_leaves_deleting_alone(page: Page, make: Make) -> None:
    follow_up = make()
    opened(page, follow_up)
    page.get_by_role("link", name="Cancel follow-up").click()
    dialog(page).get_by_role("button", name="Keep it").click()
    expect(dialog(page)).to_have_count(0)
    page.get_by_role("link", name="Cancel follow-up").click()
    dialog(page).get_by_role("button", name="Cancel follow-up").click()
    expect(toast(page)).to_have_text("Cancelled.")
    expect(head(page).get_by_role("link", name="Delete")).to_be_visible()
    expect(head(page).get_by_role("button", name="Snooze")).to_have_count(0)
    expect(page.locator("#follow-up-why")).to_contain_text("Why was this cancelled?")


def test_who_was_too_late_reads_a_sentence_and_sees_what_is(page: Page, make: Make, faults: Faults) -> None:
    faults.expect(409)
    follow_up = make()
    opened(page, follow_up)
    page.get_by_role("link", name="Edit").click()
    dialog(page).get_by_label("Notes").fill("Too late.")
    verbs.cancel_one(follow_up, SYSTEM)
    dialog(page).get_by_role("button", name="Save").click()
    expect(toast(page)).to_have_text("It cannot be changed: it is cancelled now.")
    expect(head(page)).to_contain_text("Cancelled")
    expect(dialog(page)).to_have_count(0)


def test_editing_a_template_asks_for_its_parameters_and_previews_them(
    page: Page, make: Make, instance: Instance
) -> None:
    house = instance.house()
    follow_up = make("whatsapp", template=house.template, parameters={"name": "Ann", "home": "1 Elm", "day": "Monday"})
    opened(page, follow_up)
    page.get_by_role("link", name="Edit").click()
    dialog(page).get_by_label("day").fill("Monday noon")
    expect(dialog(page).locator("#edit-preview")).to_contain_text("is on Monday noon.")
    dialog(page).get_by_label("Template").select_option(label="new_listing (en)")
    expect(dialog(page).get_by_label("day")).to_have_count(0)
    expect(dialog(page).get_by_label("home")).to_have_value("1 Elm")
    dialog(page).get_by_role("button", name="Save").click()
    expect(toast(page)).to_have_text("Saved.")
    expect(page.locator("#follow-up-fields")).to_contain_text("new_listing")


def test_what_the_worker_does_appears_by_itself_and_keeps_what_was_unfolded(
    page: Page, make: Make, instance: Instance
) -> None:
    follow_up = make("email", at=instance.now + timedelta(hours=2), subject="The plans", body="Here.")
    opened(page, follow_up)
    expect(page.locator("#follow-up-attempts")).to_contain_text("Not tried yet.")
    consent = page.locator("#gate-consent")
    consent.locator("summary").click()
    instance.forward(hours=3)
    expect(head(page)).to_contain_text("Completed")
    expect(page.locator("#follow-up-attempts")).to_contain_text("Success")
    expect(page.locator("#follow-up-talk")).to_contain_text("Here.")
    expect(page.locator("#follow-up-why")).to_contain_text("What it met")
    expect(page.locator("#gate-consent")).to_have_attribute("open", "")


def test_what_another_member_does_appears_by_itself(page: Page, make: Make, instance: Instance) -> None:
    follow_up = make()
    opened(page, follow_up)
    verbs.snooze(follow_up, noon(instance, 9), Actor.of(instance.member(TOM)))
    expect(page.locator("#follow-up-history")).to_contain_text("Tom Okafor")
    expect(head(page)).to_contain_text("Snoozed")


def test_deleting_leads_to_the_list(page: Page, make: Make, faults: Faults) -> None:
    follow_up = make()
    verbs.cancel_one(follow_up, SYSTEM)
    opened(page, follow_up)
    page.get_by_role("link", name="Delete").click()
    faults.expect(404)  # the page that is left may look for it once more
    dialog(page).get_by_role("button", name="Delete").click()
    page.wait_for_url("**/follow-ups/scheduled")
    assert not FollowUp.objects.filter(pk=follow_up.pk).exists()


def test_an_id_is_copied(browse: Browse, make: Make) -> None:
    page = browse()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    follow_up = make()
    opened(page, follow_up)
    page.get_by_role("button", name="Copy the id").click()
    expect(toast(page)).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == follow_up.public_id


def test_without_javascript_it_can_be_read_and_cancelled(browse: Browse, make: Make) -> None:
    page = opened(browse(javascript=False), make())
    expect(page.locator("#follow-up-why")).to_contain_text("Calling window")
    page.get_by_role("link", name="Cancel follow-up").click()
    page.get_by_role("button", name="Cancel follow-up").click()
    expect(head(page)).to_contain_text("Cancelled")


@pytest.mark.parametrize("size", [NARROW, (1360, 900)], ids=["narrow", "wide"])
def test_hostile_texts_are_text_and_stay_in_their_place(
    browse: Browse, instance: Instance, make: Make, contact: Contact, size: tuple[int, int]
) -> None:
    Contact.objects.filter(pk=contact.pk).update(name=HOSTILE)
    follow_up = make("sms", body=HOSTILE, notes=HOSTILE[:500])
    page = opened(browse(size=size), follow_up)
    expect(head(page)).to_contain_text("<img src=x")
    assert page.locator("main img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    box = page.locator("h1").bounding_box()
    assert box
    assert box["height"] <= 3 * 32 + 1
    page.locator("#follow-up-fields").get_by_text("Show more").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.get_by_role("link", name="Cancel follow-up").click()
    expect(dialog(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_nothing_keeps_anybody_out_of_what_was_carried_out(page: Page, instance: Instance, make: Make) -> None:
    follow_up = make("email", at=instance.now + timedelta(hours=2), subject="The plans", body="Here.")
    instance.forward(hours=3)
    assert violations(opened(page, follow_up)) == []
