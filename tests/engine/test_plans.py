"""How many tries a plan has, and what an edit may make of them."""

from datetime import timedelta

import pytest

from relance.models import Agent, clock, editing
from relance.models.base import Invalid
from relance.models.scheduling import Plan
from relance.rules.outcomes import Temporary
from tests.engine.scene import ALWAYS, carry_out, forward, state


def agent_with_retries(office, retries):
    return Agent.objects.create(organization=office.organization, name="Ava", hours=ALWAYS, calls_max_retries=retries)


@pytest.mark.parametrize("retries", [0, 5, 19])
def test_a_call_that_an_agent_schedules_has_one_try_more_than_its_retries(office, retries):
    ava = agent_with_retries(office, retries)
    (id,) = office.schedule("call", [office.contact()], agent=ava, source="agent")
    assert state(id).max_attempts == retries + 1


@pytest.mark.parametrize(
    ("kind", "fields", "attempts"),
    [
        ("call", {"source": "manual"}, 3),
        ("sms", {"source": "agent"}, 3),
        ("call", {"source": "agent", "max_attempts": 2}, 2),
        ("call", {"source": "agent", "agent": None}, 3),
    ],
)
def test_other_tries_are_not_a_matter_of_the_agents_retries(office, kind, fields, attempts):
    plan = {"agent": agent_with_retries(office, 7)} | fields
    assert Plan(kind, clock.now(), **plan).attempts == attempts


def tried_twice(office):
    id = office.one_due("sms", max_attempts=4)
    for _ in range(2):
        carry_out(Temporary("503"))
        forward(minutes=16)
    assert state(id).attempts_made == 2
    return state(id)


def test_tries_that_were_made_cannot_be_edited_away(office):
    follow_up = tried_twice(office)
    with pytest.raises(Invalid) as refused:
        editing.edit(follow_up, {"max_attempts": 1}, office.member)
    assert refused.value.errors == [("maxAttempts", "It has made 2 tries already. Choose 2 or more.")]
    assert state(follow_up.pk).max_attempts == 4


def test_no_more_tries_than_those_made_may_be_wanted(office):
    follow_up = tried_twice(office)
    editing.edit(follow_up, {"max_attempts": 2}, office.member)
    assert state(follow_up.pk).max_attempts == 2


def test_one_that_expired_begins_a_new_set_of_tries_when_it_is_rescheduled(office):
    follow_up = tried_twice(office)
    forward(days=8)
    carry_out()
    assert state(follow_up.pk).status == "expired"
    later = clock.now() + timedelta(days=1)
    editing.edit(state(follow_up.pk), {"at": later, "max_attempts": 1}, office.member)
    edited = state(follow_up.pk)
    assert (edited.status, edited.attempts_made, edited.max_attempts) == ("scheduled", 0, 1)
