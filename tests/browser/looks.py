"""What a page is looked at for: what axe objects to, what does not fit a phone."""

from __future__ import annotations

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

CONTRAST = ["color-contrast"]
LEAST = 44
BETWEEN = (600, 640, 700, 759, 760, 800, 900, 1023, 1024, 1100, 1200, 1280, 1440)
"""Widths between a phone and a large screen: about the breakpoints, and some others."""

# A table may scroll within its card; nothing else may be wider than what it stands in.
_OVERFLOWING = """() => {
  const wide = document.documentElement.scrollWidth;
  const beyond = it => it.getBoundingClientRect().right - it.closest(".card").getBoundingClientRect().right;
  const kind = it => `${it.tagName.toLowerCase()}.${it.className.baseVal ?? it.className}`;
  return [
    ...wide > innerWidth ? [`is ${wide} px wide`] : [],
    ...(wide > innerWidth ? [...document.querySelectorAll("body *")] : [])
      .filter(it => it.getBoundingClientRect().right > innerWidth + 1 && it.checkVisibility()).slice(0, 5).map(kind),
    ...[...document.querySelectorAll(".card table")]
      .filter(table => getComputedStyle(table.parentElement).overflowX != "auto" && beyond(table) > 0.5)
      .map(table => `a table stands out of its card by ${beyond(table)} px`),
  ];
}"""

# What one touches, but for small buttons in rows, which have the row about them.
_SMALL = """least => [...document.querySelectorAll(
    ".button:not(.tiny), .topbar button, .places a, .who, .search-button, .menu :is(a, button), .input, .select")]
  .filter(it => it.checkVisibility({visibilityProperty: true}) && it.getBoundingClientRect().height < least - 0.5)
  .map(it => `${(it.textContent || it.name).trim()} is ${Math.round(it.getBoundingClientRect().height)} px high`)"""


def overflowing(page: Page) -> list[str]:
    """What makes the page wider than its window, and the tables that stand out of their cards."""
    found: list[str] = page.evaluate(_OVERFLOWING)
    return found


def small(page: Page) -> list[str]:
    """What is touched and too small for that."""
    found: list[str] = page.evaluate(_SMALL, LEAST)
    return found


def violations(page: Page, within: str = "") -> list[str]:
    """Everything that axe objects to in the light, and what colours it objects to in the dark; `within` one part."""
    page.emulate_media(color_scheme="light")
    found = _axe(page, within)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {line}" for line in _axe(page, within, runOnly=CONTRAST)]
    page.emulate_media(color_scheme="light")
    return found


def _axe(page: Page, within: str, **options: Any) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    about = json.dumps({"resultTypes": ["violations"], "preload": False, **options})
    place = json.dumps(within) if within else "document"
    found: list[dict[str, Any]] = page.evaluate(f"axe.run({place}, {about}).then(it => it.violations)")
    return [
        f"{violation['id']}: {node['failureSummary'].splitlines()[-1].strip()} {' '.join(map(str, node['target']))}"
        for violation in found
        for node in violation["nodes"]
    ]
