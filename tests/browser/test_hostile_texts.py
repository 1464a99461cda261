"""The worst that people may write is shown, as the text that it is, wherever texts are shown.

That it breaks nothing on any page is seen in `test_every_page.py`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from relance.models import Contact, FollowUp, Template, scheduling, timeline
from relance.models.scheduling import Plan
from tests.browser.conftest import MAYA
from tests.browser.hostile import BROKEN_OUT, LONGEST_TEXT, MARKUP, TURNS, WRITTEN, text
from tests.browser.instance import Instance
from tests.browser.looks import overflowing


@pytest.fixture
def written(contact: Contact) -> Contact:
    """A contact with the worst name, company and note."""
    Contact.objects.filter(pk=contact.pk).update(name=text(300), company=text(300))
    timeline.note(contact, text(2000), contact.assignments.first().member)
    contact.refresh_from_db()
    return contact


@pytest.fixture
def follow_up(instance: Instance, written: Contact) -> FollowUp:
    """An SMS to them, of the worst text and with the worst note, that is due in a moment."""
    plan = Plan("sms", instance.now + timedelta(seconds=40), body=text(LONGEST_TEXT), notes=text(500),
                allow_out_of_window=True)  # fmt: skip
    return scheduling.schedule_one(written.organization, written, plan, by=instance.member(MAYA))


@pytest.fixture
def template(written: Contact) -> Iterator[Template]:
    """The worst template."""
    made = Template.objects.create(
        organization=written.organization, name=text(200), body=text(900), parameters=[], approval="approved"
    )
    yield made
    made.delete()


def shown(page: Page, *parts: str) -> None:
    """Each of these parts of the page shows the markup that was written as text, and the page holds."""
    for part in parts:
        expect(page.locator(part).first).to_contain_text(WRITTEN.replace(TURNS, "")[:20])
    assert page.evaluate(BROKEN_OUT, TURNS) == []
    assert overflowing(page) == []


def test_hostile_texts_are_shown_as_text_wherever_texts_are_shown(
    page: Page, instance: Instance, written: Contact, follow_up: FollowUp, template: Template
) -> None:
    page.goto(f"/follow-ups/{follow_up.public_id}")
    shown(page, "#follow-up-head h1", "#follow-up-fields .text")
    page.goto(f"/follow-ups/scheduled?contact={written.public_id}")
    shown(page, ".who-cell", ".note-text", ".scheduled-chips")
    page.goto(f"/contacts/{written.public_id}")
    shown(page, "h1", "#contact-timeline", "#contact-profile")
    page.locator("#follow-ups-card").get_by_role("button", name="Schedule follow-up").click()
    page.get_by_label("Type").select_option("WhatsApp")
    page.get_by_label("Template", exact=True).select_option(template.public_id)
    shown(page, "#schedule-template", "#dialog .preview")
    page.keyboard.press("Escape")
    page.goto("/")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill(WRITTEN[:20])
    shown(page, "#palette-found [role=option]")
    page.keyboard.press("Escape")
    instance.forward(minutes=1)
    page.goto(f"/phone/{written.public_id}")
    shown(page, "h1", "#phone-notices")
    page.goto(f"/phone/{written.public_id}/sms")
    shown(page, "[role=log]")
    page.evaluate("said => document.dispatchEvent(new CustomEvent('relance:said', {detail: {said}}))", text(500))
    shown(page, ".toast")


def test_no_cell_of_what_is_exported_is_a_formula(page: Page, written: Contact, follow_up: FollowUp) -> None:
    for address in (f"/follow-ups/scheduled/export?contact={written.public_id}", "/contacts/export?q=esrever"):
        answer = page.request.get(address)
        assert answer.headers["content-type"].startswith("text/csv")
        cells = [cell for row in csv.reader(io.StringIO(answer.text().removeprefix("\ufeff"))) for cell in row]
        assert any(MARKUP in cell for cell in cells), address
        assert [cell for cell in cells if cell.startswith(("=", "@", "-", "\t", "\r"))] == []
