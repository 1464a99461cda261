"""Accounts in a browser: getting in, the second factor, invitations, and the forms of the settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from django.conf import global_settings
from playwright.sync_api import Page, expect

from relance.models import ApiKey, Invitation, Member, Organization
from tests import cast
from tests.browser.conftest import Browse
from tests.browser.faults import Faults
from tests.browser.instance import Instance

PASSWORD = "a long enough password"


@pytest.fixture
def joined(instance: Instance, contact: Any, settings: Any) -> Member:
    """A member whom no other test knows; their password is hashed as the instance does it."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    home = instance.member("maya@brightwater.example").organization
    return cast.member(home, f"New {contact.name}", f"member.{contact.pk}@brightwater.example")


def sign_in(page: Page, member: Member) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(member.email)
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile(r"/(sign-in/code)?$"))


def test_a_member_of_the_demo_signs_in_with_one_press(visitor: Page) -> None:
    visitor.goto("/sign-in?next=/settings/profile")
    visitor.get_by_role("button", name="Tom Okafor").click()
    visitor.wait_for_url("**/settings/profile")
    expect(visitor.get_by_label("Name")).to_have_value("Tom Okafor")


def test_who_types_wrongly_is_told_and_keeps_what_was_typed(visitor: Page, faults: Faults, joined: Member) -> None:
    faults.expect(422)
    visitor.goto("/sign-in")
    visitor.get_by_label("E-mail").fill(joined.email)
    visitor.get_by_label("Password").fill("wrong")
    visitor.get_by_role("button", name="Sign in", exact=True).click()
    expect(visitor.get_by_role("alert")).to_contain_text("do not go together")
    expect(visitor.get_by_label("E-mail")).to_have_value(joined.email)
    expect(visitor.get_by_label("Password")).to_be_focused()


def test_a_second_factor_is_set_up_and_asked_for(visitor: Page, browse: Browse, faults: Faults, joined: Member) -> None:
    faults.expect(422)
    sign_in(visitor, joined)
    visitor.goto("/settings/security")
    visitor.get_by_role("button", name="Set up").click()
    secret = visitor.locator(".secret").inner_text().replace(" ", "")
    visitor.get_by_label("Type the six digits").fill("000000")
    visitor.get_by_role("button", name="Turn on").click()
    expect(visitor.locator("#error-code")).to_be_visible()
    expect(visitor.get_by_label("Type the six digits")).to_be_focused()
    visitor.get_by_label("Type the six digits").fill(pyotp.TOTP(secret).now())
    visitor.get_by_role("button", name="Turn on").click()
    recovery = visitor.locator("#recovery-codes").inner_text().split()
    assert len(recovery) == 10
    visitor.get_by_role("button", name="I have kept them").click()
    expect(visitor.get_by_text("10 recovery codes left")).to_be_visible()

    another = browse(None)
    sign_in(another, joined)
    another.get_by_label("Code").fill(recovery[0])
    another.get_by_role("button", name="Sign in", exact=True).click()
    another.wait_for_url(re.compile(r"/$"))


def test_an_invitation_makes_a_member_and_the_list_knows(page: Page, browse: Browse, contact: Any) -> None:
    email = f"invited.{contact.pk}@example.com"
    page.goto("/settings/members")
    page.get_by_role("button", name="Invite").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("dialog").get_by_role("button", name="Invite").click()
    link = page.get_by_label("The link").input_value()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("cell", name=email, exact=True)).to_be_visible()
    theirs = browse(None)
    theirs.goto(link)
    theirs.get_by_label("Your name").fill("Ana Ruiz")
    theirs.get_by_label("Password").fill(PASSWORD)
    theirs.get_by_role("button", name="Show it").click()
    expect(theirs.get_by_label("Password")).to_have_attribute("type", "text")
    theirs.get_by_role("button", name="Join").click()
    theirs.wait_for_url(re.compile(r"/$"))
    expect(page.get_by_role("row").filter(has_text=email)).to_contain_text("Agent")
    assert not Invitation.objects.pending().filter(email=email).exists()


