"""Webhooks have as many receivers as addresses: what one of them wishes holds no other."""

from datetime import timedelta

from relance.models import clock
from relance.rules.outcomes import Temporary
from tests.engine.scene import asked, carry_out, forward, state

AN_HOUR = timedelta(hours=1)


def test_a_receiver_that_wants_to_be_asked_later_holds_no_other_webhook(office):
    (held,) = office.due("webhook", url="https://busy.example.com/in")
    carry_out(Temporary("429: Too many requests.", AN_HOUR))
    assert state(held).next_attempt_at == clock.now() + AN_HOUR
    assert office.account("webhook").retry_after is None
    (other,) = office.due("webhook", url="https://idle.example.com/in")
    assert asked(carry_out()) == [other]


def test_its_own_follow_up_goes_when_the_wish_is_over(office):
    (held,) = office.due("webhook")
    carry_out(Temporary("429: Too many requests.", AN_HOUR))
    forward(minutes=59)
    assert asked(carry_out()) == []
    forward(minutes=2)
    assert asked(carry_out()) == [held]
