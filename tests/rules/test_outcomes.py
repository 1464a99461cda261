"""What follows from each outcome (SPEC section 2, the table of outcomes)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.rules.outcomes import (
    Permanent,
    Success,
    Temporary,
    Tries,
    Unreached,
    after,
    when_never_heard,
)
from relance.rules.retries import Ladder
from relance.rules.states import Status

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)


def tries(made: int, most: int = 4, ladder: Ladder | None = None) -> Tries:
    return Tries(made, most, "America/New_York", ladder)


def test_success_completes() -> None:
    assert after(Success("SM1"), tries(1), NOW).status is Status.COMPLETED


def test_a_permanent_error_fails_at_once_with_the_providers_words() -> None:
    found = after(Permanent("21211: not a valid phone number"), tries(1), NOW)
    assert (found.status, found.because, found.at) == (Status.FAILED, "21211: not a valid phone number", None)


@pytest.mark.parametrize(("made", "minutes"), [(1, 5), (2, 15), (3, 60)])
def test_a_temporary_error_is_tried_again_after_5_then_15_then_60_minutes(made: int, minutes: int) -> None:
    assert after(Temporary("rate limit"), tries(made), NOW).at == NOW + timedelta(minutes=minutes)


def test_the_providers_own_wish_stands_when_it_is_later() -> None:
    assert after(Temporary("busy", timedelta(hours=2)), tries(1), NOW).at == NOW + timedelta(hours=2)
    assert after(Temporary("busy", timedelta(seconds=2)), tries(1), NOW).at == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("made", "wait"), [(1, timedelta(minutes=30)), (2, timedelta(hours=2)), (3, timedelta(days=1))]
)
def test_a_call_that_reached_nobody_climbs_the_call_ladder(made: int, wait: timedelta) -> None:
    found = after(Unreached("no answer"), tries(made), NOW)
    assert (found.status, found.at) == (Status.SCHEDULED, NOW + wait)


def test_an_agents_own_ladder_replaces_the_usual_one() -> None:
    found = after(Unreached("busy"), tries(1, ladder=Ladder((7,))), NOW)
    assert found.at == NOW + timedelta(minutes=7)


@pytest.mark.parametrize("outcome", [Temporary("503"), Unreached("voicemail")])
def test_when_the_tries_are_spent_it_fails_and_says_so(outcome: Temporary | Unreached) -> None:
    found = after(outcome, tries(4), NOW)
    assert (found.status, found.at) == (Status.FAILED, None)
    assert "All 4 tries were made" in found.because


def test_an_unknown_outcome_counts_as_temporary_only_where_asking_again_is_harmless() -> None:
    assert isinstance(when_never_heard(idempotent=True), Temporary)
    never_again = when_never_heard(idempotent=False)
    assert isinstance(never_again, Permanent)
    assert "Outcome unknown" in never_again.detail


@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([Temporary("x"), Unreached("busy")]))
def test_a_next_try_is_always_ahead_and_never_beyond_the_most(made: int, most: int, outcome: Temporary) -> None:
    found = after(outcome, tries(made, most), NOW)
    assert (found.at is not None and found.at > NOW) == (made < most)
