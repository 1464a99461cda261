"""SMS segments: GSM-7 and UCS-2, alone and in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.rules.sms import BASIC, EXTENDED, measure


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_one_message_holds_160_or_70_units_and_a_part_of_several_153_or_67(text: str, segments: int) -> None:
    assert measure(text).segments == segments


def test_the_gsm_alphabet_has_127_characters_and_its_extension_ten() -> None:
    assert (len(BASIC), len(EXTENDED)) == (127, 10)  # 128 places, one of them the escape


@pytest.mark.parametrize("text", ["¿Qué tal, señor?", "Straße, Øre", "[50 €]\n"])
def test_what_the_gsm_alphabet_holds_stays_gsm(text: str) -> None:
    assert measure(text).odd == ""
    assert measure(text).room == 160


@pytest.mark.parametrize(("text", "odd"), [("It’s on", "’"), ("ça va", "ç"), ("Ok 👍", "👍"), ("“Hi”", "“")])
def test_a_single_other_character_makes_all_of_it_ucs2_and_is_named(text: str, odd: str) -> None:
    assert measure(text).odd == odd
    assert measure(text).room == 70


def test_characters_of_the_extension_and_outside_the_basic_plane_are_two_units() -> None:
    assert measure("a€").units == 3
    assert measure("a👍").units == 3


def test_a_character_of_two_units_is_not_cut_in_half() -> None:
    """Each part of 153 holds 76 of them, and its last unit stays empty."""
    assert measure("€" * 152).segments == 2
    assert measure("€" * 153).segments == 3
    assert measure("😀" * 66).segments == 2
    assert measure("😀" * 67).segments == 3


@given(st.text(max_size=700))
def test_the_room_holds_the_text_and_a_segment_less_would_not(text: str) -> None:
    found = measure(text)
    assert found.units <= found.room
    if found.segments > 1:
        part = found.room // found.segments
        assert found.units > (part - 1) * (found.segments - 1)
