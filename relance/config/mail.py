"""How Relance sends mail of its own, read from `RELANCE_MAIL_URL` and `RELANCE_MAIL_FROM`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

WRONG = "RELANCE_MAIL_URL takes an address such as smtp://user:password@mail.example.com:587 or smtps://…"
NO_SENDER = "Set RELANCE_MAIL_FROM to the address that mail comes from, such as Relance <relance@example.com>."
PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server, and the address that mail comes from; without a host none is sent.

    `smtps` speaks TLS from the start. `smtp` changes to it before it signs in (STARTTLS); without a name to sign in
    with, as at a relay on the same machine, it does not.
    """

    scheme: str = "smtp"
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    sender: str = ""

    @property
    def starttls(self) -> bool:
        """Whether the connection begins in clear and then changes to TLS."""
        return self.scheme == "smtp" and bool(self.user)


def from_environment() -> Mail:
    """The server that the environment names. Raises `ImproperlyConfigured`."""
    url = os.environ.get("RELANCE_MAIL_URL") or ""
    return _read(url, os.environ.get("RELANCE_MAIL_FROM") or "") if url else Mail()


def _read(url: str, sender: str) -> Mail:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(WRONG) from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise ImproperlyConfigured(WRONG)
    user = unquote(parts.username or "")
    sender = sender or user
    if "@" not in parseaddr(sender)[1]:
        raise ImproperlyConfigured(NO_SENDER)
    return Mail(parts.scheme, parts.hostname, port or PORTS[parts.scheme], user, unquote(parts.password or ""), sender)
