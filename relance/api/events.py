"""`/api/events`: what changed, as server-sent events. Hints only: whoever listens fetches what it wants to show.

One listener per process hears PostgreSQL's notifications and hands them to the streams of the organization they are
about. A stream that falls behind is told to reload instead of being fed without end.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from relance.api import problems
from relance.api.auth import caller_of
from relance.models import Contact, FollowUp, Member, listening
from relance.models.changes import CHANNEL

KEEPALIVE_SECONDS = 15.0
MOST_BEHIND = 500
LINGER_SECONDS = 30.0
"""How long we go on listening for nobody: who goes from page to page leaves and joins again."""
FRESH_SECONDS = 3.0
"""How old a change may be that a stream is told when it joins: its page was made a moment before."""
RELOAD: dict[str, Any] = {"what": "everything", "ids": []}
MOST_OPEN = 20
"""How many streams a member has open in this process at most; for another, the oldest ends."""
COME_BACK_SECONDS = 60
"""When who had the oldest may try again: at once, they would take turns at ending each other's."""
END: dict[str, Any] = {"what": "end", "ids": []}

Queue = asyncio.Queue[dict[str, Any]]
P = ParamSpec("P")
T = TypeVar("T")

# A stream lasts for hours: with a connection each, as requests have them, a few hundred would take all there are.
_database = ThreadPoolExecutor(1, thread_name_prefix="streams")


class Hub:
    """The streams of this process by organization, and the one connection that listens for them."""

    def __init__(self) -> None:
        self._streams: defaultdict[int, dict[Queue, int]] = defaultdict(dict)  # each with its member, the oldest first
        self._recent: deque[tuple[float, int, dict[str, Any]]] = deque(maxlen=MOST_BEHIND)
        self._listener: asyncio.Task[None] | None = None

    def join(self, organization_id: int, member_id: int) -> Queue:
        """A queue of what changes in this organization from now on, and has changed just now."""
        queue: Queue = asyncio.Queue(MOST_BEHIND)
        self._make_room(self._streams[organization_id], member_id)
        self._streams[organization_id][queue] = member_id
        since = asyncio.get_running_loop().time() - FRESH_SECONDS
        if len(self._recent) == MOST_BEHIND and self._recent[0][0] > since:
            _offer(queue, RELOAD)  # so much changed just now that the first of it is not known any more
        for at, organization, change in self._recent:
            if organization == organization_id and at > since:
                _offer(queue, change)
        if self._listener is None or self._listener.done():
            listening_for_all = listening.listen([CHANNEL], connected=self._reload_all, heard=self._hand_on)
            self._listener = asyncio.create_task(listening_for_all)
        return queue

    def _make_room(self, streams: dict[Queue, int], member_id: int) -> None:
        """End the member's oldest streams, so that one more may be opened."""
        theirs = [queue for queue, whose in streams.items() if whose == member_id]
        for queue in theirs[: max(0, len(theirs) + 1 - MOST_OPEN)]:
            del streams[queue]
            _empty(queue)
            queue.put_nowait(END)

    def leave(self, organization_id: int, queue: Queue) -> None:
        """Stop filling `queue`; some time after the last has left the listener ends."""
        self._streams[organization_id].pop(queue, None)
        if not self._streams[organization_id]:
            del self._streams[organization_id]
        if not self._streams:
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._rest)

    def _rest(self) -> None:
        if not self._streams and self._listener:
            self._listener.cancel()

    def left(self) -> list[asyncio.Task[None]]:
        """The listener, if there is one: to be awaited by whoever must know that it let go of its connection."""
        return [self._listener] if self._listener else []

    def _reload_all(self) -> None:
        for queue in [queue for queues in self._streams.values() for queue in queues]:
            _offer(queue, RELOAD)

    def _hand_on(self, payload: str) -> None:
        change = json.loads(payload)
        organization = change.pop("organization")
        self._recent.append((asyncio.get_running_loop().time(), organization, change))
        for queue in self._streams.get(organization, ()):
            _offer(queue, change)


def _offer(queue: Queue, change: dict[str, Any]) -> None:
    if queue.full():
        _empty(queue)
        change = RELOAD
    queue.put_nowait(change)


def _empty(queue: Queue) -> None:
    while not queue.empty():
        queue.get_nowait()


hub = Hub()


async def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The stream of the caller's organization, for a key or a signed-in member."""
    if request.method != "GET":
        return problems.not_allowed(request, ["GET"])
    try:
        member = await _in_database(_member, request)
    except problems.Problem as problem:
        return problems.answer(request, problem)
    response = StreamingHttpResponse(_stream(request, member), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _member(request: HttpRequest) -> Member:
    """Who asks, as the database has it now. Raises a problem where that is nobody."""
    asking = HttpRequest()  # the request itself remembers whom it was let in for
    asking.method, asking.META = request.method, request.META
    asking.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    asking.user = get_user(asking)
    caller = caller_of(asking)
    if caller is None:
        raise problems.unauthorized("Send a key as “Authorization: Bearer KEY”, or sign in.")
    return caller.member


async def _stream(request: HttpRequest, member: Member) -> AsyncIterator[bytes]:
    clock, organization_id = asyncio.get_running_loop().time, member.organization_id
    queue = hub.join(organization_id, member.pk)
    try:
        yield b"retry: 1000\n\n"
        look_again = clock() + KEEPALIVE_SECONDS
        while True:
            change = await _next(queue, look_again - clock())
            if change is None:
                member = await _in_database(_member, request)
                look_again = clock() + KEEPALIVE_SECONDS
                yield b": still here\n\n"
            elif change is END:
                yield f"retry: {COME_BACK_SECONDS * 1000}\n\n".encode()
                return
            elif (seen := await _in_database(_as_seen_by, member, change)) is not None:
                yield f"event: change\ndata: {json.dumps(seen)}\n\n".encode()
    except problems.Problem:
        return  # the key was revoked or the member left: whoever comes again is told so
    finally:
        hub.leave(organization_id, queue)


async def _next(queue: Queue, within: float) -> dict[str, Any] | None:
    """The next change; None when there is none within so many seconds, or they are over."""
    if within <= 0:
        return None
    try:
        return await asyncio.wait_for(queue.get(), within)
    except TimeoutError:
        return None


async def _in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in the thread, and on the connection, that all streams share."""

    def look() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()  # one that broke is not used again

    return await asyncio.get_running_loop().run_in_executor(_database, look)


_TABLES: dict[str, Any] = {"followUp": FollowUp, "contact": Contact}


def _as_seen_by(member: Member, change: dict[str, Any]) -> dict[str, Any] | None:
    """The change with public ids; of an agent's stream, only what is theirs to see."""
    table, ids = _TABLES.get(change["what"]), change["ids"]
    if ids and table is not None:
        if not member.is_admin:
            ids = list(table.objects.visible_to(member).filter(pk__in=ids).values_list("pk", flat=True))
        return {"what": change["what"], "ids": [f"{table.PREFIX}_{id}" for id in ids]} if ids else None
    return {"what": change["what"], "ids": []}
