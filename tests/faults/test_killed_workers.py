"""Workers die at any moment, often; what they were about is carried out all the same, once."""

import random
import time

from relance.models import sql
from tests.faults.harness import (
    check_ended_well,
    check_receiver,
    check_simulator,
    check_unknown_is_shown,
    wait_until,
)

KILLS = 50


class Killer:
    """Kills one of a few workers at random moments and puts another in its place, `KILLS` times in all."""

    def __init__(self, host, seed, often):
        self.chance, self.host, self.often = random.Random(seed), host, often
        self.left = KILLS
        self.workers = [host.worker() for _ in range(3)]
        self._plan()

    def _plan(self):
        self.next = time.monotonic() + self.chance.uniform(0, 2 / self.often)

    def go_on(self):
        if self.left and time.monotonic() >= self.next:
            victim = self.workers.pop(self.chance.randrange(len(self.workers)))
            victim.kill()
            self.workers.append(self.host.worker())
            self.left -= 1
            self._plan()


def run_through(installation, killer):
    while killer.left:
        killer.go_on()
        time.sleep(0.005)
    installation.finish()


def test_webhooks_survive_fifty_kills(installation):
    installation.receiver.delay = 0.05
    installation.receiver.refuse = lambda number: number % 11 == 0
    installation.schedule("webhook", 2000, over=10)
    run_through(installation, Killer(installation.host(), seed=1, often=4))

    check_ended_well(installation)
    check_receiver(installation)
    assert check_unknown_is_shown() > 0


def test_messages_survive_fifty_kills_and_a_provider_that_dies_after_accepting(installation):
    """An SMS provider knows no idempotency keys: what may have gone out is not sent again, and says so."""
    weights = {"answered": 8, "dies after accepting": 1, "error": 1}
    installation.simulate("sms", weights=weights, seed=3, delay_seconds=0.05)
    installation.schedule("sms", 2000, over=10)
    run_through(installation, Killer(installation.host(), seed=2, often=4))

    check_ended_well(installation)
    check_simulator(installation)
    assert check_unknown_is_shown() > 0
    failed = sql.rows("SELECT DISTINCT because FROM relance_followup WHERE status = 'failed'")
    assert all(because.startswith("Outcome unknown:") or "tries were made" in because for (because,) in failed)


def test_a_worker_that_is_asked_to_leave_finishes_what_it_began(installation):
    """SIGTERM loses nothing: every outcome that was on its way is written before the process ends."""
    installation.receiver.hold()
    ids = installation.schedule("webhook", 50)
    worker = installation.host(lease=30).worker()
    wait_until(lambda: len(installation.receiver.asked) == len(ids))
    worker.process.terminate()
    installation.receiver.release()
    wait_until(lambda: not worker.lives)
    assert installation.statuses() == {"completed": 50}
    check_ended_well(installation)
    check_receiver(installation)
    assert check_unknown_is_shown() == 0
    assert sql.rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == [(0,)]
