"""What goes wrong in the browser while a test looks elsewhere: errors, failed requests, breaches of the policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Request, Response, WebError

LOUD = ("error", "warning")
ABORTED = "net::ERR_ABORTED"  # a page that is left stops what it was still asking for
REPEATED = "Failed to load resource"  # the console's words for an answer that is seen as one


class Faults:
    """All of a test's pages are watched, and what is found fails it, but for what it expects."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._contexts: list[BrowserContext] = []
        self._found: list[str] = []
        self._expected: list[str] = []

    def expect(self, *parts: str | int) -> None:
        """Let pass what holds one of these: a status such as 422, an address, or words of an error."""
        self._expected += map(str, parts)

    def tell(self, fault: str) -> None:
        """Something else went wrong."""
        self._found.append(fault)

    def watch(self, context: BrowserContext) -> None:
        """Take note of everything that goes wrong in this context's pages."""
        self._contexts.append(context)
        for event, heard in self._hearing():
            context.on(event, heard)  # type: ignore[call-overload]

    def look_away(self) -> None:
        """Take no note of what goes wrong from now on."""
        for context in self._contexts:
            for event, heard in self._hearing():
                context.remove_listener(event, heard)

    def found(self) -> list[str]:
        """What went wrong and was not expected."""
        for page in [page for context in self._contexts for page in context.pages]:
            with suppress(Error):  # what the page did up to now has been told once it answers
                page.evaluate("0")
        return [fault for fault in self._found if not any(part in fault for part in self._expected)]

    def check(self) -> None:
        """Fail the test if anything went wrong that it did not expect."""
        found = self.found()
        assert not found, "In the browser:\n" + "\n".join(found)

    def _hearing(self) -> Iterator[tuple[str, Callable[..., None]]]:
        yield "console", self._said
        yield "weberror", self._threw
        yield "request", self._asked
        yield "requestfailed", self._failed
        yield "response", self._answered

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in LOUD and not message.text.startswith(REPEATED):
            self._found.append(f"console {message.type}: {message.text} ({message.location['url']})")

    def _threw(self, error: WebError) -> None:
        self._found.append(f"uncaught: {error.error.stack or error.error}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self._base, "data:", "blob:", "about:")):
            self._found.append(f"asked elsewhere: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != ABORTED:
            self._found.append(f"{request.method} {_path(request.url)} failed: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._found.append(f"{response.request.method} {_path(response.url)} answered {response.status}")


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
