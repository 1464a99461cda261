"""The webhook channel: one POST to an order's address, over connections that are kept and bounded."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Final

from aiohttp import (
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    TraceConfig,
    TraceRequestHeadersSentParams,
)
from aiohttp.abc import AbstractResolver

from relance import __version__
from relance.channels.base import Order, Outcome, Permanent, Temporary
from relance.channels.webhook import answers, failures
from relance.channels.webhook.addresses import open_public, url_problem
from relance.channels.webhook.request import Unsendable, body_of, headers_of

CONNECTIONS: Final = 500
# One host that hangs must leave room for all the others.
CONNECTIONS_PER_HOST: Final = 100
# Short, because servers hang up on an idle connection after five seconds (Node.js) or two (gunicorn), and a
# request that crosses such a hang-up is lost. A batch keeps its connections busy anyway.
KEEP_IDLE_SECONDS: Final = 1.5

STOPPING: Final = "The worker is stopping; nothing was sent."
HEADERS: Final = {"User-Agent": f"Relance/{__version__}", "Accept-Encoding": "identity"}


@dataclass(slots=True)
class Passage:
    """How far one request has come."""

    sent: bool = False


async def _mark_sent(session: ClientSession, context: SimpleNamespace, params: TraceRequestHeadersSentParams) -> None:
    context.trace_request_ctx.sent = True


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class WebhookChannel:
    """Webhooks by HTTP, to public addresses only unless `allow_private`.

    `timeout` (seconds) is for how long a receiver that has a connection may be silent; `room_timeout` bounds what
    comes before, the wait for one of the 100 connections that a host gets included, so that who waits behind a slow
    request loses nothing of its own time; both together bound the whole. `connect_timeout` bounds the making of a
    connection with its TLS handshake. Making a channel opens nothing; the first `send` binds it to the running event
    loop. `resolver` looks names up, by default the system's.
    """

    idempotent = True

    def __init__(
        self,
        allow_private: bool = False,
        timeout: float = 15.0,
        connect_timeout: float = 5.0,
        room_timeout: float = 8.0,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._timeout = ClientTimeout(
            total=room_timeout + timeout, connect=room_timeout, sock_connect=connect_timeout, sock_read=timeout
        )
        self._resolver = resolver
        self._session: ClientSession | None = None
        self._closed = False

    async def send(self, order: Order) -> Outcome:
        """POST the order, signed, and judge the answer; whatever goes wrong is an outcome."""
        if self._closed:
            return Temporary(STOPPING)
        if problem := url_problem(order.message.url, self._allow_private):
            return Permanent(problem)
        passage = Passage()
        try:
            return await self._post(order, passage)
        except Unsendable as problem:
            return Permanent(str(problem))
        except asyncio.CancelledError:
            # On closing, aiohttp cancels its own name look-ups; that is not our caller giving up.
            if not self._closed or _is_cancelled():
                raise
            return Temporary(STOPPING)
        except Exception as error:
            return failures.outcome_of(error, passage.sent)

    async def look_up(self, order: Order) -> None:
        """A receiver cannot be asked what it did; it is sent the same id again."""

    async def close(self) -> None:
        """Drop all connections; a send that still waits ends as temporary."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def _post(self, order: Order, passage: Passage) -> Outcome:
        body = body_of(order)
        headers = headers_of(order, body, sent_at=int(time.time()))
        post = self._opened().post(
            order.message.url, data=body, headers=headers, allow_redirects=False, trace_request_ctx=passage
        )
        async with post as response:
            return await answers.outcome_of(response)

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = self._open()
        return self._session

    def _open(self) -> ClientSession:
        tracing = TraceConfig()
        tracing.on_request_headers_sent.append(_mark_sent)
        return ClientSession(
            connector=TCPConnector(
                limit=CONNECTIONS,
                limit_per_host=CONNECTIONS_PER_HOST,
                keepalive_timeout=KEEP_IDLE_SECONDS,
                resolver=self._resolver,
                socket_factory=None if self._allow_private else open_public,
            ),
            cookie_jar=DummyCookieJar(),
            headers=HEADERS,
            timeout=self._timeout,
            auto_decompress=False,
            trust_env=False,  # no proxy: it would connect in our place, past the gate
            trace_configs=[tracing],
        )
