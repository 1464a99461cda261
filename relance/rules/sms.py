"""How many segments an SMS takes: what the carrier sends, and bills, as one message each (3GPP TS 23.038, 23.040)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The GSM 7-bit default alphabet. All that it holds costs one unit."""

EXTENDED = frozenset("\f^{}\\[~]|€")
"""Its extension table: an escape and a character, two units."""

GSM_LIMITS = (160, 153)
UCS2_LIMITS = (70, 67)
"""How many units one message holds: alone, and as a part of several, which lose some to the header that joins them."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A text's length in units of its alphabet. `room` is how many its segments hold; `odd` is the first character
    that the GSM alphabet lacks, on whose account all of it is sent as UCS-2; empty where there is none."""

    units: int
    segments: int
    room: int
    odd: str


def measure(text: str) -> Measure:
    """How long `text` is as an SMS. The empty text is one empty segment."""
    odd = next((c for c in text if c not in BASIC and c not in EXTENDED), "")
    sizes = [_ucs2_units(c) if odd else _gsm_units(c) for c in text]
    alone, part = UCS2_LIMITS if odd else GSM_LIMITS
    units = sum(sizes)
    if units <= alone:
        return Measure(units, 1, alone, odd)
    segments = _packed(sizes, part)
    return Measure(units, segments, segments * part, odd)


def _gsm_units(character: str) -> int:
    return 2 if character in EXTENDED else 1


def _ucs2_units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


def _packed(sizes: Iterable[int], part: int) -> int:
    """Into how many parts these characters go; one of two units is not cut in half."""
    segments, filled = 1, 0
    for size in sizes:
        if filled + size > part:
            segments, filled = segments + 1, 0
        filled += size
    return segments
