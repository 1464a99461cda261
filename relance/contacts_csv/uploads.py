"""CSV files that people hand over: what can be taken for one, and where its first lines lead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from relance.contacts_csv import columns
from relance.contacts_csv.reading import Table, decode
from relance.models.base import Invalid

MOST_BYTES = 32 * 1024 * 1024
MOST = f"{MOST_BYTES // 1024**2} MB"
MOST_COLUMNS = 500
START = 200_000  # characters in which the header and some rows are found
SAMPLES = 3
_ROWS_SEEN = 200
_UNWRITTEN = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f\ufffd]")  # what no program writes into a text


@dataclass(frozen=True, slots=True)
class Sample:
    """A column of the file: its header, some of its values, and the field that it is taken for, "" for none."""

    header: str
    values: Sequence[str]
    field: str


def require_size(size: int) -> None:
    """Raise `Invalid` for a file that is too large or has nothing in it."""
    if size > MOST_BYTES:
        raise Invalid(file=f"This file has {size / 1024**2:,.0f} MB. Up to {MOST} are taken at once: split it.")
    if not size:
        raise Invalid(file="The file is empty. Its first line must name the columns, such as Name,Phone,Email.")


def text_of(data: bytes) -> str:
    """The text of a CSV file. Raises `Invalid` for what is none."""
    require_size(len(data))
    require_size(len(data.strip()))
    text = decode(data)
    if len(_UNWRITTEN.findall(text[:4096])) * 100 > len(text[:4096]):
        raise Invalid(file="This is not a text file. Save or export your list as CSV (UTF-8) and import that.")
    return text


def require_table(text: str) -> None:
    """Raise `Invalid` for a text that has no header, no rows below it, or too many columns."""
    table = Table(text)
    if len(table.header) > MOST_COLUMNS:
        raise Invalid(file=f"This file has {len(table.header):,} columns. Keep the {MOST_COLUMNS} that matter at most.")
    if next(iter(table), None) is None:
        raise Invalid(file="There is nothing below the first line, which names the columns. Add the contacts there.")


def samples(start: str) -> list[Sample]:
    """The columns of a text, of which `start` is the beginning, with the first values that are not blank."""
    table = Table(start)
    rows = [row.cells for row in islice(table, _ROWS_SEEN) if not row.problem]
    whole = rows[:-1] if len(start) >= START else rows
    guessed = columns.guess(table.header)
    return [Sample(name, _values(whole, table.header.index(name)), field) for name, field in guessed.items()]


def _values(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    filled = (row[index].strip() for row in rows)
    return list(islice(dict.fromkeys(value for value in filled if value), SAMPLES))
