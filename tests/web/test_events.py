"""The stream of changes: each organization hears its own, an agent only of what they may see."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import AsyncRequestFactory

from relance.models import ApiKey, Member, changes
from relance.web.events import MOST_BEHIND, RELOAD, Hub, _offer, events, hub
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


async def stream_of(member: Member) -> AsyncIterator[bytes]:
    _, text = await sync_to_async(ApiKey.issue)(member, "stream")
    response = await events(AsyncRequestFactory().get("/api/events", headers={"Authorization": f"Bearer {text}"}))
    assert response.headers["Content-Type"] == "text/event-stream"
    return aiter(response)  # type: ignore[no-any-return, call-overload]


async def next_change(stream: AsyncIterator[bytes]) -> dict[str, Any]:
    """The next change that is not the hint to reload, which every stream begins with."""
    async with asyncio.timeout(10):
        async for text in stream:
            if b"data: " in text and (change := json.loads(text.split(b"data: ")[1]))["what"] != "everything":
                return dict(change)
    raise AssertionError("the stream ended")


async def ready(stream: AsyncIterator[bytes]) -> None:
    async with asyncio.timeout(10):
        async for text in stream:
            if b"everything" in text:
                return


def let_go() -> None:
    """Close the connection of the thread that this is called in."""
    connection.close()


def heard_by(member: Member, *announced: tuple[int, str, list[int]]) -> dict[str, Any]:
    async def listen() -> dict[str, Any]:
        stream = await stream_of(member)
        await ready(stream)
        for change in announced:
            await sync_to_async(changes.announce)(*change)
        found = await next_change(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.gather(*hub.left(), return_exceptions=True)
        await sync_to_async(let_go)()
        return found

    return asyncio.run(listen())


def test_a_change_is_heard_by_its_own_organization_and_no_other() -> None:
    ours, theirs = cast.brightwater(), cast.aurora()
    foreign, own = (theirs.organization.pk, "followUp", [1]), (ours.organization.pk, "followUp", [34])
    assert heard_by(ours.admin, foreign, own) == {"what": "followUp", "ids": ["followup_34"]}


def test_an_agent_hears_only_of_contacts_that_are_theirs() -> None:
    ours = cast.brightwater()
    mine = ours.contact.pk
    ours.contact.assign([ours.worker])
    unassigned = cast.contact(ours.organization, "Grace Kim")
    change = (ours.organization.pk, "contact", [unassigned.pk, mine])
    assert heard_by(ours.worker, change) == {"what": "contact", "ids": [f"person_{mine}"]}


def test_a_stranger_gets_no_stream() -> None:
    async def knock() -> int:
        response = await events(AsyncRequestFactory().get("/api/events", headers={"Authorization": "Bearer nobody"}))
        await sync_to_async(let_go)()
        return response.status_code

    assert asyncio.run(knock()) == 401


def test_a_stream_that_falls_behind_is_told_to_reload_and_does_not_grow() -> None:
    async def flood() -> list[dict[str, Any]]:
        hub = Hub()
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_BEHIND)
        for number in range(MOST_BEHIND + 1):
            _offer(queue, {"what": "followUp", "ids": [number]})
        assert not hub._streams
        return [queue.get_nowait() for _ in range(queue.qsize())]

    assert asyncio.run(flood()) == [RELOAD]
