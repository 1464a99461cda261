"""What must hold of all follow-ups, whatever happened to them."""

from collections import Counter, defaultdict

from relance.models import sql
from relance.rules.states import TRANSITIONS, Status

REVIVED_FROM = {Status.FAILED, Status.EXPIRED}


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
    """One attempt for each time that it was in progress, as many in this set as it says, and only the last succeeds."""
    tries, begun, made = defaultdict(list), Counter(), Counter()
    for id, outcome in sql.rows("SELECT follow_up_id, outcome FROM relance_attempt ORDER BY follow_up_id, number"):
        tries[id].append(outcome)
    for id, before, after in sql.rows("SELECT follow_up_id, from_status, to_status FROM relance_change ORDER BY id"):
        if before in REVIVED_FROM:
            made[id] = 0
        if (before, after) == (Status.QUEUED, Status.IN_PROGRESS):
            begun[id] += 1
            made[id] += 1
    for id, status, attempts_made, most in sql.rows(
        "SELECT id, status, attempts_made, max_attempts FROM relance_followup"
    ):
        outcomes = tries[id]
        assert len(outcomes) == begun[id]
        assert made[id] == attempts_made <= most
        assert "success" not in outcomes[:-1]
        assert (status == "completed") == (outcomes[-1:] == ["success"]), (id, status, outcomes)
