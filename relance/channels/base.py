"""What every channel promises, and the values it speaks in.

A channel is asked once per attempt, outside any transaction, and answers with a value, never with an
exception: what went wrong at a provider is an outcome like any other, and the engine decides what follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from relance.rules.outcomes import Outcome, Pending, Permanent, Success, Temporary, Unknown, Unreached

__all__ = [
    "Channel", "Kind", "Message", "Order", "Outcome", "Pending", "Permanent", "Recipient", "Success", "Temporary",
    "Unknown", "Unreached",
]  # fmt: skip

Kind = Literal["call", "sms", "whatsapp", "email", "webhook"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is to be reached, as the provider and a webhook's receiver see them. `id` is the public one."""

    id: str
    name: str
    phone: str
    email: str
    time_zone: str
    do_not_call: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said: the channel takes the parts that it knows."""

    subject: str = ""
    body: str = ""
    template: str = ""
    language: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt, complete: a channel needs nothing else and asks the database nothing.

    `follow_up` is the public id, `number` counts the tries from 1, `idempotency_key` is repeated only when the
    same thing is asked again because its outcome is not known or was temporary. `due_at` is UTC. `reference` is the
    provider's own id of this attempt, for a look-up, where it had given one, and `answered` whether it had said that
    somebody picked up. `settings` are the connection's, with secrets in clear; they are never logged.
    """

    attempt_id: int
    follow_up: str
    number: int
    idempotency_key: str
    kind: Kind
    to: Recipient
    message: Message
    due_at: datetime
    reference: str = ""
    answered: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Channel(Protocol):
    """One provider of one kind of follow-up."""

    idempotent: bool
    """Whether asking twice with the same key is harmless: decides what an unknown outcome becomes."""

    async def send(self, order: Order) -> Outcome:
        """Ask the provider to do it, once. Raises nothing: every failure is an `Outcome`."""

    async def look_up(self, order: Order) -> Outcome | None:
        """Ask the provider how an attempt of unknown outcome ended; None where it cannot say."""

    async def close(self) -> None:
        """Let go of connections; called once, when the worker stops."""
