"""What must hold of all follow-ups, whatever happened to them."""

from collections import defaultdict

from relance.models import sql
from relance.rules.states import TRANSITIONS, Status


def check_histories():
    states = dict(sql.rows("SELECT id, status FROM relance_followup"))
    at = dict.fromkeys(states, "")
    for id, before, after in sql.rows("SELECT follow_up_id, from_status, to_status FROM relance_change ORDER BY id"):
        assert before == at[id], f"follow-up {id} was {at[id]} and its history goes on from {before}"
        assert before == "" or is_legal(before, after), f"follow-up {id} went from {before} to {after}"
        at[id] = after
    assert at == states


def is_legal(before, after):
    # That nobody heard the outcome of a try is told in the history and changes no state.
    return before == after == Status.IN_PROGRESS or Status(after) in TRANSITIONS[Status(before)]


def check_attempts():
    """One row for each time that it was in progress, no more tries than allowed, and the last alone may succeed."""
    begun = dict(sql.rows("SELECT follow_up_id, count(*) FROM relance_change"
                          " WHERE from_status = 'queued' AND to_status = 'in_progress' GROUP BY 1"))  # fmt: skip
    tries = defaultdict(list)
    for id, outcome in sql.rows("SELECT follow_up_id, outcome FROM relance_attempt ORDER BY follow_up_id, number"):
        tries[id].append(outcome)
    assert {id: len(outcomes) for id, outcomes in tries.items()} == begun
    for id, status, most in sql.rows("SELECT id, status, max_attempts FROM relance_followup"):
        outcomes = tries[id]
        assert len(outcomes) <= most
        assert "success" not in outcomes[:-1]
        assert (status == "completed") == (outcomes[-1:] == ["success"]), (id, status, outcomes)
