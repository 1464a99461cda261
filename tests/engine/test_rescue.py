"""What a dead worker left is found: queued ones come back, and what nobody heard of is resolved and never guessed."""

import asyncio
from datetime import timedelta

import pytest

from relance.channels import provider
from relance.channels.simulator import Simulator
from relance.engine import jobs, rescue
from relance.models import Attempt, clock, sql
from relance.rules.outcomes import Pending, Success
from tests.engine.scene import (
    WORKER,
    asked,
    carry_out,
    claim,
    expire_leases,
    forward,
    history,
    prepare,
    resolve_open,
    settle,
    state,
    succeed,
    tries,
)

# -- queued --------------------------------------------------------------------------------------------------


def test_what_was_queued_by_a_worker_that_died_is_carried_out_by_another(office):
    id = office.one_due("sms")
    claim()
    assert rescue.return_queued() == 0, "its lease is not over"
    expire_leases()
    assert rescue.return_queued() == 1
    assert asked(succeed()) == [id]
    assert history(id) == ["scheduled", "queued", "scheduled", "queued", "in_progress", "completed"]


def test_a_worker_that_comes_back_after_its_claim_was_returned_finds_nothing_to_do(office):
    office.one_due("sms")
    ids = claim()
    expire_leases()
    rescue.return_queued()
    assert prepare(ids, WORKER) == []


# -- asked, and nobody heard ---------------------------------------------------------------------------------


def lose(office, kind):
    """A try whose worker died while it asked; returns the follow-up's id and the attempt's."""
    id = office.one_due(kind, allow_out_of_window=True)
    (ask,) = carry_out()
    expire_leases()
    return id, ask.order.attempt_id


@pytest.mark.parametrize("kind", ["call", "sms", "email", "webhook"])
def test_a_try_whose_worker_died_is_first_shown_as_unknown(office, kind):
    id, _ = lose(office, kind)
    assert resolve_open() == 1
    (attempt,) = tries(id)
    assert (attempt.outcome, attempt.unheard) == (None, True)
    assert state(id).because.startswith("Outcome unknown: the worker went away")
    assert resolve_open() == 0, "its time for an answer runs"


def test_after_that_an_idempotent_channel_is_asked_again_with_the_same_key(office):
    id, _ = lose(office, "webhook")
    resolve_open()
    expire_leases()
    resolve_open()
    assert state(id).status == "scheduled"
    forward(minutes=6)
    succeed()
    first, second = tries(id)
    assert (first.outcome, second.outcome) == ("temporary", "success")
    assert first.idempotency_key == second.idempotency_key


@pytest.mark.parametrize("kind", ["call", "sms", "email"])
def test_and_what_may_have_reached_a_person_is_not_asked_again(office, kind):
    id, _ = lose(office, kind)
    resolve_open()
    expire_leases()
    resolve_open()
    assert state(id).status == "failed"
    assert state(id).because.startswith("Outcome unknown: it may have gone out, so it is not sent again.")
    assert len(tries(id)) == 1


def test_the_providers_own_word_settles_it_at_once(office):
    """The simulated provider owns up to what it took before the connection died."""
    account = office.account("sms")
    account.settings = {"weights": {"dies after accepting": 1}}
    account.save()
    id, _ = lose(office, "sms")
    assert resolve_open() == 1
    assert state(id).status == "completed"


def test_the_late_word_of_a_worker_that_was_thought_dead_counts(office):
    id, attempt = lose(office, "sms")
    resolve_open()
    settle({attempt: Success("SM1")})
    assert state(id).status == "completed"
    expire_leases()
    assert resolve_open() == 0


def test_a_call_that_never_ended_is_asked_about_and_then_unknown(office):
    id = office.one_due("call", allow_out_of_window=True)
    carry_out(Pending("CA1"))
    assert resolve_open() == 0, "it may ring and talk for an hour"
    expire_leases()
    resolve_open()
    assert state(id).because.startswith("Outcome unknown")


# -- one that cannot be resolved keeps no other from it ------------------------------------------------------


def test_an_account_that_was_removed_keeps_nothing_open(office):
    id, _ = lose(office, "webhook")
    office.account("webhook").delete()
    other, _ = lose(office, "sms")
    for _ in range(2):
        resolve_open()
        expire_leases()
    assert state(id).status == "scheduled"
    assert state(other).status == "failed"


