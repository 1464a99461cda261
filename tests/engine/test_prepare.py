"""The last check before a send: gates, room, and the attempt written for each one that goes."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection

from relance.models import Agent, Evidence, FollowUp, clock, editing, suppression, verbs
from relance.rules.outcomes import Success, Temporary, Unreached
from tests.engine.scene import (
    ALWAYS,
    SYSTEM,
    WORKER,
    asked,
    carry_out,
    claim,
    forward,
    history,
    prepare,
    settle,
    state,
    succeed,
    tries,
)

SAID = Evidence("message", "STOP")


# -- the attempt -------------------------------------------------------------------------------------------------


def test_an_attempt_is_written_before_the_provider_is_asked(office):
    id = office.one_due("sms")
    (ask,) = carry_out()
    (attempt,) = tries(id)
    assert attempt.pk == ask.order.attempt_id
    assert (attempt.number, attempt.outcome, attempt.worker) == (1, None, WORKER)
    assert str(attempt.idempotency_key) == ask.order.idempotency_key
    assert history(id) == ["scheduled", "queued", "in_progress"]
    assert state(id).because == "Try 1 of 3."


def test_a_batch_that_comes_twice_is_carried_out_once(office):
    """The job of a worker that was held up may find that others did its work."""
    office.due("sms", 3)
    ids = claim()
    assert len(prepare(ids, WORKER)) == 3
    assert prepare(ids, WORKER) == []


def test_the_try_after_a_temporary_failure_has_the_same_key_and_after_any_other_a_new_one(office):
    id = office.one_due("webhook")
    (first,) = carry_out(Temporary("503"))
    forward(minutes=6)
    (second,) = succeed()
    assert first.order.idempotency_key == second.order.idempotency_key
    assert [attempt.number for attempt in tries(id)] == [1, 2]

    call = office.one_due("call", allow_out_of_window=True)
    carry_out(Unreached("busy"))
    forward(minutes=31)
    succeed()
    one, two = tries(call)
    assert one.idempotency_key != two.idempotency_key


NEW_CONTENT = {
    "webhook": {"url": "https://hooks.example.com/other", "parameters": {"offer": 8}, "notes": "Call after six."},
    "sms": {"body": "See you on Friday."},
    "email": {"subject": "Later", "body": "See you on Friday."},
}


@pytest.mark.parametrize(
    ("kind", "name", "value"), [(k, *item) for k, new in NEW_CONTENT.items() for item in new.items()]
)
def test_what_was_rewritten_between_two_tries_goes_with_a_new_key(office, kind, name, value):
    """With the old one its receiver would take it for what it had already."""
    id = office.one_due(kind)
    (first,) = carry_out(Temporary("503"))
    editing.edit(state(id), {name: value}, office.member)
    forward(minutes=6)
    (second,) = carry_out(Temporary("503"))
    forward(minutes=16)
    (third,) = succeed()
    assert second.order.idempotency_key != first.order.idempotency_key
    assert third.order.idempotency_key == second.order.idempotency_key, "the new content is repeated like any other"


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("webhook", {"priority": 0, "max_attempts": 9}),
        ("webhook", {"url": "", "notes": ""}),
        ("sms", {"notes": "Him."}),
    ],
)
def test_an_edit_that_its_receiver_does_not_see_leaves_the_key_as_it_is(office, kind, change):
    id = office.one_due(kind)
    (first,) = carry_out(Temporary("503"))
    editing.edit(state(id), change, office.member)
    forward(minutes=6)
    (second,) = succeed()
    assert first.order.idempotency_key == second.order.idempotency_key


def test_one_whose_tries_are_spent_ends_and_holds_nobody_up(office):
    """Its number of tries may have been lowered while it waited for the next."""
    spent = office.one_due("sms")
    carry_out(Temporary("Too many requests."))
    FollowUp.objects.filter(pk=spent).update(max_attempts=1)
    forward(minutes=6)
    other = office.one_due("sms")
    assert asked(succeed()) == [other]
    assert state(spent).status == "failed"
    assert state(spent).because == "No tries are left."
    assert history(spent)[-2:] == ["queued", "failed"]


# -- what was committed before stops it ----------------------------------------------------------------------


def test_a_stop_after_the_claim_stops_what_was_claimed(office):
    id = office.one_due("sms")
    ids = claim()
    suppression.opt_out(state(id).contact_id, ["sms"], SAID)
    assert prepare(ids, WORKER) == []
    assert history(id) == ["scheduled", "queued", "cancelled"]


def test_a_listed_number_stops_every_owner_of_it_but_not_their_webhooks(office):
    (maria, sibling) = office.contacts(2, phone="+34600999888")
    messages = [*office.schedule("sms", [maria, sibling]), *office.schedule("call", [maria], allow_out_of_window=True)]
    hooks = office.schedule("webhook", [maria])
    forward(minutes=1)
    ids = claim()
    suppression.do_not_call(office.organization, phone="+34600999888", source="member", by=office.member)
    (ask,) = prepare(ids, WORKER)
    assert asked([ask]) == hooks
    assert ask.order.to.do_not_call
    assert {state(id).status for id in messages} == {"cancelled"}


def test_a_cancelled_one_does_not_go(office):
    kept, cancelled = office.due("sms", 2)
    ids = claim()
    assert verbs.cancel([state(cancelled)], SYSTEM, "Not wanted.") == {cancelled}
    assert asked(prepare(ids, WORKER)) == [kept]


# -- room --------------------------------------------------------------------------------------------------------


def agent_with_lines(office, lines):
    return Agent.objects.create(organization=office.organization, name="Sofia", hours=ALWAYS, lines=lines)


def test_an_agent_makes_no_more_calls_at_once_than_it_has_lines(office):
    sofia = agent_with_lines(office, 2)
    office.due("call", 5, agent=sofia, allow_out_of_window=True)
    first = carry_out()
    assert len(first) == 2
    waiting = FollowUp.objects.filter(status="scheduled")
    assert {f.because for f in waiting} == {"All 2 lines of Sofia are busy."}
    assert {f.held_by for f in waiting} == {"capacity"}
    forward(minutes=2)
    assert carry_out() == [], "the lines are still busy"
    settle({ask.order.attempt_id: Success() for ask in first})
    forward(minutes=3)
    assert len(carry_out()) == 2


def in_two_threads(*works):
    """Run these at the same time, each on a connection of its own; returns what they returned."""
    results, start = [None] * len(works), threading.Barrier(len(works))

    def run(place, work):
        start.wait(10)
        try:
            results[place] = work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_lines_hold_over_two_batches_at_the_same_time(committed_office):
    office = committed_office
    sofia = agent_with_lines(office, 3)
    ids = office.due("call", 20, agent=sofia, allow_out_of_window=True)
    claim()
    one, two = in_two_threads(lambda: prepare(ids[:10], "a:1"), lambda: prepare(ids[10:], "b:1"))
    assert len(one) + len(two) == 3


def rate(office, kind, per_second):
    account = office.account(kind)
    account.per_second = per_second
    account.save()


def test_an_account_sends_no_faster_than_its_rate(office):
    """What falls into the next second goes at once; the rest takes its turn, evenly spaced."""
    rate(office, "sms", 5)
    office.due("sms", 20)
    assert len(carry_out()) == 6
    turns = list(FollowUp.objects.filter(status="scheduled").order_by("next_attempt_at"))
    assert {f.because for f in turns} == {f"{office.account('sms').name} sends at most 5 a second."}
    assert {later.next_attempt_at - f.next_attempt_at for f, later in pairwise(turns)} == {timedelta(seconds=0.2)}


def test_those_that_waited_for_their_turn_go_at_the_full_rate(office):
    rate(office, "sms", 5)
    office.due("sms", 30)
    sent = [len(succeed())]
    for _ in range(6):
        forward(seconds=1)
        sent.append(len(succeed()))
    assert sent == [6, 0, 5, 5, 5, 5, 4]


def test_the_rate_holds_over_two_batches_at_the_same_time(committed_office):
    office = committed_office
    rate(office, "sms", 5)
    ids = office.due("sms", 40)
    claim()
    one, two = in_two_threads(lambda: prepare(ids[:20], "a:1"), lambda: prepare(ids[20:], "b:1"))
    assert 6 <= len(one) + len(two) <= 7  # the clock may pass a slot between the two


def test_a_contact_is_called_three_times_in_a_day_whatever_the_follow_up(office):
    maria = office.contact()
    for _ in range(3):
        office.schedule("call", [maria], allow_out_of_window=True)
        forward(minutes=2)
        assert len(carry_out(Success())) == 1
    first = tries(FollowUp.objects.earliest("pk").pk)[0].started_at
    (fourth,) = office.schedule("call", [maria], allow_out_of_window=True)
    forward(minutes=2)
    assert carry_out() == []
    held = state(fourth)
    assert held.held_by == "frequency"
    assert first + timedelta(days=1) <= held.next_attempt_at <= first + timedelta(days=1, seconds=1)
    forward(hours=24)
    assert asked(succeed()) == [fourth]


def test_the_cap_holds_over_two_batches_at_the_same_time(committed_office):
    office = committed_office
    maria = office.contact()
    for _ in range(2):
        office.schedule("call", [maria], allow_out_of_window=True)
        forward(minutes=2)
        carry_out(Success())
    ids = [office.schedule("call", [maria], allow_out_of_window=True)[0] for _ in range(2)]
    forward(minutes=2)
    claim()
    one, two = in_two_threads(lambda: prepare(ids[:1], "a:1"), lambda: prepare(ids[1:], "b:1"))
    assert len(one) + len(two) == 1


def test_an_account_that_asked_to_be_tried_later_is_left_alone_until_then(office):
    account = office.account("sms")
    account.retry_after = clock.now() + timedelta(minutes=10)
    account.save()
    id = office.one_due("sms")
    assert carry_out() == []
    assert state(id).next_attempt_at == account.retry_after
    forward(minutes=11)
    assert asked(succeed()) == [id]


@pytest.mark.parametrize("kind", ["sms", "webhook"])
def test_a_channel_without_an_account_waits_and_says_so(office, kind):
    id = office.one_due(kind)
    office.account(kind).delete()
    assert carry_out() == []
    assert state(id).because.startswith(f"No account is connected for {kind}.")
