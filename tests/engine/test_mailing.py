"""Members who want it are mailed what became of the follow-ups they scheduled."""

import asyncio

import pytest

from relance.engine import jobs, mailing
from relance.models import Member, sql
from tests.engine.scene import claim, forward, succeed


def deferred():
    return sql.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'relance.mail' ORDER BY id")


@pytest.fixture
def wanted(office, settings):
    settings.MAIL_CONFIGURED = True
    Member.objects.filter(pk=office.member.pk).update(notify_by_email=True)


def test_what_was_carried_out_is_mailed_once_to_who_scheduled_it(office, wanted):
    office.due("sms", 3, by=office.member)
    succeed()
    ((mail,),) = deferred()
    assert (mail["address"], mail["count"]) == (office.member.email, 3)
    assert set(mail["sentences"]) == {"The SMS to Maria Lopez was carried out."}


def test_the_end_without_a_try_is_mailed_too(office, wanted):
    office.schedule("sms", office.contacts(1), by=office.member)
    forward(days=8)
    claim()
    ((mail,),) = deferred()
    assert mail["sentences"][0].startswith("The SMS to Maria Lopez expired: ")


@pytest.mark.parametrize("change", [{"notify_by_email": False}, {"is_active": False}])
def test_who_does_not_want_it_or_has_left_gets_none(office, wanted, change):
    Member.objects.filter(pk=office.member.pk).update(**change)
    office.due("sms", 1, by=office.member)
    succeed()
    assert deferred() == []


def test_an_instance_that_sends_no_mail_defers_none(office, wanted, settings):
    settings.MAIL_CONFIGURED = False
    office.due("sms", 1, by=office.member)
    succeed()
    assert deferred() == []


def test_the_mail_says_it_in_its_subject_or_how_many(mailoutbox):
    asyncio.run(jobs.mail("maya@brightwater.example", ["The call to Ana was carried out."], 1))
    mailing.send("maya@brightwater.example", ["One.", "Two."], 60)
    one, many = mailoutbox
    assert one.subject == "The call to Ana was carried out."
    assert many.subject == "60 of your follow-ups have ended"
    assert "And 58 more." in many.body
