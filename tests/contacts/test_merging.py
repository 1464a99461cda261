"""Two contacts that are one person: nothing that either has is lost, and what either refused stays refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relance.models import (
    Activity,
    Attempt,
    Call,
    Campaign,
    Conflict,
    Consent,
    Contact,
    Conversation,
    DoNotCall,
    Enrolment,
    Evidence,
    FollowUp,
    Message,
    Purpose,
    Stage,
    clock,
    consents,
    merging,
    scheduling,
    suppression,
    timeline,
)
from relance.models.consents import REVOCABLE
from relance.models.scheduling import Plan
from tests import cast

pytestmark = pytest.mark.django_db
PHONE = "+12125550123"
KINDS = [kind.value for kind in REVOCABLE]


@pytest.fixture
def home(db: None) -> cast.House:
    """Sarah Lee, whose number is `PHONE`, is Tom's contact."""
    return cast.brightwater()


@pytest.fixture
def twin(home: cast.House) -> Contact:
    """The same person, added again for Priya."""
    return cast.contact(home.organization, "Sara Lee", home.colleague, phone=PHONE, email="sara@lee.example")


def merged(home: cast.House, twin: Contact) -> Contact:
    return merging.merge(home.contact, twin, home.admin)


def scheduled(house: cast.House, contact: Contact, kind: str = "call", **plan: Any) -> FollowUp:
    content = {"sms": {"body": "Hello"}, "email": {"subject": "Hi", "body": "Hello"}}.get(kind, {})
    wanted = Plan(kind, clock.now() + timedelta(days=1), **content | plan)
    return scheduling.schedule_one(house.organization, contact, wanted, by=house.admin)


def put(follow_up: FollowUp, status: str) -> FollowUp:
    under_way = status in ("queued", "in_progress")
    FollowUp.objects.filter(pk=follow_up.pk).update(
        status=status,
        next_attempt_at=None,
        lease_until=clock.now() if under_way else None,
        finished_at=None if under_way else clock.now(),
    )
    follow_up.refresh_from_db()
    return follow_up


def call(house: cast.House, contact: Contact) -> Call:
    now = clock.now()
    return Call.objects.create(
        organization=house.organization, contact=contact, status="answered", started_at=now, ended_at=now
    )


def thread(house: cast.House, contact: Contact, kind: str, *texts: str, **fields: Any) -> Conversation:
    made = Conversation.objects.create(organization=house.organization, contact=contact, kind=kind, **fields)
    for number, text in enumerate(texts):
        said(made, text, reference=f"{contact.pk}-{number}")
    return made


def said(where: Conversation, text: str, reference: str = "") -> Message:
    return Message.objects.create(
        organization_id=where.organization_id,
        conversation=where,
        direction="inbound",
        status="received",
        body=text,
        reference=reference,
        at=clock.now(),
    )


