"""A real browser on a real instance. Chromium and the instance are started once in each process that runs tests.

A test takes the page it needs: `page` (Maya, an admin), `page_of("tom@brightwater.example")`, `stranger` (Lucía of the
other organization), `visitor` (nobody), or `browse` for more. What goes wrong in any of them, such as an error on the
console or a failed request, fails the test unless it told `faults` to expect it. A test arranges what it needs by the
product's own verbs: `instance` is within this process's reach. It takes its own `contact`, so that none is in another's
way.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Response, expect

from relance.models import Contact, Member
from tests.browser.addresses import Visit
from tests.browser.chromium import MISSING, Chromium, path
from tests.browser.faults import Faults
from tests.browser.instance import Instance

PATIENCE_MS = 20_000

MAYA = "maya@brightwater.example"
LUCIA = "lucia@aurora.example"
WIDE, NARROW = (1360, 900), (380, 800)

expect.set_options(timeout=PATIENCE_MS)

_here = Path(__file__).parent
_chromium = Chromium()


@pytest.fixture(scope="session")
def running() -> Iterator[Instance]:
    """The instance, as long as this process runs tests."""
    home = Path(tempfile.mkdtemp(prefix="relance-browser-"))
    instance = Instance(home)
    try:
        with instance.running():
            yield instance
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def chromium() -> Chromium:
    """The browser."""
    return _chromium


@pytest.fixture
def instance(running: Instance, settings: Any, django_db_blocker: Any) -> Iterator[Instance]:
    """The instance, within this process's reach."""
    with django_db_blocker.unblock(), running.within_reach(settings):
        yield running


@pytest.fixture
def contact(instance: Instance) -> Contact:
    """Somebody whom no other test knows; Maya and Tom work them."""
    return instance.new_contact()


@pytest.fixture
def faults(instance: Instance) -> Faults:
    """What goes wrong in the browser; `faults.expect(422)` lets pass what the test brings about."""
    return Faults(instance.base)


class Browse:
    """Opens pages: each in a context of its own, as if on a machine of its own.

    What an earlier test fetched may be in its cache, as with a member who was there before; not if it is to be `new`.
    """

    def __init__(self, chromium: Chromium, instance: Instance, faults: Faults) -> None:
        self._chromium, self._instance, self.faults = chromium, instance, faults
        self._contexts: list[tuple[BrowserContext, dict[str, Any]]] = []

    def __call__(
        self,
        who: Member | str | None = MAYA,
        *,
        halfway: bool = False,
        size: tuple[int, int] = WIDE,
        dark: bool = False,
        javascript: bool = True,
        new: bool = False,
    ) -> Page:
        """A blank page of a browser in which `who` has signed in, a member or one's address; of None, nobody."""
        options = self._options(size, color_scheme="dark" if dark else "light", java_script_enabled=javascript)
        context = self._chromium.running().new_context(**options) if new else self._chromium.lend(**options)
        context.set_default_timeout(PATIENCE_MS)
        if who:
            context.add_cookies([self._instance.session(who, halfway=halfway)])
        self._contexts.append((context, options))
        self.faults.watch(context)
        return context.new_page()

    def all(self, visits: Iterable[Visit], **options: Any) -> Iterator[tuple[Visit, Page, Response]]:
        """Each of these pages, shown as it is when it has come to rest; whoever looks at several has one page."""
        pages: dict[tuple[Member | None, bool], Page] = {}
        for visit in visits:
            who = (visit.who, visit.halfway)
            page = pages.get(who) or pages.setdefault(who, self(visit.who, halfway=visit.halfway, **options))
            answer = page.goto(visit.address)
            assert answer
            if urlsplit(page.url).path != urlsplit(visit.address).path:
                self.faults.tell(f"{visit.address} led to {page.url}")
            yield visit, page, answer

    def keep(self, folder: Path) -> None:
        """Write what every page shows to a folder."""
        for number, page in enumerate((page for context, _ in self._contexts for page in context.pages), 1):
            with suppress(Error):
                page.screenshot(path=folder / f"page{number}.png", full_page=True)

    def close(self) -> None:
        self.faults.look_away()
        for context, options in self._contexts:
            self._chromium.take_back(context, **options)

    def _options(self, size: tuple[int, int], **besides: Any) -> dict[str, Any]:
        width, height = size
        return {
            "base_url": self._instance.base,
            "viewport": {"width": width, "height": height},
            "has_touch": size == NARROW,
            "locale": "en-US",
            "timezone_id": "America/New_York",
            "reduced_motion": "reduce",
            **besides,
        }


@pytest.fixture
def browse(chromium: Chromium, instance: Instance, faults: Faults) -> Iterator[Browse]:
    """Opens pages: `browse(who, size=NARROW, dark=True, javascript=False)`."""
    opener = Browse(chromium, instance, faults)
    yield opener
    opener.close()


@pytest.fixture
def page(browse: Browse) -> Page:
    """A page of Maya, who is an admin."""
    return browse()


@pytest.fixture
def page_of(browse: Browse) -> Callable[[str], Page]:
    """A page of the member with this address."""
    return browse


@pytest.fixture
def stranger(browse: Browse) -> Page:
    """A page of Lucía, the admin of the other organization."""
    return browse(LUCIA)


@pytest.fixture
def visitor(browse: Browse) -> Page:
    """A page of nobody who has signed in."""
    return browse(None)


@pytest.fixture
def dark_page(browse: Browse) -> Page:
    """A page of Maya, whose system is dark."""
    return browse(dark=True)


@pytest.fixture
def narrow_page(browse: Browse) -> Page:
    """A page of Maya on a phone."""
    return browse(size=NARROW)


# -- how a test begins and ends ------------------------------------------------------------------------------


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without a browser its tests are skipped, all for one reason."""
    if "chromium" in getattr(item, "fixturenames", ()) and not path():
        pytest.skip(MISSING)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None, Any, Any]:
    """The browser goes when the next test is not one of those here."""
    result = yield
    if nextitem is None or _here not in nextitem.path.parents:
        _chromium.stop()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test whose pages had faults fails, however well it went for the rest."""
    result = yield
    if faults := _fixture(item, "faults"):
        faults.check()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Of a test that failed, what its pages showed is kept, and the report says where."""
    report = yield
    browse = _fixture(item, "browse")
    if report.when == "call" and report.failed and browse:
        folder = Path(tempfile.mkdtemp(prefix=f"relance-{re.sub(r'[^a-z0-9]+', '-', item.name.lower())[:60]}-"))
        browse.keep(folder)
        report.sections.append(("in the browser", f"Screenshots: {folder}"))
    return report


def _fixture(item: pytest.Item, name: str) -> Any:
    return getattr(item, "funcargs", {}).get(name)
