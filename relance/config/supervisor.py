"""`relance up`: database, web and worker as one, started together and stopped together."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import click

from relance.config.serving import PARENT

STOP_SECONDS = 20.0
SHORT_LIFE = 5.0
MOST_SHORT_LIVES = 3


def run(host: str, port: int, workers: int, demo: bool) -> int:
    """Run until a signal; returns the exit code."""
    os.environ["RELANCE_DEMO"] = "1" if demo else "0"
    os.environ.setdefault("RELANCE_BASE_URL", f"http://{_reachable(host)}:{port}")
    from relance.cli.instance import instance

    if problem := _no_place(host, port):
        raise click.ClickException(problem)
    with instance():
        for line in _welcome(demo):
            click.echo(line)
        os.environ["RELANCE_DEMO"] = "1" if demo and _is_demo() else "0"
        commands = [["web", "--host", host, "--port", str(port)], *([["worker"]] * workers)]
        code = _Children(commands).watch(host, port)
    click.echo("Stopped.")
    return code


def _welcome(demo: bool) -> Sequence[str]:
    if not demo:
        return ["Make an admin with “relance admin create” and a key with “relance key create”."]
    from relance import demo as demo_data

    return demo_data.load()


def _is_demo() -> bool:
    """Whether the database is a demo's: nobody's real data gets a clock that moves."""
    from relance.models import DemoClock

    return DemoClock.objects.exists()


def _reachable(host: str) -> str:
    """The host as a browser on this machine writes it."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - nothing is bound here
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _no_place(host: str, port: int) -> str:
    """Why nothing can be served there; empty if it can."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except socket.gaierror:
        return f"“{host}” is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all of them."
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            return f"Port {port} is in use. Choose another with --port."
        return f"Nothing can be served at {host}, port {port}: {problem.strerror}."
    return ""


class _Child:
    """One process and how often it died young."""

    def __init__(self, arguments: list[str]) -> None:
        self.arguments = arguments
        self.short_lives = 0
        self.start()

    def start(self) -> None:
        self.started = time.monotonic()
        # A session of its own: Ctrl-C reaches the supervisor alone, which stops the others in order.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "relance", *self.arguments],
            env=os.environ | {PARENT: str(os.getpid())},
            start_new_session=True,
        )

    def tend(self) -> bool:
        """Start it again if it died; False when it keeps dying."""
        if self.process.poll() is None:
            return True
        self.short_lives = self.short_lives + 1 if time.monotonic() - self.started < SHORT_LIFE else 0
        if self.short_lives >= MOST_SHORT_LIVES:
            click.echo(f"The {self.arguments[0]} keeps stopping (exit code {self.process.returncode}).", err=True)
            return False
        self.start()
        return True


class _Children:
    """All processes under one watch."""

    def __init__(self, commands: list[list[str]]) -> None:
        self._stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        self._children = [_Child(command) for command in commands]

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def watch(self, host: str, port: int) -> int:
        """Keep them running until a signal comes or one will not live; returns the exit code."""
        announced, code = False, 0
        while not self._stopping:
            if not all(child.tend() for child in self._children):
                code, self._stopping = 1, True
            if not announced and _answers(host, port):
                click.echo(f"Relance is at http://{_reachable(host)}:{port}  (Ctrl-C stops it)")
                announced = True
            time.sleep(0.1)
        self._end()
        return code

    def _end(self) -> None:
        for child in self._children:
            child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._children:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 0.2).close()
    except OSError:
        return False
    return True