class TestWhatTheyHave:
    def test_everything_of_the_other_is_the_kept_ones(self, home: cast.House, twin: Contact) -> None:
        planned, called = scheduled(home, twin), call(home, twin)
        tried = Attempt.objects.create(
            organization=home.organization, follow_up=planned, contact=twin, number=1, kind="call",
            provider="simulator",
            idempotency_key="00000000-0000-0000-0000-000000000001", worker="here", started_at=clock.now(),
            outcome="unreached", finished_at=clock.now(),
        )  # fmt: skip
        noted = timeline.note(twin, "Prefers mornings.", home.colleague)
        kept = merged(home, twin)
        for row in (planned, called, tried, noted):
            row.refresh_from_db()
            assert row.contact_id == kept.pk

    def test_no_table_that_refers_to_contacts_is_forgotten(self) -> None:
        joined = {"Consent", "Conversation", "Assignment", "Enrolment", "FollowUp"}
        links = (field for field in Contact._meta.get_fields(include_hidden=True) if field.auto_created)
        referring = {link.related_model.__name__ for link in links if link.related_model} - {"Contact"}
        assert referring == joined | {table.__name__ for table in merging.MOVED}

    def test_threads_of_one_channel_become_one(self, home: cast.House, twin: Contact) -> None:
        own = thread(home, home.contact, "sms", "One", unread=1)
        theirs = thread(home, twin, "sms", "Two", "Three", unread=2, last_message_at=clock.now())
        planned = scheduled(home, twin, conversation=theirs)
        merged(home, twin)
        own.refresh_from_db()
        planned.refresh_from_db()
        assert sorted(own.messages.values_list("body", flat=True)) == ["One", "Three", "Two"]
        assert (own.unread, own.last_message_at, planned.conversation_id) == (3, theirs.last_message_at, own.pk)
        assert Conversation.objects.count() == 1

    def test_a_thread_of_a_channel_that_only_the_other_has_is_taken_over(self, home: cast.House, twin: Contact) -> None:
        theirs = thread(home, twin, "whatsapp", "Hello")
        kept = merged(home, twin)
        theirs.refresh_from_db()
        assert theirs.contact_id == kept.pk

    def test_a_message_that_came_in_for_both_stands_once(self, home: cast.House, twin: Contact) -> None:
        own, theirs = thread(home, home.contact, "sms"), thread(home, twin, "sms")
        said(own, "Hello", "SM1")
        said(theirs, "Hello", "SM1")
        said(theirs, "More", "SM2")
        merged(home, twin)
        assert sorted(own.messages.values_list("body", flat=True)) == ["Hello", "More"]

    def test_whoever_works_either_works_the_kept_one(self, home: cast.House, twin: Contact) -> None:
        kept = merged(home, twin)
        for member in (home.worker, home.colleague):
            assert kept in Contact.objects.visible_to(member)
            assert twin not in Contact.objects.visible_to(member)

    def test_it_is_in_every_campaign_that_either_is_in(self, home: cast.House, twin: Contact) -> None:
        mine = {"organization": home.organization}
        spring, autumn = (Campaign.objects.create(**mine, name=name, agent=home.agent) for name in ("Spring", "Autumn"))
        left = clock.now()
        Enrolment.objects.create(**mine, campaign=spring, contact=home.contact)
        Enrolment.objects.create(**mine, campaign=spring, contact=twin, left_at=left)
        Enrolment.objects.create(**mine, campaign=autumn, contact=twin)
        kept = merged(home, twin)
        assert dict(kept.enrolments.values_list("campaign__name", "left_at")) == {"Spring": left, "Autumn": None}


