"""What members do to a follow-up on its page and in lists: who may, when, and what they are told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.test import Client

from relance.models import Agent, FollowUp, Template, clock, verbs
from relance.models.moves import Actor
from tests import cast
from tests.web.follow_ups import HTMX, put, scheduled, text, visitor

DIALOGS = ("cancel", "snooze", "reschedule", "edit", "retry", "delete")
STATE = {"retry": "failed", "delete": "failed"}
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def maya(home: cast.House) -> Client:
    return visitor(home.admin)


@pytest.fixture
def tom(home: cast.House) -> Client:
    """Who works the house's contact."""
    return visitor(home.worker)


def address(follow_up: FollowUp, action: str) -> str:
    return f"/follow-ups/{follow_up.public_id}/{action}"


def post(client: Client, follow_up: FollowUp, action: str, **said: Any) -> Any:
    answer = client.post(address(follow_up, action), said, headers=HTMX)
    follow_up.refresh_from_db()
    return answer


def told(answer: Any) -> dict[str, Any]:
    """What the page is told to say and to fetch anew."""
    assert answer.status_code == 204, answer.content.decode()
    return dict(json.loads(answer.headers["HX-Trigger"])["relance:done"])


def ready_for(action: str, house: cast.House, **plan: Any) -> FollowUp:
    """A follow-up in a state in which `action` can be done to it."""
    follow_up = scheduled(house, **plan)
    return put(follow_up, STATE[action]) if action in STATE else follow_up


class TestWhoMay:
    @pytest.mark.parametrize("action", DIALOGS)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_another_organization_and_nobody_reach_nothing(
        self, home: cast.House, elsewhere: cast.House, action: str, method: str
    ) -> None:
        follow_up = ready_for(action, home)
        for stranger in (elsewhere.admin, elsewhere.worker):
            answer = getattr(visitor(stranger), method)(address(follow_up, action))
            assert answer.status_code == 404
            assert home.contact.name not in answer.content.decode()
        asked = getattr(visitor(), method)(address(follow_up, action))
        assert asked.headers["Location"].startswith("/sign-in")
        before = follow_up.status
        follow_up.refresh_from_db()
        assert follow_up.status == before

    @pytest.mark.parametrize("action", DIALOGS)
    def test_an_agent_acts_for_their_contacts_alone_and_deletes_nothing(
        self, home: cast.House, tom: Client, action: str
    ) -> None:
        theirs, others = ready_for(action, home), ready_for(action, home, contact=home.others)
        assert tom.get(address(theirs, action), headers=HTMX).status_code == (403 if action == "delete" else 200)
        assert tom.get(address(others, action), headers=HTMX).status_code == 404
        assert tom.post(address(others, action), headers=HTMX).status_code == 404

    def test_an_agent_cancels_and_retries_what_they_made_whoever_works_the_contact(
        self, home: cast.House, tom: Client
    ) -> None:
        made = scheduled(home, contact=home.others, by=home.worker)
        assert told(post(tom, made, "cancel"))["said"] == "Cancelled."
        failed = put(scheduled(home, contact=home.others, by=home.worker), "failed")
        assert told(post(tom, failed, "retry"))
        assert post(tom, failed, "snooze", span="hour").status_code == 404


