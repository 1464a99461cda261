"""How soon the first byte of each page comes, and what a first visit to it weighs: on the demo's data, then with a
crowd of contacts and follow-ups beside it."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlencode

from bench import crowd
from bench.api import free_port, listens
from bench.report import Result, percentiles
from bench.size import Size
from bench.stand import Failed, database, process, progress, superuser, wait_until
from bench.weight import weigh
from relance.demo.cast import BRIGHTWATER, PASSWORD

FIRST_BYTE_MS = 60
KILOBYTES = 150
TITLE = f"Pages, first byte (at most {FIRST_BYTE_MS} ms) and first visit (at most {KILOBYTES} kB)"
READY_SECONDS = 60.0
DATABASE = "pages"
WARM_UP = 5

PAGES = {
    "dashboard": "/",
    "the hub": "/follow-ups",
    "scheduled follow-ups": "/follow-ups/scheduled",
    "a follow-up": "/follow-ups/{follow_up}",
    "contacts": "/contacts",
    "contacts, searched": "/contacts?q=contact+19",
    "a contact": "/contacts/{contact}",
    "schedule follow-up": "/contacts/{contact}/follow-ups/new",
    "pipeline": "/pipeline",
    "palette": "/palette?q=contact+1",
    "settings": "/settings/organization",
}
VISITED = "dashboard"
ADMIN = BRIGHTWATER.members[0][1]

Figures = dict[str, dict[str, float]]


def measure(size: Size) -> list[Result]:
    """Every main page as an admin of the demo sees it, alone and with the crowd."""
    found: list[Result] = []
    with database(DATABASE) as url, _serving(url) as port:
        for many in (0, size.crowd):
            if many:
                progress(f"Having {many:,} more follow-ups …")
                crowd.gather(DATABASE, many)
            progress(f"Pages, {many:,} follow-ups beside the demo's …")
            figures = _visit(port, size.visits)
            found += [Result(TITLE, name, many, numbers) for name, numbers in figures.items()]
    return found


@contextmanager
def _serving(url: str) -> Iterator[int]:
    """A web process on a demo in this database; its port."""
    ours = {"DATABASE_URL": url, "RELANCE_DEMO": "1"}
    with process("relance", "demo", **ours) as loading:
        if loading.wait(READY_SECONDS):
            raise Failed("The demo could not be loaded.")
    port = free_port()
    with process("relance", "web", "--port", str(port), **ours):
        wait_until(lambda: listens(port), READY_SECONDS, "web process")
        yield port


def _visit(port: int, visits: int) -> Figures:
    browser, ids = Browser(port), _ids()
    browser.sign_in()
    found = {name: _first_bytes(browser, path.format_map(ids), visits) for name, path in PAGES.items()}
    found[VISITED]["kilobytes"] = sum(weigh(browser.fetch, PAGES[VISITED]).values()) / 1000
    for numbers in found.values():
        over = numbers["p95"] > FIRST_BYTE_MS or numbers.get("kilobytes", 0) > KILOBYTES
        numbers["over"] = float(over)
    return found


def _first_bytes(browser: Browser, path: str, visits: int) -> dict[str, float]:
    taken = [browser.ask(path)[0] for _ in range(WARM_UP + visits)][WARM_UP:]
    figures = percentiles(taken)
    return {"p50": figures["p50"], "p95": figures["p95"]}


def _ids() -> dict[str, str]:
    """The ids in the addresses: those of the demo's first contact and follow-up, which no crowd is of."""
    with superuser(DATABASE) as connection:
        follow_up, contact = connection.execute(
            "SELECT id, contact_id FROM relance_followup ORDER BY id LIMIT 1"
        ).fetchone() or (0, 0)
    return {"follow_up": f"followup_{follow_up}", "contact": f"person_{contact}"}


class Browser:
    """One connection that is kept, and the cookies that came over it."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=READY_SECONDS)
        self._cookies: dict[str, str] = {}

    def sign_in(self) -> None:
        """Sign in as the demo's first admin."""
        form = self.ask("/sign-in")[2]
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        said = {"csrfmiddlewaretoken": token[1] if token else "", "email": ADMIN, "password": PASSWORD}
        self.ask("/sign-in", urlencode(said), expected=302)

    def fetch(self, path: str) -> tuple[int, str]:
        """How much came over the wire, and the text that it was."""
        return self.ask(path)[1:]

    def ask(self, path: str, body: str | None = None, *, expected: int = 200) -> tuple[float, int, str]:
        """Seconds until the first byte, how many came, and their text. Raises `Failed` for another status."""
        headers = {
            "Accept-Encoding": "gzip",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self._connection.request("GET" if body is None else "POST", path, body, headers)
        answer = self._connection.getresponse()
        taken, content = time.perf_counter() - began, answer.read()
        if answer.status != expected:
            raise Failed(f"{path} answered {answer.status}.")
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        packed = answer.headers["Content-Encoding"] == "gzip"
        return taken, len(content), (gzip.decompress(content) if packed else content).decode()
