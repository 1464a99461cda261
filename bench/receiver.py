"""A program: receives webhooks and notes how late each came; says its port, then, when told, all that it noted.

It stands for a provider: how late a follow-up is, is measured where it arrives.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import datetime

from aiohttp import web


async def main() -> None:
    """Receive until a line comes on standard input (or its end), then print (follow-up, seconds late) of each."""
    arrivals: list[tuple[str, float]] = []

    async def receive(request: web.Request) -> web.Response:
        at = time.time()
        event = await request.json()
        due = datetime.fromisoformat(event["timestamp"])
        arrivals.append((event["data"]["followUpId"], at - due.timestamp()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(arrivals), flush=True)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
