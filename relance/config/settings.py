"""Settings, from the environment alone; `docs/operator.md` describes each of them."""

from __future__ import annotations

import hashlib
import math
import os
import re
import secrets
from importlib import metadata
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from relance.config import mail
from relance.config.postgres import EmbeddedPostgres


def _flag(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


A_WEEK = 7 * 24 * 3600


def _seconds(name: str, default: float) -> float:
    given = os.environ.get(name) or default
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= A_WEEK:
        raise ImproperlyConfigured(f"{name} takes seconds, over 0 and up to {A_WEEK:,}, and “{given}” is not that.")
    return seconds


DATA = Path(os.environ.get("RELANCE_DATA") or "data").absolute()
BASE_URL = (os.environ.get("RELANCE_BASE_URL") or "http://127.0.0.1:8000").rstrip("/")
DEMO = _flag("RELANCE_DEMO") if "RELANCE_DEMO" in os.environ else (DATA / "demo").exists()
WEBHOOK_ALLOW_PRIVATE = _flag("RELANCE_WEBHOOK_ALLOW_PRIVATE")

# How long a worker may hold a follow-up before another may ask what became of it, and how long an outcome that
# nobody heard may still arrive (SPEC: ten minutes) before it is counted.
LEASE_SECONDS = _seconds("RELANCE_LEASE_SECONDS", 60)
UNKNOWN_SECONDS = _seconds("RELANCE_UNKNOWN_SECONDS", 600)


def _secret_key() -> str:
    """The key for sessions and for secrets at rest: the environment's, else one kept in the data directory."""
    if given := os.environ.get("RELANCE_SECRET_KEY"):
        return given
    path = DATA / "secret_key"
    DATA.mkdir(parents=True, exist_ok=True)
    try:
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text()


# A process that was stopped in the middle of a transaction must not hold its locks for ever.
SERVER_OPTIONS = "-c idle_in_transaction_session_timeout=30s -c lock_timeout=30s"


NO_DATABASE_URL = "DATABASE_URL takes an address such as postgresql://user:password@host:5432/relance."


def _database(url: str) -> dict[str, object]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(NO_DATABASE_URL) from None
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured(NO_DATABASE_URL)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "relance", "options": SERVER_OPTIONS, "prepare_threshold": 5} | query,
        "TEST": {"NAME": os.environ.get("RELANCE_TEST_DATABASE") or None},
    }


def _fingerprint(folder: Path) -> str:
    """What tells one version of these files, and of those that come with the parts we use, from another."""
    digest = hashlib.sha256(metadata.version("django-htmx").encode())
    for path in sorted(folder.rglob("*.*")):
        digest.update(f"\n{path.relative_to(folder)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


SECRET_KEY = _secret_key()
PAGES = Path(__file__).parent.parent / "web"
EMBEDDED_POSTGRES = None if os.environ.get("DATABASE_URL") else EmbeddedPostgres(DATA / "postgres")
DATABASES = {"default": _database(EMBEDDED_POSTGRES.url() if EMBEDDED_POSTGRES else os.environ["DATABASE_URL"])}

DEBUG = False
ALLOWED_HOSTS = ["*"] if DEMO else [urlsplit(BASE_URL).hostname or "localhost", "127.0.0.1", "localhost", "[::1]"]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "relance",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "relance.web.headers.Compression",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "relance.web.headers.Headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PAGES / "templates"],
        "OPTIONS": {
            "builtins": ["django.templatetags.static", "relance.web.ui"],
            "context_processors": ["django.template.context_processors.request", "relance.web.frame.frame"],
            "loaders": [("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"])],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# Nothing is built or collected: files are served from where they lie, under an address that changes with them, so
# that a browser may keep them for ever.
STATICFILES_DIRS = [PAGES / "static"]
STATIC_URL = f"/static/{_fingerprint(PAGES / 'static')}/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = f"^{re.escape(STATIC_URL)}"
ROOT_URLCONF = "relance.config.urls"
ASGI_APPLICATION = "relance.config.asgi.application"
AUTH_USER_MODEL = "relance.Member"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024  # a CSV of a few hundred thousand contacts
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https:")
SESSION_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [BASE_URL]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600

# Mail of Relance's own: links to set a password, invitations. Follow-ups by e-mail go by their own connections.
MAIL = mail.from_environment()
MAIL_CONFIGURED = bool(MAIL.host)
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.host, MAIL.port, MAIL.user, MAIL.password
EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL.scheme == "smtps", MAIL.starttls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = MAIL.sender or "relance@localhost"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "engine.jobs"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"django.request": {"level": "ERROR"}},  # what a caller got wrong, the caller is told
    "root": {"handlers": ["stderr"], "level": os.environ.get("RELANCE_LOG_LEVEL") or "WARNING"},
}
