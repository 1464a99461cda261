"""The demo's week: lived by the engine, dated back, and with something on it for every page to show."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from unittest import mock

import pytest

from relance import demo
from relance.channels.base import Message as Said
from relance.channels.base import Order, Recipient
from relance.channels.simulator import unattended
from relance.demo.cast import BRIGHTWATER
from relance.demo.load import PHONE, _build
from relance.models import (
    Attempt,
    Call,
    Change,
    Consent,
    Contact,
    DemoClock,
    FollowUp,
    Message,
    Organization,
    Template,
    clock,
    sql,
)
from relance.rules.states import FINAL, WAITING, Status


@pytest.fixture
def stage(db: Any, settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path
    settings.DEMO = True
    demo.load()


def test_it_begins_now_with_nothing_late_and_nothing_under_way(stage: None) -> None:
    assert DemoClock.objects.get().ahead_by == timedelta()
    now = clock.now()
    assert Counter(FollowUp.objects.values_list("status", flat=True)).keys() >= {
        "scheduled", "snoozed", "completed", "failed", "cancelled", "expired",
    }  # fmt: skip
    assert not FollowUp.objects.filter(status__in=[Status.QUEUED, Status.IN_PROGRESS]).exists()
    assert not FollowUp.objects.filter(next_attempt_at__lte=now).exists()
    assert not FollowUp.objects.filter(finished_at__gt=now).exists()
    assert not Change.objects.filter(at__gt=now).exists()
    assert sql.rows("SELECT count(*) FROM procrastinate_jobs") == [(0,)]


def test_every_kind_went_out_in_the_week_before(stage: None) -> None:
    done = FollowUp.objects.filter(status=Status.COMPLETED)
    assert set(done.values_list("type", flat=True)) == {"call", "sms", "whatsapp", "email", "webhook"}
    assert set(FollowUp.objects.values_list("source", flat=True)) >= {"manual", "agent", "campaign", "inbox", "api"}
    assert Call.objects.filter(status="answered").exclude(transcript=[]).count() >= 5
    assert set(Call.objects.values_list("status", flat=True)) >= {"answered", "missed", "voicemail", "busy", "declined"}
    assert set(Message.objects.values_list("direction", flat=True)) == {"inbound", "outbound"}


def test_what_waits_for_something_or_somebody_is_there_too(stage: None) -> None:
    waiting = FollowUp.objects.exclude(status__in=FINAL)
    assert waiting.filter(template__in=Template.objects.filter(approval="paused")).exists()
    assert waiting.filter(allow_out_of_window=True).exists()
    assert waiting.filter(status=Status.SNOOZED).exists()
    for failed in FollowUp.objects.filter(status=Status.FAILED):
        assert failed.because


def test_both_organizations_have_a_story(stage: None) -> None:
    for organization in Organization.objects.all():
        assert FollowUp.objects.filter(organization=organization).count() >= 8
        assert (
            organization.campaigns.get().enrolments.count() == Contact.objects.filter(organization=organization).count()
        )


def test_the_chains_of_consent_hold_after_the_dating_back(stage: None) -> None:
    for _, ledger in groupby(Consent.objects.order_by("contact_id", "id"), key=lambda line: line.contact_id):
        previous = ""
        for line in ledger:
            assert (line.previous_digest, line.digest) == (previous, line.chained(previous))
            previous = line.digest


def test_tries_lie_within_the_life_of_their_follow_up(stage: None) -> None:
    for attempt in Attempt.objects.select_related("follow_up"):
        assert attempt.outcome
        assert attempt.follow_up.created_at <= attempt.started_at <= attempt.finished_at  # type: ignore[operator]


def test_it_is_loaded_once(stage: None) -> None:
    before = FollowUp.objects.count()
    demo.load()
    assert FollowUp.objects.count() == before


def test_today_is_the_organizations_day(db: Any) -> None:
    """At two in the morning in Greenwich it is still the day before in New York."""
    with mock.patch.object(sys.modules["relance.demo.load"], "clock") as clock:
        clock.now.return_value = datetime(2026, 3, 3, 2, tzinfo=UTC)
        _build(BRIGHTWATER)
    assert Contact.objects.get(name="Daniel Brooks").next_follow_up_date == date(2026, 3, 2)


@pytest.mark.parametrize("days", range(1, 7))
def test_whatever_day_it_is_loaded_on_all_states_are_there(db: Any, settings: Any, tmp_path: Any, days: int) -> None:
    settings.DATA, settings.DEMO = tmp_path, True
    DemoClock.objects.create(id=1, ahead_by=timedelta(days=days, hours=5 * days))
    demo.load()
    assert set(FollowUp.objects.values_list("status", flat=True)) == {
        "scheduled", "snoozed", "completed", "failed", "cancelled", "expired",
    }  # fmt: skip
    assert Call.objects.filter(status="answered").count() >= 5


def test_the_calls_to_come_end_in_every_way_when_nobody_answers(stage: None) -> None:
    """By the numbers that follow-ups have on a fresh database, whatever numbers tests before this one used up."""
    used = FollowUp.objects.order_by("id")[0].pk - 1
    waiting = FollowUp.objects.filter(type="call", status__in=WAITING)
    ends = Counter(_first_end(f"followup_{follow_up.pk - used}") for follow_up in waiting)
    assert ends.keys() == {"answered", "no answer", "busy", "voicemail"}


def _first_end(follow_up: str) -> str:
    order = Order(1, follow_up, 1, "", "call", Recipient("", "", "", "", ""), Said(), clock.now(), settings=PHONE)
    return getattr(unattended(order), "how", "answered")
