"""What one row says of a contact: its cells, spelled as spreadsheets and people spell them, checked as everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from phonenumbers.geodata.locale import LOCALE_DATA

from relance.contacts_csv.columns import KNOWN_BY, Columns, plain
from relance.contacts_csv.reading import Row
from relance.contacts_csv.rejects import Rejection
from relance.models.accounts import Organization
from relance.models.connections import ChannelKind
from relance.models.contact_fields import FIELD_OF, LONGEST, check

NOTHING = frozenset({"n/a", "#n/a", "null", "none", "nan", "-", "--", "not available"})
YES = frozenset(
    ["yes", "y", "true", "t", "1", "x", "on", "si", "s", "verdadero", "subscribed", "granted", "opted in", "opt in"]
)
NO = frozenset(["no", "n", "false", "f", "0", "off", "falso", "unsubscribed", "opted out", "opt out"])
_SMS, _EMAIL, _WHATSAPP = ChannelKind.SMS.value, ChannelKind.EMAIL.value, ChannelKind.WHATSAPP.value
OPT_INS = {"smsOptIn": _SMS, "emailOptIn": _EMAIL, "whatsappOptIn": _WHATSAPP}
OPT_OUTS = {"smsOptOut": _SMS, "emailOptOut": _EMAIL, "whatsappOptOut": _WHATSAPP}

Wish = Literal["agrees", "does not agree", "refuses"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a row says of one channel, and the cell that says it."""

    kind: str
    wish: Wish
    quote: str


@dataclass(slots=True)
class Entry:
    """What a row says: `values` by attribute of the contact (only those given), and what goes beside them."""

    line: int
    values: dict[str, Any]
    name: str  # for a contact that is new, if the row gives none
    headers: Mapping[str, str]
    name_title: str
    answers: list[Answer] = field(default_factory=list)
    blocked: list[tuple[str, str]] = field(default_factory=list)  # "phone" or "email", and which
    assignees: list[int] = field(default_factory=list)
    kept_refusals: int = 0  # opt-ins that the contact's own word outweighs

    @property
    def stated(self) -> dict[str, Any]:
        """What two rows of one contact must not say differently: its fields, and by channel what it agreed to."""
        return self.values | {answer.kind: answer.wish for answer in self.answers if answer.wish != "refuses"}

    def header_of(self, stated: str) -> str:
        """The header above what the row states of this attribute or channel."""
        return self.headers.get(FIELD_OF.get(stated) or f"{stated}OptIn") or self.name_title


