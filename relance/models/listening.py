"""Hearing what is notified, on a connection of its own that is made again whenever it breaks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.db import connection

log = logging.getLogger(__name__)

RECONNECT_AFTER = 0.5  # seconds


async def listen(channels: Sequence[str], *, connected: Callable[[], None], heard: Callable[[str], None]) -> None:
    """Call `heard` with the payload of every NOTIFY on `channels`, until cancelled.

    `connected` is called whenever the channels are first listened to on a new connection: what was notified before
    that is lost, and whoever listens must look for themselves.
    """
    while True:
        try:
            await _listen_once(channels, connected, heard)
        except (psycopg.Error, OSError) as problem:
            log.warning("Notifications on %s cannot be heard: %s", ", ".join(channels), problem)
            await asyncio.sleep(RECONNECT_AFTER)


async def _listen_once(channels: Sequence[str], connected: Callable[[], None], heard: Callable[[str], None]) -> None:
    async with await psycopg.AsyncConnection.connect(**_parameters(), autocommit=True) as listener:
        for channel in channels:
            await listener.execute(f"LISTEN {channel}")
        connected()
        async for notice in listener.notifies():
            heard(notice.payload)


def _parameters() -> dict[str, Any]:
    """Where Django's own connections go, without what makes them Django's."""
    ours = ("cursor_factory", "context")
    return {name: value for name, value in connection.get_connection_params().items() if name not in ours}
