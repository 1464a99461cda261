"""What reaches a member outside the pages: the daily digest, and the calendar."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_the_time_of_the_digest_is_asked_for_with_the_digest_alone(page: Page) -> None:
    page.goto("/settings/profile")
    digest, at, save = (
        page.get_by_label("daily digest"),
        page.get_by_label("Each day at"),
        page.get_by_role("button", name="Save"),
    )
    expect(digest).not_to_be_checked()
    expect(at).to_be_hidden()
    digest.check()
    at.fill("07:15")
    save.click()
    expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    page.reload()
    expect(at).to_have_value("07:15")
    digest.uncheck()
    save.click()
    expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    page.reload()
    expect(at).to_be_hidden()


def test_the_address_of_the_calendar_is_made_fetched_and_revoked(page: Page) -> None:
    page.goto("/settings/profile")
    calendar, dialog = page.locator("#calendar"), page.locator("#dialog dialog[open]")
    calendar.get_by_role("button", name="Make address").click()
    dialog.get_by_role("button", name="Make address").click()
    address = dialog.get_by_label("The address").input_value()
    dialog.get_by_role("button", name="Done").click()
    expect(calendar).to_contain_text("not fetched yet")
    path = "/calendar/" + address.rpartition("/")[2]
    assert page.request.get(path).text().startswith("BEGIN:VCALENDAR")
    calendar.get_by_role("button", name="Revoke").click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(calendar.get_by_role("button", name="Make address")).to_be_visible()
    assert page.request.get(path).status == 404
