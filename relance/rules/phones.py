"""Telephone numbers: from what people write to E.164, with the places and zones a number may lie in."""

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, ValidationResult
from phonenumbers.timezone import time_zones_for_geographical_number, time_zones_for_number

TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})
"""Countries by ISO 3166, yet US soil by law and by mail: Relance keeps them as country US, region GU."""

_UNKNOWN_ZONE = "Etc/Unknown"
_LONGEST = 40
_LEAST_TYPED = 3
_EXAMPLE = "for example +1 212 555 0100"


class PhoneError(ValueError):
    """A sentence that tells a person what is wrong with a number and what would be right."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that can be dialled.

    `e164` is its one spelling ("+12125550100"). `country` is ISO 3166-1 alpha-2, "" for numbers of no
    country (+800). `region` is the US state or territory, or the Canadian province, that its area code
    belongs to, "" where that is not certain. Florida's law presumes a number's holder to be where its
    area code is (Fla. Stat. 501.059(8)(d)); numbers are portable, so a known address outweighs it.
    `zones` are the IANA zones it may lie in, () when nobody can say.
    """

    e164: str
    country: str
    region: str
    zones: tuple[str, ...]
    toll_free: bool

    @property
    def valid(self) -> bool:
        """Whether its range is known to be in use; a merely possible number is False and still dialled."""
        return phonenumbers.is_valid_number(phonenumbers.parse(self.e164))

    def __str__(self) -> str:
        return self.e164


def parse(text: str, default_country: str) -> Phone:
    """Read a number as people write it; `default_country` (ISO alpha-2, or "") is for those without "+".

    Any number of possible length is taken: lists hold ranges not yet assigned. An extension is refused,
    since without it the switchboard would be called instead of the person.

    Raises PhoneError.
    """
    written = " ".join(text.split())
    if not written:
        raise PhoneError(f"No phone number given. Write one with its country code, {_EXAMPLE}.")
    if len(written) > _LONGEST:
        raise PhoneError(f"“{written[:_LONGEST]}…” is too long. Give one phone number, {_EXAMPLE}.")
    return _parse(written, default_country.strip().upper())


def shown(e164: str) -> str:
    """A number as people read it, such as "+1 212-555-0100"."""
    number = PhoneNumber()
    try:
        phonenumbers.parse(e164, numobj=number)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def beginnings(text: str, default_country: str) -> tuple[str, ...]:
    """With which digits a number may begin (E.164 without the plus) of which so much is typed; () for other texts.

    Without "+" it may be typed with its country code or, as one of `default_country`, without.
    """
    digits = "".join(character for character in text if character.isdigit())
    if len(digits) < _LEAST_TYPED or text.strip("+0123456789 ()-./"):
        return ()
    if text.strip().startswith("+"):
        return (digits,)
    if text.strip().startswith("00"):
        return (digits.removeprefix("00"),)
    code = phonenumbers.country_code_for_region(default_country.strip().upper())
    return (digits, f"{code}{digits.lstrip('0')}") if code else (digits,)


@lru_cache(maxsize=10_000)
def _parse(written: str, default_country: str) -> Phone:
    number = _number(written, default_country)
    _check(written, number)
    country = _country(number, default_country)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    toll_free = phonenumbers.number_type(number) == PhoneNumberType.TOLL_FREE
    return Phone(
        e164=e164,
        country="US" if country in TERRITORIES else country,
        region=_area_codes().get(e164[2:5], "") if number.country_code == 1 else "",
        zones=_zones(number, toll_free),
        toll_free=toll_free,
    )


def _number(written: str, default_country: str) -> PhoneNumber:
    number = _read(written, default_country)
    if number.extension is not None:
        raise PhoneError(f"“{written}” has an extension, which cannot be dialled. Give a direct number.")
    if any(character.isalpha() for character in written.removeprefix("tel:")):
        raise _letters(written)
    if written.startswith("00") and not phonenumbers.is_possible_number(number):
        # "00" is "+" in most of the world, though not where the list's default country is the US.
        return _read("+" + written[2:].lstrip(), default_country)
    return number


def _read(written: str, default_country: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(written, default_country or None)
    except phonenumbers.NumberParseException as error:
        raise _unreadable(written, default_country, error.error_type) from None


def _unreadable(written: str, default_country: str, reason: int) -> PhoneError:
    if any(character.isalpha() for character in written):
        return _letters(written)
    if reason == phonenumbers.NumberParseException.TOO_LONG:
        return PhoneError(f"“{written}” is too long: a number has at most 15 digits, {_EXAMPLE}.")
    if reason != phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
        return PhoneError(f"“{written}” is not a phone number. Write its digits, {_EXAMPLE}.")
    if written.startswith(("+", "＋", "00")):
        return PhoneError(f"“{written}” starts with an unknown country code. Check the digits after the +.")
    if default_country:
        return PhoneError(f"Unknown country “{default_country}”. Use its two-letter code, such as US or ES.")
    return PhoneError(f"“{written}” has no country. Start it with + and the country code, {_EXAMPLE}.")


def _letters(written: str) -> PhoneError:
    return PhoneError(f"“{written}” has letters in it. Write one phone number in digits, {_EXAMPLE}.")


def _check(written: str, number: PhoneNumber) -> None:
    match phonenumbers.is_possible_number_with_reason(number):
        case ValidationResult.TOO_SHORT:
            raise PhoneError(f"“{written}” is too short. Write the whole number, {_EXAMPLE}.")
        case ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            raise PhoneError(f"“{written}” lacks its area code. Write the whole number, {_EXAMPLE}.")
        case ValidationResult.TOO_LONG:
            raise PhoneError(f"“{written}” is too long for its country. Give one number, {_EXAMPLE}.")
        case ValidationResult.INVALID_LENGTH | ValidationResult.INVALID_COUNTRY_CODE:
            raise PhoneError(f"“{written}” cannot be a phone number in its country. Check its digits.")


def _country(number: PhoneNumber, default_country: str) -> str:
    """The default country settles a number whose area code belongs to no country, such as +1 555."""
    known = phonenumbers.region_code_for_number(number)
    if known is None:
        sharing = phonenumbers.region_codes_for_country_code(number.country_code or 0)
        known = default_country if default_country in sharing else sharing[0]
    return "" if known == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else known


def _zones(number: PhoneNumber, toll_free: bool) -> tuple[str, ...]:
    """In North America mobiles have area codes too; elsewhere they may be anywhere in their country."""
    zones = time_zones_for_number(number)
    if _UNKNOWN_ZONE in zones or (number.country_code == 1 and not toll_free):
        zones = time_zones_for_geographical_number(number)
    return tuple(zone for zone in zones if zone != _UNKNOWN_ZONE)


@cache
def _area_codes() -> dict[str, str]:
    source = files(__package__).joinpath("data/area_codes.toml").read_text(encoding="utf-8")
    regions = [pair for country in tomllib.loads(source).values() for pair in country.items()]
    return {str(code): region for region, codes in regions for code in codes}