class TestWhatIsSaidOfThem:
    def test_the_kept_ones_word_stands_and_the_others_fills_what_was_empty(
        self, home: cast.House, twin: Contact
    ) -> None:
        stage = Stage.objects.create(organization=home.organization, name="Viewing", position=1)
        home.contact.edit({"leadQuality": "HOT"})
        twin.edit({"leadQuality": "COLD", "company": "Lee & Co", "cadenceDays": 14, "stageId": stage.public_id})
        kept = merged(home, twin)
        assert (kept.name, kept.email, kept.lead_quality) == ("Sarah Lee", "sarah.lee@example.com", "HOT")
        assert (kept.company, kept.cadence_days, kept.stage) == ("Lee & Co", 14, stage)

    @pytest.mark.parametrize(
        ("own", "theirs", "after"),
        [("2026-12-01", "2026-11-25", "2026-11-25"), ("", "2026-11-25", "2026-11-25"), ("", "", "None")],
    )
    def test_the_earlier_due_date_stands(
        self, home: cast.House, twin: Contact, own: str, theirs: str, after: str
    ) -> None:
        home.contact.edit({"nextFollowUpDate": own})
        twin.edit({"nextFollowUpDate": theirs})
        kept = merged(home, twin)
        assert str(kept.next_follow_up_date) == after
        assert {str(day) for day in kept.assignments.values_list("due_on", flat=True)} == {after}

    def test_an_address_that_was_given_outweighs_one_that_the_number_told(
        self, home: cast.House, twin: Contact
    ) -> None:
        twin.edit({"postalCode": "94105", "region": "CA", "country": "US"})
        kept = merged(home, twin)
        assert (kept.region, kept.postal_code, kept.zones) == ("CA", "94105", ["America/Los_Angeles"])

    def test_what_does_not_stand_is_told_on_the_timeline(self, home: cast.House, twin: Contact) -> None:
        kept = merged(home, twin)
        (told,) = Activity.objects.filter(contact=kept, kind="merged")
        assert "Sara Lee" in told.text
        assert "sara@lee.example" in told.text
        assert told.member == home.admin

    def test_the_preview_says_what_then_stands(self, home: cast.House, twin: Contact) -> None:
        twin.edit({"company": "Lee & Co", "nextFollowUpDate": "2026-11-25", "postalCode": "94105", "country": "US"})
        told = {field.label: field.after for field in merging.preview(home.contact, twin)}
        kept = merged(home, twin)
        shown = {label: getattr(kept, name) for name, label in merging.TOLD.items() if name != "stage"}
        assert shown == {label: value for label, value in told.items() if label != "Stage"}

    def test_the_one_that_is_gone_leads_to_the_one_that_is_kept(self, home: cast.House, twin: Contact) -> None:
        third = cast.contact(home.organization, "S. Lee", phone=PHONE)
        kept = merged(home, merging.merge(twin, third, home.admin))
        third.refresh_from_db()
        assert third.deleted_at is not None
        assert merging.survivor(third) == kept

    def test_the_one_that_was_added_first_is_kept(self, home: cast.House, twin: Contact) -> None:
        assert merging.in_order(twin, home.contact) == merging.in_order(home.contact, twin) == (home.contact, twin)


class TestRefusals:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        own=st.lists(st.tuples(st.sampled_from(KINDS), st.booleans()), max_size=4),
        theirs=st.lists(st.tuples(st.sampled_from(KINDS), st.booleans()), max_size=4),
        listed=st.sampled_from(["", "phone", "own email", "their email"]),
    )
    def test_a_merge_never_weakens_what_keeps_somebody_from_being_reached(
        self, home: cast.House, own: list[tuple[str, bool]], theirs: list[tuple[str, bool]], listed: str
    ) -> None:
        keep = cast.contact(home.organization, "Ana", phone="+12125550177", email="ana@example.com")
        gone = cast.contact(home.organization, "Anna", phone="+12125550177", email="anna@example.com")
        waiting = [scheduled(home, contact, "sms") for contact in (keep, gone)]
        for contact, answers in ((keep, own), (gone, theirs)):
            for kind, agreed in answers:
                told = suppression.opt_in if agreed else suppression.opt_out
                told(contact.pk, [kind], Evidence("form", "Ticked."))
        place = {
            "phone": {"phone": keep.phone}, "own email": {"email": keep.email}, "their email": {"email": gone.email},
        }.get(listed)  # fmt: skip
        if place:
            suppression.do_not_call(home.organization, **place, source="member", by=None)
        before = [Contact.objects.get(pk=contact.pk).consents for contact in (keep, gone)]
        lines = Consent.objects.filter(contact__in=[keep, gone]).count()

        kept = merging.merge(keep, gone, home.admin)

        revoked = {kind for answers in before for kind, answer in answers.items() if answer == "revoked"}
        assert {kind for kind, answer in kept.consents.items() if answer == "revoked"} == revoked
        assert set(kept.consents) == set(before[0]) | set(before[1])
        assert suppression.entries_of(kept).exists() == bool(listed)
        ledger = list(Consent.objects.filter(contact=kept).order_by("id"))
        assert consents.unbroken(ledger)
        assert lines <= len(ledger) <= lines + len(revoked)
        assert {line.kind: line.action for line in ledger} == kept.consents
        if listed or "sms" in revoked:
            assert set(FollowUp.objects.filter(pk__in=[f.pk for f in waiting]).values_list("status", flat=True)) == {
                "cancelled"
            }
        FollowUp.objects.all().delete()
        DoNotCall.objects.all().delete()
        Contact.objects.filter(pk__in=[keep.pk, gone.pk]).update(deleted_at=clock.now())

    def test_the_evidence_keeps_its_words_and_its_moment(self, home: cast.House, twin: Contact) -> None:
        called = call(home, twin)
        (line,) = suppression.opt_in(twin.pk, ["sms"], Evidence("call", "Sure, text me.", "Ava", call_id=called.pk))
        kept = merged(home, twin)
        (copy,) = kept.consent_lines.all()
        assert (copy.quote, copy.heard_by, copy.call_id, copy.at) == ("Sure, text me.", "Ava", called.pk, line.at)
        line.refresh_from_db()
        assert line.contact_id == twin.pk

    def test_the_later_of_two_refusals_starts_the_rest_that_a_law_wants(self, home: cast.House, twin: Contact) -> None:
        suppression.opt_out(twin.pk, ["sms"], Evidence("message", "STOP"))
        twin.refresh_from_db()
        assert merged(home, twin).refused_at == twin.refused_at


