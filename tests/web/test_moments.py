"""Moments as members type them: by their clock, and in their language where the words leave it open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from relance.models import Invalid, Member
from relance.web import moments
from tests import cast

NOW = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)  # a Tuesday
MADRID, NEW_YORK = ZoneInfo("Europe/Madrid"), ZoneInfo("America/New_York")


@pytest.fixture
def lucia(elsewhere: cast.House) -> Member:
    """In Madrid; she has chosen Spanish."""
    elsewhere.admin.language = "es"
    return elsewhere.admin


def read(words: str, member: Member) -> datetime:
    return moments.read(words, NOW, member, "scheduledAt")


def test_figures_are_read_in_the_members_language(lucia: Member, home: cast.House) -> None:
    assert read("3/4 a las 10:00", lucia) == datetime(2026, 4, 3, 10, tzinfo=MADRID)
    assert read("3/4/2026 10:00", lucia) == datetime(2026, 4, 3, 10, tzinfo=MADRID)
    with pytest.raises(Invalid) as refused:
        read("3/4/2026 10:00", home.admin)
    assert [field for field, _ in refused.value.errors] == ["scheduledAt"]


def test_short_words_are_read_in_the_members_language(lucia: Member) -> None:
    assert read("mar 10:00", lucia) == datetime(2026, 2, 17, 10, tzinfo=MADRID)


@pytest.mark.parametrize("words", ["tomorrow at 3pm", "mañana a las 15:00", "2026-02-11 15:00"])
def test_plain_words_of_the_other_language_are_read_as_well(lucia: Member, home: cast.House, words: str) -> None:
    assert read(words, lucia) == datetime(2026, 2, 11, 15, tzinfo=MADRID)
    assert read(words, home.admin) == datetime(2026, 2, 11, 15, tzinfo=NEW_YORK)


@pytest.mark.parametrize("language", ["en", "es", "tlh"])
def test_what_a_form_offers_is_read_as_what_it_meant(home: cast.House, language: str) -> None:
    home.admin.language = language
    for days in range(400):
        at = NOW + timedelta(days=days, minutes=5)
        assert read(moments.written(at, home.admin.zone), home.admin) == at
