"""A call under way: what its provider reports is applied once, and what the contact asked for counts at once."""

from __future__ import annotations

import asyncio

import pytest

from relance.channels.simulator import Simulator
from relance.engine import calls
from relance.engine.settle import settle
from relance.inbound.calls import Line
from relance.models import Attempt, Call, DoNotCall
from tests.engine.scene import carry_out, expire_leases, resolve_open, state, tries


@pytest.fixture
def ringing(office):
    """A call that rings on a simulated phone; the follow-up's id, and what a provider reports it by."""
    account = office.account("call")
    account.settings = {"phone": True}
    account.save()
    id = office.one_due("call", allow_out_of_window=True)
    (ask,) = carry_out()
    rings = asyncio.run(Simulator("call").send(ask.order))
    settle({ask.order.attempt_id: rings})
    return id, (account.pk, rings.reference)


@pytest.mark.parametrize(
    ("how", "status", "because"),
    [
        ("no answer", "missed", "Nobody was reached: no answer. Try 2 of 3 follows."),
        ("busy", "busy", "Nobody was reached: busy. Try 2 of 3 follows."),
        ("voicemail", "voicemail", "Nobody was reached: voicemail. Try 2 of 3 follows."),
        ("declined", "declined", "The call was declined. Try 2 of 3 follows."),
    ],
)
def test_one_that_reached_nobody_is_tried_again_by_the_ladder(ringing, how, status, because):
    id, call = ringing
    assert calls.ended(*call, how).status == status
    assert (state(id).status, state(id).because) == ("scheduled", because)
    assert Call.objects.get().follow_up_id == id


def test_one_that_was_answered_completes_it_with_what_was_said(ringing):
    id, call = ringing
    assert calls.picked_up(*call)
    assert calls.said(*call, [Line("agent", "Hello."), Line("contact", "Call me tomorrow at 5.")])
    ended = calls.ended(*call, "answered", lines=[Line("agent", "I will.")])
    assert [line["text"] for line in ended.transcript] == ["Hello.", "Call me tomorrow at 5.", "I will."]
    assert (state(id).status, Call.objects.count()) == ("completed", 1)
    assert tries(id)[0].answered_at is not None


def test_what_is_reported_twice_is_once(ringing):
    _, call = ringing
    first = [calls.picked_up(*call), calls.picked_up(*call)]
    assert first == [True, True]
    assert calls.ended(*call, "answered") is not None
    assert calls.ended(*call, "declined") is None
    assert Call.objects.get().status == "answered"


def test_what_is_said_after_the_end_or_by_a_wrong_reference_changes_nothing(ringing, office):
    _, (account, reference) = ringing
    assert not calls.said(account, "SIM-other", [Line("contact", "Stop calling me.")])
    assert not calls.said(office.account("sms").pk, reference, [Line("contact", "Stop calling me.")])
    assert not calls.picked_up(account, "")
    calls.ended(account, reference, "no answer")
    assert not calls.said(account, reference, [Line("contact", "Stop calling me.")])
    assert not DoNotCall.objects.exists()


def test_a_wish_to_be_left_alone_counts_while_the_call_lasts_and_once(ringing):
    id, call = ringing
    calls.picked_up(*call)
    calls.said(*call, [Line("contact", "Stop calling me.")])
    contact = state(id).contact
    assert DoNotCall.objects.filter(phone=contact.phone).exists()
    lines = contact.consent_lines.count()
    calls.ended(*call, "answered")
    assert contact.consent_lines.count() == lines
    assert state(id).status == "completed"


def test_a_consent_given_on_the_call_is_recorded_with_the_words(ringing):
    id, call = ringing
    asked = [Line("agent", "May we text you?"), Line("contact", "Yes, please.")]
    calls.ended(*call, "answered", lines=asked, consented={"sms": "agreed"})
    assert state(id).contact.consent_lines.latest("id").quote == "Yes, please."


def test_a_consent_is_not_taken_from_who_refused_earlier_on_the_same_call(ringing):
    id, call = ringing
    calls.said(*call, [Line("contact", "Please do not text me.")])
    calls.ended(*call, "answered", consented={"sms": "agreed"})
    assert state(id).contact.consents["sms"] == "revoked"


# -- a phone that nobody looks at ----------------------------------------------------------------------------


def test_a_phone_that_nobody_picks_up_rings_out(ringing):
    id, _ = ringing
    assert resolve_open() == 0, "it rings"
    expire_leases()
    assert resolve_open() == 1
    assert state(id).because == "Nobody was reached: no answer. Try 2 of 3 follows."


def test_it_rings_for_seconds_and_who_picked_up_may_talk_for_long(ringing):
    id, call = ringing
    ring = state(id).lease_until
    calls.picked_up(*call)
    assert (state(id).lease_until - ring).total_seconds() > 1800


def test_who_picked_up_and_forgot_to_hang_up_has_been_reached(ringing):
    id, call = ringing
    calls.picked_up(*call)
    calls.said(*call, [Line("contact", "One moment.")])
    expire_leases()
    resolve_open()
    assert state(id).status == "completed"
    assert [line["text"] for line in Call.objects.get().transcript] == ["One moment."]


def test_calls_of_other_kinds_and_ended_ones_are_not_under_way(ringing, office):
    _, call = ringing
    assert calls.under_way().count() == 1
    calls.ended(*call, "busy")
    assert calls.under_way().count() == 0
    assert Attempt.objects.count() == 1
