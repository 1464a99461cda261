"""STOP, the do-not-call list and a click on Cancel against workers that are just about to send.

What was committed before the attempt was written stops it; what comes later finds that one try under way, and no
other follows. All of it in real transactions, in threads at the same time.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from relance.engine import rescue
from relance.models import Connection, Evidence, FollowUp, consents, sql, suppression, verbs
from relance.models.moves import SYSTEM
from relance.rules.outcomes import Permanent, Success, Temporary
from tests.engine.invariants import check_attempts, check_histories
from tests.engine.scene import Office, claim, forward, history, prepare, settle, state, succeed, tries
from tests.faults.harness import wait_until

SAID = Evidence("message", "STOP")


@pytest.fixture
def office(server, settings, django_db_blocker):
    settings.DEMO = True
    with django_db_blocker.unblock(), server.database():
        yield Office()


@pytest.fixture
def beside():
    """Calls something in another thread, on a connection of its own; gives its future."""

    def run(function, *args):
        try:
            return function(*args)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        yield lambda function, *args: pool.submit(run, function, *args)


def stop(contact):
    suppression.opt_out(contact.pk, ["sms"], SAID)


def list_number(contact):
    suppression.do_not_call(contact.organization, phone=contact.phone, source="member", by=None)


def cancel(contact):
    verbs.cancel(list(FollowUp.objects.filter(contact=contact)), SYSTEM, "Not wanted.")


WITHDRAWALS = [stop, list_number, cancel]


def somebody_waits():
    """Whether a transaction waits for another's lock."""
    return sql.rows("SELECT 1 FROM pg_locks WHERE NOT granted")


def one_claimed(office):
    contact = office.contact()
    (id,) = office.schedule("sms", [contact])
    forward(seconds=11)
    assert claim() == [id]
    return contact, id


# -- one after the other, to the commit ----------------------------------------------------------------------


@pytest.mark.parametrize("withdraw", WITHDRAWALS)
def test_the_last_check_waits_for_a_withdrawal_that_is_being_written_and_heeds_it(office, beside, withdraw):
    contact, id = one_claimed(office)
    with transaction.atomic():
        withdraw(contact)
        asks = beside(prepare, [id], "here:1")
        wait_until(somebody_waits)
    assert asks.result(20) == []
    assert history(id) == ["scheduled", "queued", "cancelled"]
    assert tries(id) == []


@pytest.mark.parametrize("withdraw", WITHDRAWALS)
def test_a_withdrawal_that_comes_after_the_check_leaves_one_try_under_way_and_no_other_follows(
    office, beside, withdraw
):
    contact, id = one_claimed(office)
    with transaction.atomic():
        (ask,) = prepare([id], "here:1")
        withdrawn = beside(withdraw, contact)
        wait_until(somebody_waits)
    withdrawn.result(20)
    assert state(id).status == "in_progress"
    settle({ask.order.attempt_id: Temporary("Busy.")})
    if withdraw is cancel:
        cancel(contact)
    forward(minutes=6)
    assert succeed() == []
    assert state(id).status == "cancelled"
    assert len(tries(id)) == 1


def test_a_cancel_that_meets_the_claim_takes_effect(office, beside):
    """Between due and queued, whichever the click finds: it is not begun, so it is cancelled."""
    contact = office.contact()
    (id,) = office.schedule("sms", [contact])
    forward(seconds=11)
    with transaction.atomic():
        claim()
        cancelled = beside(verbs.cancel, [state(id)], SYSTEM, "Not wanted.")
        wait_until(somebody_waits)
    assert cancelled.result(20) == {id}
    assert history(id) == ["scheduled", "queued", "cancelled"]


# -- locks are taken in one order ----------------------------------------------------------------------------


def two_under_way(office, first, second):
    """Two tries by these channels, the first to the later made of two contacts; returns contacts and attempts."""
    contacts = office.contacts(2)
    for kind, contact in zip((first, second), reversed(contacts), strict=True):
        office.schedule(kind, [contact], allow_out_of_window=True)
    forward(seconds=11)
    return contacts, [ask.order.attempt_id for ask in prepare(claim(), "here:1")]


def test_those_whom_the_carrier_says_opted_out_are_locked_in_order_whatever_the_channel(office, beside):
    (first, second), attempts = two_under_way(office, "sms", "call")
    both = dict.fromkeys(attempts, Permanent("Unsubscribed.", opted_out=True))
    with transaction.atomic():
        consents.lock(first.pk)
        settled = beside(settle, both)
        wait_until(somebody_waits)
        consents.lock(second.pk)
    assert settled.result(20) == set(attempts)


def test_accounts_that_want_a_rest_are_locked_in_order_whichever_was_asked_first(office, beside):
    _, attempts = two_under_way(office, "email", "sms")
    both = dict.fromkeys(attempts, Temporary("429", timedelta(minutes=1)))
    sms, email = office.account("sms"), office.account("email")
    assert sms.pk < email.pk
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=sms.pk)
        settled = beside(settle, both)
        wait_until(somebody_waits)
        Connection.objects.select_for_update().get(pk=email.pk)
    assert settled.result(20) == set(attempts)


