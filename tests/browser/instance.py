"""A demo instance that runs: the product's own web and worker, on a database of their own in the run's server."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from relance.config.postgres import ROLE, SUPERUSER
from relance.config.serving import PARENT
from relance.demo import travel
from relance.demo.cast import BRIGHTWATER
from relance.models import Contact, Evidence, Member, Organization, clock, suppression
from relance.models.suppression import MESSAGES
from relance.web import entering
from tests import cast
from tests.faults.harness import free_port, speaking_to, wait_until
from tests.jobs.installation import environment

PATIENCE = 90.0
LOADED, TURN = "browser_demo", 8412077
FIRST = ("Abel", "Bea", "Cora", "Dario", "Edda", "Fergus", "Gilda", "Hugo", "Iris", "Jonas", "Kira", "Lars", "Mona")
LAST = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Larch", "Maple")
NEW_YORK = (212, 332, 347, 646, 718, 917, 929)


class Instance:
    """Its address, and its people as the database has them. Its time goes forward only: ask `now` what it is."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "data").mkdir()
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.name = f"browser_{os.getpid()}"
        self.database = settings.EMBEDDED_POSTGRES.url(self.name)
        self._numbers = count()

    # -- who is there ----------------------------------------------------------------------------------------

    def member(self, email: str) -> Member:
        """A member of the demo's cast, by address."""
        return Member.objects.select_related("organization").get(email=email)

    def session(self, who: Member | str, *, halfway: bool = False) -> Any:
        """The cookie of a new session of this member, or of the one with this address; `halfway` in, the code of their
        device is still to be given. Signing in by the form is for the tests of that form."""
        member = self.member(who) if isinstance(who, str) else who
        asking = HttpRequest()
        asking.session, asking.user = SessionStore(), AnonymousUser()
        (entering.enter if halfway else entering.begin)(asking, member)
        asking.session.save()
        return {"name": settings.SESSION_COOKIE_NAME, "value": asking.session.session_key, "url": self.base}

    def house(self) -> cast.House:
        """Brightwater Homes, as the other tests have it."""
        organization = Organization.objects.get(name=BRIGHTWATER.name)
        contacts = {contact.name: contact for contact in organization.contacts.all()}
        return cast.House(
            organization,
            admin=self.member("maya@brightwater.example"),
            worker=self.member("tom@brightwater.example"),
            colleague=self.member("priya@brightwater.example"),
            agent=organization.default_agent,
            template=organization.templates.get(name="viewing_reminder"),
            contact=contacts["Sarah Lee"],
            others=contacts["Grace Kim"],
        )

    def new_contact(self, **fields: Any) -> Contact:
        """A contact in New York of Maya's and Tom's whom nobody else uses, and who agreed to every message."""
        number = next(self._numbers)
        name = f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}"
        workers = [self.member(f"{who}@brightwater.example") for who in ("maya", "tom")]
        given = {
            "name": name,
            "phone": f"+1{NEW_YORK[number // 100]}55501{number % 100:02}",
            "email": f"{name.lower().replace(' ', '.')}.{number}@example.net",
            "assignees": [worker.public_id for worker in workers],
        }
        contact: Contact = Contact.objects.add(workers[0].organization, given | fields, by=workers[0])
        suppression.opt_in(contact.pk, MESSAGES, Evidence("form", "Ticked the box on the contact form."))
        contact.refresh_from_db()
        return contact

    # -- its time --------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The instance's time, UTC."""
        return clock.now()

    def forward(self, to: datetime | None = None, **by: float) -> datetime:
        """Let time go on to an instant, or by so many `days`, `hours`, `minutes`; what is due on the way is done."""
        for _ in travel.forward(to or clock.now() + timedelta(**by)):
            pass
        return clock.now()

    # -- starting and stopping -------------------------------------------------------------------------------

    @contextmanager
    def running(self) -> Iterator[None]:
        """Make its database, load the demo, and have web and worker run."""
        processes: list[subprocess.Popen[bytes]] = []
        try:
            with (self.home / "log").open("wb") as log:
                self._make_database(log)
                processes += [self._start(log, "web", "--port", str(self.port)), self._start(log, "worker")]
                wait_until(lambda: self._answers(processes), PATIENCE)
                yield
        finally:
            _end(processes)
            with _server() as server:
                server.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    @contextmanager
    def within_reach(self, django_settings: Any) -> Iterator[None]:
        """Have this process's Django speak to it, so that tests can arrange things by the product's own verbs."""
        django_settings.DEMO = True
        with speaking_to(self.database):
            yield

    def _make_database(self, log: Any) -> None:
        """A copy of the demo, which the first of all processes of a run loads."""
        with _server() as server:
            server.execute("SELECT pg_advisory_lock(%s)", [TURN])
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [LOADED]).fetchone():
                server.execute(f"CREATE DATABASE loading OWNER {ROLE}")
                loading = self._start(log, "demo", database=settings.EMBEDDED_POSTGRES.url("loading"))
                assert loading.wait(PATIENCE) == 0, self._log()
                server.execute(f"ALTER DATABASE loading RENAME TO {LOADED}")
            server.execute(f"CREATE DATABASE {self.name} OWNER {ROLE} TEMPLATE {LOADED}")

    def _start(self, log: Any, *arguments: str, database: str = "") -> subprocess.Popen[bytes]:
        ours = {
            "DATABASE_URL": database or self.database,
            "RELANCE_BASE_URL": self.base,
            "RELANCE_DEMO": "1",
            "RELANCE_SECRET_KEY": settings.SECRET_KEY,
            PARENT: str(os.getpid()),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "relance", *arguments],
            env=environment(self.home / "data") | ours,
            stdout=log,
            stderr=log,
        )

    def _answers(self, processes: list[subprocess.Popen[bytes]]) -> bool:
        assert all(process.poll() is None for process in processes), self._log()
        try:
            urllib.request.urlopen(f"{self.base}/readyz", timeout=5).close()
        except OSError:
            return False
        return True

    def _log(self) -> str:
        return (self.home / "log").read_text()


def _server() -> psycopg.Connection:
    return psycopg.connect(settings.EMBEDDED_POSTGRES.url("postgres", SUPERUSER), autocommit=True)


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(PATIENCE)
