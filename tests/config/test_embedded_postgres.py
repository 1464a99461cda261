"""The embedded server: reachable by its own user alone, shared, and none the worse for kills."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from relance.config.postgres import EmbeddedPostgres, ServerFailed

Wait = Callable[[Callable[[], object]], None]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another account")

HOLD = """
import sys
from pathlib import Path
from relance.config.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print("up", flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A database that was made once, for each test to copy."""
    place = Path(tempfile.mkdtemp(prefix="relance-made-"))
    server = EmbeddedPostgres(place / "postgres")
    server.start()
    server.stop()
    yield place / "postgres"
    shutil.rmtree(place)


def copied(made: Path, home: Path) -> EmbeddedPostgres:
    home.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", str(made), str(home)], check=True)
    for above in [home.parent, *home.parent.parents][:2]:
        above.chmod(above.stat().st_mode | 0o001)
    return EmbeddedPostgres(home)


@pytest.fixture
def server(made: Path, directory: Path) -> Iterator[EmbeddedPostgres]:
    server = copied(made, directory / "postgres")
    server.start()
    yield server
    server.stop()


def postmaster(server: EmbeddedPostgres) -> psutil.Process:
    return psutil.Process(int((server.home / "postmaster.pid").read_text().split("\n")[0]))


def answers(server: EmbeddedPostgres, question: str) -> tuple[object, ...] | None:
    with psycopg.connect(server.url()) as connection:
        return connection.execute(question).fetchone()  # type: ignore[arg-type]


def hold(home: Path) -> subprocess.Popen[str]:
    """Another process that uses the server in `home` until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    return process


def let_go(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=30)


def test_it_listens_on_no_network_address(server: EmbeddedPostgres) -> None:
    children = postmaster(server).children()
    assert children
    found = [connection for process in (postmaster(server), *children) for connection in listening(process)]
    assert found == []


def listening(process: psutil.Process) -> list[object]:
    try:
        return [connection for connection in process.net_connections("inet") if connection.status == "LISTEN"]
    except psutil.NoSuchProcess:  # a child that vacuums comes and goes
        return []


def test_its_socket_is_closed_to_everybody_else(server: EmbeddedPostgres) -> None:
    owner = postmaster(server).uids().real
    for path in (server.home, server.socket_directory, server.socket_directory / ".s.PGSQL.5432"):
        assert (path.stat().st_mode & 0o077, path.stat().st_uid) == (0, owner)


@as_root
def test_another_account_cannot_connect(server: EmbeddedPostgres) -> None:
    door = str(server.socket_directory / ".s.PGSQL.5432")
    with socket.socket(socket.AF_UNIX) as ours, socket.socket(socket.AF_UNIX) as theirs:
        ours.connect(door)
        os.seteuid(65534)
        try:
            with pytest.raises(PermissionError):
                theirs.connect(door)
        finally:
            os.seteuid(0)


def test_relance_is_no_superuser_there(server: EmbeddedPostgres) -> None:
    rights = "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert answers(server, rights) == (False, False, False, False)


@as_root
def test_root_starts_it_as_an_account_of_its_own(server: EmbeddedPostgres) -> None:
    assert postmaster(server).uids().real != 0


def test_what_a_killed_process_left_running_is_taken_up_again(made: Path, directory: Path) -> None:
    server = copied(made, directory / "postgres")
    kill(hold(server.home))
    left = postmaster(server)
    server.start()
    assert postmaster(server) == left
    server.stop()
    assert not left.is_running()


def test_a_killed_server_starts_again_with_what_was_committed(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    killed = postmaster(server)
    killed.send_signal(signal.SIGKILL)
    psutil.wait_procs([killed], timeout=30)
    server.start()
    assert postmaster(server) != killed
    assert answers(server, "SELECT number FROM kept") == (7,)


def test_the_last_to_leave_stops_it(made: Path, directory: Path, wait_until: Wait) -> None:
    server = copied(made, directory / "postgres")
    first, second = hold(server.home), hold(server.home)
    running = postmaster(server)
    let_go(first)
    assert running.is_running()
    let_go(second)
    wait_until(lambda: not running.is_running())


def test_a_number_that_is_another_process_by_now_is_not_taken_for_the_server(made: Path, directory: Path) -> None:
    server = copied(made, directory / "postgres")
    (server.home / "postmaster.pid").write_text(f"{os.getpid()}\n")
    server.stop()
    server.start()
    assert postmaster(server).pid != os.getpid()
    server.stop()


def test_a_path_with_spaces_serves(made: Path, directory: Path) -> None:
    server = copied(made, directory / "my data, 100% +" / "postgres")
    server.start()
    assert answers(server, "SELECT 1") == (1,)
    server.stop()


def test_a_path_too_long_for_a_socket_has_it_in_a_private_directory(made: Path, directory: Path) -> None:
    server = copied(made, directory / ("long" * 25) / "postgres")
    server.start()
    try:
        assert answers(server, "SELECT 1") == (1,)
        assert server.home not in server.socket_directory.parents
        assert server.socket_directory.stat().st_mode & 0o077 == 0
    finally:
        server.stop()
        shutil.rmtree(server.socket_directory)


def test_a_link_in_the_place_of_the_private_directory_is_refused(made: Path, directory: Path) -> None:
    server = copied(made, directory / ("long" * 25) / "postgres")
    target = directory / "somewhere"
    target.mkdir(mode=0o755)
    server.socket_directory.symlink_to(target)
    try:
        with pytest.raises(ServerFailed, match="belongs to somebody else"):
            server.start()
        assert target.stat().st_uid == os.geteuid()
        assert target.stat().st_mode & 0o777 == 0o755
    finally:
        server.stop()
        server.socket_directory.unlink()


def test_what_a_killed_first_start_left_is_made_anew(directory: Path) -> None:
    half = directory / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(directory / "postgres")
    server.start()
    assert answers(server, "SELECT 1") == (1,)
    server.stop()
    assert not half.exists()
