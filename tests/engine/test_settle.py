"""What an outcome makes of its follow-up, and what it leaves behind: written once, whatever comes twice or late."""

from datetime import timedelta

import pytest

from relance.models import Call, Change, Consent, Contact, Conversation, FollowUp, Message, Notification, clock
from relance.models.agents import Agent
from relance.rules.outcomes import Pending, Permanent, Success, Temporary, Unknown, Unreached
from tests.engine.scene import ALWAYS, carry_out, forward, history, settle, state, succeed, tries


def wait_for_next(id):
    """How long after now the next try is."""
    return round((state(id).next_attempt_at - clock.now()).total_seconds() / 60)


# -- what follows --------------------------------------------------------------------------------------------


def test_success_completes_it(office):
    id = office.one_due("sms")
    succeed()
    assert history(id) == ["scheduled", "queued", "in_progress", "completed"]
    (attempt,) = tries(id)
    assert (attempt.outcome, attempt.reference, attempt.detail) == ("success", "SM1", "Accepted.")
    assert state(id).finished_at is not None


def test_temporary_failures_climb_their_ladder_and_end_in_the_providers_words(office):
    id = office.one_due("sms", max_attempts=4)
    waits = []
    for _ in range(3):
        carry_out(Temporary("20500: Internal server error."))
        waits.append(wait_for_next(id))
        forward(minutes=waits[-1] + 1)
    assert waits == [5, 15, 60]
    carry_out(Temporary("20500: Internal server error."))
    assert state(id).status == "failed"
    assert state(id).because == "20500: Internal server error. All 4 tries were made."
    assert [attempt.outcome for attempt in tries(id)] == ["temporary"] * 4


def test_a_call_that_reaches_nobody_climbs_its_agents_ladder(office):
    hurried = Agent.objects.create(organization=office.organization, name="Leo", hours=ALWAYS, call_ladder=[7, 9])
    ids = [office.one_due("call", agent=agent, allow_out_of_window=True) for agent in (None, hurried)]
    carry_out(Unreached("no answer"))
    assert [wait_for_next(id) for id in ids] == [30, 7]
    assert state(ids[0]).because == "Nobody was reached: no answer. Try 2 of 3 follows."


@pytest.mark.parametrize(
    ("kind", "outcome", "moved"),
    [
        ("sms", Success("SM1"), True),
        ("call", Success("CA1"), True),
        ("webhook", Success(""), False),
        ("call", Unreached("no answer"), False),
        ("sms", Permanent("Invalid."), False),
    ],
)
def test_whoever_was_reached_and_is_on_a_cadence_is_due_again_so_many_days_later(office, kind, outcome, moved):
    id = office.one_due(kind, allow_out_of_window=kind == "call")
    contacts = Contact.objects.filter(pk=state(id).contact_id)
    today = clock.now().date()
    contacts.update(cadence_days=10, next_follow_up_date=today)
    carry_out(outcome)
    assert contacts.get().next_follow_up_date == today + timedelta(days=10 if moved else 0)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(Success("CA1"), "completed"), (Permanent("Invalid."), "failed"), (Temporary("503"), "scheduled")],
)
def test_only_who_climbs_the_ladder_of_an_agent_looks_whether_it_can_be_climbed(office, outcome, status):
    damaged = Agent.objects.create(organization=office.organization, name="Leo", hours=ALWAYS, call_ladder=["soon"])
    id = office.one_due("call", agent=damaged, allow_out_of_window=True)
    carry_out(outcome)
    assert state(id).status == status


def test_a_permanent_failure_ends_it_at_once_with_the_providers_words(office):
    id = office.one_due("sms")
    carry_out(Permanent("21211: The 'To' number is not a valid phone number."))
    assert state(id).status == "failed"
    assert state(id).because == "21211: The 'To' number is not a valid phone number."


def test_retry_after_delays_the_next_try_and_holds_the_whole_account(office):
    id = office.one_due("sms")
    carry_out(Temporary("Too many requests.", timedelta(minutes=42)))
    assert wait_for_next(id) == 42
    assert office.account("sms").retry_after == clock.now() + timedelta(minutes=42)
    other = office.one_due("sms")
    assert carry_out() == []
    assert state(other).because == f"{office.account('sms').name} asked to be tried again later."


def test_a_shorter_wish_does_not_shorten_the_accounts_rest(office):
    office.due("sms", 2)
    one, two = carry_out()
    settle({one.order.attempt_id: Temporary("", timedelta(minutes=42))})
    settle({two.order.attempt_id: Temporary("", timedelta(minutes=1))})
    assert office.account("sms").retry_after == clock.now() + timedelta(minutes=42)


def test_opted_out_at_the_carrier_revokes_consent_and_cancels_the_rest(office):
    maria = office.contact()
    office.schedule("sms", [maria])
    (later,) = office.schedule("sms", [maria], after=timedelta(days=1))
    forward(minutes=1)
    carry_out(Permanent("21610: Unsubscribed.", opted_out=True))
    maria.refresh_from_db()
    assert maria.consents["sms"] == "revoked"
    assert maria.consents["email"] == "granted"
    assert Consent.objects.get().source == "carrier"
    assert state(later).status == "cancelled"


