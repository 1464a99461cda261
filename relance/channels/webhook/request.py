"""What a webhook says, and how its receiver can tell that it is ours (contract, webhook rows).

The signature is the Standard Webhooks scheme (https://www.standardwebhooks.com): HMAC-SHA256, `v1`.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from relance.channels.base import Order, Recipient


class Unsendable(ValueError):
    """The order itself cannot be made into a signed request; its words tell a person what to do."""


def body_of(order: Order) -> bytes:
    """Return the order as JSON in ASCII, `timestamp` being the moment it was due, in UTC.

    Raises `Unsendable` for parameters that JSON cannot express.
    """
    event = {
        "type": "followup.due",
        "timestamp": order.due_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {
            "followUpId": order.follow_up,
            "attempt": order.number,
            "contact": _contact(order.to),
            "notes": order.message.notes,
            "parameters": dict(order.message.parameters),
        },
    }
    try:
        return json.dumps(event, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as problem:
        raise Unsendable("The parameters cannot be written as JSON: correct them, then retry.") from problem


def _contact(to: Recipient) -> dict[str, str | bool]:
    return {
        "id": to.id,
        "name": to.name,
        "phone": to.phone,
        "email": to.email,
        "timeZone": to.time_zone,
        "doNotCall": to.do_not_call,
    }


def headers_of(order: Order, body: bytes, sent_at: int) -> dict[str, str]:
    """Return the headers that identify and sign one request; `sent_at` in Unix seconds.

    While a secret is being rotated both sign, so that the receiver may change over at any moment. Raises
    `Unsendable` where there is no usable secret: an unsigned webhook is never sent.
    """
    secrets = [order.settings.get("secret"), *_previous(order.settings)]
    return {
        "Content-Type": "application/json",
        "webhook-id": order.idempotency_key,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": " ".join(
            _signature(_key(secret), order.idempotency_key, sent_at, body) for secret in secrets
        ),
    }


def _previous(settings: Mapping[str, Any]) -> list[Any]:
    previous = settings.get("previous_secret")
    return [previous] if previous else []


def _key(secret: Any) -> bytes:
    try:
        encoded = secret.removeprefix("whsec_")
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (AttributeError, TypeError, ValueError):
        key = b""
    if not key:
        raise Unsendable("The organization's webhook secret is missing or damaged: rotate it, then retry.")
    return key


def _signature(key: bytes, message_id: str, sent_at: int, body: bytes) -> str:
    signed = f"{message_id}.{sent_at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
