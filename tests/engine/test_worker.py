"""What one follow-up does wrong stays with it: the others of its batch are carried out and their outcomes written."""

import asyncio
import time
from uuid import UUID

import pytest

from relance.channels.provider import PROVIDERS
from relance.channels.simulator import Simulator
from relance.engine import ask, carry_out, database, facts, settle
from relance.engine.ask import Settler
from relance.engine.worker import BATCHES_AT_ONCE, Worker
from relance.models import FollowUp, clock
from relance.rules import gates
from relance.rules.outcomes import Success
from tests.engine.scene import WORKER, Here, claim, forward, prepare, state, succeed, tries


async def carried_out(ids):
    worker = Worker()
    await worker.carry_out(ids)
    await worker.asking.finish(within=60)


def work_off(ids):
    Here().run(carried_out(ids))


def of(ids):
    return {FollowUp.objects.get(pk=id).status for id in ids}


@pytest.fixture
def poison(monkeypatch):
    """A follow-up of which the gates cannot be asked, by a fault of Relance's own."""
    ids = set()

    def gather(subjects, around, now, honest=facts.gather):
        if ids & {s.id for s in subjects}:
            raise ZeroDivisionError
        return honest(subjects, around, now)

    monkeypatch.setattr(facts, "gather", gather)
    return ids


def test_a_batch_is_carried_out(office):
    ids = office.due("sms", 5)
    work_off(claim())
    assert of(ids) == {"completed"}


def test_one_that_cannot_be_decided_keeps_no_other_of_its_batch_back(office, poison):
    ids = office.due("sms", 9)
    poison.add(ids[4])
    work_off(claim())
    assert of(set(ids) - poison) == {"completed"}
    bad = state(ids[4])
    assert bad.status == "scheduled"
    assert bad.next_attempt_at == clock.now() + gates.LOOK_AGAIN
    assert bad.because.startswith("Something is wrong with it")
    poison.clear()
    forward(minutes=16)
    succeed()
    assert of(ids) == {"completed"}


def test_no_attempt_is_written_for_what_cannot_be_put_into_words(office, monkeypatch):
    """A batch of which one order cannot be made was never asked, and must not look as if it had been."""
    ids = office.due("sms", 2)

    def message(s, around, honest=carry_out._message):
        if s.id == ids[0]:
            raise KeyError("template")
        return honest(s, around)

    monkeypatch.setattr(carry_out, "_message", message)
    work_off(claim())
    assert tries(ids[0]) == []
    assert [state(id).status for id in ids] == ["scheduled", "completed"]


def test_an_outcome_that_cannot_be_written_keeps_no_other_from_it(office):
    ids = office.due("sms", 5)
    asks = prepare(claim(), WORKER)
    outcomes = {each.order.attempt_id: Success("SM1") for each in asks}
    outcomes[asks[2].order.attempt_id] = Success("SM1\x00")

    async def settle_all():
        settler = Settler()
        await asyncio.gather(*(settler.settle(id, outcome) for id, outcome in outcomes.items()))

    Here().run(settle_all())
    assert of(ids[:2] + ids[3:]) == {"completed"}
    assert state(ids[2]).status == "failed"
    assert state(ids[2]).because.startswith("Its outcome could not be recorded: it may have gone out.")


def test_outcomes_that_come_together_are_written_together(office, monkeypatch):
    ids = office.due("sms", 50)
    written = []
    monkeypatch.setattr(ask, "settle_apart", lambda outcomes: (written.append(len(outcomes)), settle.settle(outcomes)))
    work_off(claim())
    assert sum(written) == len(ids)
    assert len(written) <= 3


def test_an_outcome_is_kept_until_the_database_takes_it(office, monkeypatch):
    id = office.one_due("sms")
    failures = iter([settle.AWAY[0]("away"), settle.AWAY[2]("still away")])

    def unsteady(outcomes, honest=settle.settle):
        if problem := next(failures, None):
            raise problem
        return honest(outcomes)

    monkeypatch.setattr(settle, "settle", unsteady)
    monkeypatch.setattr(ask, "PAUSE_AFTER_FAILURE", 0.001)
    work_off(claim())
    assert state(id).status == "completed"


def test_an_outcome_that_cannot_be_written_for_good_is_left_to_rescue_and_holds_up_no_later_one(office, monkeypatch):
    """Only a database that is away is waited for; anything else would be tried for ever."""
    lost, kept = office.due("sms", 2)
    first, second = prepare(claim(), WORKER)
    broken = iter([ZeroDivisionError("a bug")])

    def settle_apart(outcomes):
        if problem := next(broken, None):
            raise problem
        settle.settle_apart(outcomes)

    monkeypatch.setattr(ask, "settle_apart", settle_apart)

    async def settle_both():
        settler = Settler()
        for each in (first, second):
            await asyncio.wait_for(settler.settle(each.order.attempt_id, Success("SM1")), 10)

    Here().run(settle_both())
    assert (state(lost).status, tries(lost)[0].outcome) == ("in_progress", None)
    assert state(kept).status == "completed"


