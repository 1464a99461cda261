"""Members who want it are mailed once a day what they owe and what failed, at their own time."""

import asyncio
import smtplib
import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.http import QueryDict

from relance.engine import digest, jobs
from relance.models import FollowUp, Member, clock, sql
from relance.models.assignments import give
from relance.models.due import today_of
from relance.web.hub.page import tab_of
from relance.web.scheduled import asked
from tests.engine.scene import forward
from tests.web.follow_ups import put

ZONE = "America/New_York"


@pytest.fixture(autouse=True)
def mailed(settings):
    settings.MAIL_CONFIGURED = True
    settings.BASE_URL = "https://relance.example"


@pytest.fixture
def committed(committed_office):
    """The office with everything committed; its jobs are taken away afterwards."""
    yield committed_office
    sql.run("DELETE FROM procrastinate_jobs WHERE task_name = 'relance.digests'")


def wants(member, at=time(8), zone=ZONE, **fields):
    Member.objects.filter(pk=member.pk).update(digest_at=at, time_zone=zone, **fields)
    member.refresh_from_db()
    return member


def until(hour, minute=0, zone=ZONE):
    """Let time go by until the clock there shows this, tomorrow."""
    tomorrow = clock.now().astimezone(ZoneInfo(zone)) + timedelta(days=1)
    clock.set_forward(tomorrow.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(UTC))


def owes(office, days=0, member=None, **fields):
    """A contact to whom the member owes a touch since so many days."""
    member = member or office.member
    contact = office.contact(**{"next_follow_up_date": today_of(member) - timedelta(days=days), **fields})
    give(office.organization.pk, [(contact.pk, member.pk)])
    return contact


def failed(office, because="The number is not in service.", **fields):
    (id,) = office.schedule("call", [office.contact(**fields)])
    follow_up = put(FollowUp.objects.get(pk=id), "failed", because=because)
    forward(minutes=2)
    return follow_up


def deferred():
    return sql.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'relance.digests' ORDER BY id")


def work_off():
    """Do the jobs there are, as a worker would."""
    for (args,) in deferred():
        digest.send(args["ids"], datetime.fromisoformat(args["claimed_at"]))


def body():
    (one,) = mail.outbox
    return one.body


class TestWhen:
    def test_at_the_time_of_the_members_own_day_and_not_before(self, office):
        wants(office.member, time(8), "Asia/Tokyo")
        until(7, 59, "Asia/Tokyo")
        assert digest.claim() == 0
        forward(minutes=1)
        assert digest.claim() == 1

    def test_once_on_a_day_however_often_workers_look(self, office):
        wants(office.member)
        until(8)
        assert [digest.claim() for _ in range(3)] == [1, 0, 0]
        assert len(deferred()) == 1
        until(8)
        assert digest.claim() == 1

    def test_late_on_the_same_day_and_not_for_days_that_have_passed(self, office):
        wants(office.member)
        until(8)
        assert digest.claim() == 1
        forward(days=5, hours=9)
        assert [digest.claim(), digest.claim()] == [1, 0]

    @pytest.mark.parametrize("change", [{"digest_at": None}, {"is_active": False}])
    def test_never_to_who_does_not_want_it_or_has_left(self, office, change):
        wants(office.member)
        Member.objects.filter(pk=office.member.pk).update(**change)
        until(12)
        assert digest.claim() == 0

    def test_an_instance_without_a_mail_server_claims_nothing(self, office, settings):
        settings.MAIL_CONFIGURED = False
        wants(office.member)
        until(12)
        assert digest.claim() == 0
        assert office.member.digest_sent_on is None

    def test_the_day_and_the_job_are_committed_together_or_neither(self, office):
        wants(office.member)
        until(8)
        with transaction.atomic():
            digest.claim()
            transaction.set_rollback(True)
        assert deferred() == []
        assert digest.claim() == 1

    def test_two_workers_at_once_claim_it_once_and_do_not_wait_for_each_other(self, committed):
        wants(committed.member)
        until(8)
        second = []
        with transaction.atomic():
            first = digest.claim()
            thread = threading.Thread(target=lambda: (second.append(digest.claim()), connection.close()))
            thread.start()
            thread.join(20)
            assert not thread.is_alive()
        assert (first, second, digest.claim()) == (1, [0], 0)


