"""What `relance doctor` looks at: each finding says how it is, and where it is not well, what to do."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
import time
import zoneinfo
from dataclasses import dataclass
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, OperationalError, connection

from relance.config.keeping import server_version, workers_alive
from relance.config.migrating import is_current
from relance.models import Attempt, FollowUp, clock, sql
from relance.models.vault import SecretField, SecretJSONField, WrongKey, unseal
from relance.rules.states import WAITING

OLDEST_POSTGRES = 15
OLDEST_ZONES = 2026
FREE_BYTES = 1 << 30
SKEW_SECONDS = 2.0
LATE_SECONDS = 60
SHORTEST_KEY = 32
SECRETS_TRIED = 1000
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and what to do where it is not good."""

    good: bool
    text: str
    advice: str = ""

    def __str__(self) -> str:
        mark = "ok    " if self.good else "WRONG "
        return f"{mark}{self.text}" + ("" if self.good else f"\n      {self.advice}")


def examine() -> list[Finding]:
    """Look at everything; what needs the database is left out when it does not answer."""
    found = [look() for look in (_python, _zones, _data_directory, _disk, _secret_key, _base_url)]
    try:
        connection.ensure_connection()
    except OperationalError as problem:
        return [
            *found,
            Finding(False, f"The database does not answer: {problem}", "Start it, or correct DATABASE_URL."),
        ]
    found += [look() for look in (_postgres, _role, _clock, _demo)]
    try:
        migrated = is_current()
    except DatabaseError:
        migrated = False
    if not migrated:
        return [*found, Finding(False, "The database is not up to date.", "Run “relance migrate”.")]
    found.append(Finding(True, "The database has all migrations."))
    return found + [look() for look in (_stored_secrets, _workers, _lag, _unknown)]


# -- this machine --------------------------------------------------------------------------------------------


def _python() -> Finding:
    good = sys.version_info >= (3, 11)
    return Finding(good, f"Python {platform.python_version()}.", "Relance needs Python 3.11 or newer.")


def _zones() -> Finding:
    version = zone_data()
    good = version[:4].isdigit() and int(version[:4]) >= OLDEST_ZONES
    return Finding(
        good,
        f"Time zone data {version}.",
        "Update this machine's package tzdata, or start Relance with PYTHONTZPATH set to nothing: then it uses the"
        f" data that came with it ({metadata.version('tzdata')}). Old data is an hour off where a law has changed.",
    )


def zone_data() -> str:
    """The version of the time zone data in use, such as 2026b: the system's where there is one, else our own."""
    system = next((Path(place) for place in zoneinfo.TZPATH if (Path(place) / "Europe" / "Madrid").exists()), None)
    if system is None:
        return metadata.version("tzdata")
    for name in ("tzdata.zi", "+VERSION", "version"):
        if (system / name).exists():
            with open(system / name, encoding="utf-8") as file:
                return file.readline().removeprefix("# version").strip()
    return "of an unknown version"


def _data_directory() -> Finding:
    secret = settings.DATA / "secret_key"
    loose = [
        str(path)
        for path, forbidden in ((settings.DATA, stat.S_IWGRP | stat.S_IWOTH), (secret, 0o077))
        if path.exists() and path.stat().st_mode & forbidden
    ]
    if loose:
        fix = f"Run: chmod go-rwx {secret}" if str(secret) in loose else f"Run: chmod go-w {settings.DATA}"
        return Finding(False, f"Others on this machine can reach {' and '.join(loose)}.", fix)
    if settings.DATA.exists() and not os.access(settings.DATA, os.W_OK):
        return Finding(False, f"{settings.DATA} cannot be written to.", "Give it to the account that runs Relance.")
    return Finding(True, f"{settings.DATA} is closed to others.")


def _disk() -> Finding:
    free = shutil.disk_usage(settings.DATA if settings.DATA.exists() else Path.cwd()).free
    return Finding(
        free >= FREE_BYTES,
        f"{free / (1 << 30):,.1f} GiB of disk are free.",
        "Make room: PostgreSQL stops when it is full.",
    )


# -- settings ------------------------------------------------------------------------------------------------


def _secret_key() -> Finding:
    if os.environ.get("RELANCE_SECRET_KEY"):
        return Finding(
            len(settings.SECRET_KEY) >= SHORTEST_KEY,
            "The secret key comes from RELANCE_SECRET_KEY.",
            f"It is short. A new installation should have {SHORTEST_KEY} random characters or more.",
        )
    return Finding(
        settings.EMBEDDED_POSTGRES is not None,
        f"The secret key is the one in {settings.DATA / 'secret_key'}.",
        "With DATABASE_URL every machine needs the same key. Set RELANCE_SECRET_KEY on all of them to what is in it.",
    )


