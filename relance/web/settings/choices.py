"""What may be chosen in settings: time zones with the time there, and countries by name."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from phonenumbers import SUPPORTED_REGIONS
from phonenumbers.geodata.locale import LOCALE_DATA

CONTINENTS = {
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
}  # fmt: skip


def zones() -> SafeString:
    """The options of a list of time zones, each with the time there."""
    now = datetime.now(UTC)
    times = ((name, f"{now.astimezone(zone):%H:%M}") for name, zone in _zones())
    return format_html_join("", '<option value="{}">{}</option>', times)


@functools.cache
def _zones() -> list[tuple[str, ZoneInfo]]:
    """Those that are named after a place; the others are older names of the same."""
    names = sorted(name for name in available_timezones() if name.partition("/")[0] in CONTINENTS)
    return [(name, ZoneInfo(name)) for name in ("UTC", *names)]


@functools.cache
def countries() -> list[tuple[str, str]]:
    """Countries by their codes, in the order of their names."""
    names = {code: LOCALE_DATA[code]["en"] for code in SUPPORTED_REGIONS if "en" in LOCALE_DATA.get(code, {})}
    return sorted(((code, _resolved(code, name)) for code, name in names.items()), key=lambda pair: pair[1])


def _resolved(code: str, name: str) -> str:
    """The table writes a name that another language has too as that language's code, such as `*aa`."""
    return LOCALE_DATA[code][name[1:]] if name.startswith("*") else name
