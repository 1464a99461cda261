"""Importing contacts in the browser: from the dropped file to the contacts, and coming back on the way."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from relance.models import Contact, ContactImport
from tests.browser.conftest import Browse
from tests.browser.faults import Faults
from tests.browser.instance import Instance

PEOPLE = "Full name,Mobile,Colour\nImported Irene,+1 646 555 0{number},red\nImported Ivo,12,blue\n"

DROP = """([place, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
  const drop = new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true });
  document.querySelector(place).dispatchEvent(drop);
}"""


def upload(page: Page, text: str) -> None:
    page.goto("/contacts/import")
    page.evaluate(DROP, [".drop", text])
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/columns")


def test_a_dropped_file_becomes_contacts(page: Page, instance: Instance) -> None:
    upload(page, PEOPLE.format(number=171))
    expect(page.get_by_label("What “Mobile” holds")).to_have_value("phone")
    page.locator(".unused summary").click()
    page.get_by_label("What “Colour” holds").select_option("company")
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("#outcome-title")).to_have_text("What would come of it")
    expect(page.locator(".figures-row")).to_contain_text(re.compile(r"New\s*1 contact"))
    expect(page.locator(".reasons")).to_contain_text("Line 3")
    assert not Contact.objects.filter(phone="+16465550171").exists()
    page.get_by_role("button", name="Import 1 contact").click()
    expect(page.locator("#outcome-title")).to_have_text("Imported")
    assert Contact.objects.get(phone="+16465550171").company == "red"
    with page.expect_download() as download:
        page.get_by_role("link", name="Rejected rows").click()
    assert "Imported Ivo,12,blue,3," in Path(download.value.path()).read_text(encoding="utf-8-sig")
    page.get_by_role("link", name="Go to contacts").click()
    expect(page).to_have_url(re.compile("/contacts$"))


def test_one_can_leave_and_come_back(page: Page, browse: Browse, instance: Instance) -> None:
    upload(page, PEOPLE.format(number=172))
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url(re.compile(r"/contacts/import/import_\d+$"))
    address = page.url
    page.goto("/contacts")
    other = browse()
    other.goto(address)
    expect(other.locator("#outcome-title")).to_have_text("What would come of it")
    page.goto("/contacts/import")
    page.get_by_role("link", name="dropped.csv").first.click()
    expect(page.get_by_role("button", name="Import 1 contact")).to_be_visible()


def test_its_progress_is_shown_with_figures_until_it_has_ended(page: Page, instance: Instance) -> None:
    upload(page, PEOPLE.format(number=173))
    made = ContactImport.objects.latest("id")
    mine = ContactImport.objects.filter(pk=made.pk)
    mine.update(status="running", total=2000, processed=500, created=400, unchanged=100)
    page.goto(f"/contacts/import/{made.public_id}")
    expect(page.locator("#import-work")).to_contain_text("500 of 2,000 rows")
    mine.update(processed=1500, created=1400)
    expect(page.locator("progress")).to_have_attribute("value", "1500")
    mine.update(status="done", processed=2000, created=1900, finished_at=made.created_at)
    expect(page.locator("#outcome-title")).to_be_visible()


def test_one_that_is_too_large_is_told_before_it_is_sent(page: Page) -> None:
    page.goto("/contacts/import")
    page.evaluate("document.querySelector('.drop').dataset.most = 10")
    page.evaluate(DROP, [".drop", PEOPLE])
    expect(page.locator("[data-too-large]")).to_be_visible()
    expect(page.get_by_role("button", name="Upload")).to_be_disabled()


def test_what_is_no_list_is_told_in_a_sentence(page: Page, faults: Faults) -> None:
    faults.expect(422)
    page.goto("/contacts/import")
    page.evaluate(DROP, [".drop", "%PDF-1.7 and more"])
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#error-file")).to_contain_text("This is a PDF, not a CSV file.")


def test_without_javascript_it_goes_all_the_same(browse: Browse, instance: Instance) -> None:
    page = browse(javascript=False)
    page.goto("/contacts/import")
    text = PEOPLE.format(number=174).encode()
    page.locator("#file").set_input_files({"name": "plain.csv", "mimeType": "text/csv", "buffer": text})
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("h1")).to_have_text("plain.csv")
