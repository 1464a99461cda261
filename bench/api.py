"""How many API requests a second the web process answers, and how quickly, over real HTTP with an API key."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import cycle

from aiohttp import ClientSession, ClientTimeout, TCPConnector

from bench.cast import TEXT, Cast
from bench.report import Result, percentiles
from bench.size import Size
from bench.stand import Failed, process, settle_down, wait_until
from relance.models import ApiKey, FollowUp, clock

CONNECTIONS = 8
CONTACTS = 1_000
PAGE = 50
READY_SECONDS = 30.0
WARM_UP_SECONDS = 0.3

Request = Callable[[ClientSession], Awaitable[None]]


def measure(cast: Cast, size: Size, waiting: int) -> list[Result]:
    """Creating and listing, each over eight connections that are kept open."""
    _, key = ApiKey.issue(cast.member, "bench")
    port = free_port()
    contacts = cast.contacts(CONTACTS)
    settle_down()
    with process("relance", "web", "--port", str(port)):
        wait_until(lambda: listens(port), READY_SECONDS, "web process")
        create = _create(contacts, clock.now() + timedelta(days=2))
        before = FollowUp.objects.count()
        found, created = asyncio.run(_both(f"http://127.0.0.1:{port}", key, create, size.api_seconds))
    made = FollowUp.objects.count() - before
    if made != created:
        raise Failed(f"{created:,} follow-ups were created over the API, but {made:,} are there.")
    title = f"API over HTTP, {CONNECTIONS} connections, one web process"
    return [Result(title, name, waiting, numbers) for name, numbers in found.items()]


async def _both(base: str, key: str, create: Request, seconds: float) -> tuple[dict[str, dict[str, float]], int]:
    async with ClientSession(
        base,
        headers={"Authorization": f"Bearer {key}"},
        connector=TCPConnector(limit=CONNECTIONS),
        timeout=ClientTimeout(total=READY_SECONDS),
    ) as session:
        count, created = await _load(session, create, seconds)
        _, listed = await _load(session, _list, seconds)
    return {"create: POST /api/follow-ups": created, f"list: GET /api/follow-ups?limit={PAGE}": listed}, count


async def _load(session: ClientSession, request: Request, seconds: float) -> tuple[int, dict[str, float]]:
    """Ask over and over on every connection; returns how often in all, and the figures after warming up."""
    warm = await _ask_for(session, request, WARM_UP_SECONDS)
    began = time.perf_counter()
    taken = await _ask_for(session, request, seconds)
    per_second = len(taken) / (time.perf_counter() - began)
    figures = percentiles(taken)
    return len(warm) + len(taken), {"per_second": per_second, "p50": figures["p50"], "p99": figures["p99"]}


async def _ask_for(session: ClientSession, request: Request, seconds: float) -> list[float]:
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def ask() -> None:
        while (began := time.perf_counter()) < end:
            await request(session)
            taken.append(time.perf_counter() - began)

    await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))
    return taken


def _create(contacts: list[int], at: datetime) -> Request:
    people = cycle(contacts)
    fields = {"type": "sms", "scheduledAt": at.isoformat(), "body": TEXT}

    async def create(session: ClientSession) -> None:
        body = {"contactId": f"person_{next(people)}", **fields}
        async with session.post("/api/follow-ups", json=body) as response:
            answer = await response.json()
            if response.status != 201 or not answer.get("id"):
                raise Failed(f"POST /api/follow-ups answered {response.status}: {answer}")

    return create


async def _list(session: ClientSession) -> None:
    async with session.get("/api/follow-ups", params={"limit": PAGE}) as response:
        answer = await response.json()
        if response.status != 200 or len(answer["items"]) != PAGE:
            raise Failed(f"GET /api/follow-ups answered {response.status} with {len(answer.get('items', []))} items.")


def free_port() -> int:
    """A port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
