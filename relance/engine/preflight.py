"""The pre-flight: what would become of a plan for many contacts, counted by rule, region and time."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from relance.engine.subjects import Subject
from relance.rules.gates import Forecast, Verdict, Wait

_OF_ONE = re.compile(r"; it is | \((?:\+|[^\s()]+@)")


@dataclass(slots=True)
class RuleCount:
    """How many follow-ups one rule holds first, and when the first and last of them would go (UTC)."""

    gate: str
    answer: str
    because: str
    citation: str
    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(slots=True)
class RegionCount:
    """What becomes of the follow-ups to one country and region."""

    country: str
    region: str
    now: int = 0
    waiting: int = 0
    stopped: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(slots=True)
class Preflight:
    """What would become of a plan for many contacts: how many go at their time, wait, or are stopped, and why."""

    total: int = 0
    now: int = 0
    waiting: int = 0
    stopped: int = 0
    rules: dict[tuple[str, ...], RuleCount] = field(default_factory=dict)
    regions: dict[tuple[str, str], RegionCount] = field(default_factory=dict)
    times: Counter[datetime] = field(default_factory=Counter)
    last_goes_at: datetime | None = None

    @property
    def by_rule(self) -> list[RuleCount]:
        """The rules that hold something, the most frequent first."""
        return sorted(self.rules.values(), key=lambda rule: (-rule.count, rule.because))

    @property
    def by_region(self) -> list[RegionCount]:
        """The regions, by country and code."""
        return [self.regions[key] for key in sorted(self.regions)]

    @property
    def by_time(self) -> list[tuple[datetime, int]]:
        """How many go in which minute, in order: under the first moment at which one of them goes."""
        minutes = groupby(sorted(self.times.items()), lambda time: time[0].replace(second=0, microsecond=0))
        moments = (list(within) for _, within in minutes)
        return [(within[0][0], sum(count for _, count in within)) for within in moments]

    def count(self, subject: Subject, forecast: Forecast) -> None:
        """Take in one contact's forecast."""
        self.total += 1
        region = self.regions.setdefault(
            (subject.country, subject.region), RegionCount(subject.country, subject.region)
        )
        what = what_becomes(forecast)
        setattr(self, what, getattr(self, what) + 1)
        setattr(region, what, getattr(region, what) + 1)
        if forecast.held:
            self._count_rule(forecast.held, forecast.goes_at)
        if forecast.goes_at:
            self.times[forecast.goes_at] += 1
            self.last_goes_at = max(self.last_goes_at or forecast.goes_at, forecast.goes_at)
            _stretch(region, forecast.goes_at)

    def _count_rule(self, held: Verdict, goes_at: datetime | None) -> None:
        answer = "wait" if isinstance(held.answer, Wait) else "stop"
        because = rule_of(held.answer.because)
        key = (held.gate, answer, because, held.answer.citation)
        rule = self.rules.setdefault(key, RuleCount(*key))
        rule.count += 1
        if goes_at:
            _stretch(rule, goes_at)


def what_becomes(forecast: Forecast) -> str:
    """Whether it goes "now", at the moment asked about, is "waiting" or "stopped"."""
    if forecast.held is None:
        return "now"
    return "waiting" if isinstance(forecast.held.answer, Wait) or forecast.goes_at else "stopped"


def _stretch(span: RuleCount | RegionCount, at: datetime) -> None:
    span.first_at = min(span.first_at or at, at)
    span.last_at = max(span.last_at or at, at)


def rule_of(because: str) -> str:
    """The part of a sentence that is the same for everybody the rule holds, without whom and what time it is."""
    return _OF_ONE.split(because, maxsplit=1)[0].rstrip(".") + "."