def _base_url() -> Finding:
    parts = urlsplit(settings.BASE_URL)
    host = parts.hostname or ""
    problems = {
        "It must begin with https:// or http://, and name a host.": parts.scheme in {"http", "https"} and host,
        "Set RELANCE_BASE_URL to the address that people and providers use.": host not in {"0.0.0.0", "::"},  # noqa: S104
        "It must end with the host or its port: nothing comes after it.": not (parts.path or parts.query),
        "Put a proxy that speaks HTTPS before Relance, and set RELANCE_BASE_URL to its address: over http sign-ins can"
        " be read on their way.": parts.scheme == "https" or host in LOOPBACK,
    }
    wrong = [advice for advice, fine in problems.items() if not fine]
    return Finding(not wrong, f"The base address is {settings.BASE_URL}.", " ".join(wrong[:1]))


def _demo() -> Finding:
    if not settings.DEMO:
        return Finding(True, "Demo mode is off.")
    ours = urlsplit(settings.BASE_URL).hostname in LOOPBACK
    return Finding(
        ours,
        "Demo mode is on: the clock can be moved, and any host name is answered.",
        "Others can reach this instance. Start it with “relance up --no-demo” or RELANCE_DEMO=0.",
    )


# -- the database --------------------------------------------------------------------------------------------


def _postgres() -> Finding:
    version = server_version() // 10000
    kept = "embedded" if settings.EMBEDDED_POSTGRES else "by DATABASE_URL"
    return Finding(
        version >= OLDEST_POSTGRES,
        f"PostgreSQL {version} answers ({kept}).",
        f"Relance needs PostgreSQL {OLDEST_POSTGRES} or newer.",
    )


def _role() -> Finding:
    role, mighty = sql.rows("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user")[0]
    return Finding(
        not mighty,
        f"Relance connects as “{role}”, " + ("a superuser." if mighty else "no superuser."),
        f"Run: ALTER ROLE {role} NOSUPERUSER. Relance needs to own its tables, and nothing more.",
    )


def _clock() -> Finding:
    before = time.time()
    theirs = float(sql.rows("SELECT extract(epoch FROM clock_timestamp())")[0][0])
    skew = theirs - (before + time.time()) / 2
    return Finding(
        abs(skew) <= SKEW_SECONDS,
        f"The database's clock and this machine's are {abs(skew):.1f} s apart.",
        "Have both set their time by NTP. The database's decides what is due.",
    )


def _stored_secrets() -> Finding:
    try:
        count = sum(map(_readable, _sealed_columns()))
    except WrongKey as problem:
        return Finding(False, "A stored secret cannot be read.", str(problem).partition(". ")[2])
    return Finding(True, f"Stored secrets can be read with this key ({count} tried).")


def _sealed_columns() -> list[tuple[str, str]]:
    return [
        (model._meta.db_table, field.attname)
        for model in apps.get_app_config("relance").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, SecretField | SecretJSONField)
    ]


def _readable(place: tuple[str, str]) -> int:
    """How many of the newest secrets in this column were read. Raises `WrongKey`."""
    table, column = place
    tokens = sql.rows(f"SELECT {column} FROM {table} WHERE {column} <> '' ORDER BY id DESC LIMIT %s", [SECRETS_TRIED])
    for (token,) in tokens:
        unseal(token)
    return len(tokens)


# -- the work ------------------------------------------------------------------------------------------------


def _workers() -> Finding:
    count = workers_alive()
    return Finding(
        count > 0, f"Workers alive: {count}.", "Nothing goes out. Start one with “relance up” or “relance worker”."
    )


def _lag() -> Finding:
    now = clock.now()
    due = FollowUp.objects.filter(status__in=WAITING, next_attempt_at__lte=now)
    oldest = due.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    seconds = (now - oldest).total_seconds() if oldest else 0
    return Finding(
        seconds <= LATE_SECONDS,
        f"The longest-waiting follow-up has been due for {seconds:,.0f} s." if oldest else "Nothing is overdue.",
        "Look whether workers run and what they log. If they are busy, start more: any number may run.",
    )


def _unknown() -> Finding:
    day_ago = clock.now() - timedelta(days=1)
    open_now = Attempt.objects.filter(outcome=None, unheard=True).count()
    given_up = Attempt.objects.filter(outcome=Attempt.Result.UNKNOWN, started_at__gte=day_ago).count()
    return Finding(
        not open_now and not given_up,
        f"Tries of which nobody knows whether they reached the provider: {open_now} open, {given_up} of the last day.",
        "Look at these follow-ups' histories and ask the provider. What may have been sent is not sent again.",
    )
