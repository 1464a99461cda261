"""Charts of columns: where each bar and line stands. `charts/columns.html` draws them, `charts.css` colours them.

What is up and down is in pixels, on the grid of 4; what is left and right in percent, so that a chart is as wide as its
place and its words keep their size. The page's own style says how wide a bar is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

TALLEST: Final = 120
"""The height of a bar that reaches the topmost line: the lines of a half and of thirds are on the grid too."""
ABOVE, BELOW = 20, 24
"""The room for the number above a bar, and for the labels."""
BASE: Final = ABOVE + TALLEST
LEAST: Final = 3
"""The height of the smallest bar: one of many thousands is still seen."""
MOST_LINES: Final = 3
LEAST_TOP: Final = 4
"""The topmost line is at this at least: one or two are little, and look so."""


@dataclass(frozen=True, slots=True)
class Series:
    """What is counted: `name` is its style, `word` its head in the table."""

    name: str
    word: str


@dataclass(frozen=True, slots=True)
class Column:
    """A place on the axis: its `counts`, one a series, are stacked from below. `label` stands under it ("" for none),
    `name` at its row of the table, `said` on hover; `href` is where it leads."""

    name: str
    label: str
    said: str
    counts: tuple[int, ...]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A count that is drawn, from `bottom` up to `top`."""

    series: str
    bottom: int
    top: int


@dataclass(frozen=True, slots=True)
class Place:
    """A column and where it is: its left edge, its middle and its width, in percent."""

    column: Column
    left: float
    middle: float
    width: float
    bars: tuple[Bar, ...]

    @property
    def total(self) -> int:
        """What all of it comes to."""
        return sum(self.column.counts)

    @property
    def figure(self) -> int:
        """Where the number above it stands."""
        return min((bar.top for bar in self.bars), default=BASE) - 6


@dataclass(frozen=True, slots=True)
class Line:
    """A line across, where `count` is."""

    count: int
    at: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as it is drawn; `lines` begin at the top."""

    series: Sequence[Series]
    places: Sequence[Place]
    lines: Sequence[Line]
    height: int = BASE + BELOW
    base: int = BASE
    labels: int = BASE + 16


def drawn(series: Sequence[Series], columns: Sequence[Column]) -> Chart:
    """The chart of these columns, from left to right; at least one, each with a count for each of a few series."""
    lines = _lines(max(sum(column.counts) for column in columns))
    width = 100 / len(columns)
    places = [
        Place(column, _percent(n * width), _percent((n + 0.5) * width), _percent(width), _bars(series, column, lines))
        for n, column in enumerate(columns)
    ]
    return Chart(series, places, lines)


def _lines(most: int) -> tuple[Line, ...]:
    """The lines up to the first that is not below `most`, at round numbers."""
    most = max(most, LEAST_TOP)
    step = next(step for step in _round_numbers() if step * MOST_LINES >= most)
    parts = -(-most // step)
    return tuple(Line(n * step, BASE - n * TALLEST // parts) for n in range(parts, -1, -1))


def _round_numbers() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50 and so on."""
    return (digit * 10**power for power in count() for digit in (1, 2, 5))


def _bars(series: Sequence[Series], column: Column, lines: Sequence[Line]) -> tuple[Bar, ...]:
    """A bar for each count but 0, each upon the one before with a pixel between them."""
    heights = _heights(column.counts, lines[0].count)
    bars, bottom = [], BASE
    for one, height in zip(series, heights, strict=True):
        if height:
            bars.append(Bar(one.name, bottom - (bottom < BASE), bottom - height))
            bottom -= height
    return tuple(bars)


def _heights(counts: Sequence[int], top: int) -> list[int]:
    """How high each of the counts is where `top` is as high as can be. What the smallest have too much, the greatest
    goes without."""
    heights = [max(LEAST, round(n * TALLEST / top)) if n else 0 for n in counts]
    greatest = heights.index(max(heights))
    heights[greatest] -= max(0, sum(heights) - TALLEST)
    return heights


def _percent(share: float) -> float:
    return int(share * 1000) / 1000  # rounded down: no sum of them is over 100