def test_one_of_which_nothing_can_be_written_keeps_the_outcomes_of_no_others(office, monkeypatch):
    ids = office.due("sms", 3)
    asks = prepare(claim(), WORKER)
    bad = asks[0].order.attempt_id

    def fragile(outcomes, honest=settle.settle):
        if bad in outcomes:
            raise ZeroDivisionError
        return honest(outcomes)

    monkeypatch.setattr(settle, "settle", fragile)
    settle.settle_apart({each.order.attempt_id: Success("SM1") for each in asks})
    assert [state(id).status for id in ids] == ["in_progress", "completed", "completed"]


def channel(monkeypatch, **methods):
    """The simulated SMS provider with these methods in place of its own."""
    made = type("Odd", (Simulator,), methods)
    monkeypatch.setitem(PROVIDERS, ("sms", "simulator"), lambda environment: made("sms"))


def test_a_worker_that_was_held_up_before_it_asked_does_not_ask(office, monkeypatch, settings):
    """So long after the claim another may have taken over."""

    async def send(self, order):
        raise AssertionError("asked")

    channel(monkeypatch, send=send)
    settings.LEASE_SECONDS = -1
    id = office.one_due("sms")
    work_off(claim())
    (attempt,) = tries(id)
    assert (attempt.outcome, attempt.detail) == ("temporary", "The worker was held up and did not ask the provider.")


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has no clock that counts suspension")
def test_a_worker_whose_machine_was_suspended_was_held_up(office, monkeypatch, settings):
    """The monotonic clock stands still meanwhile, the leases in the database do not."""
    office.due("sms")
    (each,) = prepare(claim(), WORKER)
    assert not carry_out.held_up(each)
    woken_at = time.clock_gettime(time.CLOCK_BOOTTIME) + settings.LEASE_SECONDS
    monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_BOOTTIME: woken_at}.__getitem__)
    assert carry_out.held_up(each)


def test_a_channel_that_hangs_ends_as_unknown(office, monkeypatch):
    async def send(self, order):
        await asyncio.Event().wait()

    channel(monkeypatch, send=send)
    monkeypatch.setattr(ask, "PATIENCE", 0.01)
    id = office.one_due("sms")
    work_off(claim())
    (attempt,) = tries(id)
    assert (attempt.outcome, attempt.unheard) == (None, True)


def test_a_channel_that_raises_ends_as_unknown(office, monkeypatch):
    async def send(self, order):
        raise RuntimeError("a bug")

    channel(monkeypatch, send=send)
    id = office.one_due("sms")
    work_off(claim())
    assert state(id).because.startswith("Outcome unknown: The channel failed")


def test_an_order_is_complete(office):
    """What the channel gets needs no look into the database."""
    (id,) = office.due("sms", notes="He likes mornings.")
    (each,) = prepare(claim(), WORKER)
    assert each.order.follow_up == f"followup_{id}"
    assert each.order.message.body == "See you soon."
    assert each.order.to.phone == FollowUp.objects.get(pk=id).contact.phone
    assert UUID(each.order.idempotency_key)


def test_providers_that_do_not_answer_hold_up_nobody_elses_follow_ups(office, monkeypatch):
    answer = asyncio.Event()

    class Silent(Simulator):
        async def send(self, order):
            await answer.wait()
            return Success("SM1", "Accepted.")

    monkeypatch.setitem(PROVIDERS, ("sms", "simulator"), lambda _: Silent("sms"))
    silent = [claim_one(office, "sms") for _ in range(BATCHES_AT_ONCE + 1)]
    other = claim_one(office, "call")

    async def work():
        worker = Worker()
        for id in (*silent, other):
            await worker.carry_out([id])
            await asyncio.wait_for(worker._room(), 10)
        while worker.asking._open[office.organization.pk] > len(silent):  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
        found = await database.in_database(of, [other]), await database.in_database(of, silent)
        answer.set()
        await worker.asking.finish(within=30)
        return found

    assert Here().run(work()) == ({"completed"}, {"in_progress"})
    assert of(silent) == {"completed"}


def claim_one(office, kind):
    ids = office.due(kind, 1)
    assert claim() == ids
    return ids[0]


def test_an_organization_with_too_much_unanswered_is_left_out_of_the_next_claim(office):
    ids = office.due("sms", 3)
    assert claim([office.organization.pk]) == []
    assert claim() == ids
