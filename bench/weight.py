"""What a browser fetches on its first visit to a page: the page, its styles, its scripts and theirs, its icons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from posixpath import dirname, join, normpath

Fetch = Callable[[str], tuple[int, str]]
"""Fetches an address of the instance: how many bytes came over the wire, and the text that they were."""

_LINKED = re.compile(r'<(?:link|script|img|use)\b[^>]*?\b(?:href|src)="(/[^"#]+)')
_IMPORTED = re.compile(r'^(?:import|export)\b[^;(]*?"(\.[^"]+)"', re.MULTILINE)


def weigh(fetch: Fetch, page: str) -> dict[str, int]:
    """The bytes that a first visit to `page` takes, by address."""
    found: dict[str, int] = {}
    waiting = [page]
    while waiting:
        address = waiting.pop()
        if address not in found:
            found[address], text = fetch(address)
            waiting += _named(address, text, is_page=address == page)
    return found


def _named(address: str, text: str, *, is_page: bool) -> Iterator[str]:
    """The addresses that a browser asks for because of this text."""
    if is_page:
        yield from _LINKED.findall(text)
    elif address.endswith(".js"):
        yield from (normpath(join(dirname(address), name)) for name in _IMPORTED.findall(text))
