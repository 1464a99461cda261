"""Takes README.md's pictures anew, from a demo that is gone afterwards: `make pictures`.

They come out in the system's own typeface, so take them on a machine that has a good one; and at an hour at which
people may be called in New York, so that a phone rings.
"""

from __future__ import annotations

import base64
import os
import socket
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser import chromium

HERE = Path(__file__).parent
WIDE, PHONE = (1280, 800), (390, 800)
WHO, PASSWORD = "maya@brightwater.example", "follow-up-demo"
STARTED = "Relance is at "
PATIENCE = 60_000
NOTE = "Asked about the house in Kailua."

FEWER_COLOURS = """async (source) => {
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  canvas.drawImage(picture, 0, 0);
  const pixels = new Uint32Array(canvas.getImageData(0, 0, picture.width, picture.height).data.buffer);
  const times = new Map();
  for (const pixel of pixels) times.set(pixel, (times.get(pixel) ?? 0) + 1);
  const colours = [...times.keys()].sort((one, other) => times.get(other) - times.get(one));
  const part = (one, other, shift) => (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2;
  const apart = (one, other) => part(one, other, 0) + part(one, other, 8) + part(one, other, 16);
  let palette = colours;
  for (let least = 1; palette.length > 256; least += 1) {
    palette = [];
    for (const colour of colours) if (palette.every((one) => apart(colour, one) >= least ** 2)) palette.push(colour);
  }
  const nearer = (colour) => (best, one, i) => (apart(colour, one) < apart(colour, palette[best]) ? i : best);
  const places = new Map(colours.map((colour) => [colour, palette.reduce(nearer(colour), 0)]));
  const encoded = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return {
    size: [picture.width, picture.height],
    palette: encoded(palette.flatMap((colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255])),
    pixels: encoded(Uint8Array.from(pixels, (pixel) => places.get(pixel))),
  };
}"""


class Picture(NamedTuple):
    """One picture: what leads to it, and how the page is looked at."""

    name: str
    shows: Callable[[Page], None]
    size: tuple[int, int] = WIDE
    dark: bool = False


def take() -> None:
    """Take all of them, in an order in which each finds what it needs."""
    with demo() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.ARGUMENTS)
        for picture in PICTURES:
            with signed_in(browser, base, picture) as page:
                picture.shows(page)
                page.wait_for_load_state("networkidle")
                (HERE / f"{picture.name}.png").write_bytes(with_fewer_colours(browser, page.screenshot()))
        browser.close()


@contextmanager
def demo() -> Iterator[str]:
    """An instance with the demo; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    with tempfile.TemporaryDirectory() as data:
        environment = os.environ | {"RELANCE_DATA": data, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "relance", "up", "--port", port]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            said = next(line for line in process.stdout or () if line.startswith(STARTED))
            try:
                yield said.removeprefix(STARTED).split()[0]
            finally:
                process.terminate()
                process.wait()


@contextmanager
def signed_in(browser: Browser, base: str, picture: Picture) -> Iterator[Page]:
    """A page of the demo's admin's."""
    context = browser.new_context(
        base_url=base,
        viewport={"width": picture.size[0], "height": picture.size[1]},
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(WHO)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Dashboard").wait_for()
    yield page
    context.close()


def with_fewer_colours(browser: Browser, png: bytes) -> bytes:
    """The same picture in 256 colours: what a page has more of are shades at the edges of its letters."""
    page = browser.new_page()
    found = page.evaluate(FEWER_COLOURS, base64.b64encode(png).decode())
    page.close()
    (width, height), pixels = found["size"], base64.b64decode(found["pixels"])
    lines = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"PLTE", base64.b64decode(found["palette"])),
            (b"IDAT", zlib.compress(lines, 9)),
            (b"IEND", b""),
        )
    )


# -- what they show ------------------------------------------------------------------------------------------


def contact(page: Page) -> None:
    """Keola's page, where the Follow-ups card is."""
    page.goto("/contacts?q=Keola")
    page.get_by_role("link", name="Keola Kahale").click()
    card(page).get_by_role("row").last.scroll_into_view_if_needed()


def card(page: Page) -> Locator:
    """The Follow-ups card of a contact's page."""
    return page.get_by_role("region", name="Follow-ups", exact=True)


def schedule(page: Page) -> None:
    """A call before dawn in Hawaii, and what the gates say to it."""
    contact(page)
    card(page).get_by_role("button", name="Schedule follow-up").click()
    page.get_by_label("Scheduled at").fill("tomorrow 10am")
    page.get_by_role("dialog").get_by_text("Waits until").wait_for()


def why(page: Page) -> None:
    """The page of that call, once it is scheduled."""
    schedule(page)
    page.get_by_label("Notes").fill(NOTE)
    page.get_by_role("button", name="Schedule", exact=True).click()
    page.get_by_role("dialog").wait_for(state="hidden")
    why_again(page)


def why_again(page: Page) -> None:
    """The same page."""
    scheduled(page)
    page.get_by_role("row").filter(has_text=NOTE).locator("[data-open]").click()
    page.get_by_role("heading", name="Why has this not gone?").wait_for()


def scheduled(page: Page) -> None:
    """What waits to go out, the next first."""
    page.goto("/follow-ups/scheduled?group=pending")
    expect(page.locator(".tab-count").first).not_to_be_empty()


def hub(page: Page) -> None:
    """Everybody whom the admin owes a touch, two of them chosen."""
    page.goto("/follow-ups")
    rows = page.locator("#owed [data-row]")
    for number in (0, 1):
        rows.nth(number).get_by_role("checkbox").check()


def pipeline(page: Page) -> None:
    """The board of stages."""
    page.goto("/pipeline")
    page.locator(".board-card").first.wait_for()


def ringing(page: Page) -> None:
    """Sarah's phone, at the moment of the call that is the first of the demo's to come."""
    page.goto("/phone")
    page.get_by_role("button", name="To the next follow-up").click()
    page.get_by_role("link").filter(has_text="Ringing").click()
    page.get_by_role("button", name="Answer").wait_for()


PICTURES = (
    Picture("contact", contact),
    Picture("schedule", schedule),
    Picture("why", why),
    Picture("why-on-a-phone", why_again, PHONE),
    Picture("scheduled", scheduled, dark=True),
    Picture("hub", hub),
    Picture("pipeline", pipeline, dark=True),
    Picture("phone", ringing),
)

if __name__ == "__main__":
    take()
