"""What every page has around it: its headers, its sidebar, what it weighs, and what the palette finds."""

from __future__ import annotations

import gzip
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.templatetags.static import static
from django.test import Client, RequestFactory
from django.views.defaults import server_error

from bench.pages import KILOBYTES, PAGES
from bench.weight import weigh
from relance.config.settings import _fingerprint
from relance.models import Contact, clock
from relance.web import palette
from tests import cast
from tests.web.follow_ups import scheduled

A_YEAR = 365 * 24 * 3600


@pytest.fixture
def maya(home: cast.House) -> Client:
    return signed_in(home.admin)


def signed_in(member: Any) -> Client:
    client = Client()
    client.force_login(member)
    return client


def options(client: Client, text: str = "") -> list[str]:
    """What the palette finds for what is typed, by the words of each option."""
    html = client.get("/palette", {"q": text}).content.decode()
    found = re.findall(r'<(?:a|button)[^>]*role="option".*?</(?:a|button)>', html, re.DOTALL)
    return [" ".join(re.sub(r"<kbd>.*?</kbd>|<[^>]+>", " ", option).split()) for option in found]


# -- every page ----------------------------------------------------------------------------------------------


def test_pages_say_what_they_may_load_and_are_kept_by_no_cache(maya: Client) -> None:
    answer = maya.get("/")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_what_does_not_change_is_kept_for_ever(maya: Client) -> None:
    page = maya.get("/").content.decode()
    addresses = re.findall(r'(?:href|src)="(/(?:static|icons)/[^"#]+)', page)
    assert len(set(addresses)) > 5
    for address in set(addresses):
        with closing(maya.get(address)) as answer:
            said = answer.headers["Cache-Control"].split(", ")
        assert {"public", "immutable"} <= set(said), address
        assert max(int(age) for age in re.findall(r"max-age=(\d+)", str(said))) >= A_YEAR, address


def test_what_scripts_import_is_kept_for_ever_too(maya: Client) -> None:
    for name in ("js/dialogs.js", "css/phone.css", "django_htmx/htmx-2.min.js"):
        with closing(maya.get(static(name))) as answer:
            assert answer.headers["Cache-Control"].endswith("immutable"), name


def test_another_version_has_other_addresses(tmp_path: Path) -> None:
    def address(**files: str) -> str:
        for old in tmp_path.iterdir():
            old.unlink()
        for name, text in files.items():
            (tmp_path / f"{name}.js").write_text(text)
        return _fingerprint(tmp_path)

    versions = [{}, {"a": "1"}, {"a": "2"}, {"b": "2"}, {"a": "12", "b": "3"}, {"a": "1", "b": "23"}, {"a": "123"}]
    assert len({address(**files) for files in versions}) == len(versions)
    assert address(a="1", b="2") == address(b="2", a="1")


def test_a_theme_is_written_into_the_page_so_that_nothing_flashes(maya: Client) -> None:
    assert "data-theme" not in maya.get("/").content.decode().split("<head>")[0]
    maya.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in maya.get("/").content.decode()
    maya.cookies["theme"] = '"><script>'
    assert "data-theme" not in maya.get("/").content.decode().split("<head>")[0]


def test_what_is_shown_when_something_breaks_asks_for_nothing() -> None:
    page = server_error(RequestFactory().get("/"))
    assert page.status_code == 500
    assert "Something went wrong" in page.content.decode()
    assert static("css/tokens.css") in page.content.decode()


def test_the_dashboard_leads_to_all_that_failed(maya: Client) -> None:
    assert 'href="/follow-ups/scheduled?group=failed">All that failed' in maya.get("/").content.decode()


def test_the_sidebar_counts_whom_the_member_owes(home: cast.House) -> None:
    tom = signed_in(home.worker)
    assert 'class="count"' not in tom.get("/").content.decode()
    Contact.objects.filter(pk=home.contact.pk).update(next_follow_up_date=clock.now().date())
    assert 'aria-label="1 due"' in tom.get("/").content.decode()
    assert 'class="count"' not in signed_in(home.colleague).get("/").content.decode()


def test_a_first_visit_is_light(maya: Client) -> None:
    def fetch(address: str) -> tuple[int, str]:
        with closing(maya.get(address, headers={"Accept-Encoding": "gzip"})) as answer:
            assert answer.status_code == 200, address
            assert answer.headers["Content-Encoding"] == "gzip", address
            content = answer.getvalue()
        return len(content), gzip.decompress(content).decode()

    found = weigh(fetch, "/")
    assert {"css", "js", "svg"} <= {address.rpartition(".")[2] for address in found}
    assert any(address.endswith("/js/toasts.js") for address in found), "what scripts import is weighed too"
    assert sum(found.values()) < KILOBYTES * 1000, found


