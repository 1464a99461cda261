"""README.md's pictures: those that it shows are there, and light enough for a page that is read everywhere."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent.parent
SHOWN = sorted(set(re.findall(r"docs/pictures/[\w-]+\.png", (HERE / "README.md").read_text())))
MOST_BYTES = 150_000


def test_every_picture_that_it_shows_is_there_and_light() -> None:
    assert SHOWN
    assert {name: (HERE / name).stat().st_size < MOST_BYTES for name in SHOWN} == dict.fromkeys(SHOWN, True)


def test_no_picture_is_kept_that_it_does_not_show() -> None:
    assert [f"docs/pictures/{path.name}" for path in sorted((HERE / "docs/pictures").glob("*.png"))] == SHOWN
