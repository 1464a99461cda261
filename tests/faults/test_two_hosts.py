"""Workers on machines that share nothing but the database and its key."""

from relance.models import sql
from tests.faults.harness import check_ended_well, check_receiver, wait_until


def shares():
    return dict(sql.rows("SELECT worker, count(*) FROM relance_attempt GROUP BY 1"))


def test_two_hosts_share_the_work_and_either_may_die(installation):
    installation.receiver.delay = 0.02
    ids = installation.schedule("webhook", 1500, over=8)
    one, other = installation.host(), installation.host()
    first, second = one.command("worker"), other.command("worker")
    wait_until(lambda: len(shares()) == 2 and min(shares().values()) >= 50)
    first.kill()
    first.wait()
    dead = one.workers[0].name
    made_by_the_dead = shares()[dead]
    installation.finish()

    assert not (one.home / "data" / "postgres").exists()
    assert not (other.home / "data" / "postgres").exists()
    assert shares()[dead] == made_by_the_dead
    assert installation.statuses() == {"completed": len(ids)}
    check_ended_well(installation)
    check_receiver(installation)

    second.terminate()
    assert second.wait(20) == 0
