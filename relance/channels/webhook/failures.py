"""What it means when no answer came: whether the receiver may have heard us decides the words."""

from __future__ import annotations

import logging
import os

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientResponseError,
    ClientSSLError,
    InvalidURL,
)

from relance.channels.base import Outcome, Permanent, Temporary
from relance.channels.webhook.addresses import PrivateAddress

log = logging.getLogger(__name__)

MAY_HAVE = "It may have received the webhook; the next try carries the same webhook-id."


def outcome_of(error: Exception, sent: bool) -> Outcome:
    """Judge what was raised instead of an answer; `sent` says that the request had begun to go out."""
    if isinstance(error, ClientConnectorError) and isinstance(error.os_error, PrivateAddress):
        return Permanent(str(error.os_error))
    if isinstance(error, InvalidURL | UnicodeError):
        return Permanent("This is not an address that can be connected to: look for a typing error.")
    if isinstance(error, TimeoutError):
        return Temporary(_timed_out(sent))
    if isinstance(error, ClientResponseError):
        return Temporary(f"The receiver's answer is no valid HTTP. {MAY_HAVE}")
    if isinstance(error, ClientError | OSError):
        return Temporary(_lost() if sent else _unreachable(error))
    log.exception("a webhook failed in an unforeseen way", exc_info=error)
    return Temporary(f"Relance could not send it, by a fault of its own ({type(error).__name__}).")


def _timed_out(sent: bool) -> str:
    if sent:
        return f"The receiver did not answer in time. {MAY_HAVE}"
    return "No connection to the receiver came about in time; nothing was sent."


def _lost() -> str:
    return f"The connection was lost before the receiver had answered. {MAY_HAVE}"


def _unreachable(error: Exception) -> str:
    return f"{_reason(error)}; nothing was sent."


def _reason(error: Exception) -> str:
    # Temporary although it looks final: most bad certificates have run out and are renewed within the hour,
    # and since nothing was sent a few more tries harm nobody.
    if isinstance(error, ClientConnectorCertificateError):
        return f"The receiver's certificate cannot be trusted ({_certificate_problem(error)})"
    if isinstance(error, ClientSSLError):
        return "No secure connection (TLS) to the receiver could be made"
    if isinstance(error, ClientConnectorDNSError):
        return "The receiver's host name was not found"
    cause = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "no connection"
    return f"The receiver could not be reached ({cause})"


def _certificate_problem(error: ClientConnectorCertificateError) -> str:
    return str(getattr(error.certificate_error, "verify_message", "it is not valid")).rstrip(".")