def test_what_an_admin_does_to_a_member_shows_at_once(page: Page, joined: Member) -> None:
    page.goto("/settings/members")
    page.get_by_role("button", name=f"Actions for {joined.name}").click()
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(page.get_by_role("status")).to_contain_text(f"{joined.name} is deactivated.")
    expect(page.get_by_role("row").filter(has_text=joined.email)).to_contain_text("Deactivated")


def test_a_key_is_shown_once_and_leaves_the_list_when_revoked(browse: Browse, visitor: Page, joined: Member) -> None:
    sign_in(visitor, joined)
    visitor.goto("/settings/keys")
    visitor.get_by_role("button", name="New key").first.click()
    visitor.get_by_label("What it is for").fill("CRM")
    visitor.get_by_role("button", name="Make key").click()
    text = visitor.get_by_label("The key").input_value()
    assert ApiKey.holder(text)
    visitor.get_by_role("button", name="I have kept it").click()
    visitor.get_by_role("button", name="Revoke CRM").click()
    visitor.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True).click()
    expect(visitor.get_by_text("There is none yet.")).to_be_visible()
    assert not ApiKey.holder(text)


def test_a_profile_is_saved_in_place(visitor: Page, faults: Faults, joined: Member) -> None:
    faults.expect(422)
    sign_in(visitor, joined)
    visitor.goto("/settings/profile")
    visitor.get_by_label("Time zone").fill("Mars/Olympus")
    visitor.get_by_role("button", name="Save").click()
    expect(visitor.locator("#error-timeZone")).to_contain_text("Mars/Olympus")
    expect(visitor.get_by_label("Time zone")).to_be_focused()
    visitor.get_by_label("Time zone").fill("Asia/Tokyo")
    expect(visitor.locator("time[data-clock]")).to_have_attribute("data-clock", "Asia/Tokyo")
    visitor.get_by_role("button", name="Save").click()
    expect(visitor.get_by_role("status")).to_contain_text("Your profile is saved.")
    joined.refresh_from_db()
    assert joined.time_zone == "Asia/Tokyo"


def test_hours_are_added_taken_away_and_copied(page: Page, faults: Faults) -> None:
    faults.expect(422)
    before = Organization.objects.values("hours").get(name="Brightwater Homes")
    page.goto("/settings/organization")
    sent: Callable[[str], str] = lambda day: page.locator(f"input[name='hours.{day}']").input_value()  # noqa: E731
    page.get_by_label("Monday until").fill("13")
    page.get_by_role("button", name="Add hours on Monday").click()
    expect(page.get_by_label("Monday from").last).to_be_focused()
    assert sent("mon") == "08:00–13:00, 14:00–18:00"
    page.get_by_role("button", name="Copy the hours of Monday to all days").click()
    assert sent("sun") == sent("mon")
    page.get_by_role("button", name="Remove 08:00 to 13:00 on Sunday").click()
    page.get_by_role("button", name="Remove 14:00 to 18:00 on Sunday").click()
    assert sent("sun") == ""
    expect(page.get_by_role("group", name="Sunday")).to_contain_text("Closed")
    page.get_by_label("Monday until").last.fill("13:30")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#error-hours")).to_contain_text("Monday: 14:00 to 13:30")
    expect(page.get_by_label("Monday from").first).to_have_attribute("aria-invalid", "true")
    assert not page.get_by_label("Tuesday from").first.get_attribute("aria-invalid")
    assert Organization.objects.values("hours").get(name="Brightwater Homes") == before


def test_closed_days_are_rows_that_come_and_go(page: Page) -> None:
    page.goto("/settings/organization")
    rows = page.locator("[data-row-of]")
    was = rows.count()
    page.get_by_role("button", name="Add a day").click()
    expect(rows).to_have_count(was + 1)
    page.get_by_role("button", name="Remove this day").last.click()
    expect(rows).to_have_count(was)


def test_without_javascript_hours_are_lines_of_text(browse: Browse) -> None:
    page = browse(javascript=False)
    page.goto("/settings/organization")
    expect(page.get_by_label("Monday")).to_have_value("08:00–21:00")
    expect(page.get_by_role("button", name="Add a day")).to_be_hidden()
