"""Any sequence of what people, contacts, workers and time can do to follow-ups leaves them in a state that makes sense,
and reaches nobody who had asked to be left alone."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase
from hypothesis import settings as budget
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from relance.engine import rescue
from relance.models import DoNotCall, Evidence, FollowUp, clock, consents, sql, suppression, verbs
from relance.models.base import Conflict
from relance.rules.outcomes import Pending, Permanent, Success, Temporary, Unknown, Unreached
from relance.rules.states import FINAL, WAITING
from tests.engine.invariants import check_attempts, check_histories
from tests.engine.scene import SYSTEM, WORKER, Office, claim, expire_leases, forward, prepare, resolve_open, settle

KINDS = ["call", "sms", "email", "webhook"]
OUTCOMES = [
    Success("R1"), Unreached("busy"), Temporary("503"), Temporary("429", timedelta(minutes=20)), Permanent("Invalid."),
    Pending("R2"), Unknown("lost."),
]  # fmt: skip
SPANS = [timedelta(minutes=1), timedelta(minutes=6), timedelta(hours=2), timedelta(days=1), timedelta(days=8)]
SAID = Evidence("message", "STOP")
BUDGET = budget(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],  # to shrink what is found takes minutes; it is replayed from the example
    suppress_health_check=list(HealthCheck),
)
PEOPLE = st.integers(0, 2)


class Histories(RuleBasedStateMachine):
    """Three contacts, two of whom share a phone number, and whatever may happen to their follow-ups."""

    @initialize()
    def open_office(self):
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.office = Office()
        self.people = [self.office.contact(phone=f"+3460000000{number}") for number in (1, 1, 2)]
        self.attempts = []
        for kind in KINDS:
            self.office.schedule(kind, self.people, allow_out_of_window=True)

    def teardown(self):
        if hasattr(self, "transaction"):
            connection.check_constraints()
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    # -- people and contacts ---------------------------------------------------------------------------------

    @rule(who=PEOPLE, kind=st.sampled_from(KINDS), most=st.integers(1, 3), ends_on_reply=st.booleans())
    def schedule(self, who, kind, most, ends_on_reply):
        plan = {"max_attempts": most, "cancel_on_reply": ends_on_reply, "allow_out_of_window": True}
        self.office.schedule(kind, [self.people[who]], **plan)

    @rule(verb=st.sampled_from(["cancel", "snooze", "retry", "fewer_tries"]), number=st.integers(0, 99))
    def somebody_works_on_one(self, verb, number):
        found = list(FollowUp.objects.order_by("pk"))
        getattr(self, verb)(found[number % len(found)])

    def cancel(self, found):
        moved = verbs.cancel([found], SYSTEM, "Not wanted.")
        assert bool(moved) == (found.state in verbs.CANCELLABLE)

    def snooze(self, found):
        with self.conflict_unless(found.state in WAITING):
            verbs.snooze(found, clock.now() + timedelta(minutes=20), SYSTEM)

    def retry(self, found):
        with self.conflict_unless(found.state in verbs.RETRYABLE):
            verbs.retry(found, SYSTEM)

    def fewer_tries(self, found):
        if found.state in WAITING:
            found.max_attempts = max(1, found.attempts_made)
            found.save(update_fields=["max_attempts"])

    def conflict_unless(self, allowed):
        return nullcontext() if allowed else pytest.raises(Conflict)

    @rule(who=PEOPLE, kind=st.sampled_from(consents.REVOCABLE), grant=st.booleans())
    def consent_changes(self, who, kind, grant):
        (suppression.opt_in if grant else suppression.opt_out)(self.people[who].pk, [kind], SAID)

    @rule(who=PEOPLE, put_on=st.booleans())
    def the_list_changes(self, who, put_on):
        phone = self.people[who].phone
        if put_on:
            suppression.do_not_call(self.office.organization, phone=phone, source="member", by=None)
        for entry in DoNotCall.objects.filter(phone=phone) if not put_on else []:
            suppression.allow_calls(entry)

    @rule(who=PEOPLE)
    def reply(self, who):
        sql.run("UPDATE relance_contact SET last_inbound_at = %s WHERE id = %s", [clock.now(), self.people[who].pk])

    # -- workers and time ------------------------------------------------------------------------------------

    @rule(span=st.sampled_from(SPANS))
    def time_passes_and_what_is_due_is_claimed(self, span):
        forward(seconds=span.total_seconds())
        claim()

    @rule(share=st.integers(1, 3))
    def prepare(self, share):
        """A batch may name anything: jobs are carried out late and twice."""
        ids = list(FollowUp.objects.order_by("pk").values_list("pk", flat=True))
        for ask in prepare(ids[::share], WORKER):
            self.require_allowed(ask.order)
            self.attempts.append((ask.order.attempt_id, ask.order.kind))

    def require_allowed(self, order):
        follow_up = FollowUp.objects.get(pk=order.follow_up.removeprefix("followup_"))
        contact = follow_up.contact
        replied = contact.last_inbound_at and contact.last_inbound_at > follow_up.created_at
        assert not (follow_up.cancel_on_reply and replied)
        if order.kind != "webhook":
            assert not DoNotCall.objects.filter(phone=contact.phone).exists()
            assert contact.consents.get(order.kind) != "revoked"
            assert order.kind == "call" or contact.consents[order.kind] == "granted"

    @precondition(lambda self: self.attempts)
    @rule(numbers=st.lists(st.integers(0, 5), min_size=1, max_size=3), outcome=st.sampled_from(OUTCOMES))
    def answers_come(self, numbers, outcome):
        """Also about attempts that were settled long ago."""
        settle({self.attempts[-1 - number % len(self.attempts)][0]: outcome for number in numbers})

    @precondition(lambda self: self.attempts)
    @rule()
    def the_carrier_says_that_a_contact_opted_out(self):
        attempt, kind = self.attempts[-1]
        if kind in consents.REVOCABLE:
            settle({attempt: Permanent("Unsubscribed.", opted_out=True)})

    @rule()
    def a_worker_dies_and_is_missed(self):
        expire_leases()
        rescue.return_queued()
        resolve_open()

    @rule()
    def the_lost_are_looked_for(self):
        resolve_open()

    # -- what holds ------------------------------------------------------------------------------------------

    @invariant()
    def every_change_is_legal_and_told(self):
        check_histories()

    @invariant()
    def tries_agree_with_states(self):
        check_attempts()

    @invariant()
    def what_is_in_progress_has_one_open_attempt_and_nothing_else_has(self):
        open_ones = sql.rows("SELECT follow_up_id FROM relance_attempt WHERE outcome IS NULL ORDER BY 1")
        under_way = sql.rows("SELECT id FROM relance_followup WHERE status = 'in_progress' ORDER BY 1")
        assert open_ones == under_way

    @invariant()
    def what_has_ended_stays_ended_unless_somebody_retries_it(self):
        revived = sql.rows(
            "SELECT 1 FROM relance_change WHERE from_status = ANY(%s) AND because <> 'Retried by hand.'", [list(FINAL)]
        )
        assert revived == []


@pytest.mark.django_db
def test_whatever_happens(settings):
    settings.DEMO = True
    run_state_machine_as_test(Histories, settings=BUDGET)
