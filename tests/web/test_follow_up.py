"""The page of one follow-up: who sees it, and that it explains itself in every state."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from relance.models import Agent, Attempt, Call, Campaign, Change, Evidence, FollowUp, clock, suppression, verbs
from relance.models.moves import Actor
from relance.rules.outcomes import Success, Temporary, Unknown, Unreached
from tests import cast
from tests.engine.scene import carry_out, forward
from tests.engine.test_query_counts import counted
from tests.web.follow_ups import at_night, part, put, scheduled, text, visitor

HOSTILE = "<script>alert(1)</script>\u202eevil\u202d " + "A" * 400


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    """So that time can be set forward."""
    settings.DEMO = True


@pytest.fixture
def maya(home: cast.House) -> Client:
    return visitor(home.admin)


def page(client: Client, follow_up: FollowUp, query: str = "") -> str:
    answer = client.get(f"/follow-ups/{follow_up.public_id}{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


class TestWhoSeesIt:
    def test_an_admin_sees_all_and_an_agent_those_of_their_contacts(self, home: cast.House) -> None:
        mine, others = scheduled(home), scheduled(home, contact=home.others)
        for client, seen in ((visitor(home.admin), (200, 200)), (visitor(home.worker), (200, 404))):
            found = tuple(client.get(f"/follow-ups/{f.public_id}").status_code for f in (mine, others))
            assert found == seen

    def test_another_organization_and_nobody_see_nothing(self, home: cast.House, elsewhere: cast.House) -> None:
        address = f"/follow-ups/{scheduled(home).public_id}"
        for stranger in (elsewhere.admin, elsewhere.worker):
            answer = visitor(stranger).get(address)
            assert answer.status_code == 404
            assert home.contact.name not in answer.content.decode()
        assert visitor().get(address).headers["Location"] == f"/sign-in?next={address}"

    @pytest.mark.parametrize("id", ["followup_999999", "followup_x", "person_1", "followup_99999999999999999999"])
    def test_what_there_is_not_is_not_found(self, maya: Client, id: str) -> None:
        assert maya.get(f"/follow-ups/{id}").status_code == 404


class TestWhatItIs:
    @pytest.mark.parametrize(
        ("kind", "heading"),
        [
            ("call", "Call to"),
            ("sms", "SMS to"),
            ("whatsapp", "WhatsApp message to"),
            ("email", "E-mail to"),
            ("webhook", "Webhook about"),
        ],
    )
    def test_the_heading_says_what_is_done_to_whom(
        self, home: cast.House, maya: Client, kind: str, heading: str
    ) -> None:
        head = part(page(maya, scheduled(home, kind)), "follow-up-head")
        assert f"{heading} Sarah Lee" in head
        assert "Scheduled" in head

    def test_an_override_carries_its_badge(self, home: cast.House, maya: Client) -> None:
        assert "out-of-window" in part(page(maya, scheduled(home, allow_out_of_window=True)), "follow-up-head")
        assert "out-of-window" not in part(page(maya, scheduled(home)), "follow-up-head")

    def test_when_is_said_for_the_contact_and_for_who_looks(self, home: cast.House, maya: Client) -> None:
        home.contact.edit({"timeZone": "Europe/Madrid"})
        head = part(page(maya, scheduled(home)), "follow-up-head")
        assert "for Sarah" in head
        assert "for you" in head

    def test_an_agent_that_is_inherited_is_named_with_who_it_comes_to(self, home: cast.House, maya: Client) -> None:
        assert "Inherit from source (none is set)" in part(page(maya, scheduled(home)), "follow-up-fields")
        home.organization.default_agent = home.agent
        home.organization.save()
        said = part(page(maya, scheduled(home)), "follow-up-fields")
        assert "Inherit from source → , which is Ava" in said
        campaign = Campaign.objects.create(
            organization=home.organization,
            name="Spring",
            agent=Agent.objects.create(organization=home.organization, name="Bo"),
        )
        assert "which is Bo" in part(page(maya, scheduled(home, campaign=campaign)), "follow-up-fields")
        assert "Agent Ava" in part(page(maya, scheduled(home, campaign=campaign, agent=home.agent)), "follow-up-fields")

    def test_a_template_is_shown_as_the_contact_will_read_it(self, home: cast.House, maya: Client) -> None:
        said = part(page(maya, scheduled(home, "whatsapp")), "follow-up-fields")
        assert "Hi Sarah, your viewing is on Monday." in said
        assert "day Monday" in said

    def test_everything_that_was_asked_for_is_among_the_fields(self, home: cast.House, maya: Client) -> None:
        plan = {"priority": 0, "max_attempts": 7, "notes": "Ask about the garden.", "cancel_on_reply": True}
        said = part(page(maya, scheduled(home, "email", **plan)), "follow-up-fields")
        for words in (
            "E-mail",
            "sarah.lee@example.com",
            "Urgent",
            "0/7",
            "Manual",
            "Maya Chen",
            "Cancelled when the contact replies",
            "The plans",
            "Here they are.",
            "Ask about the garden.",
        ):
            assert words in said

    def test_a_webhook_without_an_address_names_the_organizations(self, home: cast.House, maya: Client) -> None:
        home.organization.webhook_url = "https://ours.example.com/in"
        home.organization.save()
        said = part(page(maya, scheduled(home, "webhook", url="")), "follow-up-fields")
        assert "https://ours.example.com/in (the organization’s)" in said

    def test_a_contact_who_was_removed_is_named_and_not_linked(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home)
        home.contact.remove()
        html = page(maya, follow_up)
        assert "Sarah Lee (removed)" in part(html, "follow-up-fields")
        assert f'href="/contacts/{home.contact.public_id}"' not in html


class TestWhy:
    def test_one_that_nothing_holds_says_when_it_goes(self, home: cast.House, maya: Client) -> None:
        html = page(maya, scheduled(home, "email", allow_out_of_window=True, **consented(home)))
        assert re.search(r"Goes \w{3} \d+ \w{3}, \d\d:\d\d in New York\.", part(html, "follow-up-head"))
        why = part(html, "follow-up-why")
        assert "Why has this not gone?" in why
        assert why.count("Clear") == 8
        assert "open" not in re.findall(r"<details[^>]*>", html)[0]

    def test_one_at_night_waits_until_the_window_opens_by_a_rule_that_is_cited(
        self, home: cast.House, maya: Client
    ) -> None:
        html = page(maya, scheduled(home, at=at_night("America/New_York")))
        assert re.search(r"Waits until \w{3} \d+ \w{3}, 0\d:00 in New York: ", part(html, "follow-up-head"))
        held = re.search(r'<details id="gate-callingWindow" class="wait" open>(.*?)</details>', html, re.DOTALL)
        assert held
        assert "Next moment" in held[1]
        assert html.count(" open>") == 1

    def test_one_that_will_be_stopped_says_so_beforehand(self, home: cast.House, maya: Client) -> None:
        html = page(maya, scheduled(home, "sms"))
        assert "As things stand it will fail: The contact has not agreed" in part(html, "follow-up-head")
        assert '<details id="gate-consent" class="stop" open>' in html

    def test_one_that_would_expire_first_says_so(self, home: cast.House, maya: Client) -> None:
        at = at_night("America/New_York")
        head = part(page(maya, scheduled(home, at=at, expires_at=at + timedelta(hours=1))), "follow-up-head")
        assert "As things stand it will expire: " in head
        assert "It expires before it may go." in head

    def test_one_whose_wait_nobody_knows_the_end_of_says_so(self, home: cast.House, maya: Client) -> None:
        suppression.opt_in(home.contact.pk, ["whatsapp"], Evidence("form", "Ticked."))
        follow_up = scheduled(home, "whatsapp", allow_out_of_window=True)
        home.template.approval = "paused"
        home.template.save()
        html = page(maya, follow_up)
        assert "It is looked at again every 15 minutes." in part(html, "follow-up-head")
        assert "nobody knows until when" in part(html, "follow-up-why")

    def test_one_that_was_carried_out_says_what_it_met_and_not_when_it_goes(
        self, home: cast.House, maya: Client
    ) -> None:
        follow_up = went(home, Success("SM1", "Accepted."))
        html = page(maya, follow_up)
        why = part(html, "follow-up-why")
        assert "What it met" in why
        assert why.count("Clear") == 8
        assert "Goes" not in why
        assert "Accepted." in part(html, "follow-up-head")

    def test_one_that_waited_first_says_how_often(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home, "email", **consented(home))
        for _ in range(2):
            put(put(follow_up, "queued"), "scheduled", because="No line is free.", gate="capacity")
        forward(days=1, seconds=1)
        carry_out(Success("SM1", "Accepted."))
        why = part(page(maya, follow_up), "follow-up-why")
        assert "after waiting 2 times" in why
        assert "No line is free." in why

    def test_one_that_a_gate_stopped_shows_which_and_what_was_not_asked(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home, "sms")
        forward(days=1, seconds=1)
        carry_out()
        html = page(maya, follow_up)
        why = part(html, "follow-up-why")
        assert "Why did this fail?" in why
        assert (why.count("Clear "), why.count("Not asked "), why.count("stops here")) == (2, 5, 1)
        assert "The contact has not agreed to SMS messages" in part(html, "follow-up-head")

    def test_one_that_was_cancelled_before_its_time_was_asked_nothing(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home)
        verbs.cancel_one(follow_up, Actor.of(home.admin))
        why = part(page(maya, follow_up), "follow-up-why")
        assert why.endswith("Why was this cancelled? It ended before anything was asked.")

    def test_what_stopped_it_before_it_was_retried_is_past(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home, "sms")
        forward(days=1, seconds=1)
        carry_out()
        suppression.opt_in(home.contact.pk, ["sms"], Evidence("form", "Ticked."))
        follow_up.refresh_from_db()
        verbs.retry(follow_up, Actor.of(home.admin))
        FollowUp.objects.update(allow_out_of_window=True)
        forward(minutes=6)
        carry_out(Success("SM1", "Accepted."))
        assert part(page(maya, follow_up), "follow-up-why").count("Clear") == 8


class TestAttempts:
    def test_a_try_shows_what_the_provider_said_and_how_it_can_be_followed(
        self, home: cast.House, maya: Client
    ) -> None:
        follow_up = went(home, Success("SM-4711", "accepted by the carrier"))
        attempt = Attempt.objects.get(follow_up=follow_up)
        said = part(page(maya, follow_up), "follow-up-attempts")
        for words in (
            "1 of 3", "Try 1", "Success", "Accepted by the carrier", "simulator", "SM-4711",
            str(attempt.idempotency_key),
        ):  # fmt: skip
            assert words in said

    def test_what_nobody_heard_is_unknown_and_not_failed(self, home: cast.House, maya: Client) -> None:
        follow_up = went(home, Unknown("The line went dead."))
        html = page(maya, follow_up)
        attempts = part(html, "follow-up-attempts")
        assert "Unknown" in attempts
        assert "The line went dead." in attempts
        assert "failure" not in attempts
        assert "Outcome unknown" in part(html, "follow-up-head")

    def test_the_latest_try_comes_first_and_the_next_is_announced(self, home: cast.House, maya: Client) -> None:
        follow_up = went(home, Temporary("Their gateway is down."))
        html = page(maya, follow_up)
        assert "Their gateway is down. Try 2 of 3 follows. Goes" in part(html, "follow-up-head")
        forward(minutes=6)
        carry_out(Unreached("no answer"))
        attempts = part(page(maya, follow_up), "follow-up-attempts")
        assert attempts.index("Try 2") < attempts.index("Try 1")
        assert "Nobody reached" in attempts


class TestHistory:
    def test_every_change_says_who_from_where_to_where_why_and_when(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home)
        verbs.snooze(follow_up, clock.now() + timedelta(days=3), Actor.of(home.worker))
        put(follow_up, "cancelled", actor="contact", because="The contact asked not to be contacted by call.")
        said = part(page(maya, follow_up), "follow-up-history")
        assert "3 changes" in said
        assert "Snoozed → to Cancelled The contact asked not to be contacted by call. The contact" in said
        assert "Scheduled → to Snoozed until" in said
        assert "Tom Okafor" in said
        assert "Maya Chen" in said

    def test_what_relance_did_and_what_a_member_who_left_did_are_told_apart(
        self, home: cast.House, maya: Client
    ) -> None:
        follow_up = scheduled(home, by=home.colleague)
        put(follow_up, "queued", because="Due.")
        home.colleague.delete()
        said = part(page(maya, follow_up), "follow-up-history")
        assert "Due. Relance" in said
        assert "A former member" in said

    def test_a_long_history_is_cut_until_all_of_it_is_asked_for(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home)
        Change.objects.bulk_create(
            Change(organization=home.organization, follow_up=follow_up, at=clock.now(), actor="engine",
                   to_status="scheduled", because=f"Look {n}.")
            for n in range(60)
        )  # fmt: skip
        short, whole = page(maya, follow_up), page(maya, follow_up, "?history=all")
        assert "Look 59." in short
        assert "Look 5." not in short
        assert "Show all 61 changes" in text(short)
        assert "Look 5." in whole
        assert "Show all" not in whole


class TestWhatWasSaid:
    def test_its_call_is_shown_with_the_transcript(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home)
        now = clock.now()
        Call.objects.create(
            organization=home.organization, contact=home.contact, follow_up=follow_up, agent=home.agent,
            status="answered", started_at=now, ended_at=now,
            transcript=[{"speaker": "agent", "text": "Good morning."}, {"speaker": "contact", "text": "Hello."}],
        )  # fmt: skip
        said = part(page(maya, follow_up), "follow-up-talk")
        for words in ("Answered", "Ava", "Transcript, 2 lines", "Agent Good morning.", "Contact Hello."):
            assert words in said

    def test_its_message_is_shown_with_the_answer_to_it(self, home: cast.House, maya: Client) -> None:
        follow_up = went(home, Success("SM1", "Accepted."))
        message = follow_up.messages.get()
        message.conversation.messages.create(
            organization=home.organization, direction="inbound", status="received", body="Thank you.", at=clock.now()
        )
        said = part(page(maya, follow_up), "follow-up-talk")
        assert said.index("Here they are.") < said.index("Thank you.")

    def test_without_any_of_it_nothing_is_said_of_it(self, home: cast.House, maya: Client) -> None:
        assert "follow-up-talk" not in page(maya, scheduled(home))


def test_each_part_comes_out_the_same_when_it_is_fetched_anew(home: cast.House, maya: Client) -> None:
    follow_up = scheduled(home)
    html = page(maya, follow_up)
    live = re.search(r'id="follow-up" class="follow-up" data-live="([^"]*)" data-live-ids="([^"]*)"', html)
    assert live
    assert "followUp" in live[1].split()
    assert {follow_up.public_id, home.contact.public_id} <= set(live[2].split())


@pytest.mark.parametrize("field", ["notes", "body", "subject"])
def test_markup_in_a_text_is_text(home: cast.House, maya: Client, field: str) -> None:
    words = HOSTILE[:290]
    html = page(maya, scheduled(home, "email", **{field: words}))
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_markup_in_names_and_templates_is_text(home: cast.House, maya: Client) -> None:
    for row in (home.contact, home.agent, home.template, home.admin):
        type(row).objects.filter(pk=row.pk).update(name=HOSTILE)
    type(home.template).objects.filter(pk=home.template.pk).update(body="<b>{{name}}</b>")
    plan = {"parameters": {"name": "<i>x</i>", "day": "1"}, "agent": home.agent}
    html = page(maya, scheduled(home, "whatsapp", **plan))
    for tag in ("<script>alert", "<b>&lt;i", "<b><i>", "<i>x"):
        assert tag not in html
    assert "&lt;b&gt;&lt;i&gt;x&lt;/i&gt;&lt;/b&gt;" in html


def test_ten_thousand_characters_are_folded_and_whole(home: cast.House, maya: Client) -> None:
    html = page(maya, scheduled(home, "sms", body="word " * 1_999 + "fin"))
    assert "Show more" in html
    assert "word fin" in html


def test_the_page_asks_the_database_as_often_for_a_long_life_as_for_a_short(home: cast.House, maya: Client) -> None:
    follow_up = went(home, Success("SM1", "Accepted."))
    page(maya, follow_up)
    short, _ = counted(page, maya, follow_up)
    Change.objects.bulk_create(
        Change(organization=home.organization, follow_up=follow_up, at=clock.now(), actor="member",
               member=home.worker, to_status="scheduled", gate="capacity", because="Full.")
        for _ in range(20)
    )  # fmt: skip
    Call.objects.bulk_create(
        Call(organization=home.organization, contact=home.contact, follow_up=follow_up, agent=home.agent,
             status="answered", started_at=clock.now(), ended_at=clock.now())
        for _ in range(5)
    )  # fmt: skip
    long, _ = counted(page, maya, follow_up)
    assert long <= short + 1
    assert long <= 32


def consented(house: cast.House) -> dict[str, Any]:
    """Let the contact have agreed to everything."""
    suppression.opt_in(house.contact.pk, ["sms", "email", "whatsapp"], Evidence("form", "Ticked."))
    return {}


def went(house: cast.House, outcome: Any) -> FollowUp:
    """An e-mail that was tried once, with this outcome."""
    follow_up = scheduled(house, "email", after=timedelta(seconds=1), **consented(house))
    forward(seconds=2)
    carry_out(outcome)
    follow_up.refresh_from_db()
    return follow_up
