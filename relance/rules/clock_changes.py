"""Where the clocks of a zone change, and the stretches of time in between, in which they run on evenly."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


@lru_cache(maxsize=1024)
def known_zone(name: str) -> ZoneInfo:
    """The zone of this IANA name. Raises `ValueError` for one that is unknown."""
    # The name of a folder of the tz database, such as "America", gives an OSError on some platforms.
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"Unknown time zone {name!r}: use an IANA name such as 'Europe/Madrid'.") from None


def steady_stretches(
    zones: Sequence[str], moment: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, list[timedelta]]]:
    """Cut the time between two moments where a zone's clocks change: (start, until, offsets), in naive UTC.

    Between two changes local time is plain arithmetic: gaps, repeated hours and skipped days lie at the cuts.
    Zones of one offset are there one zone.
    """
    changes = {
        change
        for name in zones
        for year in range(moment.year, end.year + 1)
        for change in _clock_changes(name, year)
        if moment < change < end
    }
    for start, until in pairwise((moment, *sorted(changes), end)):
        yield start.replace(tzinfo=None), until.replace(tzinfo=None), sorted({_offset(name, start) for name in zones})


@lru_cache(maxsize=4096)
def _clock_changes(zone: str, year: int) -> tuple[datetime, ...]:
    """The moments of a UTC year at which the zone's offset changes."""
    # Two days at a time: in the whole of the tz database no zone has changed its offset twice within three.
    first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    marks = [*(first + _DAY * n for n in range(0, 366, 2) if first + _DAY * n < last), last]
    return tuple(
        _first_second_after_change(zone, before, after)
        for before, after in pairwise(marks)
        if _offset(zone, before) != _offset(zone, after)
    )


def _first_second_after_change(zone: str, before: datetime, after: datetime) -> datetime:
    old = _offset(zone, before)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: str, moment: datetime) -> timedelta:
    return moment.astimezone(known_zone(zone)).replace(tzinfo=None) - moment.replace(tzinfo=None)
