"""An installation to break: a database server of its own, workers that can be killed, a receiver that remembers."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter, defaultdict
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote

import psutil
import psycopg
from aiohttp import web
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.db.utils import ConnectionHandler

from relance.config.postgres import ROLE, SERVER_SETTINGS, SUPERUSER, EmbeddedPostgres
from relance.config.settings import _database
from relance.models import Contact, Organization, clock, scheduling, sql
from relance.models.connections import Connection, open_simulators
from relance.models.scheduling import Plan
from tests.engine.invariants import check_attempts, check_histories
from tests.faults.nursery import BOOK

ROOT = Path(__file__).parents[2]
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
LEASE = 2.5
# A worker that is stopped in the middle of a transaction loses its locks after a second, and not after thirty.
IMPATIENT = "-c idle_in_transaction_session_timeout=1s -c lock_timeout=30s"


def wait_until(condition, seconds=30.0, every=0.02):
    """Return the condition's first true value; fail when none comes in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {condition.__name__}"
        time.sleep(every)
    return found


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# -- the database server -------------------------------------------------------------------------------------


class Server(EmbeddedPostgres):
    """A PostgreSQL on the loopback, as a fleet of workers would reach it; it can be stopped, killed and started."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="relance-faults-"))
        self.port = free_port()
        super().__init__(self.directory / "postgres")

    def url(self, database="relance", role=ROLE):
        return f"{super().url(database, role)}&port={self.port}"

    def address(self, database):
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{database}"

    def _launch(self):
        ours = {"listen_addresses": "127.0.0.1", "port": str(self.port), "track_commit_timestamp": "on"}
        with patch.dict(SERVER_SETTINGS, ours), warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it is meant to outlive the object that started it
            super()._launch()

    def kill(self):
        """SIGKILL to the postmaster: its children notice and leave, and nothing is shut down in order."""
        process = self._process()
        family = [process, *process.children()]
        process.kill()
        psutil.wait_procs(family, 20)
        self._users.close()
        self._users = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.directory)

    def execute(self, statement):
        with psycopg.connect(self.url("postgres", SUPERUSER), autocommit=True) as admin:
            admin.execute(statement)

    def make_template(self):
        """Migrate once; every installation's database is a copy."""
        self.execute(f"CREATE DATABASE migrated OWNER {ROLE}")
        with speaking_to(self.address("migrated")):
            call_command("migrate", verbosity=0)

    @contextmanager
    def database(self):
        name = f"installation_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE migrated")
        try:
            with speaking_to(self.address(name)):
                yield self.address(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def speaking_to(url):
    """Have this process's Django, in all its threads, use the database at `url`."""
    before, theirs = connections["default"], connections.settings["default"]
    connections.settings["default"] = ConnectionHandler({"default": _database(url)}).settings["default"]
    del connections["default"]
    try:
        yield
    finally:
        connection.close()
        connections.settings["default"] = theirs
        connections["default"] = before


# -- the receiver --------------------------------------------------------------------------------------------


class Receiver:
    """Takes webhooks on the loopback, in a thread of its own. It acts on a webhook-id once, as its senders may expect.

    `asked` counts requests and `effects` acts, both by webhook-id; `keys` are the webhook-ids by follow-up.
    `refuse(n)` says whether the n-th request is answered 503, of those every other after it was acted upon.
    """

    def __init__(self):
        self.asked, self.effects = Counter(), Counter()
        self.keys = defaultdict(set)
        self.answered = 0
        self.delay = 0.0
        self.refuse = lambda number: False
        self._open = asyncio.Event()
        self._open.set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self.release()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def hold(self):
        """Answer nobody until `release`."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def release(self):
        self._loop.call_soon_threadsafe(self._open.set)

    @property
    def idle(self):
        """Whether everybody who asked has been answered."""
        return self.answered == self.asked.total()

    def _serve(self):
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_post("/", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        self._loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", 0).start())
        self.port = runner.addresses[0][1]
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _take(self, request):
        key = request.headers["webhook-id"]
        follow_up = int(json.loads(await request.read())["data"]["followUpId"].removeprefix("followup_"))
        number = self.asked.total()
        self.asked[key] += 1
        self.keys[follow_up].add(key)
        refused = self.refuse(number)
        if not refused or number % 2:
            self._act(key)
        await asyncio.sleep(self.delay)
        await self._open.wait()
        self.answered += 1
        return web.Response(status=503 if refused else 200)

    def _act(self, key):
        if not self.effects[key]:
            self.effects[key] += 1


# -- the installation ----------------------------------------------------------------------------------------


class Worker:
    """A worker process, by its id."""

    def __init__(self, pid):
        self.pid = pid
        self.process = psutil.Process(pid)
        self.name = f"{socket.gethostname()}:{pid}"

    def kill(self):
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        wait_until(lambda: not self.lives, every=0.002)

    def stop(self):
        """SIGSTOP: it stands still as if its machine had gone to sleep."""
        os.kill(self.pid, signal.SIGSTOP)
        wait_until(lambda: self.process.status() == psutil.STATUS_STOPPED, every=0.0005)

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)

    def stop_when(self, condition, more, seconds=40):
        """Stop it at a moment at which the condition holds; what it does is too quick to be caught each time, so that
        it is given `more` to do until it is."""

        def caught():
            if not condition():
                more()
                return False
            self.stop()
            if condition():
                return True
            self.go_on()
            return False

        wait_until(caught, seconds, every=0.001)

    @property
    def lives(self):
        with suppress(psutil.NoSuchProcess):
            return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE
        return False


class Host:
    """A machine that runs workers: a data directory with nothing in it, and where the database is."""

    def __init__(self, address, home, name, lease):
        self.home = home / name
        self.home.mkdir()
        self.book = home / "book"
        self.book.touch()
        self.log = (self.home / "log").open("ab")
        self.environment = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "relance.config.settings",
            "DATABASE_URL": f"{address}?options={quote(IMPATIENT)}",
            "RELANCE_DATA": str(self.home / "data"),
            "RELANCE_SECRET_KEY": settings.SECRET_KEY,
            "RELANCE_LEASE_SECONDS": str(lease),
            "RELANCE_UNKNOWN_SECONDS": str(lease),
            "RELANCE_WEBHOOK_ALLOW_PRIVATE": "1",
            "RELANCE_DEMO": "1",
            BOOK: str(self.book),
        }
        self.workers = []
        self._nursery = None

    def worker(self):
        """A new worker, at work within milliseconds."""
        if self._nursery is None:
            self._nursery = self._run("-m", "tests.faults.nursery", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._nursery.stdin.write(b"\n")
        self._nursery.stdin.flush()
        self.workers.append(Worker(int(self._nursery.stdout.readline())))
        return self.workers[-1]

    def command(self, *arguments):
        """`relance` with these arguments, as an operator runs it."""
        process = self._run("-m", "relance", *arguments)
        self.workers.append(Worker(process.pid))
        return process

    def _run(self, *arguments, **pipes):
        return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=self.environment, stderr=self.log, **pipes)

    def close(self):
        for worker in self.workers:
            if worker.lives:
                worker.kill()
        if self._nursery:
            with self._nursery:
                self._nursery.stdin.close()
        self.log.close()


class Installation:
    """One organization on a database of its own, and hosts whose workers carry its follow-ups out."""

    def __init__(self, server, address):
        self.server, self.address = server, address
        self.home = Path(tempfile.mkdtemp(prefix="relance-hosts-"))
        self.hosts = []
        self.receiver = Receiver()
        self.organization = Organization.objects.create(name="Bright Dental", hours=ALWAYS)
        open_simulators(self.organization)

    def __enter__(self):
        self.receiver.__enter__()
        self.organization.webhook_url = self.receiver.url
        self.organization.save()
        return self

    def __exit__(self, *_):
        for host in self.hosts:
            host.close()
        self.receiver.__exit__()
        shutil.rmtree(self.home)

    def host(self, lease=LEASE):
        self.hosts.append(Host(self.address, self.home, f"host{len(self.hosts) + 1}", lease))
        return self.hosts[-1]

    def simulate(self, kind, **behaviour):
        Connection.objects.filter(organization=self.organization, kind=kind).update(settings=behaviour)

    def schedule(self, kind, many, *, over=0.0, most=5):
        """So many follow-ups to as many new contacts, due from a moment ahead on, spread `over` seconds."""
        contacts = Contact.objects.bulk_create(
            Contact(organization=self.organization, name=f"Contact {n}", phone=f"+346{n:08}", zones=["Europe/Madrid"],
                    country="ES", consents={"sms": "granted"})
            for n in range(many)
        )  # fmt: skip
        body = "See you soon." if kind == "sms" else ""
        plan = Plan(kind, clock.now() + timedelta(seconds=0.3), body=body, max_attempts=most)
        ids = sorted(scheduling.schedule(self.organization, [c.pk for c in contacts], plan, by=None).values())
        sql.run(
            "UPDATE relance_followup SET next_attempt_at = next_attempt_at + %s * (id - %s) WHERE id = ANY(%s)",
            [timedelta(seconds=over / many), ids[0], ids],
        )
        return ids

    # -- what is seen of it ----------------------------------------------------------------------------------

    def count(self, *statuses):
        """How many follow-ups are in these states (none given: how many have not ended)."""
        wanted = list(statuses) or ["scheduled", "snoozed", "queued", "in_progress"]
        return sql.rows("SELECT count(*) FROM relance_followup WHERE status = ANY(%s)", [wanted])[0][0]

    def tried(self):
        """How many follow-ups have had a try."""
        return sql.rows("SELECT count(DISTINCT follow_up_id) FROM relance_attempt")[0][0]

    def statuses(self):
        return dict(sql.rows("SELECT status, count(*) FROM relance_followup GROUP BY 1"))

    def finish(self, seconds=60, meanwhile=lambda: None):
        """Move the clock to each next try in turn until everything has ended."""
        deadline = time.monotonic() + seconds
        while self.count():
            assert time.monotonic() < deadline, f"not finished after {seconds} s: {self.statuses()}"
            meanwhile()
            if not self.count("queued", "in_progress"):
                self._to_next_try()
            time.sleep(0.02)

    def _to_next_try(self):
        found = sql.rows("SELECT max(next_attempt_at) FROM relance_followup WHERE status = 'scheduled'")[0][0]
        if found and found > clock.now():
            clock.set_forward(found)

    def asked_of_simulator(self):
        """The provider's book: (attempt's id, follow-up's id, what it did), oldest first."""
        lines = (line.split("\t") for line in self.hosts[0].book.read_text().splitlines())
        return [(int(attempt), int(f.removeprefix("followup_")), behaviour) for attempt, f, behaviour in lines]


@contextmanager
def patience_with_restarts():
    """Whatever this process was just asking of a database that went away is asked again by the caller."""
    with suppress(OperationalError):
        yield
    connection.close()


# -- what must hold whatever happened ------------------------------------------------------------------------


def check_ended_well(installation):
    """Everything has ended, by a legal path, with its attempts closed; completed means that a try succeeded."""
    assert installation.count() == 0, installation.statuses()
    assert sql.rows("SELECT count(*) FROM relance_attempt WHERE outcome IS NULL") == [(0,)]
    check_histories()
    check_attempts()


def check_unknown_is_shown():
    """Each try that was unheard of for a while says so in its follow-up's history; returns how many there were."""
    unheard = sql.rows("SELECT DISTINCT follow_up_id FROM relance_attempt WHERE unheard")
    told = sql.rows("SELECT DISTINCT follow_up_id FROM relance_change WHERE because LIKE 'Outcome unknown: %%'")
    assert set(unheard) <= set(told)
    return len(unheard)


def check_receiver(installation):
    """No follow-up had an effect twice, and each completed one had it."""
    receiver = installation.receiver
    assert set(receiver.effects.values()) <= {1}
    for id, keys in receiver.keys.items():
        assert len(keys) == 1, f"follow-up {id} was asked for by several webhook-ids"
    completed = {row[0] for row in sql.rows("SELECT id FROM relance_followup WHERE status = 'completed'")}
    acted = {id for id, keys in receiver.keys.items() if any(receiver.effects[key] for key in keys)}
    assert completed <= acted


def check_simulator(installation):
    """Each try was asked for once at most, no follow-up had an effect twice, and what is unknown was the last word."""
    asked = installation.asked_of_simulator()
    assert max(Counter(attempt for attempt, _, _ in asked).values()) == 1
    effects = Counter(id for _, id, behaviour in asked if behaviour != "error")
    assert set(effects.values()) <= {1}
    completed = sql.rows("SELECT id FROM relance_followup WHERE status = 'completed'")
    assert {row[0] for row in completed} <= set(effects)
    asked_again = """
        SELECT a.follow_up_id FROM relance_attempt a JOIN relance_attempt later USING (follow_up_id)
        WHERE a.unheard AND later.number > a.number AND NOT EXISTS (
            SELECT FROM relance_change c WHERE c.follow_up_id = a.follow_up_id AND c.because LIKE '%%did not ask%%')
    """
    assert sql.rows(asked_again) == []
