"""A wish for some channels only, written or spoken: it takes effect at once, the other channels stay as they were."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relance.inbound.calls import Ended, Line, call_ended
from relance.inbound.messages import received
from relance.models import Consent, Contact, DoNotCall, FollowUp, clock, scheduling
from relance.models.scheduling import Plan
from tests import cast

pytestmark = pytest.mark.django_db

AGREED = {"sms": "granted", "whatsapp": "granted", "email": "granted"}


@pytest.fixture
def contact() -> Contact:
    contact = cast.brightwater().contact
    contact.consents = dict(AGREED)
    contact.save()
    return contact


def planned(contact: Contact, kind: str) -> FollowUp:
    plan = Plan(type=kind, at=clock.now() + timedelta(days=1), body="Hello", subject="Hello")
    return scheduling.schedule_one(contact.organization, contact, plan, by=None)


def call(contact: Contact, *lines: Line, consents: dict[str, str] | None = None) -> None:
    now = clock.now()
    ended = Ended(
        contact, "outbound", "answered", now - timedelta(minutes=4), now, transcript=lines, consents=consents or {}
    )
    call_ended(contact.organization, ended)


def revoked(contact: Contact) -> set[tuple[str, str, str]]:
    lines = Consent.objects.filter(contact=contact, action="revoked")
    return set(lines.values_list("kind", "source", "quote"))


@pytest.mark.parametrize("words", ["Don't call me, just text me", "no me llames, mejor un WhatsApp"])
def test_a_message_that_refuses_calls_ends_calls_alone(contact: Contact, words: str) -> None:
    ring, text = planned(contact, "call"), planned(contact, "sms")
    received(contact, "sms", words)
    for follow_up in (contact, ring, text):
        follow_up.refresh_from_db()
    assert (ring.status, text.status) == ("cancelled", "scheduled")
    assert revoked(contact) == {("call", "message", words)}
    assert contact.consents == AGREED | {"call": "revoked"}
    assert not DoNotCall.objects.exists()


def test_a_contact_who_refuses_messages_on_a_call_is_still_called(contact: Contact) -> None:
    ring, text = planned(contact, "call"), planned(contact, "sms")
    words = "Please stop the texts, but you can call."
    call(contact, Line("agent", "May I text you? Or email only?"), Line("contact", words))
    for changed in (contact, ring, text):
        changed.refresh_from_db()
    assert (ring.status, text.status) == ("scheduled", "cancelled")
    assert revoked(contact) == {("sms", "call", words), ("whatsapp", "call", words)}
    assert contact.consents["email"] == "granted"
    assert contact.refused_at is None


def test_what_is_asked_for_instead_is_not_thereby_agreed_to(contact: Contact) -> None:
    contact.consents = {}
    contact.save()
    received(contact, "email", "Don't call me, just text me")
    contact.refresh_from_db()
    assert contact.consents == {"call": "revoked"}


def test_an_agreement_reported_with_the_call_holds_only_for_what_was_not_refused_on_it(contact: Contact) -> None:
    agreed = {"sms": "agreed", "email": "agreed"}
    call(contact, Line("contact", "No emails please, just text me."), consents=agreed)
    contact.refresh_from_db()
    assert contact.consents == AGREED | {"email": "revoked"}
    assert set(Consent.objects.filter(action="granted").values_list("kind", flat=True)) == {"sms"}


def test_several_wishes_on_one_call_all_count(contact: Contact) -> None:
    call(contact, Line("contact", "No emails please, text me."), Line("contact", "And don't call me, just text me."))
    contact.refresh_from_db()
    assert contact.consents == AGREED | {"email": "revoked", "call": "revoked"}


@pytest.mark.parametrize("words", ["Don't call me before three, text me", "Please text me"])
def test_a_wish_about_a_time_or_a_way_refuses_nothing(contact: Contact, words: str) -> None:
    ring = planned(contact, "call")
    received(contact, "sms", words)
    ring.refresh_from_db()
    assert ring.status == "scheduled"
    assert not Consent.objects.exists()
