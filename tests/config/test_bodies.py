"""A request's body: whoever sends slowly, or without end, holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from unittest import mock

import pytest

from relance.config import asgi, bodies

POST: Any = {"type": "http", "method": "POST", "path": "/sign-in", "headers": [], "query_string": b""}


def piece(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


GONE = {"type": "http.disconnect"}


def answered(events: Iterable[Any]) -> tuple[list[Any], list[bytes]]:
    """What is answered to a request that comes in these events, and the body that a thread was given, if one was."""
    coming, sent, given = iter(events), [], []

    async def receive() -> Any:
        try:
            return next(coming)
        except StopIteration:
            await asyncio.Event().wait()

    async def send(event: Any) -> None:
        sent.append(event)

    async def page(scope: Any, receive: Any, send: Any) -> None:
        whole, more = b"", True
        while more:
            event = await receive()
            whole, more = whole + event["body"], event["more_body"]
        given.append(whole)

    with mock.patch.object(asgi, "_requests", page):
        asyncio.run(asgi.application(POST, receive, send))
    return sent, given


@pytest.mark.parametrize("length", [0, 10, bodies.PIECE, bodies.PIECE + 1, 2 * bodies.IN_MEMORY + 5])
def test_a_body_reaches_its_page_as_it_was_sent(length: int) -> None:
    whole = bytes(n % 251 for n in range(length))
    assert answered([piece(whole[:7], True), piece(whole[7:], False)]) == ([], [whole])


def test_no_thread_waits_for_a_body_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.01)
    sent, given = answered([piece(b"email=", True)])
    assert sent[0]["status"] == 408
    assert not given


def test_what_broke_off_in_the_middle_is_not_acted_on() -> None:
    assert answered([piece(b"notes=half of it", True), GONE]) == ([], [])


def test_more_than_anything_takes_is_refused_before_all_of_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_BYTES", 1024**2)
    sent, given = answered(piece(b"x" * 100_000, True) for _ in range(1000))
    assert sent[0]["status"] == 413
    assert sent[1]["body"] == b"This is more than 1 MB. Send less at once.\n"
    assert not given
