"""Who scheduled a follow-up is told when it ends without a try, and why."""

from datetime import timedelta

import pytest

from relance.models import Contact, Notification
from tests.engine.scene import WORKER, claim, forward, prepare, state


def stopped(office):
    (id,) = office.schedule("sms", office.contacts(1), by=office.member)
    forward(minutes=1)
    ids = claim()
    Contact.objects.update(consents={"sms": "revoked"})
    prepare(ids, WORKER)
    return id


def impossible(office):
    (id,) = office.schedule("call", [office.contact(phone="")], by=office.member, allow_out_of_window=True)
    forward(minutes=1)
    prepare(claim(), WORKER)
    return id


def too_late(office):
    (id,) = office.schedule("sms", office.contacts(1), by=office.member)
    forward(days=8)
    claim()
    return id


@pytest.mark.parametrize(
    ("end", "status", "told"),
    [
        (stopped, "cancelled", "The SMS to Maria Lopez was cancelled: "),
        (impossible, "failed", "The call to Maria Lopez failed: "),
        (too_late, "expired", "The SMS to Maria Lopez expired: "),
    ],
)
def test_the_end_is_told_with_its_reason(office, end, status, told):
    id = end(office)
    assert state(id).status == status
    (notice,) = Notification.objects.all()
    assert (notice.member, notice.follow_up_id, notice.kind) == (office.member, id, f"followUp.{status}")
    assert notice.text == told + state(id).because


def test_what_a_program_scheduled_for_nobody_is_told_to_nobody(office):
    office.schedule("sms", office.contacts(1))
    forward(days=8)
    claim()
    assert not Notification.objects.exists()


def test_what_only_waits_is_not_told(office):
    office.account("sms").delete()
    (id,) = office.schedule("sms", office.contacts(1), by=office.member, after=timedelta(seconds=1))
    forward(minutes=1)
    prepare(claim(), WORKER)
    assert state(id).status == "scheduled"
    assert not Notification.objects.exists()
