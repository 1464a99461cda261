"""Claiming: what is due is queued with its job, urgent first, its share to each organization, at a flat cost."""

import json
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction

from relance.engine import claim as claiming
from relance.models import FollowUp, clock, sql
from relance.models.followups import Priority
from tests.engine.scene import Office, claim, forward, history, state


def jobs():
    return [row[0] for row in sql.rows("SELECT args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")]


def ids_of(args):
    return (json.loads(args) if isinstance(args, str) else args)["ids"]


def test_what_is_due_is_queued_with_one_job_for_all_of_it(office):
    ids = office.due("webhook", 3)
    assert claim() == sorted(ids)
    assert {state(id).status for id in ids} == {"queued"}
    assert [ids_of(args) for args in jobs()] == [sorted(ids)]


def test_what_is_not_due_yet_waits(office):
    (id,) = office.schedule("webhook", office.contacts(1))
    assert claim() == []
    assert history(id) == ["scheduled"]
    assert jobs() == []


def test_state_and_job_are_committed_together_or_neither(office):
    office.due("webhook")
    with transaction.atomic():
        claim()
        transaction.set_rollback(True)
    assert FollowUp.objects.get().status == "scheduled"
    assert jobs() == []


def test_urgent_ones_go_first(office, monkeypatch):
    monkeypatch.setattr(claiming, "BATCH", 2)
    low, urgent, high = (
        office.schedule("webhook", office.contacts(2), priority=priority)
        for priority in (Priority.LOW, Priority.URGENT, Priority.HIGH)
    )
    forward(minutes=1)
    assert [claim(), claim(), claim(), claim()] == [urgent, high, low, []]


def test_of_equal_priority_the_oldest_goes_first(office, monkeypatch):
    monkeypatch.setattr(claiming, "BATCH", 1)
    late, early = (office.schedule("webhook", office.contacts(1), after=timedelta(minutes=m)) for m in (9, 5))
    forward(minutes=10)
    assert [claim(), claim()] == [early, late]


def test_a_flood_of_one_organization_does_not_starve_another(office, monkeypatch):
    monkeypatch.setattr(claiming, "BATCH", 20)
    flood = office.schedule("webhook", office.contacts(100), priority=Priority.URGENT)
    others = [Office(name) for name in ("Solar Roofs", "City Gym")]
    few = [other.schedule("webhook", other.contacts(2), priority=Priority.LOW) for other in others]
    forward(minutes=1)
    first = Counter(FollowUp.objects.filter(pk__in=claim()).values_list("organization", flat=True))
    assert first[office.organization.pk] == 20 // 3
    assert [first[other.organization.pk] for other in others] == [2, 2]
    assert len(claim()) == 20, "and then all of it is the flood's"
    assert all(state(id).status == "queued" for ids in few for id in ids)
    assert FollowUp.objects.filter(pk__in=flood, status="queued").count() == 20 // 3 + 20


def test_what_could_not_run_in_time_expires(office):
    expired = office.schedule("webhook", office.contacts(2))
    forward(days=8)
    going = office.due("webhook", 1)
    assert claim() == going
    for id in expired:
        assert history(id) == ["scheduled", "expired"]
        assert "Reschedule it" in state(id).because


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_claim_the_same_and_never_wait_for_each_other(committed_office):
    """The first holds its rows in an open transaction; the second takes others at once."""
    office, second = committed_office, []
    due = set(office.due("webhook", 800))
    with transaction.atomic():
        first = claim()
        thread = threading.Thread(target=lambda: (second.extend(claim()), connection.close()))
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    assert len(first) == claiming.BATCH
    assert set(second) == due - set(first)


# -- what waits for later costs nothing ----------------------------------------------------------------------


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def plan_of(statement, parameters):
    ((found,),) = sql.rows(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.format(now=clock.now_sql())}", parameters
    )
    (plan,) = json.loads(found) if isinstance(found, str) else found
    return list(nodes(plan["Plan"]))


def scans(plan):
    return [node for node in plan if node.get("Relation Name") == "relance_followup"]


@pytest.fixture
def backlog(office):
    due = office.due("webhook", 50)
    office.schedule("webhook", office.contacts(5_000), after=timedelta(days=3))
    sql.run("ANALYZE relance_followup")
    return due


def test_a_claim_reads_due_rows_only_however_many_wait(backlog):
    found = scans(plan_of(claiming._DUE, {"batch": claiming.BATCH, "full": []}))
    assert {node["Index Name"] for node in found} == {"follow_up_due"}
    assert sum(node.get("Rows Removed by Filter", 0) for node in found) == 0
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in found) <= len(backlog) + 10


def blocks_read_by_a_claim():
    plan, *_ = plan_of(claiming._DUE, {"batch": claiming.BATCH, "full": []})
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def test_a_claim_reads_as_little_when_nothing_is_due(office):
    office.schedule("webhook", office.contacts(10), after=timedelta(days=3))
    before = blocks_read_by_a_claim()
    office.schedule("webhook", office.contacts(5_000), after=timedelta(days=3))
    sql.run("UPDATE relance_followup SET next_attempt_at = next_attempt_at + id * interval '1 second'")
    sql.run("ANALYZE relance_followup")
    assert blocks_read_by_a_claim() < before + 10


def test_to_know_when_the_next_is_due_takes_one_row(backlog):
    (found,) = scans(plan_of(claiming._NEXT, {}))
    assert found["Index Name"] == "follow_up_next"
    assert found["Actual Rows"] == 1
    assert claiming.seconds_until_next() < 0
