"""A receiver of webhooks, real and on the loopback: it remembers, deduplicates, and misbehaves when asked to."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from aiohttp import web

from relance.channels.base import Order
from relance.channels.webhook import WebhookChannel
from tests.channels.contract import an_order

SECRET = "whsec_c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="

WHAT = {
    "success": "/ok",
    "slow": "/slow",
    "permanent": "/status/422?text=unknown+contact",
    "temporary": "/status/502",
    "rate limited": "/status/429?Retry-After=60",
    "dies": "/drop",
}


@cache
def gzip_bomb() -> bytes:
    """50 MB of nothing in 50 kB."""
    return gzip.compress(bytes(50_000_000))


@dataclass
class Delivery:
    headers: Mapping[str, str]
    body: bytes
    connection: object


class Receiver:
    """Serves on 127.0.0.1 inside `async with`; `deliveries` is what came, `effects` what it acted upon."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.deliveries: list[Delivery] = []
        self.effects: dict[str, str] = {}
        self.arrived = asyncio.Condition()
        self.streamed = 0
        self.leaving = asyncio.Event()

    async def __aenter__(self) -> Receiver:
        app = web.Application()
        for path, answer in {
            "/ok": self.ok,
            "/status/{status}": self.status,
            "/words": self.words,
            "/slow": self.slow,
            "/hang": self.hang,
            "/drop": self.drop,
            "/half": self.half,
            "/stall": self.stall,
            "/endless": self.endless,
            "/drip": self.drip,
            "/redirect": self.redirect,
            "/bomb": self.bomb,
            "/garbage": self.garbage,
        }.items():
            app.router.add_post(path, answer)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0, ssl_context=self.tls)
        await site.start()
        self.port: int = self.runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.leaving.set()
        await self.runner.cleanup()

    def url(self, path: str = "/ok", host: str = "127.0.0.1") -> str:
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    async def wait_for(self, count: int) -> None:
        """Return as soon as that many deliveries have come."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: len(self.deliveries) >= count)

    async def record(self, request: web.Request) -> str:
        """Keep the delivery, act on it unless its id was acted on before, and return the id of the effect."""
        body = await request.read()
        self.deliveries.append(Delivery(request.headers.copy(), body, request.transport))
        async with self.arrived:
            self.arrived.notify_all()
        return self.effects.setdefault(request.headers["webhook-id"], f"evt-{len(self.effects) + 1}")

    async def ok(self, request: web.Request) -> web.Response:
        return web.Response(headers={"X-Request-Id": await self.record(request)})

    async def status(self, request: web.Request) -> web.Response:
        """Answer the status of the path, with the headers of the query and the words of its `text`."""
        await self.record(request)
        headers = dict(request.query)
        text = headers.pop("text", "")
        return web.Response(status=int(request.match_info["status"]), headers=headers, text=text)

    async def words(self, request: web.Request) -> web.Response:
        await self.record(request)
        return web.Response(body=b"line one\r\n\x00\x1b[31m line\xe2\x80\xae two \xff" + b"x" * 10_000)

    async def slow(self, request: web.Request) -> web.Response:
        effect = await self.record(request)
        await asyncio.sleep(0.1)
        return web.Response(headers={"X-Request-Id": effect})

    async def hang(self, request: web.Request) -> web.Response:
        await self.record(request)
        await self.leaving.wait()
        return web.Response()

    async def drop(self, request: web.Request) -> web.Response:
        """Take it, act on it, and hang up without a word."""
        await self.record(request)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def half(self, request: web.Request) -> web.StreamResponse:
        """Promise a thousand bytes, give five, and hang up."""
        response = await self._begin(request, {"Content-Length": "1000"})
        await response.write(b"taken")
        assert request.transport is not None
        request.transport.close()
        return response

    async def stall(self, request: web.Request) -> web.StreamResponse:
        response = await self._begin(request, {"Content-Length": "1000"})
        await response.write(b"taken")
        await self.leaving.wait()
        return response

    async def endless(self, request: web.Request) -> web.StreamResponse:
        response = await self._begin(request, {})
        try:
            while not self.leaving.is_set():
                await response.write(b"more " * 2000)
                self.streamed += 10_000
        except ConnectionError:
            self.leaving.set()
        return response

    async def drip(self, request: web.Request) -> web.StreamResponse:
        """A byte now and then, for as long as anybody listens."""
        response = await self._begin(request, {})
        with suppress(ConnectionError):
            while not self.leaving.is_set():
                await response.write(b".")
                await asyncio.sleep(0.05)
        return response

    async def redirect(self, request: web.Request) -> web.Response:
        await self.record(request)
        return web.Response(status=int(request.query["status"]), headers={"Location": request.query["to"]})

    async def bomb(self, request: web.Request) -> web.Response:
        """Compressed although plain was asked for."""
        await self.record(request)
        return web.Response(body=gzip_bomb(), headers={"Content-Encoding": "gzip"})

    async def garbage(self, request: web.Request) -> web.Response:
        """Answer with something that is not HTTP."""
        await self.record(request)
        assert request.transport is not None
        request.transport.write(b"220 mail.example.com ESMTP\r\n")
        await self.leaving.wait()
        return web.Response()

    async def _begin(self, request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
        await self.record(request)
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        return response


def order_to(url: str, **changes: Any) -> Order:
    """The order of the contract, signed with `SECRET` and going to that address, whatever else changes."""
    order = replace(an_order("webhook", settings={"secret": SECRET}), **changes)
    return replace(order, message=replace(order.message, url=url))


class WebhookScene:
    """A channel and the receiver that its orders go to."""

    def __init__(self, channel: WebhookChannel, receiver: Receiver) -> None:
        self.channel = channel
        self.receiver = receiver

    def order(self, what: str, **changes: Any) -> Order:
        return self.to(WHAT[what], **changes)

    def to(self, path: str, **changes: Any) -> Order:
        return order_to(self.receiver.url(path), **changes)


@asynccontextmanager
async def opened(receiver: Receiver | None = None, **parameters: Any) -> AsyncIterator[WebhookScene]:
    """A receiver and a channel that may reach it, unless the channel's `parameters` say otherwise."""
    channel = WebhookChannel(**{"allow_private": True, **parameters})
    async with receiver or Receiver() as receiving:
        try:
            yield WebhookScene(channel, receiving)
        finally:
            await channel.close()


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
