"""The engine's cost in the database is per batch and not per follow-up."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relance.rules.outcomes import Permanent, Success, Temporary, Unknown, Unreached
from tests.engine.scene import WORKER, claim, prepare, settle

OUTCOMES = {
    "sms": [Success("SM1"), Temporary("Busy."), Permanent("Invalid.")],
    "call": [Success("CA1"), Unreached("busy"), Unknown("lost.")],
    "webhook": [Success(), Temporary("503")],
}


def counted(function, *args):
    with CaptureQueriesContext(connection) as queries:
        result = function(*args)
    return len(queries), result


def costs(office, kind, many):
    office.due(kind, many, by=office.member, **({"allow_out_of_window": True} if kind == "call" else {}))
    claimed, ids = counted(claim)
    prepared, asks = counted(prepare, ids, WORKER)
    assert len(asks) == many
    answers = OUTCOMES[kind]
    outcomes = {ask.order.attempt_id: answers[n % len(answers)] for n, ask in enumerate(asks)}
    settled, _ = counted(settle, outcomes)
    return claimed, prepared, settled


@pytest.mark.parametrize("kind", OUTCOMES)
def test_queries_do_not_grow_with_the_batch(office, kind):
    few = costs(office, kind, 6)
    many = costs(office, kind, 60)
    assert many == few
    assert max(few) <= 20
