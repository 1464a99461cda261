"""Where a contact probably is: which zones its clock may show, and how sure that is."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import zipcodes

from relance.rules.phones import TERRITORIES, Phone

Basis = Literal["own", "postal code", "region", "phone number", "organization"]

_ZIP = re.compile(r"([0-9]{5})(?:[- ]?[0-9]{4})?")
_ASSOCIATED = frozenset({"FM", "MH", "PW"})  # countries of their own, with US ZIP codes
_NO_PLACE = {"Factory", "localtime"}  # listed by the system, yet the one means unset and the other its own
_KIND = {"US": "state", "CA": "province"}

_Changes = tuple[tuple[datetime, timedelta | None], ...]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The zones a contact may be in: one when known, several when only all of them open will do.

    `country` is ISO 3166-1 alpha-2 (US for its territories), `region` a code as `normalise_region` gives;
    "" when unknown. `evidence` names in words what `basis` rests on.
    """

    zones: tuple[str, ...]
    basis: Basis
    country: str
    region: str
    evidence: str

    @property
    def sentence(self) -> str:
        """How sure this is, for a page."""
        if self.basis == "organization":
            return f"Time zone unknown: the organization’s, {self.zones[0]}, is assumed"
        if len(self.zones) > 1:
            return f"Could be in any of {len(self.zones)} zones by {self.evidence}"
        return f"Time zone from {self.evidence}"


def infer(
    *,
    own_zone: str,
    country: str,
    region: str,
    postal_code: str,
    phone: Phone | None,
    organization_zone: str,
) -> Whereabouts:
    """The best knowledge there is: own zone, ZIP code, region, phone number, the organization's zone.

    Texts may be "" when unknown; `organization_zone` must be an IANA name. An address outweighs the number,
    which is portable. A ZIP code outside the given state proves one of them wrong: both then count.
    """
    country, region = _address(country, region, phone)
    code, zip_state, zip_zones = _from_zip(country, postal_code)
    contradicts = bool(zip_state and region and zip_state != region)
    place = region or zip_state or (phone.region if phone and phone.country == country else "")

    def known(zones: tuple[str, ...], basis: Basis, evidence: str) -> Whereabouts:
        return Whereabouts(distinct(zones), basis, country, place, evidence)

    if own_zone and zone_error(own_zone) is None:
        return known((own_zone,), "own", "the contact’s own setting")
    if zip_zones and not contradicts:
        return known(zip_zones, "postal code", f"ZIP {code}")
    region_zones = _region_zones(country, region or zip_state)
    if contradicts:
        both = region_zones + (zip_zones or _region_zones(country, zip_state))
        return known(both, "region", f"its state {region} and ZIP {code}, which disagree")
    if region_zones:
        return known(region_zones, "region", f"its {_KIND.get(country, 'country')}")
    number_zones = tuple(zone for zone in (phone.zones if phone else ()) if zone_error(zone) is None)
    if number_zones:
        return known(number_zones, "phone number", "its phone number")
    return known((organization_zone,), "organization", "")


def _address(country: str, region: str, phone: Phone | None) -> tuple[str, str]:
    country = country.strip().upper() or (phone.country if phone else "")
    if country in TERRITORIES:
        return "US", country
    if country in _ASSOCIATED:
        return country, country
    region, regions = normalise_region(country, region), _table().get(country)
    return country, region if regions is None or region in regions else ""


def _from_zip(country: str, postal_code: str) -> tuple[str, str, tuple[str, ...]]:
    """The five digits, their state and zones; empty where the code says nothing."""
    match = _ZIP.fullmatch(postal_code.strip())
    if match is None or country not in {"US", *_ASSOCIATED}:
        return "", "", ()
    return match[1], *_zip(match[1])


@lru_cache(maxsize=50_000)
def _zip(code: str) -> tuple[str, tuple[str, ...]]:
    """Its state and zones. Military codes (AA, AE, AP) follow a unit around the world and say nothing.

    The package's data has a row (Napakiak, Alaska) whose zone is no zone; its state then has to do.
    """
    found = zipcodes.matching(code)  # type: ignore[no-untyped-call]  # the package has no types
    state = found[0]["state"] if found else ""
    if state not in _table()["US"]:
        return "", ()
    zones = tuple(_data("zip_zones").get(code, [found[0]["timezone"]]))
    return state, zones if all(zone_error(zone) is None for zone in zones) else ()


def _region_zones(country: str, region: str) -> tuple[str, ...]:
    regions = _table().get("US" if country in _ASSOCIATED else country, {})
    return tuple(regions.get(region, {}).get("zones", ()))


def normalise_region(country: str, text: str) -> str:
    """The postal code of a US state or territory or a Canadian province: "florida", "FL", "US-FL" → "FL".

    Anything else comes back stripped and in capitals.
    """
    country = country.strip().upper()
    written = text.strip().upper().removeprefix(f"{country}-") if country else text.strip().upper()
    return _names(country).get(_plain(written), written)


@cache
def _names(country: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for code, region in _table().get(country, {}).items():
        names |= {_plain(name): code for name in (code, region["name"], *region.get("also", ()))}
    return names


def _plain(text: str) -> str:
    """Letters only, without accents: "Québec" and "D.C." as anybody types them."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalpha())


def zone_error(name: str) -> str | None:
    """A sentence for a name that is no IANA zone of this system; None for a good one."""
    if name in _zone_names():
        return None
    return f"Unknown time zone “{name}”. Use an IANA name such as Europe/Madrid."


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACE


@lru_cache(maxsize=1024)
def distinct(zones: tuple[str, ...]) -> tuple[str, ...]:
    """The zones without those whose clocks always show what an earlier one's shows. All must exist."""
    if len(zones) < 2:
        return zones
    first_of: dict[_Changes, str] = {}
    for zone in zones:
        first_of.setdefault(_changes(zone), zone)
    return tuple(first_of.values())


@cache
def _changes(zone: str) -> _Changes:
    """When the zone's clock changes, and to what offset from UTC."""
    clock = ZoneInfo(zone)
    changes: list[tuple[datetime, timedelta | None]] = []
    for instant in _instants():
        offset = instant.astimezone(clock).utcoffset()
        if not changes or changes[-1][1] != offset:
            changes.append((instant, offset))
    return tuple(changes)


@cache
def _instants() -> tuple[datetime, ...]:
    """Seven hours apart over twelve years, so that clock changes an hour or two apart show, too."""
    start = datetime(2026, 11, 15, tzinfo=UTC)  # after the last change of rules that the pinned tzdata knows
    return tuple(start + timedelta(hours=hours) for hours in range(0, 12 * 8766, 7))


def _table() -> dict[str, dict[str, Any]]:
    return _data("regions")


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(f"data/{name}.toml").read_text(encoding="utf-8"))