def test_a_cancel_of_many_goes_contact_by_contact_as_the_list_does(office, beside):
    """The follow-ups' own order is another: the second contact's was made first."""
    first, second = office.contacts(2)
    made = [office.schedule("sms", [contact])[0] for contact in (second, first)]
    with transaction.atomic():
        consents.lock(first.pk)
        cancelled = beside(verbs.cancel, [state(id) for id in made], SYSTEM, "Not wanted.")
        wait_until(somebody_waits)
        stop(first)
        stop(second)
    assert cancelled.result(20) == set()
    assert {state(id).because for id in made} == {"The contact opted out."}


# -- all at once ---------------------------------------------------------------------------------------------

ROUNDS = 40
HANDS = 4
ACTS_EACH = 4


class Crowd:
    """A few people, some of whom share a number, and what one of many hands does about their follow-ups."""

    def __init__(self, office, seed):
        self.office, self.chance = office, random.Random(seed)
        self.people = [office.contact(phone=f"+34600{seed:05}{number // 2}") for number in range(6)]
        wanted = [(kind, person) for kind in ("sms", "call", "email", "webhook") for person in self.people]
        for kind, person in self.chance.sample(wanted, len(wanted)):
            office.schedule(kind, [person], max_attempts=20, allow_out_of_window=True)
        forward(minutes=6)
        claim()

    def hand(self, seed):
        """One pair of hands: some acts, at random."""
        hand = Hand(self, random.Random(seed))
        for act in hand.chance.choices(Hand.ACTS, k=ACTS_EACH):
            act(hand)


class Hand:
    def __init__(self, crowd, chance):
        self.crowd, self.chance = crowd, chance

    def somebody(self):
        return self.chance.choice(self.crowd.people)

    def some(self, table, condition="true"):
        statement = f"SELECT id FROM {table} WHERE contact_id = ANY(%s) AND {condition}"
        found = [row[0] for row in sql.rows(statement, [[person.pk for person in self.crowd.people]])]
        return self.chance.sample(found, min(len(found), self.chance.randint(1, 30)))

    def claim(self):
        claim()

    def prepare(self):
        prepare(self.some("relance_followup"), "here:1")

    def settle(self):
        personal = self.some("relance_attempt", "outcome IS NULL AND kind <> 'webhook'")
        hooks = self.some("relance_attempt", "outcome IS NULL AND kind = 'webhook'")
        outcomes = {id: self.chance.choice([*ANSWERS, OPTED_OUT]) for id in personal}
        settle(outcomes | {id: self.chance.choice(ANSWERS) for id in hooks})

    def rescue(self):
        late = self.some("relance_followup", "status = 'queued'")[:1]
        end = "UPDATE relance_followup SET lease_until = now() - interval '1s' WHERE id = ANY(%s) AND status = 'queued'"
        sql.run(end, [late])
        rescue.return_queued()

    def stop(self):
        suppression.opt_out(self.somebody().pk, suppression.MESSAGES, SAID)

    def list_number(self):
        list_number(self.somebody())

    def leave_alone(self):
        suppression.leave_alone(self.somebody(), SAID)

    def cancel(self):
        ids = self.some("relance_followup")
        verbs.cancel(sorted(FollowUp.objects.filter(pk__in=ids), key=lambda f: ids.index(f.pk)), SYSTEM, "Not wanted.")

    ACTS = (claim, prepare, prepare, prepare, settle, settle, rescue, stop, list_number, leave_alone, cancel)


ANSWERS = [Success("R1"), Temporary("Busy."), Temporary("429", timedelta(seconds=1))]
OPTED_OUT = Permanent("Unsubscribed.", opted_out=True)

# By the moments at which they were committed, which the faults' server keeps.
BEGUN_AFTER_A_STOP = """
SELECT c.follow_up_id FROM relance_change c JOIN relance_followup f ON f.id = c.follow_up_id
    JOIN relance_consent s ON s.contact_id = f.contact_id AND s.kind = f.type AND s.action = 'revoked'
WHERE c.from_status = 'queued' AND c.to_status = 'in_progress'
    AND pg_xact_commit_timestamp(c.xmin) > pg_xact_commit_timestamp(s.xmin)
"""
BEGUN_AFTER_A_LISTING = """
SELECT c.follow_up_id FROM relance_change c JOIN relance_followup f ON f.id = c.follow_up_id
    JOIN relance_contact p ON p.id = f.contact_id JOIN relance_donotcall d ON d.phone = p.phone
WHERE c.from_status = 'queued' AND c.to_status = 'in_progress' AND f.type <> 'webhook'
    AND pg_xact_commit_timestamp(c.xmin) > pg_xact_commit_timestamp(d.xmin)
"""


def test_in_whatever_order_they_meet_nobody_deadlocks_and_nothing_goes_after_a_withdrawal(office, beside):
    for seed in range(ROUNDS):
        crowd = Crowd(office, seed)
        hands = [beside(crowd.hand, 1000 * seed + number) for number in range(HANDS)]
        for hand in hands:
            hand.result(60)
    check_histories()
    check_attempts()
    assert sql.rows(BEGUN_AFTER_A_STOP) == []
    assert sql.rows(BEGUN_AFTER_A_LISTING) == []
    assert sql.rows("SELECT count(*) FROM relance_attempt")[0][0] > ROUNDS
    assert FollowUp.objects.filter(status="cancelled").count() > ROUNDS