def test_the_pages_that_are_measured_are_there(home: cast.House, maya: Client) -> None:
    ids = {"contact": home.contact.public_id, "follow_up": scheduled(home).public_id}
    for path in PAGES.values():
        assert maya.get(path.format_map(ids)).status_code == 200, path


# -- the palette ---------------------------------------------------------------------------------------------


def test_it_offers_what_there_is_when_nothing_is_typed(maya: Client) -> None:
    found = options(maya)
    assert found[0] == "Dashboard"
    assert {"Follow-ups", "Contacts", "Settings", "New contact", "Import contacts", "Dark theme"} <= set(found)


@pytest.mark.parametrize("typed", ["sarah lee", "SARAH", "lee sa", "sarah.lee@example.com", "+12125550123"])
def test_it_finds_contacts_and_what_can_be_done_with_them(maya: Client, home: cast.House, typed: str) -> None:
    found = options(maya, typed)
    assert found[0].startswith("SL Sarah Lee")
    assert found[1:] == ["Schedule a follow-up for Sarah Lee", f"Contacts matching “{typed}”"]


def test_with_a_verb_first_it_puts_doing_first(maya: Client) -> None:
    found = options(maya, "schedule sar")
    assert found[0] == "Schedule a follow-up for Sarah Lee"
    assert found[1].startswith("SL Sarah Lee")


def test_it_finds_places_and_deeds_by_the_beginnings_of_their_words(maya: Client) -> None:
    assert "Settings" in options(maya, "sett")
    assert "Dark theme" in options(maya, "theme da")
    assert "Import contacts" in options(maya, "csv")
    assert options(maya, "xyzzy") == ["Contacts matching “xyzzy”"]


def test_it_finds_only_what_the_member_may_see(home: cast.House, elsewhere: cast.House) -> None:
    sarah = home.contact.public_id
    for member, sees in ((home.admin, True), (home.worker, True), (home.colleague, False), (elsewhere.admin, False)):
        html = signed_in(member).get("/palette", {"q": "Sarah"}).content.decode()
        assert (sarah in html) is sees, member


def test_it_shows_eight_contacts_at_most_and_says_where_the_rest_are(home: cast.House, maya: Client) -> None:
    for number in range(palette.MOST_CONTACTS + 4):
        cast.contact(home.organization, f"Quentin {number:02}", email=f"q{number}@example.net")
    found = options(maya, "quen")
    people = [option for option in found if re.search(r"^Q. Quentin", option)]
    assert [option.split()[2] for option in people] == [f"{number:02}" for number in range(palette.MOST_CONTACTS)]
    assert sum("Schedule" in option for option in found) == palette.MOST_TO_SCHEDULE
    assert found[-1] == "Contacts matching “quen”"


def test_what_is_typed_is_shown_as_it_is(maya: Client) -> None:
    html = maya.get("/palette", {"q": "<script>&'x"}).content.decode()
    assert "<script>" not in html
    assert "matching “&lt;script&gt;&amp;" in html


@pytest.mark.parametrize("typed", ["'", "&|!()", "\0", "-", "a" * 5000, "schedule "])
def test_nothing_that_is_typed_breaks_it(maya: Client, typed: str) -> None:
    assert maya.get("/palette", {"q": typed}).status_code == 200


def test_it_asks_the_database_a_few_times_however_much_there_is(
    home: cast.House, maya: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        cast.contact(home.organization, f"Quentin {number:02}")
    with django_assert_max_num_queries(6):
        maya.get("/palette", {"q": "quen"})


@pytest.mark.parametrize("typed", ["", "import", "csv"])
def test_only_admins_are_offered_to_import(home: cast.House, typed: str) -> None:
    assert "Import contacts" in options(signed_in(home.admin), typed)
    assert "Import contacts" not in options(signed_in(home.worker), typed)


@pytest.mark.parametrize("typed", ["(212) 555-0123", "212 555", "212-555-01"])
def test_it_finds_numbers_as_people_write_them_at_home(maya: Client, typed: str) -> None:
    assert options(maya, typed)[0].startswith("SL Sarah Lee")


def test_a_number_at_home_is_one_of_the_organizations_country(elsewhere: cast.House) -> None:
    assert options(signed_in(elsewhere.admin), "499 000 123")[0].startswith("AR Ana Ruiz")


@pytest.mark.parametrize(
    ("page", "to"),
    [
        ("http://testserver/contacts?q=lee", "/sign-in?next=/contacts%3Fq%3Dlee"),
        ("http://testserver/", "/sign-in"),
        ("https://elsewhere.example/contacts", "/sign-in"),
    ],
)
def test_nobody_is_sent_to_sign_in_and_comes_back_to_the_page(home: cast.House, page: str, to: str) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": page}
    assert Client().get("/palette", headers=headers).headers["HX-Redirect"] == to
