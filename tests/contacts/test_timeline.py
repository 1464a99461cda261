"""The timeline: everything that happened with a contact, the latest first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relance.models import Change, Evidence, Invalid, Message, clock, scheduling, suppression, timeline, verbs
from relance.models.moves import Actor
from relance.models.scheduling import Plan
from tests import cast
from tests.api.belongings import belongings
from tests.engine.test_query_counts import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db: None) -> cast.House:
    """A house that has one of everything."""
    house = cast.brightwater()
    belongings(house)
    return house


def test_it_holds_one_of_everything_the_latest_first(home: cast.House) -> None:
    timeline.note(home.contact, "Prefers mornings.", home.admin)
    entries = timeline.latest(home.contact, 50)
    assert {entry.what for entry in entries} == {"call", "message", "change", "consent", "activity"}
    moments = [entry.at for entry in entries]
    assert moments == sorted(moments, reverse=True)


def test_another_contacts_is_not_in_it(home: cast.House) -> None:
    assert timeline.latest(home.others, 50) == []


def test_only_the_latest_are_shown_and_of_these_none_is_left_out(home: cast.House) -> None:
    everything = timeline.latest(home.contact, 50)
    for most in range(1, len(everything)):
        assert timeline.latest(home.contact, most) == everything[:most]


def test_that_a_follow_up_is_being_tried_is_no_news(home: cast.House) -> None:
    plan = Plan("call", clock.now() + timedelta(days=1))
    follow_up = scheduling.schedule_one(home.organization, home.contact, plan, by=home.admin)
    Change.objects.create(
        organization=home.organization, follow_up=follow_up, at=clock.now(), actor="engine", to_status="queued"
    )
    verbs.cancel([follow_up], Actor.of(home.admin), "They called us.")
    told = [e.row for e in timeline.latest(home.contact, 50) if e.what == "change" and e.row.follow_up == follow_up]
    assert [change.to_status for change in told] == ["cancelled", "scheduled"]
    assert told[0].because == "They called us."


def test_its_cost_is_the_same_however_much_happened(home: cast.House) -> None:
    few, _ = counted(timeline.latest, home.contact, 50)
    conversation = home.contact.conversations.get()
    for number in range(10):
        suppression.opt_in(home.contact.pk, ["sms"], Evidence("form"))
        timeline.note(home.contact, f"Note {number}", home.admin)
        Message.objects.create(
            organization=home.organization, conversation=conversation, direction="outbound", status="sent",
            body=str(number), at=clock.now(),
        )  # fmt: skip
    many, entries = counted(timeline.latest, home.contact, 50)
    assert len(entries) > 30
    assert many <= few + 1


@pytest.mark.parametrize(("text", "said"), [("", "first"), (" \n ", "first"), ("x" * 2001, "2001")])
def test_an_empty_or_endless_note_is_refused(home: cast.House, text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        timeline.note(home.contact, text, home.admin)


def test_a_note_keeps_its_lines_and_loses_what_no_page_can_show(home: cast.House) -> None:
    assert timeline.note(home.contact, " One\0 \r\nTwo ", home.admin).text == "One\nTwo"
