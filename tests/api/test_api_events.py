"""The stream of changes: each organization hears its own, an agent only of what they may see."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.test import AsyncRequestFactory, Client

from relance.api import events as streaming
from relance.api.events import MOST_BEHIND, RELOAD, Hub, _offer, events, hub
from relance.models import ApiKey, Member, changes, sql
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_lingering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "LINGER_SECONDS", 0.0)
    hub._recent.clear()


def ask(**how: Any) -> ASGIRequest:
    return AsyncRequestFactory().get("/api/events", **how)  # type: ignore[return-value]


def by_key(member: Member) -> ASGIRequest:
    return ask(headers={"Authorization": f"Bearer {cast.key(member)}"})


def by_session(member: Member) -> ASGIRequest:
    browser, asking = Client(), AsyncRequestFactory()
    browser.force_login(member)
    asking.cookies = browser.cookies
    return asking.get("/api/events")  # type: ignore[return-value]


async def answered(request: ASGIRequest) -> AsyncIterator[bytes]:
    response = await events(request)
    assert response.headers["Content-Type"] == "text/event-stream"
    return aiter(response)  # type: ignore[no-any-return, call-overload]


@asynccontextmanager
async def streams_for(*requests: ASGIRequest) -> AsyncIterator[list[AsyncIterator[bytes]]]:
    """The streams that answer these; afterwards nothing of them holds a connection."""
    # The responses themselves must be gone by the end: they would keep the streams that they wrap from being closed.
    streams = [await answered(request) for request in requests]
    try:
        yield streams
    finally:
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        if not hub._streams:
            await asyncio.gather(*hub.left(), return_exceptions=True)
        await let_go()


async def next_change(stream: AsyncIterator[bytes]) -> dict[str, Any]:
    """The next change that is not the hint to reload, which every stream begins with."""
    async with asyncio.timeout(10):
        async for text in stream:
            if b"data: " in text and (change := json.loads(text.split(b"data: ")[1]))["what"] != "everything":
                return dict(change)
    raise AssertionError("the stream ended")


async def until(said: bytes, stream: AsyncIterator[bytes]) -> None:
    async with asyncio.timeout(10):
        async for text in stream:
            if said in text:
                return
    raise AssertionError("the stream ended")


async def ready(stream: AsyncIterator[bytes]) -> None:
    await until(b"everything", stream)


async def let_go() -> None:
    """Close the connections of the threads that streams, and these tests, use."""
    await streaming._in_database(lambda: connection.close())
    await sync_to_async(lambda: connection.close())()


def heard_by(member: Member, *announced: tuple[int, str, list[int]]) -> dict[str, Any]:
    request = by_key(member)

    async def listen() -> dict[str, Any]:
        async with streams_for(request) as [stream]:
            await ready(stream)
            for change in announced:
                await sync_to_async(changes.announce)(*change)
            return await next_change(stream)

    return asyncio.run(listen())


def test_a_change_is_heard_by_its_own_organization_and_no_other() -> None:
    ours, theirs = cast.brightwater(), cast.aurora()
    foreign, own = (theirs.organization.pk, "followUp", [1]), (ours.organization.pk, "followUp", [34])
    assert heard_by(ours.admin, foreign, own) == {"what": "followUp", "ids": ["followup_34"]}


def test_who_joins_hears_what_changed_while_their_page_was_on_its_way() -> None:
    ours = cast.brightwater()
    requests = by_key(ours.admin), by_key(ours.admin)

    async def come_late() -> dict[str, Any]:
        async with streams_for(requests[0]) as [first]:
            await ready(first)
            await sync_to_async(changes.announce)(ours.organization.pk, "followUp", [7])
            await next_change(first)
            async with streams_for(requests[1]) as [second]:
                return await next_change(second)

    assert asyncio.run(come_late()) == {"what": "followUp", "ids": ["followup_7"]}


def test_an_agent_hears_only_of_contacts_that_are_theirs() -> None:
    ours = cast.brightwater()
    mine = ours.contact.pk
    ours.contact.assign([ours.worker])
    unassigned = cast.contact(ours.organization, "Grace Kim")
    change = (ours.organization.pk, "contact", [unassigned.pk, mine])
    assert heard_by(ours.worker, change) == {"what": "contact", "ids": [f"person_{mine}"]}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nobody"}, {"Cookie": "sessionid=nobody"}])
def test_a_stranger_gets_no_stream(headers: dict[str, str]) -> None:
    async def knock() -> Any:
        response = await events(ask(headers=headers))
        await let_go()
        return response

    refused = asyncio.run(knock())
    assert refused.status_code == 401
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_stream_is_only_read() -> None:
    refused = asyncio.run(events(AsyncRequestFactory().post("/api/events")))
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET")


def revoke_keys(member: Member) -> None:
    for key in ApiKey.objects.filter(member=member):
        key.revoke()


def deactivate(member: Member) -> None:
    Member.objects.filter(pk=member.pk).update(is_active=False)


def change_password(member: Member) -> None:
    member.set_password("another one altogether")
    member.save()


def sign_out(member: Member) -> None:
    Session.objects.all().delete()


LEAVING = [
    (by_key, revoke_keys),
    (by_key, deactivate),
    (by_session, deactivate),
    (by_session, sign_out),
    (by_session, change_password),
]


@pytest.mark.parametrize(("asking", "leaving"), LEAVING, ids=lambda part: part.__name__)
def test_a_stream_ends_for_whom_it_would_no_longer_begin(
    monkeypatch: pytest.MonkeyPatch,
    asking: Callable[[Member], ASGIRequest],
    leaving: Callable[[Member], None],
) -> None:
    monkeypatch.setattr(streaming, "KEEPALIVE_SECONDS", 0.05)
    member = cast.brightwater().admin
    request = asking(member)

    async def listen() -> None:
        async with streams_for(request) as [stream]:
            await until(b"still here", stream)
            await sync_to_async(leaving)(member)
            async with asyncio.timeout(10):
                async for _ in stream:
                    pass

    asyncio.run(listen())
    assert not hub._streams


def test_a_stream_on_which_something_happens_all_the_time_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "KEEPALIVE_SECONDS", 0.05)
    member = cast.brightwater().admin
    request = by_key(member)
    change = json.dumps({"organization": member.organization_id, "what": "contact", "ids": []})

    async def listen() -> None:
        async with streams_for(request) as [stream]:
            await ready(stream)
            await sync_to_async(revoke_keys)(member)
            hub._hand_on(change)
            async with asyncio.timeout(10):
                async for _ in stream:
                    hub._hand_on(change)

    asyncio.run(listen())


def connections() -> int:
    counted: int = sql.rows("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")[0][0]
    return counted


def test_many_streams_take_no_more_connections_than_one() -> None:
    ours = cast.brightwater()
    ours.contact.assign([ours.worker])
    change = (ours.organization.pk, "contact", [ours.contact.pk])
    requests = [by_key(ours.worker) for _ in range(5)]

    async def taken_by(*requests: ASGIRequest) -> int:
        async with streams_for(*requests) as streams:
            await ready(streams[0])
            for later in streams[1:]:
                await until(b"retry", later)
            await sync_to_async(changes.announce)(*change)
            for stream in streams:
                await next_change(stream)
            return await sync_to_async(connections)()

    assert asyncio.run(taken_by(*requests)) == asyncio.run(taken_by(requests[0]))


def test_who_joins_while_more_changes_than_are_remembered_is_told_to_reload() -> None:
    async def joining() -> dict[str, Any]:
        hub = Hub()
        hub.join(1, 1)
        hub._hand_on(json.dumps({"organization": 1, "what": "contact", "ids": [5]}))
        for _ in range(MOST_BEHIND):
            hub._hand_on(json.dumps({"organization": 2, "what": "contact", "ids": [6]}))
        queue = hub.join(1, 1)
        for listener in hub.left():
            listener.cancel()
        return queue.get_nowait()

    assert asyncio.run(joining()) == RELOAD


def test_a_stream_that_falls_behind_is_told_to_reload_and_does_not_grow() -> None:
    async def flood() -> list[dict[str, Any]]:
        hub = Hub()
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_BEHIND)
        for number in range(MOST_BEHIND + 1):
            _offer(queue, {"what": "followUp", "ids": [number]})
        assert not hub._streams
        return [queue.get_nowait() for _ in range(queue.qsize())]

    assert asyncio.run(flood()) == [RELOAD]


def test_a_member_has_so_many_open_and_the_oldest_ends_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "MOST_OPEN", 3)
    ours = cast.brightwater()
    requests = [by_key(member) for member in (ours.admin, *[ours.worker] * 4)]
    change = (ours.organization.pk, "organization")

    async def open_all() -> tuple[list[bytes], list[dict[str, Any]]]:
        async with streams_for(*requests) as streams:
            admins, oldest, *rest = streams
            await ready(admins)
            for stream in (oldest, *rest):
                await until(b"retry: 1000", stream)
            async with asyncio.timeout(10):
                last = [text async for text in oldest]
            await sync_to_async(changes.announce)(*change)
            return last, [await next_change(stream) for stream in (admins, *rest)]

    last, heard = asyncio.run(open_all())
    assert last == [b"retry: 60000\n\n"]
    assert heard == [{"what": "organization", "ids": []}] * 4
    assert not hub._streams