class TestFollowUps:
    @pytest.mark.parametrize("status", ["queued", "in_progress"])
    @pytest.mark.parametrize("whose", ["own", "theirs"])
    def test_nothing_is_merged_while_one_is_being_carried_out(
        self, home: cast.House, twin: Contact, status: str, whose: str
    ) -> None:
        put(scheduled(home, home.contact if whose == "own" else twin), status)
        with pytest.raises(Conflict, match="being carried out"):
            merged(home, twin)
        twin.refresh_from_db()
        assert twin.deleted_at is None

    @pytest.fixture
    def promised(self, home: cast.House, twin: Contact) -> list[FollowUp]:
        """The same post-call text to both."""
        spring = Campaign.objects.create(organization=home.organization, name="Spring", agent=home.agent)
        return [
            scheduled(home, contact, "sms", campaign=spring, purpose=Purpose.POST_CALL)
            for contact in (home.contact, twin)
        ]

    @pytest.mark.parametrize(
        ("own", "theirs", "after"),
        [
            ("scheduled", "scheduled", ["scheduled", "cancelled"]),
            ("completed", "scheduled", ["completed", "cancelled"]),
            ("scheduled", "completed", ["cancelled", "completed"]),
            ("completed", "completed", ["completed", "completed"]),
            ("failed", "scheduled", ["failed", "scheduled"]),
        ],
    )
    def test_what_a_campaign_owes_once_it_owes_the_two_once(
        self, home: cast.House, twin: Contact, promised: list[FollowUp], own: str, theirs: str, after: list[str]
    ) -> None:
        for follow_up, status in zip(promised, (own, theirs), strict=True):
            if status != "scheduled":
                put(follow_up, status)
        kept = merged(home, twin)
        found = FollowUp.objects.filter(contact=kept).order_by("id")
        assert list(found.values_list("status", flat=True)) == after


class TestWhatIsRefused:
    def test_two_with_different_numbers(self, home: cast.House) -> None:
        with pytest.raises(Conflict, match="no longer"):
            merging.merge(home.contact, home.others, home.admin)

    def test_one_with_itself(self, home: cast.House) -> None:
        with pytest.raises(Conflict):
            merging.merge(home.contact, home.contact, home.admin)

    def test_one_that_was_removed_meanwhile(self, home: cast.House, twin: Contact) -> None:
        twin.remove()
        with pytest.raises(Conflict):
            merged(home, twin)

    def test_one_of_another_organization_with_the_same_number(self, home: cast.House) -> None:
        theirs = cast.aurora()
        stranger = cast.contact(theirs.organization, "Sarah", phone=PHONE)
        with pytest.raises(Conflict):
            merging.merge(home.contact, stranger, home.admin)
        assert merging.duplicates(home.contact, home.admin) == []

    def test_an_agent_is_told_of_those_that_they_work_alone(self, home: cast.House, twin: Contact) -> None:
        assert merging.duplicates(home.contact, home.admin) == [twin]
        assert merging.duplicates(home.contact, home.worker) == []
