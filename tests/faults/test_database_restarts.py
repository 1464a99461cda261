"""The database goes away in the middle of the work: the workers wait for it, and go on by themselves."""

import pytest

from relance.models import sql
from tests.faults.harness import check_ended_well, check_receiver, patience_with_restarts, wait_until


def fast_shutdown(server):
    server.stop()


def crash(server):
    server.kill()


@pytest.mark.parametrize("goes_away", [fast_shutdown, crash])
def test_the_work_goes_on_after_the_database_came_back(installation, goes_away):
    receiver, server = installation.receiver, installation.server
    receiver.delay = 0.05
    ids = installation.schedule("webhook", 1200, over=6)
    host = installation.host()
    workers = [host.worker(), host.worker()]
    for share in (0.2, 0.5):
        wait_until(lambda share=share: installation.tried() >= share * len(ids))
        with patience_with_restarts():
            goes_away(server)
        wait_until(lambda: receiver.idle)
        server.start()
    wait_until(lambda: installation.tried() == len(ids))
    installation.finish()

    check_ended_well(installation)
    check_receiver(installation)
    assert installation.statuses() == {"completed": len(ids)}
    assert all(worker.lives for worker in workers)
    carried_out = dict(sql.rows("SELECT worker, count(*) FROM relance_attempt GROUP BY 1"))
    assert set(carried_out) == {worker.name for worker in workers}


def test_an_answer_that_was_heard_while_the_database_was_away_is_not_lost(installation):
    """Its worker keeps it until it can be written, so that what the provider did is not asked for again."""
    receiver, server = installation.receiver, installation.server
    receiver.hold()
    ids = installation.schedule("webhook", 30)
    installation.host(lease=30).worker()
    wait_until(lambda: len(receiver.asked) == len(ids))
    with patience_with_restarts():
        server.stop()
    receiver.release()
    wait_until(lambda: receiver.idle)
    server.start()
    wait_until(lambda: installation.count("completed") == len(ids))
    assert set(receiver.asked.values()) == {1}
    check_ended_well(installation)
    check_receiver(installation)
