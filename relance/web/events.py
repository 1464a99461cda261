"""`/api/events`: what changed, as server-sent events. Hints only: whoever listens fetches what it wants to show.

One listener per process hears PostgreSQL's notifications and hands them to the streams of the organization they are
about. A stream that falls behind is told to reload instead of being fed without end.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse

from relance.models import ApiKey, Contact, FollowUp, Member
from relance.models.changes import CHANNEL

KEEPALIVE_SECONDS = 15.0
MOST_BEHIND = 500
RECONNECT_AFTER = 1.0
RELOAD: dict[str, Any] = {"what": "everything", "ids": []}

Queue = asyncio.Queue[dict[str, Any]]


class Hub:
    """The streams of this process by organization, and the one connection that listens for them."""

    def __init__(self) -> None:
        self._streams: defaultdict[int, set[Queue]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None

    def join(self, organization_id: int) -> Queue:
        """A queue of what changes in this organization from now on."""
        queue: Queue = asyncio.Queue(MOST_BEHIND)
        self._streams[organization_id].add(queue)
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        return queue

    def leave(self, organization_id: int, queue: Queue) -> None:
        """Stop filling `queue`; the last to leave ends the listener."""
        self._streams[organization_id].discard(queue)
        if not self._streams[organization_id]:
            del self._streams[organization_id]
        if not self._streams and self._listener:
            self._listener.cancel()

    def left(self) -> list[asyncio.Task[None]]:
        """The listener, if there is one: to be awaited by whoever must know that it let go of its connection."""
        return [self._listener] if self._listener else []

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (psycopg.Error, OSError):
                await asyncio.sleep(RECONNECT_AFTER)

    async def _listen_once(self) -> None:
        parameters = connection.get_connection_params()
        for ours in ("cursor_factory", "context"):
            parameters.pop(ours, None)
        async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as listener:
            await listener.execute(f"LISTEN {CHANNEL}")
            for queue in [queue for queues in self._streams.values() for queue in queues]:
                _offer(queue, RELOAD)  # what was missed while nobody listened
            async for notice in listener.notifies():
                change = json.loads(notice.payload)
                for queue in self._streams.get(change.pop("organization"), ()):
                    _offer(queue, change)


def _offer(queue: Queue, change: dict[str, Any]) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        change = RELOAD
    queue.put_nowait(change)


hub = Hub()


async def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The stream of the caller's organization, for a key or a signed-in member."""
    if request.method != "GET":
        return _problem(405, "Method not allowed", "Read the stream with GET.")
    member = await sync_to_async(_member)(request)
    if member is None:
        return _problem(401, "Not signed in", "Sign in, or send “Authorization: Bearer” with an API key.")
    response = StreamingHttpResponse(_stream(member), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _member(request: HttpRequest) -> Member | None:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        key = ApiKey.holder(text.strip())
        return key.member if key else None
    return request.user if isinstance(request.user, Member) else None


async def _stream(member: Member) -> AsyncIterator[bytes]:
    queue = hub.join(member.organization_id)
    try:
        yield b"retry: 1000\n\n"
        while True:
            try:
                change = await asyncio.wait_for(queue.get(), KEEPALIVE_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            seen = await sync_to_async(_as_seen_by)(member, change)
            if seen is not None:
                yield f"event: change\ndata: {json.dumps(seen)}\n\n".encode()
    finally:
        hub.leave(member.organization_id, queue)


_TABLES: dict[str, Any] = {"followUp": FollowUp, "contact": Contact}


def _as_seen_by(member: Member, change: dict[str, Any]) -> dict[str, Any] | None:
    """The change with public ids; of an agent's stream, only what is theirs to see."""
    table, ids = _TABLES.get(change["what"]), change["ids"]
    if ids and table is not None:
        if not member.is_admin:
            ids = list(table.objects.visible_to(member).filter(pk__in=ids).values_list("pk", flat=True))
        return {"what": change["what"], "ids": [f"{table.PREFIX}_{id}" for id in ids]} if ids else None
    return {"what": change["what"], "ids": []}


def _problem(status: int, title: str, detail: str) -> JsonResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": []}
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response
