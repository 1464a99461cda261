"""`relance up` as people run it: a process of its own, with a database, a web and a worker under it."""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """One data directory for all tests here: only the first start of it makes a database."""
    made = Path(tempfile.mkdtemp(prefix="relance-up-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Instance:
    """A command of Relance that runs, and every process that came of it."""

    def __init__(self, command: list[str], port: int, environment: dict[str, str], data: Path) -> None:
        self.port, self.data = port, data
        self.process = subprocess.Popen(
            [sys.executable, "-m", "relance", *command, "--port", str(port)],
            env=environment | {"RELANCE_DATA": str(data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def serves(self, path: str = "/readyz") -> bool:
        assert self.process.poll() is None, self.process.communicate()[0]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def child(self, name: str) -> psutil.Process | None:
        """The web or the worker, where there is one."""
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if name in child.cmdline():
                    return child
        return None

    def family(self) -> list[psutil.Process]:
        """This process and all that it started, the database among them."""
        process = psutil.Process(self.process.pid)
        found = [process, *process.children(recursive=True)]
        assert "postgres" in [one.name() for one in found]
        return found

    def end(self, number: int) -> tuple[int, str]:
        """Send the signal; the exit code and everything it said."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=90)
        return self.process.returncode, said


def left(family: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def start(data: Path, port: int, environment: dict[str, str]) -> Iterator[Callable[..., Instance]]:
    begun: list[Instance] = []

    def begin(*command: str) -> Instance:
        begun.append(Instance(list(command), port, environment, data))
        return begun[-1]

    yield begin
    for instance in begun:
        if instance.process.poll() is None:
            instance.end(signal.SIGINT)


def test_ctrl_c_stops_all_of_it_and_a_second_start_goes_on(start: Callable[..., Instance], wait_until: Wait) -> None:
    for _ in range(2):
        instance = start("up", "--no-demo")
        wait_until(lambda now=instance: now.serves("/livez") and now.serves() and now.child("worker"))
        family = instance.family()
        code, said = instance.end(signal.SIGINT)
        assert code == 0, said
        assert f"http://127.0.0.1:{instance.port}" in said
        assert said.endswith("Stopped.\n")
        assert left(family) == []


def test_a_worker_that_was_killed_is_started_again(start: Callable[..., Instance], wait_until: Wait) -> None:
    instance = start("up", "--no-demo")
    wait_until(lambda: instance.serves() and instance.child("worker"))
    killed = instance.child("worker")
    assert killed
    killed.kill()
    wait_until(lambda: instance.child("worker") not in (None, killed))
    assert instance.serves()
    assert instance.end(signal.SIGTERM)[0] == 0


def test_web_and_worker_end_when_the_process_above_them_is_killed(
    start: Callable[..., Instance], wait_until: Wait
) -> None:
    instance = start("up", "--no-demo")
    wait_until(lambda: instance.serves() and instance.child("worker"))
    family = instance.family()
    instance.end(signal.SIGKILL)
    wait_until(lambda: not left(family))


def test_web_alone_ends_on_sigterm_in_good_order(start: Callable[..., Instance], wait_until: Wait) -> None:
    instance = start("web")
    wait_until(instance.serves)
    family = instance.family()
    assert instance.end(signal.SIGTERM)[0] == 0
    assert left(family) == []


def test_a_port_in_use_is_said_before_anything_starts(start: Callable[..., Instance], port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        instance = start("up", "--no-demo")
        said, _ = instance.process.communicate(timeout=90)
    assert instance.process.returncode == 1
    assert said == f"Error: Port {port} is in use. Choose another with --port.\n"
