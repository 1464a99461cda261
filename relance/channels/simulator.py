"""A provider that reaches nobody, for all five kinds: the same behaviour for the same seed, every time.

An order's settings say how it behaves, all of them optional:

    {"seed": 7, "weights": {"answered": 6, "no answer": 2, "busy": 1}, "delay_seconds": 0,
     "slow_seconds": 3, "retry_after_seconds": 60}

Without weights everything succeeds. A message has nobody to pick up, so for all kinds but calls "no answer",
"busy" and "voicemail" are messages that were accepted.

With `"phone": true` a call rings on the phone that the demo shows on a page, and whoever looks at that decides how it
ends. Where nobody picks up it rings out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Any, Final, Literal, get_args

from relance.channels.base import Kind, Order, Outcome, Pending, Permanent, Success, Temporary, Unknown, Unreached

Behaviour = Literal[
    "answered",
    "no answer",
    "busy",
    "voicemail",
    "invalid",
    "rate limited",
    "slow",
    "dies after accepting",
    "error",
]
BEHAVIOURS: Final[tuple[Behaviour, ...]] = get_args(Behaviour)

# Seconds that are waited, or asked for, where the settings say nothing.
SECONDS: Final = {"delay_seconds": 0, "slow_seconds": 3, "retry_after_seconds": 60}
MOST_SECONDS: Final = 3600
MOST_WEIGHT: Final = 1_000_000
FIELDS: Final = ("seed", "weights", "phone", *SECONDS)

RINGS_FOR: Final = timedelta(seconds=20)
"""How long a phone rings that nobody picks up, at least: it has rung out when the provider is asked after that."""

# As the real ones word it: Twilio, Meta's Cloud API, an SMTP server, our own webhook channel.
INVALID: Final[dict[Kind, str]] = {
    "call": "21211: The 'To' number is not a valid phone number.",
    "sms": "21211: The 'To' number is not a valid phone number.",
    "whatsapp": "131026: Message undeliverable.",
    "email": "550 5.1.1 The e-mail account that you tried to reach does not exist.",
    "webhook": "The receiver answered 404 Not Found.",
}
RATE_LIMITED: Final[dict[Kind, str]] = {
    "call": "20429: Too many requests.",
    "sms": "20429: Too many requests.",
    "whatsapp": "130429: Rate limit hit.",
    "email": "450 4.7.1 Too many messages, try again later.",
    "webhook": "The receiver answered 429 Too Many Requests.",
}
ERROR: Final[dict[Kind, str]] = {
    "call": "20500: Internal server error.",
    "sms": "20500: Internal server error.",
    "whatsapp": "131000: Something went wrong.",
    "email": "421 4.3.2 Service not available.",
    "webhook": "The receiver answered 503 Service Unavailable.",
}


class Simulator:
    """The simulated provider of one kind. Like the real ones, only the webhook's knows idempotency keys."""

    def __init__(self, kind: Kind) -> None:
        self.idempotent = kind == "webhook"

    async def send(self, order: Order) -> Outcome:
        """Behave as the settings say; the choice hangs on seed, follow-up and number of the try alone."""
        if problems := _wrong_values(order.settings):
            field, sentence = problems[0]
            return Permanent(f"The simulator's {field} cannot be used: {sentence}")
        await _wait(order.settings, "delay_seconds")
        if _rings(order):
            return Pending(_reference(order), RINGS_FOR)
        behaviour = _behaviour(order)
        if behaviour == "slow":
            await _wait(order.settings, "slow_seconds")
        return _outcome(behaviour, order)

    async def look_up(self, order: Order) -> Outcome | None:
        """Own up to what was accepted before the connection died, and to how a phone was left; of anything else there
        is no record."""
        if _rings(order):
            return _success(order) if order.answered else Unreached("no answer", _reference(order))
        if not _wrong_values(order.settings) and _behaviour(order) == "dies after accepting":
            return _success(order)
        return None

    async def close(self) -> None:
        """Nothing is held."""


def unattended(order: Order) -> Outcome:
    """How a call to a phone ends that nobody can look at, as while the clock is set forward: by its seed."""
    return _outcome(_behaviour(order), order)


def settings_problem(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each wrong field of the settings with a sentence saying what would be right."""
    unknown = [(str(field), f"Unknown; use {', '.join(FIELDS)}.") for field in settings if field not in FIELDS]
    return unknown + _wrong_values(settings)


def _wrong_values(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    problems = []
    if "seed" in settings and type(settings["seed"]) is not int:
        problems.append(("seed", "Give a whole number."))
    if "weights" in settings:
        problems += _wrong_weights(settings["weights"])
    if "phone" in settings and type(settings["phone"]) is not bool:
        problems.append(("phone", "Give true or false."))
    for field in SECONDS:
        if field in settings and not _is_number(settings[field], MOST_SECONDS):
            problems.append((field, f"Give a number of seconds from 0 to {MOST_SECONDS}."))
    return problems


def _wrong_weights(weights: Any) -> list[tuple[str, str]]:
    if not isinstance(weights, Mapping):
        return [("weights", 'Give a weight for each behaviour, like {"answered": 6, "no answer": 2}.')]
    for name, weight in weights.items():
        if name not in BEHAVIOURS:
            return [("weights", f"Unknown behaviour {str(name)[:40]!r}; use {', '.join(BEHAVIOURS)}.")]
        if not _is_number(weight, MOST_WEIGHT):
            return [(f"weights.{name}", f"Give a number from 0 to {MOST_WEIGHT}.")]
    if not any(weights.values()):
        return [("weights", "Give at least one behaviour a weight above 0.")]
    return []


def _is_number(value: Any, most: int) -> bool:
    return type(value) in (int, float) and 0 <= value <= most


def _rings(order: Order) -> bool:
    return order.kind == "call" and order.settings.get("phone") is True


async def _wait(settings: Mapping[str, Any], field: str) -> None:
    if seconds := settings.get(field, SECONDS[field]):
        await asyncio.sleep(seconds)


def _behaviour(order: Order) -> Behaviour:
    weights: Mapping[str, float] | None = order.settings.get("weights")
    if weights is None:
        return "answered"
    possible = [name for name in BEHAVIOURS if weights.get(name)]
    point = _fraction(order) * sum(weights[name] for name in possible)
    for name in possible[:-1]:
        point -= weights[name]
        if point < 0:
            return name
    return possible[-1]


def _fraction(order: Order) -> float:
    drawn = f"{order.settings.get('seed', 0)}:{order.follow_up}:{order.number}"
    digest = blake2b(drawn.encode(errors="backslashreplace"), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def _outcome(behaviour: Behaviour, order: Order) -> Outcome:
    match behaviour:
        case "no answer" | "busy" | "voicemail" if order.kind == "call":
            return Unreached(behaviour, _reference(order))
        case "invalid":
            return Permanent(INVALID[order.kind], reference=_reference(order))
        case "rate limited":
            seconds = order.settings.get("retry_after_seconds", SECONDS["retry_after_seconds"])
            return Temporary(RATE_LIMITED[order.kind], timedelta(seconds=seconds))
        case "error":
            return Temporary(ERROR[order.kind])
        case "dies after accepting":
            return Unknown("The connection was lost after the provider had taken it.")
        case _:
            return _success(order)


def _success(order: Order) -> Success:
    return Success(_reference(order), "Answered." if order.kind == "call" else "Accepted.")


def _reference(order: Order) -> str:
    key = order.idempotency_key.encode(errors="backslashreplace")
    return f"SIM-{blake2b(key, digest_size=6).hexdigest()}"
