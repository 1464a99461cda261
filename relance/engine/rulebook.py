"""What agent, organization and law say of calling and texting: hours, limits, consent, and how long one rests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from relance.engine.subjects import Subject
from relance.engine.surroundings import Surroundings
from relance.models import Organization
from relance.rules import jurisdictions
from relance.rules.facts import BY_PHONE, Limit, OptIn, Rest
from relance.rules.holidays import OwnClosures, PublicHolidays
from relance.rules.weeks import Week
from relance.rules.windows import Closures, Layer, Window

CALLS = frozenset({"call"})


class Rules(NamedTuple):
    """What agent, organization and law say for one kind of subject in one place."""

    window: Window | None
    laws: tuple[jurisdictions.Law, ...]
    limits: tuple[Limit, ...]
    opt_in: OptIn | None


class Rulebook:
    """The rules for the subjects of a batch, worked out once for each distinct combination."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._known: dict[tuple[object, ...], Rules] = {}

    def of(self, s: Subject, on: date) -> Rules:
        """What holds for `s` on this day."""
        key = (s.organization_id, s.agent_id, s.kind, s.country, s.region, *s.zones, on)
        if key not in self._known:
            self._known[key] = self._work_out(s, on)
        return self._known[key]

    def _work_out(self, s: Subject, on: date) -> Rules:
        if s.kind not in BY_PHONE:
            return Rules(None, (), (), None)
        organization = self._around.organizations[s.organization_id]
        agent = self._around.agents.get(s.agent_id) if s.agent_id else None
        laws = jurisdictions.laws(s.country, s.region, s.kind, on)
        layers = (
            *((_hours(f"The hours of {agent.name}", agent.hours),) if agent else ()),
            _organization_layer(organization),
            *(jurisdictions.layer(law) for law in laws if law.week is not None or law.closed_on_holidays),
        )
        zones = tuple(s.zones) or (organization.time_zone,)
        return Rules(Window(zones, layers), laws, _limits(organization, laws), _opt_in(laws, on))


def _hours(label: str, stored: dict[str, Any], closed: Closures | None = None) -> Layer:
    return Layer(label, _week(json.dumps(stored, sort_keys=True)), "", closed)


@lru_cache(maxsize=1024)
def _week(stored: str) -> Week:
    return Week.parse(json.loads(stored))


def _organization_layer(organization: Organization) -> Layer:
    label = f"The hours of {organization.name}"
    days = frozenset((date.fromisoformat(day), name) for day, name in organization.closed_days.items())
    if organization.observe_public_holidays:
        public = PublicHolidays(organization.country, organization.region or None)
        return _hours(label, organization.hours, _Either(OwnClosures(days), public) if days else public)
    return _hours(label, organization.hours, OwnClosures(days) if days else None)


@dataclass(frozen=True, slots=True)
class _Either:
    """Closed when one or the other says so."""

    one: Closures
    other: Closures

    def why_closed(self, day: date) -> str | None:
        return self.one.why_closed(day) or self.other.why_closed(day)


def _limits(organization: Organization, laws: Iterable[jurisdictions.Law]) -> tuple[Limit, ...]:
    day = timedelta(days=1)
    own = f"{organization.name}: no more than {organization.calls_per_day} calls to one contact in 24 hours"
    limits = [Limit(organization.calls_per_day, day, CALLS, own)]
    for law in laws:
        limits += [
            Limit(c.most, c.within, law.channels, f"{law.place}: {c.describe()}", law.citation) for c in law.caps
        ]
    for preset in jurisdictions.presets():
        if preset.code in organization.frequency_presets:
            limits += [Limit(c.most, c.within, CALLS, preset.sentence, preset.citation) for c in preset.caps]
    return tuple(limits)


def _opt_in(laws: Iterable[jurisdictions.Law], on: date) -> OptIn | None:
    for law in laws:
        if law.needs_opt_in_since and law.needs_opt_in_since <= on:
            sentence = f"{law.place}: calls need the contact's consent. Record it and retry."
            return OptIn(sentence, law.citation)
    return None


def rests_after_refusal(refused_at: datetime | None, laws: Iterable[jurisdictions.Law]) -> tuple[Rest, ...]:
    """How long these laws leave alone a contact who refused, where they did."""
    if refused_at is None:
        return ()
    return tuple(
        Rest(
            refused_at + law.rest_after_refusal,
            law.channels,
            f"{law.place}: {law.rest_after_refusal.days} days' rest after a refusal",
            law.citation,
        )
        for law in laws
        if law.rest_after_refusal
    )


def rests_after_talk(talked_at: datetime, organization: Organization) -> tuple[Rest, ...]:
    """How long `organization` does not call again a contact with whom it has talked."""
    return tuple(
        Rest(talked_at + preset.rest_after_conversation, CALLS, preset.sentence, preset.citation)
        for preset in jurisdictions.presets()
        if preset.code in organization.frequency_presets
    )
