"""The two kinds of process: web and worker. Each ends when the one that started it is gone."""

from __future__ import annotations

import os
import signal
import threading
import time

import uvicorn

PARENT = "RELANCE_PARENT"


def serve(host: str, port: int) -> None:
    """Serve pages and API until told to stop."""
    _leave_with_parent()
    uvicorn.run(
        "relance.config.asgi:application",
        host=host,
        port=port,
        lifespan="off",
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )


def work() -> None:
    """Carry follow-ups out until told to stop."""
    from relance.engine import worker

    _leave_with_parent()
    worker.main()


def _leave_with_parent() -> None:
    """A supervisor that was killed can stop nobody: its children watch for it."""
    if parent := os.environ.get(PARENT):
        threading.Thread(target=_watch, args=[int(parent)], daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