# -- not known, not yet known --------------------------------------------------------------------------------


def test_an_unknown_outcome_keeps_the_attempt_open_and_says_so(office):
    id = office.one_due("sms")
    carry_out(Unknown("the connection was lost."))
    (attempt,) = tries(id)
    assert (attempt.outcome, attempt.unheard) == (None, True)
    assert state(id).status == "in_progress"
    assert state(id).because == "Outcome unknown: the connection was lost. The provider may still say."
    assert history(id)[-2:] == ["in_progress", "in_progress"]


def test_word_that_comes_late_settles_what_was_unknown(office):
    id = office.one_due("sms")
    (ask,) = carry_out(Unknown("the connection was lost."))
    assert settle({ask.order.attempt_id: Success("SM9")}) == {ask.order.attempt_id}
    assert state(id).status == "completed"
    (attempt,) = tries(id)
    assert (attempt.outcome, attempt.unheard) == ("success", True), "that it came late can be told afterwards"


def test_that_an_outcome_is_unknown_is_told_once_and_its_time_runs_from_then(office):
    """Two rescuers may find the same attempt; the second must not begin the wait anew."""
    id = office.one_due("sms")
    (ask,) = carry_out(Unknown("the worker went away."))
    told, until = history(id), state(id).lease_until
    settle({ask.order.attempt_id: Unknown("the worker went away again.")})
    assert history(id) == told
    assert (state(id).lease_until, state(id).because) == (
        until,
        "Outcome unknown: the worker went away. The provider may still say.",
    )


def test_a_ringing_call_stays_in_progress_until_its_provider_says_how_it_ended(office):
    id = office.one_due("call", allow_out_of_window=True)
    (ask,) = carry_out(Pending("CA1"))
    (attempt,) = tries(id)
    assert (attempt.outcome, attempt.unheard, attempt.reference) == (None, False, "CA1")
    assert history(id)[-1] == "in_progress"
    settle({ask.order.attempt_id: Success("CA1")})
    assert state(id).status == "completed"
    assert tries(id)[0].reference == "CA1"


# -- what is left behind -------------------------------------------------------------------------------------


def left_behind():
    return [model.objects.count() for model in (Message, Conversation, Call, Notification, Change)]


def test_a_message_is_in_its_conversation_and_its_creator_is_told(office):
    (id,) = office.due("sms", by=office.member)
    succeed()
    message, told = Message.objects.get(), Notification.objects.get()
    assert (message.body, message.direction, message.follow_up_id) == ("See you soon.", "outbound", id)
    assert message.conversation.kind == "sms"
    assert message.conversation.last_message_at == message.at
    assert (told.member, told.text) == (office.member, "The SMS to Maria Lopez was carried out.")


def test_a_failure_is_told_with_its_reason(office):
    office.due("sms", by=office.member)
    carry_out(Permanent("21211: Not a valid number."))
    assert Notification.objects.get().text == "The SMS to Maria Lopez failed: 21211: Not a valid number."


def test_a_call_that_is_tried_again_is_logged_each_time_and_told_once(office):
    office.due("call", by=office.member, allow_out_of_window=True)
    carry_out(Unreached("busy"))
    assert Notification.objects.count() == 0
    forward(minutes=31)
    carry_out(Success("CA1"))
    assert list(Call.objects.order_by("pk").values_list("status", flat=True)) == ["busy", "answered"]
    assert Notification.objects.count() == 1


def test_a_second_message_goes_into_the_same_conversation(office):
    maria = office.contact()
    for _ in range(2):
        office.schedule("sms", [maria])
        forward(hours=1)
        succeed()
    assert Conversation.objects.get().messages.count() == 2


@pytest.mark.parametrize("outcome", [Success("SM1"), Permanent("Invalid.", opted_out=True), Temporary("Busy.")])
def test_settling_twice_changes_nothing_more(office, outcome):
    office.due("sms", by=office.member)
    (ask,) = carry_out(outcome)
    before, states = left_behind(), list(FollowUp.objects.values("status", "attempts_made", "updated_at"))
    assert settle({ask.order.attempt_id: outcome}) == set()
    assert settle({ask.order.attempt_id: Success("SM2")}) == set()
    assert left_behind() == before
    assert list(FollowUp.objects.values("status", "attempts_made", "updated_at")) == states


def test_outcomes_of_many_kinds_are_settled_together(office):
    ids = office.due("sms", 5)
    asks = carry_out()
    outcomes = [Success(), Temporary("Busy."), Permanent("Invalid."), Unknown("lost."), Pending("SM1")]
    settle({ask.order.attempt_id: outcome for ask, outcome in zip(asks, outcomes, strict=True)})
    assert [state(id).status for id in ids] == ["completed", "scheduled", "failed", "in_progress", "in_progress"]
