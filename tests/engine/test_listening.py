"""The ear that clock and streams share: it hears again after its connection broke, and says so."""

import asyncio

from asgiref.sync import sync_to_async
from django.db import connection

from relance.models import listening, sql

CHANNEL = "heard_in_a_test"


def say(text):
    sql.run("SELECT pg_notify(%s, %s)", [CHANNEL, text])


def let_go():
    """Close the connection of the thread that this is called in."""
    connection.close()


def break_the_ear():
    sql.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = %s",
        [f"LISTEN {CHANNEL}"],
    )


def test_a_connection_that_breaks_is_made_again_and_that_is_said(transactional_db, monkeypatch):
    monkeypatch.setattr(listening, "RECONNECT_AFTER", 0)

    async def listen():
        connections, heard = asyncio.Queue(), asyncio.Queue()
        ear = asyncio.create_task(
            listening.listen([CHANNEL], connected=lambda: connections.put_nowait("new"), heard=heard.put_nowait)
        )
        async with asyncio.timeout(30):
            for text in ("before", "after"):
                await connections.get()
                await sync_to_async(say)(text)
                assert await heard.get() == text
                await sync_to_async(break_the_ear)()
        ear.cancel()
        await asyncio.gather(ear, return_exceptions=True)
        await sync_to_async(let_go)()

    asyncio.run(listen())
