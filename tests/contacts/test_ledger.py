"""The ledger of consent: what changes in a line after it was written shows, whatever it is."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import RestrictedError

from relance.models import (
    Call,
    Consent,
    Contact,
    Conversation,
    Evidence,
    Message,
    clock,
    consents,
    merging,
    suppression,
)
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db: None) -> cast.House:
    return cast.brightwater()


def call(house: cast.House) -> Call:
    now = clock.now()
    return Call.objects.create(
        organization=house.organization, contact=house.contact, status="answered", started_at=now, ended_at=now
    )


def message(contact: Contact, reference: str = "") -> Message:
    thread, _ = Conversation.objects.get_or_create(
        organization_id=contact.organization_id, contact=contact, kind="sms", defaults={"unread": 1}
    )
    return Message.objects.create(
        organization_id=contact.organization_id, conversation=thread, direction="inbound", status="received",
        body="STOP", reference=reference, at=clock.now(),
    )  # fmt: skip


def ledger(contact: Contact) -> list[Consent]:
    return list(Consent.objects.filter(contact=contact).order_by("id"))


def as_first_written(contact: Contact) -> None:
    """Make all lines there are such as they were before the hash covered who wrote them down."""
    digest = ""
    for line in ledger(contact):
        said = [digest, contact.pk, line.kind, line.action, line.source, line.quote, line.heard_by, line.at.isoformat()]
        hashed = hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
        Consent.objects.filter(pk=line.pk).update(previous_digest=digest, digest=hashed)
        digest = hashed


@pytest.mark.parametrize(
    "changed",
    [
        {"quote": "Never."}, {"action": "revoked"}, {"kind": "email"}, {"source": "member"}, {"heard_by": "Ava"},
        {"at": clock.now}, {"member": "colleague"}, {"member": None}, {"call": None}, {"message": None},
    ],
    ids=lambda changed: " ".join(changed),
)  # fmt: skip
def test_whatever_is_changed_in_a_line_shows(home: cast.House, changed: dict[str, Any]) -> None:
    evidence = Evidence("call", "Sure.", "Tom", call(home).pk, message(home.contact).pk, home.worker)
    suppression.opt_in(home.contact.pk, ["sms"], evidence)
    assert consents.unbroken(ledger(home.contact))
    ((name, value),) = changed.items()
    value = home.colleague if value == "colleague" else value() - timedelta(days=1) if callable(value) else value
    Consent.objects.filter(contact=home.contact).update(**{name: value})
    assert not consents.unbroken(ledger(home.contact))


def test_a_line_taken_out_shows(home: cast.House) -> None:
    for kind in ("sms", "email", "whatsapp"):
        suppression.opt_in(home.contact.pk, [kind], Evidence("form", "Ticked."))
    ledger(home.contact)[1].delete()
    assert not consents.unbroken(ledger(home.contact))


class TestTheFirstLines:
    """Those whose hash does not cover who wrote them down."""

    def test_they_hold_by_their_own_measure_and_others_go_on_below_them(self, home: cast.House) -> None:
        suppression.opt_in(home.contact.pk, ["sms"], Evidence("form", "Ticked."))
        as_first_written(home.contact)
        suppression.opt_out(home.contact.pk, ["sms"], Evidence("member", member=home.worker))
        lines = ledger(home.contact)
        assert consents.unbroken(lines)
        assert [line.covers_who for line in lines] == [False, True]
        Consent.objects.filter(pk=lines[0].pk).update(quote="Something else")
        assert not consents.unbroken(ledger(home.contact))

    def test_no_later_line_passes_for_one(self, home: cast.House) -> None:
        suppression.opt_in(home.contact.pk, ["sms"], Evidence("member", "Yes.", member=home.worker))
        suppression.opt_in(home.contact.pk, ["email"], Evidence("member", "Yes.", member=home.worker))
        first, last = ledger(home.contact)
        last.member = home.colleague
        said = last._said(first.digest)
        last.digest = hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
        assert not consents.unbroken([first, last])


class TestMerging:
    def test_both_ledgers_hold_where_one_message_was_delivered_to_both(self, home: cast.House) -> None:
        twin = cast.contact(home.organization, "Sara Lee", home.colleague, phone=home.contact.phone)
        for contact in (home.contact, twin):
            evidence = Evidence("message", "STOP", message_id=message(contact, "SM1").pk)
            suppression.opt_out(contact.pk, ["sms"], evidence)
        kept = merging.merge(home.contact, twin, home.admin)
        for contact in (kept, twin):
            assert consents.unbroken(ledger(contact))
            assert all(line.message is not None for line in ledger(contact))
        assert Message.objects.filter(conversation__contact=kept).count() == 1
        assert Conversation.objects.get(contact=twin).unread == 0

    def test_first_lines_are_taken_over_as_later_ones(self, home: cast.House) -> None:
        twin = cast.contact(home.organization, "Sara Lee", home.colleague, phone=home.contact.phone)
        suppression.opt_in(twin.pk, ["sms"], Evidence("member", "Yes.", member=home.worker))
        as_first_written(twin)
        (line,) = ledger(merging.merge(home.contact, twin, home.admin))
        assert (line.covers_who, line.member) == (True, home.worker)
        assert consents.unbroken(ledger(twin))


@pytest.mark.parametrize("which", ["call", "message", "member"])
def test_what_a_line_refers_to_stays(home: cast.House, which: str) -> None:
    evidence = Evidence("call", "Sure.", "", call(home).pk, message(home.contact).pk, home.worker)
    (line,) = suppression.opt_in(home.contact.pk, ["sms"], evidence)
    with pytest.raises(RestrictedError):
        getattr(Consent.objects.get(pk=line.pk), which).delete()
