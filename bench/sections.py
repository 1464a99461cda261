"""Which parts are measured, first on tables that hold nothing else, then with many follow-ups waiting in them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from functools import partial

from bench import api, hub, pages, profiling, punctuality, rate
from bench.cast import Cast
from bench.database_alone import alone
from bench.peers import Procrastinate
from bench.profiling import Profile
from bench.report import Result
from bench.size import Size
from bench.stand import progress
from relance.models import clock


def measure(size: Size, wanted: Collection[str], *, profiled: bool) -> tuple[list[Result], Profile | None]:
    """Measure the wanted parts; the profile is that of one worker process, taken before anything waits."""
    found, profile = list[Result](), None
    if profiled or set(wanted) - {"pages", "hub"}:
        found, profile = _engine(size, wanted, profiled=profiled)
    found += pages.measure(size) if "pages" in wanted else []
    found += hub.measure(size) if "hub" in wanted else []  # the last: nothing else is to stand beside a million
    return found, profile


def _engine(size: Size, wanted: Collection[str], *, profiled: bool) -> tuple[list[Result], Profile | None]:
    cast = Cast.create()
    profile = profiling.take(cast, size) if profiled else None
    peer = Procrastinate(size) if "peers" in wanted else None
    results = _with(0, cast, size, wanted, peer)
    progress(f"Having {size.waiting:,} more wait for later days …")
    later = cast.text_message(clock.now() + timedelta(days=1))
    cast.wait_for_later(later, cast.contacts(size.follow_ups), size.waiting)
    return [*results, *_with(size.waiting, cast, size, wanted, peer)], profile


def _with(waiting: int, cast: Cast, size: Size, wanted: Collection[str], peer: Procrastinate | None) -> list[Result]:
    found: list[Result] = []
    if "rate" in wanted or peer:
        progress(f"Rate, {waiting:,} waiting …")
        found += rate.measure(cast, size, waiting, against=[partial(alone, cast)] if peer else [])
    if peer:
        progress(f"Procrastinate, {waiting:,} waiting …")
        found.append(peer.measure(waiting))
    if "punctuality" in wanted:
        progress(f"Punctuality, {waiting:,} waiting …")
        found += punctuality.measure(cast, size, waiting)
    if "api" in wanted:
        progress(f"API, {waiting:,} waiting …")
        found += api.measure(cast, size, waiting)
    return found
