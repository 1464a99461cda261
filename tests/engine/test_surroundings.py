"""Whose account carries a follow-up, how long a contact rests after a conversation, and what has already gone."""

from datetime import timedelta

from relance.engine import facts
from relance.engine.subjects import of_follow_ups
from relance.models import Agent, Attempt, Call, Campaign, Connection, clock
from relance.rules import jurisdictions
from tests.engine.scene import carry_out, forward, state, succeed


def line_of_its_own(office):
    own = Connection.objects.create(
        organization=office.organization, kind="call", provider="simulator", name="Ava's line"
    )
    ava = Agent.objects.create(
        organization=office.organization, name="Ava", hours=office.organization.hours, connection=own
    )
    return ava, own


def test_an_agents_own_line_carries_its_calls_and_nothing_else(office):
    ava, own = line_of_its_own(office)
    (called,) = office.schedule("call", [office.contact()], agent=ava)
    (written,) = office.schedule("sms", [office.contact()], agent=ava)
    forward(minutes=2)
    succeed()
    assert Attempt.objects.get(follow_up=called).connection_id == own.pk
    assert Attempt.objects.get(follow_up=written).connection_id != own.pk


def test_a_paused_line_holds_its_own_calls_and_no_others(office):
    ava, own = line_of_its_own(office)
    Connection.objects.filter(pk=own.pk).update(paused_because="number under review")
    (hers,) = office.schedule("call", [office.contact()], agent=ava)
    (others,) = office.schedule("call", [office.contact()])
    forward(minutes=2)
    succeed()
    assert (state(hers).status, state(hers).held_by) == ("scheduled", "capacity")
    assert state(others).status == "completed"


def test_with_the_debt_collection_preset_nobody_is_called_within_seven_days_of_a_conversation(office):
    (preset,) = jurisdictions.presets()
    office.organization.frequency_presets = [preset.code]
    office.organization.save()
    maria, now = office.contact(), clock.now()
    talk = {"organization": office.organization, "contact": maria, "direction": "inbound", "status": "answered"}
    Call.objects.create(**talk, started_at=now, ended_at=now)
    (call,) = office.schedule("call", [maria])
    forward(minutes=2)
    assert carry_out() == []
    assert (state(call).status, state(call).held_by) == ("scheduled", "frequency")
    assert state(call).next_attempt_at <= now + timedelta(days=7)
    assert "within 7 days of a conversation" in state(call).because


def test_only_the_contact_channel_and_campaign_of_a_follow_up_are_looked_up_for_what_has_gone(office):
    """Others of the batch name the same campaigns and contacts in other pairs, and thousands may have gone to those."""
    ava, _ = line_of_its_own(office)
    common = {"organization": office.organization, "agent": ava}
    spring, autumn = (Campaign.objects.create(name=name, **common) for name in ("Spring", "Autumn"))
    maria, tom = office.contacts(2)

    def post_call(kind, contact, campaign):
        return office.schedule(kind, [contact], campaign=campaign, purpose="post_call")

    for gone in (("sms", maria, spring), ("sms", tom, autumn), ("email", tom, spring)):
        post_call(*gone)
    forward(minutes=1)
    assert len(succeed()) == 3
    ids = [*post_call("email", maria, spring), *post_call("sms", tom, spring), *office.schedule("sms", [maria])]
    subjects = of_follow_ups(ids, ["scheduled"])
    assert facts._already_sent(subjects) == set()
    again = subjects[0]._replace(id=None, campaign_id=autumn.pk, contact_id=tom.pk, kind="sms")
    assert facts._already_sent([*subjects, again]) == {(autumn.pk, tom.pk, "sms")}