class TestWhatIsOffered:
    @pytest.mark.parametrize(
        ("state", "offered"),
        [
            ("scheduled", {"snooze", "reschedule", "edit", "cancel"}),
            ("snoozed", {"snooze", "reschedule", "edit", "cancel"}),
            ("queued", {"cancel"}),
            ("in_progress", set()),
            ("completed", set()),
            ("failed", {"retry", "delete"}),
            ("expired", {"retry", "reschedule"}),
            ("cancelled", {"delete"}),
        ],
    )
    def test_the_page_and_the_menu_offer_what_the_state_allows(
        self, home: cast.House, maya: Client, tom: Client, state: str, offered: set[str]
    ) -> None:
        follow_up = scheduled(home)
        if state != "scheduled":
            put(follow_up, state)
        html = maya.get(f"/follow-ups/{follow_up.public_id}").content.decode()
        menu = menu_of(follow_up, home.admin)
        for action in DIALOGS:
            assert (address(follow_up, action) in html) == (action in offered)
            assert (address(follow_up, action) in menu) == (action in offered)
        to_an_agent = tom.get(f"/follow-ups/{follow_up.public_id}").content.decode()
        assert address(follow_up, "delete") not in to_an_agent
        assert address(follow_up, "delete") not in menu_of(follow_up, home.worker)

    @pytest.mark.parametrize("action", DIALOGS)
    def test_each_dialog_opens_over_the_page_and_is_a_page_by_itself(
        self, home: cast.House, maya: Client, action: str
    ) -> None:
        follow_up = ready_for(action, home)
        over = maya.get(address(follow_up, action), headers=HTMX).content.decode()
        alone = maya.get(address(follow_up, action)).content.decode()
        assert over.lstrip().startswith("<dialog")
        assert "data-close" in over
        assert alone.count("<h1") == 1
        assert f'href="/follow-ups/{follow_up.public_id}"' in alone
        assert f'action="{address(follow_up, action)}"' in alone

    def test_for_a_contact_who_was_removed_nothing_is_to_be_done_but_deleting(self, home: cast.House) -> None:
        follow_up = scheduled(home)
        home.contact.remove()
        menu = menu_of(FollowUp.objects.select_related("contact").get(pk=follow_up.pk), home.admin)
        assert [action for action in DIALOGS if address(follow_up, action) in menu] == ["delete"]


class TestCancelling:
    def test_it_is_cancelled_and_the_page_is_told(self, home: cast.House, tom: Client) -> None:
        follow_up = scheduled(home)
        assert told(post(tom, follow_up, "cancel")) == {"said": "Cancelled.", "changed": "followUp", "undo": ""}
        assert (follow_up.status, follow_up.because) == ("cancelled", "Cancelled by hand.")
        assert follow_up.history.last().member == home.worker

    def test_without_htmx_one_comes_back_to_its_page(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home)
        answer = maya.post(address(follow_up, "cancel"))
        assert answer.headers["Location"] == f"/follow-ups/{follow_up.public_id}"


