"""Settings of the test run: an embedded server of its own, shared by all test processes, gone afterwards."""

import atexit
import os
import shutil
import tempfile

OWNER = "RELANCE_TESTS_STARTED_BY"
if OWNER not in os.environ:
    os.environ[OWNER] = str(os.getpid())
    os.environ["RELANCE_DATA"] = tempfile.mkdtemp(prefix="relance-tests-")
    for name in ("DATABASE_URL", "RELANCE_DEMO", "RELANCE_WEBHOOK_ALLOW_PRIVATE"):
        os.environ.pop(name, None)

import psycopg  # noqa: E402

from relance.config.postgres import ROLE, SUPERUSER  # noqa: E402
from relance.config.settings import *  # noqa: E402, F403
from relance.config.settings import DATA, EMBEDDED_POSTGRES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True  # scripts and styles are looked for when asked for, and not anew by every test client

assert EMBEDDED_POSTGRES is not None
EMBEDDED_POSTGRES.start()
with psycopg.connect(EMBEDDED_POSTGRES.url("postgres", SUPERUSER), autocommit=True) as connection:
    connection.execute(f"ALTER ROLE {ROLE} CREATEDB")
    connection.execute("ALTER SYSTEM SET fsync = off")  # what a test writes need not outlive the machine
    connection.execute("SELECT pg_reload_conf()")


@atexit.register
def leave() -> None:
    assert EMBEDDED_POSTGRES is not None
    EMBEDDED_POSTGRES.stop()
    if os.environ[OWNER] == str(os.getpid()):
        shutil.rmtree(DATA, ignore_errors=True)