def test_a_provider_that_is_no_more_keeps_nothing_open(office):
    id, attempt = lose(office, "sms")
    Attempt.objects.filter(pk=attempt).update(provider="telegraph")
    other, _ = lose(office, "webhook")
    for _ in range(2):
        resolve_open()
        expire_leases()
    assert state(id).status == "failed"
    assert state(other).status == "scheduled"


class Mute(Simulator):
    """Never answers when it is asked what became of something."""

    async def look_up(self, order):
        await asyncio.Event().wait()


class Broken(Simulator):
    async def look_up(self, order):
        raise ConnectionError("reset by peer")


@pytest.mark.parametrize("channel", [Mute, Broken])
def test_a_provider_that_cannot_be_asked_keeps_nothing_open(office, monkeypatch, channel):
    monkeypatch.setitem(provider.PROVIDERS, ("email", "simulator"), lambda environment: channel("email"))
    monkeypatch.setattr(rescue, "PATIENCE", 0.05)
    ids = [lose(office, kind)[0] for kind in ("email", "sms")]
    for _ in range(2):
        resolve_open()
        expire_leases()
    assert {state(id).status for id in ids} == {"failed"}


def test_the_lost_are_looked_up_with_the_account_that_they_went_out_by(office, monkeypatch):
    id, _ = lose(office, "sms")
    account = office.account("sms")
    account.settings, account.is_default = {"seed": 1}, False
    account.save()
    account.pk, account.settings, account.is_default = None, {"seed": 2}, True
    account.save()
    (lost,) = rescue._lost()
    assert lost.order.follow_up == f"followup_{id}"
    assert lost.order.settings == {"seed": 1}


class Clerk(Simulator):
    """Keeps the references that it was asked about."""

    def __init__(self, kind):
        super().__init__(kind)
        self.asked = []

    async def look_up(self, order):
        self.asked.append(order.reference)


def test_the_provider_is_asked_by_its_own_reference_where_it_gave_one(office, monkeypatch):
    clerk = Clerk("call")
    monkeypatch.setitem(provider.PROVIDERS, ("call", "simulator"), lambda environment: clerk)
    office.due("call", allow_out_of_window=True)
    carry_out(Pending("CA1"))
    lose(office, "call")
    resolve_open()
    assert sorted(clerk.asked) == ["", "CA1"]


# -- jobs ----------------------------------------------------------------------------------------------------


def begin_jobs(heartbeat_ago):
    """A worker takes every job there is, and was last heard of that long ago."""
    sql.run(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s - %s::interval)", [clock.now(), heartbeat_ago]
    )
    sql.run("UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)")


def jobs_there_are():
    return sql.rows("SELECT queue_name, status::text FROM procrastinate_jobs ORDER BY id")


def test_jobs_of_a_worker_that_lives_are_left_alone(office):
    office.one_due("sms")
    claim()
    jobs.defer_import(1)
    begin_jobs(timedelta(seconds=5))
    rescue.return_jobs()
    assert jobs_there_are() == [("carry_out", "doing"), ("chores", "doing")]


@pytest.mark.parametrize("forgotten", [False, True])
def test_of_a_silent_workers_jobs_a_batch_goes_and_a_chore_is_done_again(office, forgotten):
    office.one_due("sms")
    claim()
    jobs.defer_import(1)
    begin_jobs(timedelta(minutes=2))
    if forgotten:
        sql.run("DELETE FROM procrastinate_workers")
    rescue.return_jobs()
    assert jobs_there_are() == [("chores", "todo")]


def test_two_imports_are_never_under_way_at_once(office):
    """Long ones must not take all hands from the follow-ups."""
    for import_id in (1, 2):
        jobs.defer_import(import_id)
    assert sql.rows("SELECT DISTINCT lock FROM procrastinate_jobs") == [("import",)]


def grow_older(by):
    """All that happened to jobs happened that much earlier."""
    sql.run("UPDATE procrastinate_events SET at = at - %s::interval", [by])


def test_jobs_that_failed_are_kept_for_a_week_and_no_longer(office):
    jobs.defer_import(1)
    grow_older(timedelta(days=30))
    begin_jobs(timedelta())
    sql.run("UPDATE procrastinate_jobs SET status = 'failed'")
    grow_older(timedelta(days=6))
    rescue.return_jobs()
    assert jobs_there_are() == [("chores", "failed")]
    grow_older(timedelta(days=2))
    rescue.return_jobs()
    assert jobs_there_are() == []


def test_a_job_that_waits_is_kept_however_old_it_is(office):
    jobs.defer_import(1)
    grow_older(timedelta(days=30))
    rescue.return_jobs()
    assert jobs_there_are() == [("chores", "todo")]
