"""The table of states is the specification's, and nothing else."""

from __future__ import annotations

import pytest

from relance.rules.states import FINAL, GROUPS, TRANSITIONS, IllegalMove, Status, group_of, require_legal

SPEC = {
    "scheduled": {"queued", "snoozed", "cancelled", "expired"},
    "snoozed": {"queued", "scheduled", "cancelled", "expired"},
    "queued": {"in_progress", "scheduled", "cancelled", "expired"},
    "in_progress": {"completed", "scheduled", "failed"},
    "completed": set(),
    "failed": {"scheduled"},
    "cancelled": set(),
    "expired": {"scheduled"},
}
SAID_WHY = {("queued", "failed"), ("scheduled", "scheduled"), ("snoozed", "snoozed")}


def test_every_transition_of_the_specification_is_legal_and_few_others() -> None:
    allowed = {(a.value, b.value) for a, targets in TRANSITIONS.items() for b in targets}
    assert allowed == {(a, b) for a, targets in SPEC.items() for b in targets} | SAID_WHY


@pytest.mark.parametrize("final", [Status.COMPLETED, Status.CANCELLED])
def test_what_is_completed_or_cancelled_is_left_by_nothing(final: Status) -> None:
    for target in Status:
        with pytest.raises(IllegalMove):
            require_legal([final], [target])


def test_one_illegal_move_among_many_refuses_them_all() -> None:
    with pytest.raises(IllegalMove, match="cannot go from queued to completed"):
        require_legal([Status.IN_PROGRESS, Status.QUEUED], [Status.COMPLETED])


def test_each_state_has_one_word_in_the_vocabulary_of_messages() -> None:
    assert sorted(s for members in GROUPS.values() for s in members) == sorted(Status)
    assert {group_of(s) for s in FINAL} == {"sent", "failed", "canceled"}
