"""A worker that stands still past its lease is taken for dead, and when it goes on finds nothing to write."""

from datetime import timedelta

import pytest

from relance.models import clock, sql
from tests.faults.harness import check_ended_well, check_receiver, check_simulator, wait_until

LOCKED = """
SELECT count(*) FROM pg_stat_activity a WHERE a.state = 'idle in transaction' AND a.application_name = 'relance'
    AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.relation = 'relance_followup'::regclass
                AND l.mode = 'RowShareLock')
"""


class Plenty:
    """400 follow-ups, and 400 more whenever all are carried out."""

    def __init__(self, installation, kind):
        self.installation, self.kind, self.ids = installation, kind, []
        self()

    def __call__(self):
        if self.installation.count() == 0:
            self.ids += self.installation.schedule(self.kind, 400)


@pytest.fixture
def host(installation):
    return installation.host()


def history():
    return sql.rows("SELECT count(*), max(id) FROM relance_change")


def to_the_next_try():
    clock.set_forward(clock.now() + timedelta(minutes=6))


def prove_alive(installation, worker, other):
    """The worker that was stopped, now alone, carries out what is new: it has gone on past whatever it held."""
    other.kill()
    ids = installation.schedule("webhook", 1)
    worker.go_on()
    installation.finish()
    assert sql.rows("SELECT worker FROM relance_attempt WHERE follow_up_id = %s", [ids[0]]) == [(worker.name,)]


def test_one_that_stood_still_while_it_asked_changes_nothing_afterwards(installation, host):
    installation.receiver.hold()
    ids = installation.schedule("webhook", 20)
    first = host.worker()
    wait_until(lambda: len(installation.receiver.asked) == len(ids))
    first.stop()
    installation.receiver.release()
    second = host.worker()
    wait_until(lambda: installation.count("scheduled") == len(ids))
    to_the_next_try()
    wait_until(lambda: installation.count("completed") == len(ids))
    assert installation.receiver.asked.total() == 2 * len(ids)

    before = history()
    second.kill()
    first.go_on()
    more = installation.schedule("webhook", 1)
    wait_until(lambda: installation.count("completed") == len(ids) + 1)
    assert history()[0][0] == before[0][0] + 4, "the new one's four changes, and nothing else"
    assert sql.rows("SELECT worker FROM relance_attempt WHERE follow_up_id = ANY(%s)", [more]) == [(first.name,)]
    check_ended_well(installation)
    check_receiver(installation)


def test_one_that_stood_still_after_it_claimed_asks_for_nothing_that_others_carried_out(installation, host):
    plenty = Plenty(installation, "webhook")
    first = host.worker()
    first.stop_when(lambda: installation.count("queued") > 0, plenty)
    second = host.worker()
    installation.finish()
    assert installation.statuses() == {"completed": len(plenty.ids)}
    prove_alive(installation, first, second)
    check_ended_well(installation)
    check_receiver(installation)


def test_one_that_stood_still_between_writing_an_attempt_and_asking_does_not_ask(installation, host):
    """A message may go out once: whether the stopped one had asked is unknown, so nobody asks again, itself neither."""

    def not_asked():
        under_way = {row[0] for row in sql.rows("SELECT id FROM relance_followup WHERE status = 'in_progress'")}
        return under_way - {follow_up for _, follow_up, _ in installation.asked_of_simulator()}

    plenty = Plenty(installation, "sms")
    first = host.worker()
    first.stop_when(lambda: len(not_asked()) > 100, plenty)
    left = not_asked()
    host.worker()
    wait_until(lambda: installation.count() == 0, 40)
    ended = installation.statuses()
    first.go_on()
    installation.schedule("sms", 1)
    wait_until(lambda: installation.statuses() == ended | {"completed": ended.get("completed", 0) + 1})

    asked_late = left & {follow_up for _, follow_up, _ in installation.asked_of_simulator()}
    assert len(asked_late) <= 1, "at most the one that it was just about to ask for"
    assert sum(ended.values()) == len(plenty.ids)
    check_ended_well(installation)
    check_simulator(installation)


def test_one_that_stands_still_inside_a_transaction_holds_nobody_up_for_long(installation, host):
    plenty = Plenty(installation, "webhook")
    first = host.worker()
    first.stop_when(lambda: sql.rows(LOCKED)[0][0] > 0, plenty)
    second = host.worker()
    installation.finish()
    assert installation.statuses() == {"completed": len(plenty.ids)}
    prove_alive(installation, first, second)
    check_ended_well(installation)
    check_receiver(installation)