class TestWhatItSays:
    def test_whom_one_owes_and_what_failed_with_reasons_and_links(self, office):
        wants(office.member)
        until(6)
        due = owes(office, name="Ana Ruiz", lead_quality="HOT")
        late = owes(office, 3, name="Ben Shaw")
        older = owes(office, 12, name="Cora Diaz")
        broken = failed(office, name="Dan Poe")
        until(8)
        Member.objects.update(digest_told_at=clock.now() - timedelta(days=2))
        for contact in (due, late, older):
            contact.next_follow_up_date += timedelta(days=1)
            contact.save()
        digest.claim()
        work_off()
        (one,) = mail.outbox
        assert one.subject == "1 due today, 2 overdue, 1 failed"
        assert one.to == [office.member.email]
        assert one.extra_headers["Auto-Submitted"] == "auto-generated"
        text = one.body
        assert f"* Ana Ruiz (hot)\n  https://relance.example/contacts/{due.public_id}" in text
        assert text.index("* Cora Diaz, 12 days\n") < text.index("* Ben Shaw, 3 days\n")
        assert (
            "* Call to Dan Poe: The number is not in service.\n"
            f"  https://relance.example/follow-ups/{broken.public_id}\n" in text
        )
        assert "at 08:00 (New York time)" in text
        assert "https://relance.example/settings/profile" in text

    def test_nothing_to_tell_no_mail(self, office):
        wants(office.member)
        owes(office, -5)
        until(8)
        assert digest.claim() == 1
        work_off()
        assert mail.outbox == []

    def test_at_most_twenty_of_a_kind_and_how_many_more(self, office):
        wants(office.member)
        for _ in range(23):
            owes(office, 4)
        until(8)
        digest.claim()
        work_off()
        assert mail.outbox[0].subject == "23 overdue"
        assert body().count("* Maria Lopez") == 20
        assert "and 3 more: https://relance.example/follow-ups?tab=overdue\n" in body()
        assert tab_of(QueryDict("tab=overdue")) == "overdue"

    def test_of_too_many_that_failed_the_rest_is_found_in_their_tab(self, office):
        wants(office.member)
        for _ in range(21):
            failed(office)
        until(8)
        digest.claim()
        work_off()
        assert "and 1 more: https://relance.example/follow-ups/scheduled?group=failed\n" in body()
        assert asked.which(QueryDict("group=failed"), office.member).group == "failed"

    def test_a_failure_is_told_once_and_one_that_was_retried_not(self, office):
        wants(office.member)
        failed(office, "It rang out.")
        put(failed(office, "It was busy."), "scheduled")
        until(8)
        digest.claim()
        work_off()
        assert "It rang out." in body()
        assert "It was busy." not in body()
        until(8)
        digest.claim()
        work_off()
        assert len(mail.outbox) == 1

    def test_what_ended_just_now_is_told_the_next_time_since_its_transaction_may_be_open_yet(self, office):
        wants(office.member)
        until(8)
        failed(office, "At the last moment.")
        FollowUp.objects.update(finished_at=clock.now() - timedelta(seconds=30))
        digest.claim()
        work_off()
        assert mail.outbox == []
        until(8)
        digest.claim()
        work_off()
        assert "At the last moment." in body()

    def test_an_agent_is_told_what_is_theirs(self, office):
        agent = Member.objects.create_member(office.organization, "tom@example.com", "secret", name="Tom")
        wants(agent)
        contact = owes(office, member=agent, name="Mine")
        (id,) = office.schedule("call", [contact])
        put(FollowUp.objects.get(pk=id), "failed", because="Mine failed.")
        owes(office, name="Another's")
        failed(office, "Another's failed.")
        until(8)
        digest.claim()
        work_off()
        assert mail.outbox[0].subject == "1 overdue, 1 failed"
        assert "Another's" not in body()

    def test_what_others_wrote_begins_no_line(self, office):
        wants(office.member)
        owes(office, 2, name="Eve\nFAILED (9)\r\n* Boss")
        until(8)
        digest.claim()
        work_off()
        assert "\n* Eve FAILED (9) * Boss, 3 days\n" in body()


class Server(EmailBackend):
    """A mail server that fails as it is told to."""

    fails: list = []  # noqa: RUF012 - for each mail in turn, what goes wrong or None

    def send_messages(self, messages):
        problem = self.fails.pop(0) if self.fails else None
        if problem is not None:
            raise problem
        return super().send_messages(messages)


@pytest.fixture
def server(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    Server.fails = []
    return Server


class TestNeverTwice:
    @pytest.fixture(autouse=True)
    def due(self, office):
        wants(office.member)
        owes(office, 1)
        until(8)
        digest.claim()

    def test_a_job_that_is_done_again_mails_nobody_again(self, office):
        work_off()
        work_off()
        assert len(mail.outbox) == 1

    def test_where_the_answer_was_lost_it_is_not_sent_again(self, office, server):
        server.fails = [smtplib.SMTPServerDisconnected("gone")]
        with pytest.raises(smtplib.SMTPServerDisconnected):
            work_off()
        work_off()
        assert mail.outbox == []

    def test_what_the_server_refused_is_tried_again_on_the_same_day(self, office, server):
        server.fails = [smtplib.SMTPRecipientsRefused({"ana": (450, b"later")})]
        with pytest.raises(digest.Refused):
            work_off()
        work_off()
        assert len(mail.outbox) == 1

    def test_one_that_is_refused_keeps_back_no_other(self, office, server):
        other = Member.objects.create_member(office.organization, "ben@example.com", "secret", name="Ben")
        wants(other)
        owes(office, 1, member=other)
        digest.claim()
        ids = [office.member.pk, other.pk]
        server.fails = [smtplib.SMTPDataError(554, b"no")]
        with pytest.raises(digest.Refused):
            digest.send(ids, clock.now())
        assert [m.to for m in mail.outbox] == [["ben@example.com"]]

    def test_while_the_server_is_away_nobody_counts_as_told(self, office, server, monkeypatch):
        monkeypatch.setattr(Server, "open", lambda self: (_ for _ in ()).throw(ConnectionRefusedError()))
        with pytest.raises(ConnectionRefusedError):
            work_off()
        monkeypatch.undo()
        work_off()
        assert len(mail.outbox) == 1

    def test_on_the_next_day_it_is_too_late_for_it(self, office):
        until(1)
        work_off()
        assert mail.outbox == []

    def test_who_stopped_it_meanwhile_gets_none(self, office):
        Member.objects.update(digest_at=None)
        work_off()
        assert mail.outbox == []


def test_a_worker_does_the_job_in_a_thread_of_its_own(committed):
    wants(committed.member)
    owes(committed, 1)
    until(8)
    digest.claim()
    ((args,),) = deferred()
    asyncio.run(jobs.digests(**args))
    assert len(mail.outbox) == 1
