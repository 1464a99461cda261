"""Which providers there are, and those that one worker has in use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from relance.channels.base import Channel, Kind
from relance.channels.simulator import Simulator
from relance.channels.webhook import WebhookChannel


@dataclass(frozen=True, slots=True)
class Environment:
    """What the operator decides for channels, read from the settings once."""

    webhook_allow_private: bool = False


# A channel opens connections on its first send and not on being made.
PROVIDERS: Final[dict[tuple[Kind, str], Callable[[Environment], Channel]]] = {
    ("call", "simulator"): lambda environment: Simulator("call"),
    ("sms", "simulator"): lambda environment: Simulator("sms"),
    ("whatsapp", "simulator"): lambda environment: Simulator("whatsapp"),
    ("email", "simulator"): lambda environment: Simulator("email"),
    ("webhook", "simulator"): lambda environment: Simulator("webhook"),
    ("webhook", "http"): lambda environment: WebhookChannel(environment.webhook_allow_private),
}


class Channels:
    """The channels of one worker, each made when first asked for and kept until `close`."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._made: dict[tuple[Kind, str], Channel] = {}

    def of(self, kind: Kind, provider: str) -> Channel:
        """Return the channel of that provider. Raises LookupError where there is none."""
        if (kind, provider) not in PROVIDERS:
            raise LookupError(f"There is no provider {provider!r} for {kind}: use {_known(kind)}.")
        if (kind, provider) not in self._made:
            self._made[kind, provider] = PROVIDERS[kind, provider](self._environment)
        return self._made[kind, provider]

    def idempotent(self, kind: Kind, provider: str) -> bool:
        """Whether asking twice with one key is harmless; connects to nothing. Raises LookupError."""
        return self.of(kind, provider).idempotent

    async def close(self) -> None:
        """Close every channel in use, also when one of them fails to."""
        await asyncio.gather(*(channel.close() for channel in self._made.values()))


def _known(kind: Kind) -> str:
    return " or ".join(name for of_kind, name in PROVIDERS if of_kind == kind) or "another kind"