class Reader:
    """Reads the rows of one file for one organization; `members` are its members' ids by address and by name."""

    def __init__(
        self, organization: Organization, columns: Columns, file_name: str, members: Mapping[str, int]
    ) -> None:
        self.organization, self.columns, self.file_name, self.members = organization, columns, file_name, members

    def read(self, row: Row) -> Entry | Rejection:
        """What `row` says, or everything that is wrong with it, by column."""
        if row.problem:
            return Rejection(row.line, row.problem, row.cells)
        cells, headers = self._given(row)
        fields, problems = self._fields(cells)
        values, wrong = check(fields, default_country=self.organization.country)
        entry = Entry(row.line, values, _name_of(values), headers, self.columns.name_title)
        problems += wrong + self._beside(cells, entry)
        reasons = [self._reason(name, why, headers) for name, why in problems if not self._is_hint(name)]
        reasons = reasons or self._missing(entry)
        return Rejection(row.line, " ".join(reasons), row.cells) if reasons else entry

    def _given(self, row: Row) -> tuple[dict[str, str], dict[str, str]]:
        """Each field's first cell that is not blank, and the header above it."""
        cells, headers = {}, {}
        for name, columns in self.columns.by_field.items():
            for column in columns:
                if cell := _cleaned(row.cells[column.index]):
                    cells[name], headers[name] = cell, column.header
                    break
        return cells, headers

    def _fields(self, cells: Mapping[str, str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        fields: dict[str, Any] = {}
        problems = []
        for name in FIELD_OF.values():
            if cell := cells.get(name):
                try:
                    fields[name] = self._spelled(name, cell)
                except ValueError as problem:
                    problems.append((name, str(problem)))
        if "name" not in fields and (
            parts := [cells[n] for n in ("firstName", "middleName", "lastName") if n in cells]
        ):
            fields["name"] = " ".join(parts)
        return fields, problems

    def _spelled(self, name: str, cell: str) -> Any:
        if name == "nextFollowUpDate":
            return _day(cell, month_first=self.organization.country == "US")
        return _SPELLINGS[name](cell) if name in _SPELLINGS else cell

    def _beside(self, cells: Mapping[str, str], entry: Entry) -> list[tuple[str, str]]:
        """Take consents, do-not-call and assignees into `entry`; returns what is wrong with them."""
        problems = []
        for name, take in (
            *((name, self._answer) for name in (*OPT_INS, *OPT_OUTS)),
            ("doNotCall", self._block), ("doNotContact", self._block), ("assignees", self._assign),
        ):  # fmt: skip
            if name in cells:
                try:
                    take(name, cells[name], entry)
                except ValueError as problem:
                    problems.append((name, str(problem)))
        return problems

    def _answer(self, name: str, cell: str, entry: Entry) -> None:
        yes = _yes(cell)
        if name in OPT_INS:
            wish: Wish = "agrees" if yes else "does not agree"
            entry.answers.append(Answer(OPT_INS[name], wish, self._quote(name, cell, entry)))
        elif yes:
            entry.answers.append(Answer(OPT_OUTS[name], "refuses", self._quote(name, cell, entry)))

    def _block(self, name: str, cell: str, entry: Entry) -> None:
        if not _yes(cell):
            return
        keys = ("phone", "email") if name == "doNotContact" else ("phone",)
        entry.blocked += [(key, entry.values[key]) for key in keys if entry.values.get(key)]
        if "phone" not in entry.values:  # there is no number to list, and one may be added to the contact later
            entry.answers.append(Answer(ChannelKind.CALL.value, "refuses", self._quote(name, cell, entry)))

    def _quote(self, name: str, cell: str, entry: Entry) -> str:
        return f"{self.file_name}, column “{entry.headers[name]}”: {cell}"

    def _assign(self, name: str, cell: str, entry: Entry) -> None:
        for person in re.split(r"[;,]", cell):
            key = " ".join(person.split()).casefold()
            if key and key not in self.members:
                raise ValueError(f"No member is called “{person.strip()[:100]}”. Use the e-mail address of one.")
            entry.assignees += [self.members[key]] if key else []

    def _missing(self, entry: Entry) -> list[str]:
        """A list of people without names is taken; a list with names that lacks one has lost it."""
        if not any(entry.values.get(key) for key in ("phone", "email", "external_id")):
            titles = [c.header for key in KNOWN_BY for c in self.columns.by_field.get(key, ())]
            return [f"There is nothing to know the contact by. Fill in one of: {', '.join(titles)}."]
        if self.columns.has_names and "name" not in entry.values and "company" not in entry.values:
            return [self._reason("name", "Give the contact’s name.", {})]
        return []

    def _is_hint(self, name: str) -> bool:
        return any(column.hint for column in self.columns.by_field.get(name, ()))

    def _reason(self, name: str, sentence: str, headers: Mapping[str, str]) -> str:
        return f"Column “{headers.get(name) or self.columns.name_title}”: {sentence}"


def _cleaned(cell: str) -> str:
    """The cell without the apostrophe by which spreadsheets mark a text; "" for the ways to write "nothing"."""
    cell = cell.strip()
    if cell[:1] == "'" and cell[1:2] in set("=+-@"):
        cell = cell[1:]
    return "" if cell.casefold() in NOTHING else cell


def _name_of(values: Mapping[str, Any]) -> str:
    """What a contact is called that has no name of its own."""
    given = (values.get(key) for key in ("name", "company", "email", "phone"))
    return str(next((value for value in given if value), ""))[: LONGEST["name"]]


def _yes(cell: str) -> bool:
    word = plain(cell)
    if word not in YES | NO:
        raise ValueError(f"“{cell[:40]}” is neither yes nor no. Write one of the two, or leave the cell blank.")
    return word in YES


def _first_of_several(cell: str) -> str:
    return cell.split(":::", 1)[0].strip()  # Google Contacts puts several into one cell


def _phone(cell: str) -> str:
    number = _first_of_several(cell)
    if re.fullmatch(r"[0-9][.,][0-9]+[eE]\+?[0-9]+", number):
        raise ValueError(
            f"“{number}” is a number that a spreadsheet has shortened. Format the column as text and export it again."
        )
    return re.sub(r"(?<=[0-9])\.0$", "", number)  # how programs write a whole number that they took for a decimal


def _day(cell: str, *, month_first: bool) -> str:
    """ISO 8601; days such as 3/4/2026 in the order that the organization's country writes them."""
    if found := re.fullmatch(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?:[T ].*)?", cell):
        year, month, day = found.groups()
    elif found := re.fullmatch(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})(?:[T ].*)?", cell):
        one, mark, two, year = found.groups()
        month, day = (one, two) if month_first and mark != "." else (two, one)
    else:
        return cell
    return f"{year}-{month:0>2}-{day:0>2}"


def _cadence(cell: str) -> int | str:
    return int(cell) if re.fullmatch(r"[0-9]{1,6}", cell) else cell


def _country(cell: str) -> str:
    return cell if len(cell) == 2 else _countries().get(plain(cell), cell)


@cache
def _countries() -> dict[str, str]:
    """ISO codes by the English and Spanish names of countries."""
    names = {"usa": "US", "u s a": "US", "u s": "US", "eeuu": "US", "ee uu": "US", "uk": "GB", "great britain": "GB"}
    for code, called in LOCALE_DATA.items():
        for language in ("en", "es"):
            name = called.get(language, "")
            names.setdefault(plain(called.get(name[1:], "") if name.startswith("*") else name), code)
    return names


def _in_english(words: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    english = dict(words)
    return lambda cell: english.get(plain(cell), cell)


_SPELLINGS: Mapping[str, Callable[[str], Any]] = {
    "phone": _phone,
    "email": _first_of_several,
    "country": _country,
    "cadenceDays": _cadence,
    "leadQuality": _in_english([("caliente", "HOT"), ("templado", "WARM"), ("tibio", "WARM"), ("frio", "COLD")]),
    "status": _in_english(
        [("activo", "ACTIVE"), ("activa", "ACTIVE"), ("inactivo", "INACTIVE"), ("inactiva", "INACTIVE")]
    ),
}
