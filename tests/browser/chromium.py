"""The browser of a process that runs tests."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Playwright, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MISSING = "There is no Chromium. Install it, on Debian by “apt-get install chromium-headless-shell”."
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
IN_A_LOOP = "DJANGO_ALLOW_ASYNC_UNSAFE"


def path() -> str | None:
    """Where there is one; None on a machine without."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """Runs while it is needed, and no longer: Playwright keeps an event loop in this thread, which other tests' own
    loops could not bear, and which Django has to be told of."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._idle: defaultdict[str, list[BrowserContext]] = defaultdict(list)

    def running(self) -> Browser:
        """The browser, started if it does not run."""
        if self._browser is None:
            os.environ[IN_A_LOOP] = "1"
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(executable_path=path(), args=ARGUMENTS)
        return self._browser

    def lend(self, **options: Any) -> BrowserContext:
        """A context in which nobody is signed in and no page is open; what others fetched may be kept in it."""
        idle = self._idle[str(options)]
        return idle.pop() if idle else self.running().new_context(**options)

    def take_back(self, context: BrowserContext, **options: Any) -> None:
        """Let the next who wants one of these `options` have it."""
        try:
            for page in context.pages:
                page.close()
            context.clear_cookies()
            context.clear_permissions()
        except Error:
            context.close()
        else:
            self._idle[str(options)].append(context)

    def stop(self) -> None:
        """End it, and its loop."""
        self._idle.clear()
        if self._browser:
            self._browser.close()
        if self._playwright:
            self._playwright.stop()
        self._browser = self._playwright = None
        os.environ.pop(IN_A_LOOP, None)
