"""What a law says, and how people are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from relance.rules.weeks import Week, render_spans

CHANNELS = {"call": "calls", "sms": "texts", "whatsapp": "WhatsApp messages"}
"""The channels a law can speak of, and what people call them. No law here sets hours for the others."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` tries in any time as long as `within`; `what` tells people what is counted."""

    most: int
    within: timedelta
    what: str

    def describe(self) -> str:
        """For people: "no more than 3 calls or messages on one subject in 24 hours"."""
        return f"no more than {self.most} {self.what} in {_describe_length(self.within)}"


@dataclass(frozen=True, slots=True)
class Law:
    """One law as it holds for one channel.

    `code` is an ISO 3166 code ("US-FL"). The law holds from `since` (None: from before anyone asks) to the
    day before `until` (None: it still does). `week` is in the contact's local time, None where the law sets
    no hours. The caps count tries over all `channels` of the law together. After a refusal the contact is
    left alone for `rest_after_refusal`; from `needs_opt_in_since` on, only those who agreed are reached.
    """

    code: str
    place: str
    channel: str
    channels: frozenset[str]
    week: Week | None
    closed_on_holidays: bool
    caps: tuple[Cap, ...]
    rest_after_refusal: timedelta | None
    needs_opt_in_since: date | None
    since: date | None
    until: date | None
    citation: str

    def holds_on(self, day: date) -> bool:
        """Whether the law is in force on this day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)

    @property
    def sentence(self) -> str:
        """For people: "Florida: calls from 8:00 to 20:00"; of a law without hours, its caps."""
        if self.week is None:
            return f"{self.place}: {', '.join(cap.describe() for cap in self.caps)}"
        hours = ", and ".join(
            f"from {render_spans(spans, ' to ')} {days}".rstrip() for days, spans in self.week.by_days()
        )
        holidays = ", not on public holidays" if self.closed_on_holidays else ""
        return f"{self.place}: {CHANNELS[self.channel]} {hours}{holidays}"


@dataclass(frozen=True, slots=True)
class Preset:
    """Limits an organization may choose: `caps`, and the rest a contact has after a conversation."""

    code: str
    name: str
    caps: tuple[Cap, ...]
    rest_after_conversation: timedelta
    since: date
    citation: str

    @property
    def sentence(self) -> str:
        """For people: "US debt collection: no more than 7 calls …, none within 7 days of a conversation"."""
        limits = [cap.describe() for cap in self.caps]
        limits.append(f"none within {_describe_length(self.rest_after_conversation)} of a conversation")
        return f"{self.name}: {', '.join(limits)}"


@dataclass(frozen=True, slots=True)
class Table:
    """Everything the data file holds; `part_of` gives for a territory's own code the country of its law."""

    part_of: Mapping[str, str]
    laws: tuple[Law, ...]
    presets: tuple[Preset, ...]


def _describe_length(length: timedelta) -> str:
    hours = length // timedelta(hours=1)
    return f"{hours} hours" if hours % 24 or hours == 24 else f"{hours // 24} days"
