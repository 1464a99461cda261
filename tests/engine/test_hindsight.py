"""What the gates said to a follow-up, told from its history."""

from relance.engine.hindsight import gates_met
from relance.models import Evidence, suppression, verbs
from relance.models.moves import SYSTEM
from relance.rules.outcomes import Permanent
from tests.engine.scene import carry_out, forward, state, succeed


def answers(follow_up_id):
    return [met.answer for met in gates_met(state(follow_up_id))]


def test_all_let_one_pass_that_was_tried(office):
    id = office.one_due("sms")
    succeed()
    assert answers(id) == ["go"] * 8


def test_what_comes_after_the_gate_that_stopped_it_was_not_asked(office):
    (id,) = office.schedule("sms", [office.contact(consents={})])
    forward(seconds=11)
    succeed()
    assert answers(id) == ["go", "go", "stop", *["unasked"] * 5]
    assert "has not agreed" in gates_met(state(id))[2].because


def test_nothing_was_asked_of_one_that_was_cancelled_before_its_time(office):
    (id,) = office.schedule("sms", [office.contact()])
    verbs.cancel_one(state(id), SYSTEM)
    assert answers(id) == ["unasked"] * 8


def test_a_wait_that_it_did_not_outlive_and_how_often(office):
    id = office.one_due("call")
    office.account("call").delete()
    for _ in range(2):
        carry_out()
        forward(minutes=16)
    verbs.cancel_one(state(id), SYSTEM)
    met = gates_met(state(id))[-1]
    assert (met.answer, met.times) == ("wait", 2)
    assert met.until


def test_one_that_went_after_waiting_says_so(office):
    id = office.one_due("call", allow_out_of_window=True)
    account = office.account("call")
    account.delete()
    carry_out()
    account.save(force_insert=True)
    forward(minutes=16)
    succeed()
    assert answers(id) == ["go"] * 8
    assert [met.times for met in gates_met(state(id))] == [*[0] * 7, 1]


def test_what_was_before_a_retry_by_hand_is_past(office):
    contact = office.contact(consents={})
    (id,) = office.schedule("sms", [contact])
    forward(seconds=11)
    succeed()
    suppression.opt_in(contact.pk, ["sms"], Evidence("form", "Ticked the box."))
    verbs.retry(state(id), SYSTEM)
    assert answers(id) == ["unasked"] * 8
    forward(minutes=6)
    carry_out(Permanent("Invalid number."))
    assert answers(id) == ["go"] * 8
