"""What pages are made of: buttons that copy, and fields that come and go with a choice."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from relance.models import Contact

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
CLIPBOARD = ["clipboard-read", "clipboard-write"]
NESTED = """
<form id="made">
  <select name="type" aria-label="Type"><option>call</option><option>email</option></select>
  <fieldset data-shown-for="type=email">
    <input name="subject" aria-label="Subject">
    <input type="checkbox" name="more" aria-label="More">
    <div data-shown-for="more=true"><input name="copies" aria-label="Copies">
      <p data-shown-for="type=call email"><input name="deep" aria-label="Deep"></p>
    </div>
  </fieldset>
  <div data-shown-for="type=call"><input name="length" aria-label="Length"></div>
</form>
"""


def selected(page: Page) -> str:
    found: str = page.evaluate(
        "(() => { const it = document.activeElement;"
        " return it.selectionEnd ? it.value.slice(it.selectionStart, it.selectionEnd) : getSelection().toString() })()"
    )
    return found


def new_key(page: Page) -> Locator:
    page.goto("/settings/keys")
    page.get_by_role("button", name="New key").first.click()
    dialog = page.locator("#dialog dialog[open]")
    dialog.get_by_label("What it is for").fill("CRM")
    if (password := dialog.get_by_label("Password")).count():
        password.fill("follow-up-demo")
    dialog.get_by_role("button", name="Make key").click()
    expect(dialog.get_by_label("The key")).to_be_visible()
    return dialog


# -- copying -------------------------------------------------------------------------------------------------


def test_what_is_shown_once_is_copied_and_the_button_says_so(page: Page) -> None:
    page.context.grant_permissions(CLIPBOARD)
    dialog = new_key(page)
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == dialog.get_by_label("The key").input_value()


def test_without_a_clipboard_what_is_shown_once_is_selected(page: Page) -> None:
    page.add_init_script(NO_CLIPBOARD)
    dialog = new_key(page)
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Press Ctrl C")).to_be_visible()
    assert selected(page) == dialog.get_by_label("The key").input_value()


def test_without_a_clipboard_a_number_is_selected(page: Page, contact: Contact) -> None:
    page.add_init_script(NO_CLIPBOARD)
    page.goto(f"/contacts/{contact.public_id}")
    page.get_by_role("button", name="Copy the number").click()
    expect(page.locator(".toast")).to_have_text("Press Ctrl C.")
    assert selected(page).strip() == page.locator(f"a[href='tel:{contact.phone}']").inner_text()


# -- what depends on a choice --------------------------------------------------------------------------------


def test_of_what_is_hidden_nothing_is_sent_however_deep_it_lies(page: Page) -> None:
    page.goto("/")
    page.evaluate(
        "html => { document.getElementById('content').insertAdjacentHTML('afterbegin', html);"
        " document.dispatchEvent(new CustomEvent('htmx:afterSettle')) }",
        NESTED,
    )

    def sent() -> list[str]:
        names: list[str] = page.evaluate("[...new FormData(document.getElementById('made')).keys()]")
        return names

    kind, more = page.get_by_label("Type"), page.get_by_label("More", exact=True)
    assert sent() == ["type", "length"]
    kind.select_option("email")
    assert sent() == ["type", "subject"]
    more.check()
    assert sent() == ["type", "subject", "more", "copies", "deep"]
    kind.select_option("call")
    expect(page.get_by_label("Deep")).to_be_hidden()
    assert sent() == ["type", "length"]
    kind.select_option("email")
    expect(more).to_be_checked()
    expect(page.get_by_label("Deep")).to_be_visible()
    assert sent() == ["type", "subject", "more", "copies", "deep"]
    more.uncheck()
    assert sent() == ["type", "subject"]
