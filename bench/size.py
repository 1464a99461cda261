"""How much is measured: the whole, or a tenth of it to see that everything works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Counts, and seconds where the name says so."""

    follow_ups: int
    waiting: int
    rounds: int
    punctual: int
    punctual_seconds: float
    api_seconds: float
    jobs: int
    job_seconds: float
    crowd: int
    visits: int
    contacts: int


FULL = Size(
    follow_ups=10_000,
    waiting=500_000,
    rounds=3,
    punctual=2_000,
    punctual_seconds=20.0,
    api_seconds=6.0,
    jobs=10_000,
    job_seconds=60.0,
    crowd=200_000,
    visits=100,
    contacts=1_000_000,
)
QUICK = Size(
    follow_ups=1_000,
    waiting=50_000,
    rounds=1,
    punctual=200,
    punctual_seconds=2.0,
    api_seconds=0.8,
    jobs=1_000,
    job_seconds=6.0,
    crowd=20_000,
    visits=10,
    contacts=100_000,
)
