"""An installation as its owner starts it: `relance up` in an empty folder, used by command line and HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 90.0


@dataclass
class Installation:
    """A running instance, its data folder, and the key that was made for its admin."""

    folder: Path
    port: int
    key: str = ""

    def relance(self, *arguments: str) -> str:
        """Run a command; returns what it printed. Fails loudly."""
        done = subprocess.run(
            [sys.executable, "-m", "relance", *arguments],
            env=environment(self.folder),
            capture_output=True,
            text=True,
            timeout=PATIENCE * 4,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """An API request with the admin's key; returns the decoded answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            raise AssertionError(f"{method} {path}: {problem.code} {problem.read().decode()}") from None

    def all(self, path: str) -> list[dict[str, Any]]:
        """Every item of a list, page after page."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            joint = "&" if "?" in path else "?"
            page = self.call("GET", f"{path}{joint}limit=200" + (f"&cursor={cursor}" if cursor else ""))
            items += page["items"]
            if not (cursor := page["nextCursor"]):
                return items


def environment(folder: Path) -> dict[str, str]:
    """The environment of a fresh installation whose data lies in `folder`."""
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("RELANCE_", "DATABASE_", "DJANGO_"))
    }
    return ours | {"RELANCE_DATA": str(folder), "PYTHONWARNINGS": "default"}


@contextmanager
def started(folder: Path) -> Iterator[Installation]:
    """A demo instance, running, with an organization and an admin of its own."""
    port = _free_port()
    up = subprocess.Popen(
        [sys.executable, "-m", "relance", "up", "--port", str(port)], env=environment(folder), start_new_session=True
    )
    try:
        _wait_until_ready(port, up)
        owned = Installation(folder, port)
        owner = ("--email", "owner@example.com", "--password", "a long enough one")
        owned.relance("admin", "create", *owner, "--organization", "Care", "--time-zone", "America/New_York")
        owned.key = owned.relance("key", "create", "--member", "owner@example.com").strip()
        yield owned
    finally:
        up.send_signal(signal.SIGINT)
        assert up.wait(PATIENCE) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(port: int, up: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert up.poll() is None, "relance up ended by itself"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("relance up did not become ready")