class TestConflicts:
    @pytest.mark.parametrize("action", DIALOGS)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_who_was_too_late_is_told_in_a_sentence_and_the_page_is_fetched_anew(
        self, home: cast.House, maya: Client, action: str, method: str
    ) -> None:
        follow_up = put(scheduled(home), "completed")
        answer = getattr(maya, method)(address(follow_up, action), headers=HTMX)
        assert answer.status_code == 409
        assert answer.content.decode().endswith(": it is completed now.")
        assert json.loads(answer.headers["HX-Trigger"]) == {"relance:done": {"changed": "followUp"}}
        follow_up.refresh_from_db()
        assert follow_up.status == "completed"

    def test_one_that_began_while_it_was_being_cancelled_stays_under_way(
        self, home: cast.House, maya: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        follow_up = scheduled(home)
        one = verbs.cancel_one

        def late(late_one: FollowUp, by: Actor) -> None:
            put(follow_up, "in_progress")
            one(late_one, by)

        monkeypatch.setattr(verbs, "cancel_one", late)
        answer = post(maya, follow_up, "cancel")
        assert answer.content.decode() == "It cannot be cancelled: it is in progress now."
        assert follow_up.status == "in_progress"


class TestSnoozing:
    @pytest.mark.parametrize(
        ("span", "by"),
        [
            ("hour", timedelta(hours=1)),
            ("tomorrow", timedelta(days=1)),
            ("3-days", timedelta(days=3)),
            ("week", timedelta(days=7)),
        ],
    )
    def test_a_span_counts_from_its_time_so_that_nothing_is_put_off_to_sooner(
        self, home: cast.House, maya: Client, span: str, by: timedelta
    ) -> None:
        follow_up = scheduled(home, after=timedelta(days=2))
        said = told(post(maya, follow_up, "snooze", span=span))["said"]
        clocks = (
            follow_up.scheduled_at.astimezone(NEW_YORK).utcoffset(),
            (follow_up.next_attempt_at.astimezone(NEW_YORK).utcoffset()),
        )
        shift = (clocks[0] - clocks[1]) if span != "hour" else timedelta()  # the same time of day across a clock change
        assert follow_up.next_attempt_at == follow_up.scheduled_at + by + shift
        assert follow_up.status == "snoozed"
        assert said.startswith("Snoozed until ")
        assert said.endswith(" in New York.")

    def test_a_date_and_time_are_by_the_members_clock(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home)
        day = (clock.now().astimezone(NEW_YORK) + timedelta(days=4)).replace(hour=15, minute=0, second=0, microsecond=0)
        told(post(maya, follow_up, "snooze", until=f"{day:%Y-%m-%d %H:%M}"))
        assert follow_up.next_attempt_at == day

    @pytest.mark.parametrize("words", ["tomorrow at 3pm", "mañana a las 15:00"])
    def test_words_are_understood_by_the_members_clock(self, home: cast.House, maya: Client, words: str) -> None:
        follow_up = scheduled(home)
        told(post(maya, follow_up, "snooze", until=words))
        tomorrow = clock.now().astimezone(NEW_YORK) + timedelta(days=1)
        local = follow_up.next_attempt_at.astimezone(NEW_YORK)
        assert (local.date(), local.hour, local.minute) == (tomorrow.date(), 15, 0)

    @pytest.mark.parametrize("until", ["", "soonish", "2020-01-01 10:00", "in 3 years"])
    def test_what_is_not_understood_or_past_is_refused_at_the_field(
        self, home: cast.House, maya: Client, until: str
    ) -> None:
        follow_up = scheduled(home)
        answer = post(maya, follow_up, "snooze", until=until)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert 'id="error-until"' in html
        assert 'aria-invalid="true"' in html
        assert f'value="{until}"' in html
        assert follow_up.status == "scheduled"

    def test_the_menu_says_when_each_span_would_be(self, home: cast.House, maya: Client) -> None:
        html = text(maya.get(f"/follow-ups/{scheduled(home).public_id}").content.decode())
        for words in ("1 hour", "Tomorrow, same time", "3 days", "1 week", "Until another time…"):
            assert words in html


class TestRescheduling:
    def test_it_gets_another_time_and_a_row_of_history(self, home: cast.House, tom: Client) -> None:
        follow_up = scheduled(home)
        day = (clock.now().astimezone(NEW_YORK) + timedelta(days=4)).replace(hour=15, minute=0, second=0, microsecond=0)
        said = told(post(tom, follow_up, "reschedule", scheduledAt=f"{day:%Y-%m-%d %H:%M}"))["said"]
        assert said == f"Rescheduled to {day:%a} {day.day} {day:%b}, 15:00 in New York."
        assert follow_up.scheduled_at == follow_up.next_attempt_at == day
        assert follow_up.history.last().because == "Rescheduled."

    def test_one_that_had_expired_is_wanted_again(self, home: cast.House, maya: Client) -> None:
        follow_up = put(scheduled(home), "expired")
        day = clock.now().astimezone(NEW_YORK) + timedelta(days=4)
        told(post(maya, follow_up, "reschedule", scheduledAt=f"{day:%Y-%m-%d %H:%M}"))
        assert follow_up.status == "scheduled"

    @pytest.mark.parametrize("said", ["2020-01-01 10:00", "yesterday", "", "x" * 5_000])
    def test_what_lies_behind_or_is_no_time_is_refused_at_the_field(
        self, home: cast.House, maya: Client, said: str
    ) -> None:
        answer = post(maya, scheduled(home), "reschedule", scheduledAt=said)
        assert answer.status_code == 422
        assert 'id="error-scheduledAt"' in answer.content.decode()

    def test_the_form_opens_with_its_time_in_words_that_are_read_again(self, home: cast.House, maya: Client) -> None:
        at = clock.now().replace(second=0, microsecond=0) + timedelta(days=40)
        follow_up = scheduled(home, at=at)
        words = maya.get(address(follow_up, "reschedule"), headers=HTMX).context["at"]
        told(post(maya, follow_up, "reschedule", scheduledAt=words))
        assert follow_up.next_attempt_at == at

    def test_what_is_typed_is_said_back_for_both(self, home: cast.House, maya: Client) -> None:
        home.contact.edit({"timeZone": "Europe/Madrid"})
        follow_up, day = scheduled(home), clock.now().astimezone(NEW_YORK) + timedelta(days=4)
        query = {"field": "scheduledAt", "scheduledAt": f"{day:%Y-%m-%d} 15:00"}
        said = text(maya.get(address(follow_up, "understood"), query, headers=HTMX).content.decode())
        assert "21:00 for Sarah · 15:00 for you" in said

    def test_nobody_else_hears_how_words_are_understood(
        self, home: cast.House, elsewhere: cast.House, tom: Client
    ) -> None:
        mine, others = scheduled(home), scheduled(home, contact=home.others)
        assert visitor(elsewhere.admin).get(address(mine, "understood")).status_code == 404
        assert tom.get(address(others, "understood")).status_code == 404
        assert visitor().get(address(mine, "understood")).status_code == 302


class TestRetrying:
    @pytest.mark.parametrize("state", ["failed", "expired"])
    def test_it_goes_in_five_minutes_with_fresh_attempts(self, home: cast.House, tom: Client, state: str) -> None:
        follow_up = scheduled(home)
        FollowUp.objects.filter(pk=follow_up.pk).update(attempts_made=3)
        put(follow_up, state)
        assert told(post(tom, follow_up, "retry"))["said"].startswith("Scheduled anew: it goes ")
        assert (follow_up.status, follow_up.attempts_made) == ("scheduled", 0)
        assert abs(follow_up.next_attempt_at - clock.now() - timedelta(minutes=5)) < timedelta(seconds=30)


class TestDeleting:
    def test_in_a_list_it_goes_and_on_its_own_page_so_does_one(self, home: cast.House, maya: Client) -> None:
        in_list, alone = put(scheduled(home), "failed"), put(scheduled(home), "cancelled")
        answer = maya.post(
            address(in_list, "delete"), headers=HTMX | {"HX-Current-URL": "http://testserver/follow-ups/scheduled"}
        )
        assert told(answer)["said"] == "Deleted."
        page = f"http://testserver/follow-ups/{alone.public_id}"
        answer = maya.post(address(alone, "delete"), headers=HTMX | {"HX-Current-URL": page})
        assert answer.headers["HX-Redirect"] == "/follow-ups/scheduled"
        assert not FollowUp.objects.exists()

    def test_an_agent_may_not_even_of_their_own_contact(self, home: cast.House, tom: Client) -> None:
        follow_up = put(scheduled(home), "failed")
        assert post(tom, follow_up, "delete").status_code == 403


class Form:
    """The edit form as a browser holds it."""

    def __init__(self, client: Client, follow_up: FollowUp) -> None:
        self.client, self.follow_up = client, follow_up
        context = client.get(address(follow_up, "edit"), headers=HTMX).context
        shown = {name: value for name, value in context["said"].items() if value or "." not in name}
        boxes = {name: shown.pop(name) for name in ("allowOutOfWindow", "cancelOnReply")}
        self.said = shown | {name: "on" for name, on in boxes.items() if on} | {
            "was": context["was"], "has.allowOutOfWindow": "1", "has.cancelOnReply": "1",
        }  # fmt: skip

    def send(self, *unticked: str, **changed: str) -> Any:
        for name in unticked:
            self.said.pop(name)
        return post(self.client, self.follow_up, "edit", **self.said | changed)


class TestEditing:
    def test_everything_that_may_be_changed_is_changed(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home, "email")
        expires = (clock.now().astimezone(NEW_YORK) + timedelta(days=3)).replace(second=0, microsecond=0)
        answer = Form(maya, follow_up).send(
            subject="Other plans", body="These.\r\nAnd those.", notes="Mind the dog.", agentId=home.agent.public_id,
            priority="urgent", maxAttempts="9", expiresAt=f"{expires:%Y-%m-%dT%H:%M}", allowOutOfWindow="on",
            cancelOnReply="on",
        )  # fmt: skip
        assert told(answer)["said"] == "Saved."
        assert (follow_up.subject, follow_up.body, follow_up.notes) == (
            "Other plans",
            "These.\nAnd those.",
            "Mind the dog.",
        )
        assert (follow_up.agent, follow_up.priority, follow_up.max_attempts) == (home.agent, 0, 9)
        assert follow_up.expires_at == expires
        assert follow_up.allow_out_of_window
        assert follow_up.cancel_on_reply

    def test_a_box_that_is_unticked_is_heard(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home, allow_out_of_window=True)
        told(Form(maya, follow_up).send("allowOutOfWindow"))
        assert not follow_up.allow_out_of_window

    def test_what_another_changed_meanwhile_stays(self, home: cast.House, maya: Client, tom: Client) -> None:
        follow_up = scheduled(home, notes="Old.")
        form = Form(maya, follow_up)
        told(Form(tom, follow_up).send(notes="New."))
        told(form.send(priority="high"))
        assert (follow_up.notes, follow_up.priority) == ("New.", 1)

    def test_an_override_that_the_member_may_not_give_stays_when_they_edit_the_rest(
        self, home: cast.House, tom: Client
    ) -> None:
        follow_up = scheduled(home, allow_out_of_window=True)
        type(home.organization).objects.update(override_policy="admins")
        told(Form(tom, follow_up).send(notes="New."))
        assert follow_up.allow_out_of_window
        other = scheduled(home)
        answer = Form(tom, other).send(allowOutOfWindow="on")
        assert answer.status_code == 422
        assert "only an admin may allow this outside the calling window" in answer.content.decode()

    @pytest.mark.parametrize(
        ("kind", "said", "field"),
        [
            ("call", {"notes": "x" * 501}, "notes"),
            ("call", {"maxAttempts": "0"}, "maxAttempts"),
            ("call", {"maxAttempts": "many"}, "maxAttempts"),
            ("call", {"priority": "later"}, "priority"),
            ("call", {"agentId": "agent_999999"}, "agentId"),
            ("call", {"expiresAt": "2020-01-01T10:00"}, "expiresAt"),
            ("call", {"expiresAt": "whenever"}, "expiresAt"),
            ("sms", {"body": " "}, "body"),
            ("email", {"subject": ""}, "subject"),
            ("webhook", {"url": "ftp://example.com"}, "url"),
            ("webhook", {"url": "http://127.0.0.1/"}, "url"),
            ("whatsapp", {"templateId": "template_999999"}, "templateId"),
            ("whatsapp", {"parameters.day": " "}, "parameters-day"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field_with_what_was_typed(
        self, home: cast.House, maya: Client, kind: str, said: dict[str, str], field: str
    ) -> None:
        follow_up = scheduled(home, kind)
        before = FollowUp.objects.values().get(pk=follow_up.pk)
        answer = Form(maya, follow_up).send(**said)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert f'id="error-{field}"' in html
        assert 'aria-invalid="true"' in html
        assert FollowUp.objects.values().get(pk=follow_up.pk) == before

    def test_another_template_asks_for_its_own_parameters(self, home: cast.House, maya: Client) -> None:
        other = Template.objects.create(
            organization=home.organization, name="offer", body="{{name}}: {{price}}", parameters=["name", "price"],
            approval="approved",
        )  # fmt: skip
        follow_up = scheduled(home, "whatsapp")
        asked = {"templateId": other.public_id, "parameters.name": "Sarah", "parameters.day": "Monday"}
        html = maya.get(address(follow_up, "edit"), asked, headers=HTMX).content.decode()
        assert 'name="parameters.price"' in html
        assert 'name="parameters.day"' not in html
        assert 'value="Sarah"' in html
        told(Form(maya, follow_up).send(templateId=other.public_id, **{"parameters.price": "1"}))
        assert follow_up.template == other
        assert follow_up.parameters == {"name": "Sarah", "price": "1"}

    def test_a_template_that_is_paused_since_keeps_nobody_from_editing_the_rest(
        self, home: cast.House, maya: Client
    ) -> None:
        follow_up = scheduled(home, "whatsapp")
        Template.objects.update(approval="paused")
        told(Form(maya, follow_up).send(notes="New."))
        assert follow_up.notes == "New."

    def test_what_is_another_organizations_is_not_taken(
        self, home: cast.House, elsewhere: cast.House, maya: Client
    ) -> None:
        follow_up = scheduled(home, "whatsapp")
        for said in ({"agentId": elsewhere.agent.public_id}, {"templateId": elsewhere.template.public_id}):
            assert Form(maya, follow_up).send(**said).status_code == 422
        html = maya.get(address(follow_up, "edit"), headers=HTMX).content.decode()
        assert elsewhere.template.name not in html
        assert elsewhere.agent.name not in html

    def test_what_the_form_showed_cannot_be_bent_to_break_it(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home)
        for was in ("", "[]", "null", "{", '{"notes": 3}', "[" * 200_000):
            assert Form(maya, follow_up).send(was=was).status_code in (204, 422)

    def test_an_agent_who_left_is_still_shown_where_it_is_chosen(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home, agent=home.agent)
        Agent.objects.update(active=False)
        html = maya.get(address(follow_up, "edit"), headers=HTMX).content.decode()
        assert f'value="{home.agent.public_id}" selected' in html


def menu_of(follow_up: FollowUp, member: Any) -> str:
    return render_to_string("follow_up/actions_menu.html", {"f": follow_up, "member": member})
