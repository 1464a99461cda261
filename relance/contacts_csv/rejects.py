"""The rows that were not taken, as a file to correct and import again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ADDED = ["line", "reason"]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not taken: its line in the file, why and what would be right, and its cells as they were."""

    line: int
    reason: str
    cells: Sequence[str]


def as_csv(header: Sequence[str], rejected: Iterable[Rejection], delimiter: str = ",") -> str:
    """The rejected rows under their own header, with the columns `line` and `reason` added.

    Cells stay as they were, formulas too: they are the owner's own, and neutralising them would change what is
    imported next time. What is added begins with a word of ours, so that no cell of the file becomes a formula by it.
    """
    kept = list(header)
    if kept[-2:] == ADDED:  # a file of rejected rows, imported again and rejected again
        kept = kept[:-2]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([*kept, *ADDED])
    for row in rejected:
        own, more = _split(row.cells, len(kept), len(header))
        writer.writerow([*own, row.line, row.reason, *more])
    return out.getvalue()


def _split(cells: Sequence[str], width: int, all_columns: int) -> tuple[list[str], list[str]]:
    """The cells that stand under the header, as many as it has columns, and those beyond it."""
    own = list(cells[:width])
    return own + [""] * (width - len(own)), list(cells[all_columns:])


def path_for(path: Path) -> Path:
    """Where the rejected rows of `path` go: FILE.csv → FILE.rejected.csv."""
    return path.with_suffix(".rejected.csv")


def write(path: Path, header: Sequence[str], rejected: Sequence[Rejection], delimiter: str) -> Path | None:
    """Write the rejected rows of the file `path` beside it; returns where, None when there are none.

    A file of an earlier run is replaced, or removed when nothing was rejected this time.
    """
    target = path_for(path)
    if not rejected:
        target.unlink(missing_ok=True)
        return None
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(as_csv(header, rejected, delimiter))
    return target
