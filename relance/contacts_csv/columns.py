"""What each column of a file holds: by its header's spelling, or as the person importing it says."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from relance.models.base import Invalid

NAMES = ("name", "firstName", "middleName", "lastName")
KNOWN_BY = ("phone", "email", "externalId")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file. `hint`: words in it that are not understood are passed over."""

    index: int
    header: str
    hint: bool = False


class Columns:
    """Which columns hold which field, the best first; a row's first cell that is not blank counts."""

    def __init__(self, header: Sequence[str], by_field: Mapping[str, Sequence[Column]]) -> None:
        self.header = header
        self.by_field = by_field
        used = {column.index for columns in by_field.values() for column in columns}
        self.ignored = [name for index, name in enumerate(header) if index not in used and name]

    @property
    def has_names(self) -> bool:
        """Whether the file has a column for names."""
        return not self.by_field.keys().isdisjoint(NAMES)

    @property
    def name_title(self) -> str:
        """The headers that a contact's name is read from."""
        return " + ".join(c.header for field in NAMES for c in self.by_field.get(field, ())[:1]) or "name"


def find(header: Sequence[str], mapping: Mapping[str, str] | None = None) -> Columns:
    """What the columns under `header` hold; `mapping` (header to field, "" to leave it out) goes before guessing.

    Raises `Invalid` for a mapping that names what does not exist, and where no contact could be told by the columns.
    """
    said = _said(header, mapping or {})
    guessed = _guessed(header, {index for index, _ in said})
    by_field: dict[str, list[Column]] = {}
    for index, field in said:
        if field:
            by_field.setdefault(field, []).append(Column(index, header[index]))
    settled = by_field.keys() | (set(NAMES) if not by_field.keys().isdisjoint(NAMES) else set())
    by_field |= {field: columns for field, columns in guessed.items() if field not in settled}
    if by_field.keys().isdisjoint(KNOWN_BY) or by_field.keys().isdisjoint((*NAMES, "company", "phone", "email")):
        raise Invalid(file=_nobody(header))
    return Columns(header, by_field)


def fields() -> list[str]:
    """What a column may hold, by name."""
    return list(_table()["fields"])


def names(header: Sequence[str]) -> list[str]:
    """The columns by which they are told apart: those that have a name, of several that are spelled alike the first."""
    first: dict[str, str] = {}
    for name in header:
        first.setdefault(plain(name), name)
    return [name for spelling, name in first.items() if spelling]


def guess(header: Sequence[str]) -> dict[str, str]:
    """What each of `names` is taken for, "" for one that says nothing to Relance."""
    return {name: field for name, (field, _, _) in _guess(header).items()}


def mapping_for(header: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The mapping by which the columns hold what was `chosen` for each of `names`; nothing where that is the guess."""
    guessed = _guess(header)
    if all(chosen.get(name, "") == field for name, (field, _, _) in guessed.items()):
        return {}
    likely_first = sorted(guessed, key=lambda name: guessed[name][1])
    kept = {name for name, (field, _, hint) in guessed.items() if hint and chosen.get(name, "") == field}
    return {name: chosen.get(name, "") for name in likely_first if name not in kept}


def _guess(header: Sequence[str]) -> dict[str, tuple[str, int, bool]]:
    """For each of `names` the field, which place among the columns of it the name has, and whether it is a hint."""
    found = _guessed(header, set())
    places = {
        plain(column.header): (field, place, column.hint)
        for field, columns in reversed(found.items())
        for place, column in reversed(list(enumerate(columns)))
    }
    return {name: places.get(plain(name), ("", len(header), False)) for name in names(header)}


def parse_mapping(texts: Iterable[str]) -> dict[str, str]:
    """`HEADER=field` as a command line has it. Raises `Invalid`."""
    mapping = {}
    for text in texts:
        name, equals, field = text.rpartition("=")
        if not equals or not name.strip():
            raise Invalid(mapping=f'“{text}” is no mapping. Write HEADER=field, for example "Facility Name=name".')
        mapping[name.strip()] = field.strip()
    return mapping


def plain(header: str) -> str:
    """The header as spellings are compared: lower case, without accents, words apart by one space."""
    letters = unicodedata.normalize("NFKD", header).casefold()
    kept = (c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join("".join(kept).split())


def _said(header: Sequence[str], mapping: Mapping[str, str]) -> list[tuple[int, str]]:
    said, problems = [], []
    for name, field in mapping.items():
        columns = [index for index, text in enumerate(header) if plain(text) == plain(name)]
        known = _field_called(field)
        if not columns:
            problems.append(f"There is no column “{name}”. The file has: {', '.join(filter(None, header))}.")
        elif known is None:
            problems.append(f"“{field}” is no field of a contact. Use one of {', '.join(fields())}.")
        else:
            said += [(index, known) for index in columns]
    if problems:
        raise Invalid([("mapping", problem) for problem in problems])
    return said


def _field_called(text: str) -> str | None:
    """The field that `text` names, in any spelling (`postalCode`, `postal_code`, `ZIP`); "" for none."""
    if not text or plain(text) == "ignore":
        return ""
    by_name = {field.casefold(): field for field in fields()}
    return by_name.get(plain(text).replace(" ", "")) or next(
        (field for field, spellings in _table()["fields"].items() if plain(text) in spellings), None
    )


def _guessed(header: Sequence[str], taken: set[int]) -> dict[str, list[Column]]:
    free = {index: plain(name) for index, name in enumerate(header) if index not in taken}
    found = {field: _spelled(header, free, spellings) for field, spellings in _table()["fields"].items()}
    for field, spellings in _table()["hints"].items():
        found[field] = found[field] or _spelled(header, free, spellings, hint=True)
    if not found["region"] and not set(_table()["elsewhere"]["address"]).isdisjoint(free.values()):
        found["region"] = _spelled(header, free, ["estado"])
    _settle_names(header, free, found)
    return {field: columns for field, columns in found.items() if columns}


def _spelled(
    header: Sequence[str], free: Mapping[int, str], spellings: Sequence[str], hint: bool = False
) -> list[Column]:
    return [Column(i, header[i], hint) for spelling in spellings for i, text in free.items() if text == spelling]


def _settle_names(header: Sequence[str], free: Mapping[int, str], found: dict[str, list[Column]]) -> None:
    """A "Name" beside a "Last name" is the first name; and "Facility Name" is the name where there is no other."""
    if found["lastName"] and not found["firstName"]:
        found["firstName"] = [c for c in found["name"] if free[c.index] in {"name", "nombre"}]
    if found["firstName"]:
        found["name"] = [c for c in found["name"] if c not in found["firstName"]]
    if any(found[field] for field in (*NAMES, "company")):
        return
    for index, text in free.items():
        thing = text.removesuffix(" name")
        if thing != text and thing not in _table()["elsewhere"]["named"]:
            found["name"] = [Column(index, header[index])]
            found["externalId"] = found["externalId"] or _spelled(header, free, [f"{thing} id"])
            return


def _nobody(header: Sequence[str]) -> str:
    named = ", ".join(f"“{name}”" for name in header if name) or "nothing"
    return (
        f"No column for a phone number or e-mail address was found in the first line, which names {named[:500]}."
        " Name the columns there (such as Name, Phone, Email), or say which is which, for example"
        ' "Facility Name=name".'
    )


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("headers.toml").read_text(encoding="utf-8"))
