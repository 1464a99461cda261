"""What may stand in a contact's fields: from what people and programs write to what is kept. No database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from phonenumbers import SUPPORTED_REGIONS

from relance.rules import phones, places

LONGEST = {"name": 300, "email": 254, "company": 300, "region": 100, "postalCode": 20, "externalId": 200}
LONGEST_CADENCE = 3650
WITH_STATES = ("US", "CA")  # the countries whose regions are known by name
MILITARY = frozenset({"AA", "AE", "AP"})  # in US addresses the state of units abroad, which says nothing of where

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class LeadQuality(models.TextChoices):
    """How promising a contact is."""

    HOT = "HOT"
    WARM = "WARM"
    COLD = "COLD"
    NURTURE = "NURTURE"


class ContactStatus(models.TextChoices):
    """Whether a contact is being worked."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


def check(
    fields: Mapping[str, Any], *, country: str = "", default_country: str = ""
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """What `fields` (named as the API names them) say, by attribute of the contact, and all that is wrong with them.

    `country` is the contact's own if known, `default_country` the organization's: a number without "+" is read as
    one of theirs. Each problem is the field's name and a sentence that says what would be right.
    """
    values: dict[str, Any] = {}
    problems = [(field, _UNKNOWN) for field in fields if field not in _ATTRIBUTES]

    def attempt(field: str, read: Callable[..., Any], *args: object) -> None:
        try:
            values[_ATTRIBUTES[field]] = read(*args)
        except ValueError as problem:
            problems.append((field, str(problem)))

    for field, read in _READERS.items():
        if field in fields:
            attempt(field, read, fields[field])
    own_country = values.get("country") or country
    if "phone" in fields:
        attempt("phone", _phone, fields["phone"], own_country or default_country)
    if region := values.get("region"):
        meant = own_country or _country_of(region, values.get("phone", ""), default_country)
        attempt("region", _region, region, meant)
        if not own_country and meant in WITH_STATES:
            values["country"] = meant
    return values, problems


def text(value: object, longest: int) -> str:
    """A line of text: spaces made one, control characters (which PostgreSQL or a page cannot hold) left out."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("Give a text.")
    if not value.isprintable():
        value = "".join(c for c in value if c.isspace() or not (c < " " or "\x7f" <= c <= "\x9f" or _surrogate(c)))
    line = " ".join(value.split())
    if len(line) > longest:
        raise ValueError(f"This has {len(line)} characters. Use at most {longest}.")
    return line


def passage(value: str, longest: int) -> str:
    """The same for a text of several lines, which stay."""
    lines = [text(line, len(line)) for line in value.splitlines()]
    written = "\n".join(lines).strip()
    if len(written) > longest:
        raise ValueError(f"This has {len(written)} characters. Use at most {longest}.")
    return written


def _surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _name(value: object) -> str:
    if name := text(value, LONGEST["name"]):
        return name
    raise ValueError("Give the contact’s name.")


def _email(value: object) -> str:
    email = text(value, LONGEST["email"]).lower()
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise ValueError(f"“{email}” is no e-mail address. Write one such as ana@example.com.") from None
    return email


def _phone(value: object, country: str) -> str:
    number = text(value, 200)
    return phones.parse(number, country).e164 if number else ""


def _time_zone(value: object) -> str:
    name = text(value, 100)
    if name and (error := places.zone_error(name)):
        raise ValueError(error)
    return name


def _country(value: object) -> str:
    code = text(value, 100).upper()
    if code and code not in SUPPORTED_REGIONS:
        raise ValueError(f"Unknown country “{code}”. Use its two-letter code, such as US or ES.")
    return code


def _region(region: str, country: str) -> str:
    code = places.normalise_region(country, region)
    if country in WITH_STATES and not _knows(country, region) and code not in MILITARY:
        kind = "state" if country == "US" else "province"
        raise ValueError(f"“{region}” is no {kind} of {country}. Use its code, such as FL or ON, and give the country.")
    return code


def _country_of(region: str, phone: str, default: str) -> str:
    """The country that a region named without one lies in: "" where that is not certain.

    The US, Canada and others share the numbers that start with +1, so that there the region says more.
    """
    if phone and not phone.startswith("+1"):
        return ""
    likely = phones.parse(phone, default).country if phone else default
    candidates = [country for country in (likely, default, *WITH_STATES) if country in WITH_STATES]
    if not phone and default not in WITH_STATES:
        return ""
    return next((country for country in candidates if _knows(country, region)), likely)


@lru_cache(maxsize=4096)
def _knows(country: str, region: str) -> bool:
    found = places.infer(
        own_zone="", country=country, region=region, postal_code="", phone=None, organization_zone="UTC"
    )
    return bool(found.region)


def _one_of(choices: type[models.TextChoices], *, blank: bool) -> Callable[[object], str]:
    names = f"{', '.join(choices.values[:-1])} or {choices.values[-1]}"

    def read(value: object) -> str:
        word = text(value, 100).upper()
        if word in choices.values or (blank and not word):
            return word
        raise ValueError(f"“{word}” is not known here. Use {names}.")

    return read


def _day(value: object) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise ValueError("Give a day as YYYY-MM-DD.")
    if isinstance(value, date):
        return value
    try:
        if _DAY.fullmatch(value.strip()):
            return date.fromisoformat(value.strip())
    except ValueError:
        pass
    raise ValueError(f"“{value[:40]}” is no day. Write it as YYYY-MM-DD.")


def _cadence(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_CADENCE:
        raise ValueError(f"Give a whole number of days from 1 to {LONGEST_CADENCE}, or none.")
    return value


def _up_to(field: str) -> Callable[[object], str]:
    return lambda value: text(value, LONGEST[field])


_READERS: Mapping[str, Callable[[object], Any]] = {
    "name": _name,
    "email": _email,
    "company": _up_to("company"),
    "timeZone": _time_zone,
    "country": _country,
    "region": _up_to("region"),
    "postalCode": _up_to("postalCode"),
    "leadQuality": _one_of(LeadQuality, blank=True),
    "status": _one_of(ContactStatus, blank=False),
    "nextFollowUpDate": _day,
    "cadenceDays": _cadence,
    "externalId": _up_to("externalId"),
}
_ATTRIBUTES: Mapping[str, str] = {
    "name": "name",
    "phone": "phone",
    "email": "email",
    "company": "company",
    "timeZone": "time_zone",
    "country": "country",
    "region": "region",
    "postalCode": "postal_code",
    "leadQuality": "lead_quality",
    "status": "status",
    "nextFollowUpDate": "next_follow_up_date",
    "cadenceDays": "cadence_days",
    "externalId": "external_id",
}
FIELD_OF: Mapping[str, str] = {attribute: field for field, attribute in _ATTRIBUTES.items()}
_UNKNOWN = f"There is no such field. A contact has {', '.join(_ATTRIBUTES)}."
