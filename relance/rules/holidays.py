"""Days on which nobody is followed up: public holidays, and an organization's own closures."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from threading import Lock

from holidays import country_holidays

# All threads share one list of warning filters: two that swap it at the same time could leave it swapped.
_filters = Lock()


def holiday_name(country: str, region: str | None, day: date) -> str | None:
    """The name of the public holiday on this local day, in English where the country has one; or None.

    `country` is an ISO 3166-1 code, `region` what follows the hyphen in an ISO 3166-2 code, both in any case.
    Of an unknown region the country's holidays are taken; an unknown country has none.
    """
    return _holidays(country.upper(), (region or "").upper(), day.year).get(day)


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """Closed on the public holidays of a country, and of its region where one is given."""

    country: str
    region: str | None = None

    def why_closed(self, day: date) -> str | None:
        """The holiday's name, or None on a working day."""
        return holiday_name(self.country, self.region, day)


@dataclass(frozen=True)
class OwnClosures:
    """Closed on an organization's own days, each with the name people read."""

    days: frozenset[tuple[date, str]]

    def why_closed(self, day: date) -> str | None:
        """The name given to this closed day, or None."""
        return self._names.get(day)

    @cached_property
    def _names(self) -> dict[date, str]:
        return dict(sorted(self.days, reverse=True))


@lru_cache(maxsize=4096)
def _holidays(country: str, region: str, year: int) -> Mapping[date, str]:
    """A year's holidays. The library refuses unknown regions, and warns of years it knows only in part."""
    for subdivision in (region or None, None):
        try:
            with _filters, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return dict(country_holidays(country, subdiv=subdivision, years=year, language="en_US"))
        except NotImplementedError:
            continue
    return {}
