"""What the law says of calling and texting a contact, by place and day.

The laws are dated, cited rows of `data/jurisdictions.toml`; not legal advice. Where several apply, all
of them do: the stricter stands.
"""

from datetime import date
from functools import lru_cache
from importlib.resources import files

from relance.rules.holidays import PublicHolidays
from relance.rules.jurisdictions.law import Cap, Law, Preset, Table
from relance.rules.jurisdictions.reading import read
from relance.rules.weeks import Week
from relance.rules.windows import Layer

__all__ = ["Cap", "Law", "Preset", "laws", "layer", "presets"]


@lru_cache(maxsize=8192)
def laws(country: str, region: str | None, channel: str, on: date) -> tuple[Law, ...]:
    """The laws of the country and then of its region (ISO 3166 codes, in any case) for this channel and day.

    All of them apply. Territories such as Puerto Rico may be given as country or as region. A country Relance
    knows no law of has none, nor have e-mail and webhooks: there the organization's own hours stand alone.
    """
    table = _table()
    given = country.upper()
    nation = table.part_of.get(given, given)
    codes = (nation, f"{nation}-{(region or '').upper()}")
    rows = [law for law in table.laws if law.code in codes and law.channel == channel and law.holds_on(on)]
    return tuple(sorted(rows, key=lambda law: len(law.code)))


def layer(law: Law) -> Layer:
    """The law as a source of hours, with the holidays of its own place."""
    country, _, region = law.code.partition("-")
    closed = PublicHolidays(country, region or None) if law.closed_on_holidays else None
    return Layer(law.sentence, law.week or Week.ALWAYS, law.citation, closed)


def presets() -> tuple[Preset, ...]:
    """The frequency limits an organization may choose from."""
    return _table().presets


@lru_cache(maxsize=1)
def _table() -> Table:
    return read((files("relance.rules") / "data" / "jurisdictions.toml").read_text(encoding="utf-8"))
