"""Rows from the bytes of a CSV file, whatever program wrote it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from relance.models.base import Invalid

DELIMITERS = ",;\t|"
LONGEST_CELL = 131_072  # characters; csv's own bound, so that an unclosed quote cannot swallow the file
_END = "\0"  # stands after the last line; the text itself has none
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FORMATS = {
    b"PK\x03\x04": "an Excel workbook or another archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}
_SEPARATOR_LINE = re.compile(r"sep=([,;\t|])\s*", re.IGNORECASE)  # Excel's own way to name the delimiter


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line of the file it starts on (the first is 1), its cells, and why it cannot be read, if so."""

    line: int
    cells: Sequence[str]
    problem: str = ""


def decode(data: bytes) -> str:
    """The text of a file: UTF-8 or UTF-16 with or without a mark, else Windows-1252. NULs are left out.

    Raises `Invalid` for files that are no text, such as a workbook.
    """
    for start, kind in _FORMATS.items():
        if data.startswith(start):
            raise Invalid(file=f"This is {kind}, not a CSV file. Save or export it as CSV (UTF-8) and import that.")
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None) or _unmarked(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        fallback = "cp1252" if encoding == "utf-8" else encoding
        text = data.decode(fallback, errors="replace")
    return text.replace("\0", "").removeprefix("\ufeff")


def _unmarked(data: bytes) -> str:
    """Every other byte of Western text in UTF-16 is zero; which ones tells the order."""
    start = data[:4096]
    evens, odds = start[0::2].count(0), start[1::2].count(0)
    if max(evens, odds) * 3 > len(start) // 2 and evens != odds:
        return "utf-16-le" if odds > evens else "utf-16-be"
    return "utf-8"


class Table:
    """The header and the rows of a CSV text; rows can be gone through any number of times.

    Raises `Invalid` for a text without a header.
    """

    def __init__(self, text: str) -> None:
        self._lines = list(io.StringIO(text, newline=""))
        self._first = next((i for i, line in enumerate(self._lines) if line.strip()), len(self._lines))
        self.delimiter = self._named_delimiter() or self._likely_delimiter()
        row = next(self._records(), Row(1, (), "The file is empty. Its first line must name the columns."))
        if row.problem:
            raise Invalid(file=f"Line {row.line}: {row.problem}")
        self.header = [" ".join(cell.split()) for cell in row.cells]
        while not self.header[-1]:
            self.header.pop()

    @cached_property
    def head(self) -> str:
        """The text down to the first row: what tells the header and the delimiter."""
        second = next(iter(self), None)
        return "".join(self._lines[: second.line - 1 if second else None])

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Row]:
        records = self._records()
        next(records)
        return (self._fitted(row) for row in records)

    @cached_property
    def _length(self) -> int:
        return sum(1 for _ in self)

    def _named_delimiter(self) -> str:
        for line in self._lines[self._first : self._first + 1]:
            if named := _SEPARATOR_LINE.fullmatch(line):
                self._first += 1
                return named[1]
        return ""

    def _likely_delimiter(self) -> str:
        """The one that makes the most columns of the header."""
        header = "".join(self._lines[self._first : self._first + 1])
        return max(DELIMITERS, key=lambda delimiter: _width(header, delimiter))

    def _fitted(self, row: Row) -> Row:
        """The row with as many cells as the header; more are dropped if blank, else they are its problem."""
        width, cells = len(self.header), row.cells
        if row.problem or len(cells) == width:
            return row
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            return Row(row.line, cells[:width])
        return Row(
            row.line,
            cells,
            f"The row has {len(cells)} cells and the header {width}. Put cells that hold “{self.delimiter}” in quotes,"
            " and leave a blank cell where there is nothing.",
        )

    def _records(self) -> Iterator[Row]:
        """Every record that is not blank. One whose quote is never closed costs its own line only."""
        lines = [*self._lines, _END]
        at = self._first

        def feed() -> Iterator[str]:
            nonlocal at
            while at < len(lines):
                at += 1
                yield lines[at - 1]

        reader = csv.reader(feed(), delimiter=self.delimiter)
        while True:
            began = at
            try:
                cells = next(reader)
            except (csv.Error, StopIteration):
                cells = [_END]
            if cells == [_END] and began >= len(lines) - 1:
                return
            if cells and cells[-1].endswith(_END):
                at = began + 1
                reader = csv.reader(feed(), delimiter=self.delimiter)
                yield Row(began + 1, [lines[began].rstrip("\r\n")], _UNCLOSED)
            elif any(cell.strip() for cell in cells):
                yield Row(began + 1, cells)


def _width(header: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([header], delimiter=delimiter), []))
    except csv.Error:
        return 0


_UNCLOSED = (
    f'A quotation mark (") is opened and not closed, or a cell has over {LONGEST_CELL:,} characters.'
    " Close the quotation mark, or double it where it belongs to the text."
)
