"""Any sequence of what people, contacts, workers and time can do to follow-ups leaves them in a state that makes sense,
and reaches nobody who had asked to be left alone."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck
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
from relance.rules.states import FINAL, WAITING, Status
from tests.engine.invariants import check_attempts, check_histories
from tests.engine.scene import SYSTEM, WORKER, Office, claim, expire_leases, forward, prepare, resolve_open, settle

KINDS = ["call", "sms", "email", "webhook"]
OUTCOMES = [
    Success("R1"), Unreached("busy"), Temporary("503"), Temporary("429", timedelta(minutes=20)), Permanent("Invalid."),
    Permanent("Unsubscribed.", opted_out=True), Pending("R2"), Unknown("lost."),
]  # fmt: skip
SPANS = [timedelta(minutes=1), timedelta(minutes=6), timedelta(hours=2), timedelta(days=1), timedelta(days=8)]
SAID = Evidence("message", "STOP")
BUDGET = budget(max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
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

    def teardown(self):
        if hasattr(self, "transaction"):
            connection.check_constraints()
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def pick(self, number, *states):
        found = list(FollowUp.objects.filter(status__in=states or list(Status)).order_by("pk"))
        return found[number % len(found)] if found else None

    # -- people ----------------------------------------------------------------------------------------------

    @rule(who=PEOPLE, kind=st.sampled_from(KINDS), most=st.integers(1, 3), ends_on_reply=st.booleans())
    def schedule(self, who, kind, most, ends_on_reply):
        plan = {"max_attempts": most, "cancel_on_reply": ends_on_reply, "allow_out_of_window": True}
        self.office.schedule(kind, [self.people[who]], **plan)

    @rule(number=st.integers(0, 99))
    def cancel(self, number):
        if found := self.pick(number):
            moved = verbs.cancel([found], SYSTEM, "Not wanted.")
            assert bool(moved) == (found.state in verbs.CANCELLABLE)

    @rule(number=st.integers(0, 99), span=st.sampled_from(SPANS))
    def snooze(self, number, span):
        self.attempt_verb(number, WAITING, lambda found: verbs.snooze(found, clock.now() + span, SYSTEM))

    @rule(number=st.integers(0, 99))
    def retry(self, number):
        self.attempt_verb(number, verbs.RETRYABLE, lambda found: verbs.retry(found, SYSTEM))

    def attempt_verb(self, number, allowed, verb):
        if found := self.pick(number):
            before = found.state
            try:
                verb(found)
            except Conflict:
                assert before not in allowed
            else:
                assert before in allowed

    @rule(number=st.integers(0, 99), most=st.integers(1, 3))
    def lower_the_number_of_tries(self, number, most):
        if found := self.pick(number, *WAITING):
            found.max_attempts = max(most, found.attempts_made)
            found.save(update_fields=["max_attempts"])

    # -- contacts --------------------------------------------------------------------------------------------

    @rule(who=PEOPLE)
    def put_on_the_list(self, who):
        phone = self.people[who].phone
        suppression.do_not_call(self.office.organization, phone=phone, source="member", by=None)

    @rule(who=PEOPLE)
    def take_off_the_list(self, who):
        for entry in DoNotCall.objects.filter(phone=self.people[who].phone):
            suppression.allow_calls(entry)

    @rule(who=PEOPLE, kind=st.sampled_from(consents.REVOCABLE))
    def revoke(self, who, kind):
        suppression.opt_out(self.people[who].pk, [kind], SAID)

    @rule(who=PEOPLE, kind=st.sampled_from(consents.REVOCABLE))
    def grant(self, who, kind):
        suppression.opt_in(self.people[who].pk, [kind], SAID)

    @rule(who=PEOPLE)
    def reply(self, who):
        sql.run("UPDATE relance_contact SET last_inbound_at = %s WHERE id = %s", [clock.now(), self.people[who].pk])

    # -- workers and time ------------------------------------------------------------------------------------

    @rule()
    def claim(self):
        claim()

    @rule(share=st.integers(1, 3))
    def prepare(self, share):
        """A batch may name anything: jobs are carried out late and twice."""
        ids = list(FollowUp.objects.order_by("pk").values_list("pk", flat=True))
        for ask in prepare(ids[::share], WORKER):
            self.require_allowed(ask.order)
            self.attempts.append(ask.order.attempt_id)

    def require_allowed(self, order):
        follow_up = FollowUp.objects.get(pk=order.follow_up.removeprefix("followup_"))
        contact = follow_up.contact
        if order.kind == "webhook":
            return
        assert not DoNotCall.objects.filter(phone=contact.phone).exists()
        assert contact.consents.get(order.kind) != "revoked"
        assert order.kind == "call" or contact.consents[order.kind] == "granted"
        replied = contact.last_inbound_at and contact.last_inbound_at > follow_up.created_at
        assert not (follow_up.cancel_on_reply and replied)

    @precondition(lambda self: self.attempts)
    @rule(numbers=st.lists(st.integers(0, 99), min_size=1, max_size=4), outcome=st.sampled_from(OUTCOMES))
    def settle(self, numbers, outcome):
        """Also of attempts that were settled long ago."""
        chosen = {self.attempts[-1 - number % len(self.attempts)] for number in numbers}
        settle(dict.fromkeys(chosen, outcome))

    @rule()
    def leases_end(self):
        expire_leases()

    @rule()
    def return_queued(self):
        rescue.return_queued()

    @rule()
    def resolve_open(self):
        resolve_open()

    @rule(span=st.sampled_from(SPANS))
    def time_passes(self, span):
        forward(seconds=span.total_seconds())

    @rule()
    def work_goes_on(self):
        """A worker in good health: what is due is carried out."""
        forward(minutes=6)
        claim()
        self.prepare(1)

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
