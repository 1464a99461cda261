"""What the gates need to know of one follow-up: plain values, gathered by the engine or typed in by a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from relance.rules.windows import Window

PERSONAL = frozenset({"call", "sms", "whatsapp", "email"})
"""The channels that reach a person; a webhook reaches none."""

BY_PHONE = frozenset({"call", "sms", "whatsapp"})
TELEPHONY = BY_PHONE
"""The channels that calling windows and frequency caps are about."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries by one of `kinds` within any span of length `within`."""

    most: int
    within: timedelta
    kinds: frozenset[str]
    sentence: str
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    """A time in which a contact is left alone: after a refusal (France) or a conversation (debt collection)."""

    until: datetime
    kinds: frozenset[str]
    sentence: str
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Something full or paused that keeps a follow-up waiting until a moment (UTC), or None: nobody knows how long."""

    until: datetime | None
    sentence: str


@dataclass(frozen=True, slots=True)
class OptIn:
    """A law by which this channel needs recorded consent although calls otherwise do not."""

    sentence: str
    citation: str


@dataclass(slots=True)
class Facts:
    """One follow-up and its contact, as they stand at one moment. Instants are aware, zones IANA names.

    `tries` are the earlier tries to this contact over all follow-ups, as (channel, start), oldest first.
    `window` is None where the channel knows none. `consents` maps a channel to "granted" or "revoked".
    """

    kind: str
    scheduled_at: datetime
    created_at: datetime
    contact_exists: bool = True
    phone: str = ""
    email: str = ""
    url: str = ""
    listed_as: str = ""  # the number or address that is on the do-not-call list
    consents: Mapping[str, str] = field(default_factory=dict)
    opt_in: OptIn | None = None
    purpose: str = "general"
    already_sent: bool = False
    cancel_on_reply: bool = False
    replied_at: datetime | None = None
    allow_out_of_window: bool = False
    window: Window | None = None
    zone_sentence: str = ""
    tries: tuple[tuple[str, datetime], ...] = ()
    limits: tuple[Limit, ...] = ()
    rests: tuple[Rest, ...] = ()
    holds: tuple[Hold, ...] = ()
    expires_at: datetime | None = None
