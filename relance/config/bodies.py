"""What a request carries, taken in whole before a thread is given to it: who sends slowly keeps nobody waiting."""

from __future__ import annotations

import asyncio
import tempfile
from typing import IO

from a2wsgi.asgi_typing import Receive, ReceiveEvent

MOST_BYTES = 64 * 1024 * 1024  # twice the largest file that is taken: who errs by a little is told so by its page
IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024
PATIENCE_SECONDS = 30.0


class TooLarge(Exception):
    """More came than anything here takes."""


class TooSlow(Exception):
    """The rest does not come."""


class BrokenOff(Exception):
    """Who sent it has gone: what is half said is not acted on."""


async def taken_in(receive: Receive, into: IO[bytes]) -> None:
    """Write the body of a request into a file. Raises `TooLarge`, `TooSlow`, and `BrokenOff`."""
    while True:
        try:
            event = await asyncio.wait_for(receive(), PATIENCE_SECONDS)
        except TimeoutError:
            raise TooSlow from None
        if event["type"] != "http.request":
            raise BrokenOff
        into.write(event.get("body", b""))
        if into.tell() > MOST_BYTES:
            raise TooLarge
        if not event.get("more_body", False):
            break
    into.seek(0)


def given_out(body: IO[bytes]) -> Receive:
    """The same body again, for whoever asks for it piece by piece."""

    async def receive() -> ReceiveEvent:
        piece = body.read(PIECE)
        return {"type": "http.request", "body": piece, "more_body": len(piece) == PIECE}

    return receive


def kept() -> IO[bytes]:
    """A file that keeps little in memory, much on disk, and nothing once it is closed."""
    return tempfile.SpooledTemporaryFile(IN_MEMORY)
