"""The Schedule follow-up dialog: what it asks, what it says beforehand, what it refuses, and what it schedules."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from relance.models import Agent, FollowUp, Organization, Template, clock, suppression
from relance.models.connections import Approval
from tests import cast
from tests.web.follow_ups import HTMX, text, visitor

NEW_YORK = "America/New_York"


@pytest.fixture
def maya(home: cast.House) -> Client:
    return visitor(home.admin)


@pytest.fixture
def tom(home: cast.House) -> Client:
    """Who works the house's contact."""
    return visitor(home.worker)


def address(house: cast.House, part: str = "new") -> str:
    return f"/contacts/{house.contact.public_id}/follow-ups/{part}"


def at(hour: int, *, days: int = 3, zone: str = NEW_YORK) -> datetime:
    """An hour there, some days on."""
    local = clock.now().astimezone(ZoneInfo(zone)) + timedelta(days=days)
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)


def typed(moment: datetime, zone: str = NEW_YORK) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def form(**said: Any) -> dict[str, Any]:
    """What the dialog sends when only these were changed."""
    given = {"type": "call", "scheduledAt": typed(at(15)), "agentId": "", "priority": "normal", "maxAttempts": "3"}
    return given | {"notes": ""} | said


def post(client: Client, house: cast.House, **said: Any) -> Any:
    return client.post(address(house), form(**said), headers=HTMX)


def the_one() -> FollowUp:
    follow_up: FollowUp = FollowUp.objects.get()
    return follow_up


def errors(answer: Any) -> dict[str, str]:
    """What a refused form says at its fields."""
    assert answer.status_code == 422
    html = answer.content.decode()
    return {name: text(said) for name, said in re.findall(r'<p class="error" id="error-([^"]+)">(.*?)</p>', html)}


def refused(client: Client, house: cast.House, **said: Any) -> dict[str, str]:
    found = errors(post(client, house, **said))
    assert not FollowUp.objects.exists()
    return found


def foreseen(client: Client, house: cast.House, **said: Any) -> str:
    answer = client.post(address(house, "foreseen"), form(**said), headers=HTMX)
    assert answer.status_code == 200
    return text(answer.content.decode())


class TestWhoMay:
    @pytest.mark.parametrize("part", ["new", "foreseen", "parameters"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_the_other_organization_the_agent_without_the_assignment_and_nobody_reach_nothing(
        self, home: cast.House, elsewhere: cast.House, part: str, method: str
    ) -> None:
        for member in (elsewhere.admin, elsewhere.worker, home.colleague):
            answer = getattr(visitor(member), method)(address(home, part), form())
            assert answer.status_code == (405 if (part, method) == ("parameters", "post") else 404)
        assert getattr(visitor(), method)(address(home, part), form()).status_code in (302, 405)
        assert not FollowUp.objects.exists()

    @pytest.mark.parametrize("field", ["agentId", "templateId"])
    @pytest.mark.parametrize("gone", [False, True])
    def test_what_is_another_organizations_is_like_what_is_gone(
        self, home: cast.House, elsewhere: cast.House, maya: Client, field: str, gone: bool
    ) -> None:
        word = field.removesuffix("Id")
        named = f"{word}_999999" if gone else getattr(elsewhere, word).public_id
        said = form(type="whatsapp", **{field: named})
        refused = errors(maya.post(address(home), said, headers=HTMX))
        assert refused[field] == f"This {word} no longer exists. Choose another."
        assert maya.post(address(home, "foreseen"), said, headers=HTMX).status_code == 200
        assert "<input" not in maya.get(address(home, "parameters"), {field: named}).content.decode()
        assert not FollowUp.objects.exists()


class TestOpening:
    def test_it_opens_as_a_dialog_and_as_a_page(self, home: cast.House, tom: Client) -> None:
        dialog, page = (tom.get(address(home), headers=h).content.decode() for h in (HTMX, {}))
        assert dialog.lstrip().startswith("<dialog")
        assert "<html" in page
        for html in (dialog, page):
            assert f'hx-post="{address(home)}"' in html

    def test_the_agents_of_the_organization_that_are_active_can_be_chosen(
        self, home: cast.House, elsewhere: cast.House, tom: Client
    ) -> None:
        Agent.objects.create(organization=home.organization, name="Retired", active=False)
        html = tom.get(address(home), headers=HTMX).content.decode()
        options = html.partition('name="agentId"')[2].partition("</select>")[0]
        assert re.findall(r"<option[^>]*>(.*?)</option>", options) == ["Inherit from source", "Ava"]

    def test_only_approved_templates_can_be_chosen(self, home: cast.House, tom: Client) -> None:
        Template.objects.create(organization=home.organization, name="spring_offer", body="Hi", approval="paused")
        html = tom.get(address(home), headers=HTMX).content.decode()
        assert "viewing_reminder" in html
        assert "spring_offer" not in html

    def test_its_time_is_about_an_hour_ahead_by_the_members_clock(self, home: cast.House, tom: Client) -> None:
        home.worker.time_zone = "Asia/Tokyo"
        home.worker.save()
        html = tom.get(address(home), headers=HTMX).content.decode()
        said = re.search(r'name="scheduledAt" value="([^"]+)"', html)
        assert said
        local = datetime.strptime(said[1], "%a %d %b %Y, %H:%M").replace(tzinfo=ZoneInfo("Asia/Tokyo"))
        assert timedelta(minutes=59) <= local - clock.now() <= timedelta(minutes=66)
        assert post(tom, home, scheduledAt=said[1]).status_code == 204
        assert the_one().scheduled_at == local

    def test_a_dialog_costs_a_bounded_number_of_queries(
        self, home: cast.House, tom: Client, django_assert_max_num_queries: Any
    ) -> None:
        for n in range(20):
            Agent.objects.create(organization=home.organization, name=f"Agent {n}")
        with django_assert_max_num_queries(18):
            tom.get(address(home), headers=HTMX)


class TestScheduling:
    def test_a_call_is_recorded_as_scheduled_by_hand_by_this_member(self, home: cast.House, tom: Client) -> None:
        moment = at(15)
        answer = post(
            tom, home, agentId=home.agent.public_id, priority="urgent", maxAttempts="7", notes="Ask.",
            allowOutOfWindow="on", scheduledAt=typed(moment),
        )  # fmt: skip
        assert answer.status_code == 204
        made = the_one()
        assert (made.type, made.status, made.source, made.created_by) == ("call", "scheduled", "manual", home.worker)
        assert (made.agent, made.priority, made.max_attempts, made.notes) == (home.agent, 0, 7, "Ask.")
        assert (made.allow_out_of_window, made.scheduled_at, made.contact) == (True, moment, home.contact)

    def test_left_as_it_opens_it_inherits_the_agent_and_keeps_the_defaults(self, home: cast.House, tom: Client) -> None:
        assert post(tom, home).status_code == 204
        made = the_one()
        assert (made.agent, made.priority, made.max_attempts, made.allow_out_of_window) == (None, 2, 3, False)
        assert made.cancel_on_reply is False

    @pytest.mark.parametrize("words", ["tomorrow at 15:00", "mañana a las 15:00", "tomorrow 3pm"])
    def test_words_are_taken_as_the_member_means_them(self, home: cast.House, tom: Client, words: str) -> None:
        assert post(tom, home, scheduledAt=words).status_code == 204
        assert the_one().scheduled_at == at(15, days=1)

    def test_the_toast_says_what_and_when_and_the_lists_are_fetched_anew(self, home: cast.House, tom: Client) -> None:
        moment = at(15)
        told = json.loads(post(tom, home, scheduledAt=typed(moment)).headers["HX-Trigger"])["relance:done"]
        assert told["said"].startswith(f"Call scheduled for {moment:%a} {moment.day} {moment:%b}")
        assert told["said"].endswith(", 15:00")
        assert told["changed"] == "followUp"

    def test_without_scripts_it_leads_back_to_the_contact(self, home: cast.House, tom: Client) -> None:
        answer = tom.post(address(home), form())
        assert answer.headers["Location"] == f"/contacts/{home.contact.public_id}"
        assert FollowUp.objects.count() == 1

    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            ("sms", {"body": "See you soon."}),
            ("email", {"subject": "The plans", "body": "Here they are.\nYours"}),
            ("webhook", {"url": "https://hooks.example.com/in"}),
        ],
    )
    def test_each_type_takes_its_own(self, home: cast.House, tom: Client, kind: str, content: dict[str, str]) -> None:
        assert post(tom, home, type=kind, **content).status_code == 204
        made = the_one()
        assert {name: getattr(made, name) for name in content} == content
        assert made.type == kind

    def test_whatsapp_takes_a_template_and_its_parameters(self, home: cast.House, tom: Client) -> None:
        said = {"templateId": home.template.public_id, "parameters.name": "Sarah", "parameters.day": "Monday"}
        assert post(tom, home, type="whatsapp", maxAttempts="4", **said).status_code == 204
        made = the_one()
        assert (made.template, made.parameters) == (home.template, {"name": "Sarah", "day": "Monday"})

    def test_what_was_typed_for_another_type_is_not_sent(self, home: cast.House, tom: Client) -> None:
        said = {"body": "Hi", "subject": "Hi", "url": "nonsense", "templateId": home.template.public_id}
        assert post(tom, home, **said).status_code == 204
        made = the_one()
        assert (made.body, made.subject, made.url, made.template, made.parameters) == ("", "", "", None, {})

    def test_a_webhook_without_an_address_goes_to_the_organizations(self, home: cast.House, tom: Client) -> None:
        Organization.objects.filter(pk=home.organization.pk).update(webhook_url="https://hooks.example.com/in")
        assert post(tom, home, type="webhook", url="").status_code == 204
        assert the_one().url == ""

    def test_line_ends_count_once(self, home: cast.House, tom: Client) -> None:
        assert post(tom, home, notes="a\r\n" * 249).status_code == 204
        assert the_one().notes == ("a\n" * 249).strip()


class TestRefusing:
    def test_a_time_that_has_passed(self, home: cast.House, tom: Client) -> None:
        found = refused(tom, home, scheduledAt=typed(at(15, days=-2)))
        assert list(found) == ["scheduledAt"]
        assert "has passed. Name a day to come." in found["scheduledAt"]

    def test_a_time_that_is_years_ahead(self, home: cast.House, tom: Client) -> None:
        found = refused(tom, home, scheduledAt=typed(at(15, days=900)))
        assert found == {"scheduledAt": "This is more than two years ahead. Choose an earlier time."}

    @pytest.mark.parametrize(
        "words", ["", "soonish", "the day the music died", "not Monday", "3/4 15:00", "Tuesday " * 99]
    )
    def test_words_that_are_not_understood(self, home: cast.House, tom: Client, words: str) -> None:
        assert list(refused(tom, home, scheduledAt=words)) == ["scheduledAt"]

    @pytest.mark.parametrize(
        ("kind", "fields"),
        [("sms", ["body"]), ("email", ["subject", "body"]), ("whatsapp", ["templateId"]), ("webhook", ["url"])],
    )
    def test_a_type_without_what_it_needs(self, home: cast.House, tom: Client, kind: str, fields: list[str]) -> None:
        assert sorted(refused(tom, home, type=kind)) == sorted(fields)

    @pytest.mark.parametrize("approval", [a for a in Approval if a != Approval.APPROVED])
    def test_a_template_that_is_not_approved(self, home: cast.House, tom: Client, approval: str) -> None:
        home.template.approval = approval
        home.template.save()
        found = refused(tom, home, type="whatsapp", templateId=home.template.public_id, **{"parameters.name": "S"})
        assert found["templateId"] == f"“viewing_reminder” is {approval}. Choose an approved template."

    def test_a_parameter_that_is_missing_at_its_own_field(self, home: cast.House, tom: Client) -> None:
        said = {"templateId": home.template.public_id, "parameters.name": "Sarah", "parameters.day": " "}
        assert refused(tom, home, type="whatsapp", **said) == {
            "parameters-day": "Fill in “day”; the template needs it."
        }

    def test_notes_over_500_characters(self, home: cast.House, tom: Client) -> None:
        assert refused(tom, home, notes="x" * 501) == {"notes": "At most 500 characters; these are 501."}
        assert post(tom, home, notes="x" * 500).status_code == 204

    @pytest.mark.parametrize("attempts", ["0", "21", "-1", "many", "2.5", "9" * 40])
    def test_attempts_outside_1_to_20(self, home: cast.House, tom: Client, attempts: str) -> None:
        assert refused(tom, home, maxAttempts=attempts) == {"maxAttempts": "Choose from 1 to 20 attempts."}

    @pytest.mark.parametrize("url", ["http://10.0.0.1/in", "http://localhost/", "ftp://example.com", "nonsense"])
    def test_an_address_that_is_private_or_none(self, home: cast.House, tom: Client, url: str) -> None:
        assert list(refused(tom, home, type="webhook", url=url)) == ["url"]

    @pytest.mark.parametrize(
        ("kind", "because"),
        [
            ("call", "The contact has no phone number. Add one and retry."),
            ("sms", "The contact has no phone number. Add one and retry."),
            ("email", "The contact has no e-mail address. Add one and retry."),
        ],
    )
    def test_a_type_that_does_not_reach_the_contact(
        self, home: cast.House, tom: Client, kind: str, because: str
    ) -> None:
        home.contact.edit({"phone": "", "email": ""})
        assert refused(tom, home, type=kind, subject="Hello", body="Hello") == {"type": because}
        assert post(tom, home, type="webhook", url="https://hooks.example.com/in").status_code == 204

    def test_whoever_is_on_the_do_not_call_list(self, home: cast.House, tom: Client) -> None:
        suppression.do_not_call(home.organization, phone=home.contact.phone, source="member", by=None)
        assert list(refused(tom, home)) == ["type"]
        assert list(refused(tom, home, scheduledAt="soonish")) == ["type", "scheduledAt"]
        assert post(tom, home, type="webhook", url="https://hooks.example.com/in").status_code == 204

    def test_an_override_that_only_an_admin_may_allow(self, home: cast.House, tom: Client, maya: Client) -> None:
        Organization.objects.filter(pk=home.organization.pk).update(override_policy="admins")
        found = refused(tom, home, allowOutOfWindow="on")
        assert found == {
            "allowOutOfWindow": "In Brightwater Homes only an admin may allow this outside the calling window."
        }
        assert post(maya, home, allowOutOfWindow="on").status_code == 204

    def test_a_type_and_a_priority_that_do_not_exist(self, home: cast.House, tom: Client) -> None:
        assert sorted(refused(tom, home, type="fax", priority="extreme")) == ["priority", "type"]

    def test_everything_wrong_is_said_at_once_and_what_was_typed_stays(self, home: cast.House, tom: Client) -> None:
        answer = post(
            tom, home, type="email", scheduledAt="soonish", subject="The plans", notes="n" * 501, maxAttempts="99",
            agentId=home.agent.public_id, priority="high", allowOutOfWindow="on",
        )  # fmt: skip
        assert sorted(errors(answer)) == ["body", "maxAttempts", "notes", "scheduledAt"]
        html = answer.content.decode()
        assert 'value="soonish"' in html
        assert 'value="The plans"' in html
        assert 'value="99"' in html
        assert "n" * 501 in html
        assert 'value="email" data-attempts="3" selected' in html
        assert f'value="{home.agent.public_id}" selected' in html
        assert 'value="high" selected' in html
        assert 'name="allowOutOfWindow" checked' in html


class TestForeseen:
    def test_it_says_the_time_for_both_where_they_differ(self, home: cast.House, tom: Client) -> None:
        home.contact.edit({"timeZone": "Europe/Madrid"})
        said = foreseen(tom, home, type="email", scheduledAt=typed(at(9)))
        assert re.match(r"\w+ \d+ \w+, 15:00 for Sarah · 09:00 for you ", said)

    def test_of_a_contact_who_may_be_in_several_zones_it_says_so(self, home: cast.House, tom: Client) -> None:
        home.contact.zones = ["America/New_York", "America/Chicago"]
        home.contact.save()
        assert "15:00 or 14:00 in Chicago" in foreseen(tom, home).replace(" ,", "").replace(",", "")

    def test_inside_the_hours_it_would_go_then(self, home: cast.House, tom: Client) -> None:
        home.organization.default_agent = home.agent
        assert "Would go then" in foreseen(tom, home, scheduledAt=typed(_weekday(15)))

    def test_outside_the_hours_it_waits_and_says_whose_rule_until_when_and_where(
        self, home: cast.House, tom: Client
    ) -> None:
        said = foreseen(tom, home, scheduledAt=typed(_weekday(3)))
        assert re.search(r"Waits until \w+ \d+ \w+, \d\d:00 in New York: .*outside calling hours", said)

    def test_the_law_is_cited(self, home: cast.House, tom: Client) -> None:
        contact = home.contact
        contact.edit({"region": "FL", "phone": "+13055550199", "timeZone": "America/New_York"})
        said = foreseen(tom, home, scheduledAt=typed(_weekday(20)))
        assert "Fla. Stat." in said

    def test_with_the_override_it_would_go(self, home: cast.House, tom: Client) -> None:
        assert "Would go then" in foreseen(tom, home, scheduledAt=typed(_weekday(3)), allowOutOfWindow="on")

    def test_the_type_matters(self, home: cast.House, tom: Client) -> None:
        night = typed(_weekday(3))
        assert "Waits until" in foreseen(tom, home, scheduledAt=night)
        assert "Would be stopped: The contact has not agreed to SMS messages." in foreseen(
            tom, home, type="sms", scheduledAt=night
        )
        assert "Would go then" in foreseen(tom, home, type="webhook", url="https://h.example.com", scheduledAt=night)

    def test_the_agents_hours_matter(self, home: cast.House, tom: Client) -> None:
        early = Agent.objects.create(
            organization=home.organization, name="Early", hours={day: [["09:00", "10:00"]] for day in WEEK}
        )
        afternoon = typed(_weekday(15))
        assert "Would go then" in foreseen(tom, home, scheduledAt=afternoon)
        assert "The hours of Early" in foreseen(tom, home, scheduledAt=afternoon, agentId=early.public_id)

    def test_on_the_do_not_call_list_it_would_be_stopped(self, home: cast.House, tom: Client) -> None:
        suppression.do_not_call(home.organization, phone=home.contact.phone, source="member", by=None)
        assert "Would be stopped: On the do-not-call list" in foreseen(tom, home)

    def test_what_is_wrong_with_the_time_or_the_override_is_said_and_nothing_foretold(
        self, home: cast.House, tom: Client
    ) -> None:
        Organization.objects.filter(pk=home.organization.pk).update(override_policy="nobody")
        passed = foreseen(tom, home, scheduledAt=typed(at(15, days=-1)))
        assert passed.endswith("has passed. Name a day to come.")
        refused = foreseen(tom, home, allowOutOfWindow="on")
        assert refused.endswith("In Brightwater Homes nobody may allow this outside the calling window.")
        assert "Would" not in passed + refused

    def test_a_message_that_is_still_to_be_written_is_no_reproach(self, home: cast.House, tom: Client) -> None:
        suppression.opt_in(home.contact.pk, ["sms"], suppression.Evidence("member"))
        said = foreseen(tom, home, type="sms", body="", scheduledAt=typed(_weekday(15)))
        assert "Would go then" in said
        assert "Write" not in said

    def test_segments_are_counted_as_one_types(self, home: cast.House, tom: Client) -> None:
        plain = foreseen(tom, home, type="sms", body="a" * 161)
        assert "161 of 306 characters, 2 segments." in plain
        curly = foreseen(tom, home, type="sms", body="It’s")
        assert "4 of 70 characters, 1 segment. “’” makes it 70 to a segment instead of 160." in curly
        assert "segment" not in foreseen(tom, home, type="email", body="a")

    def test_the_preview_is_what_the_contact_reads(self, home: cast.House, tom: Client) -> None:
        said = {"type": "whatsapp", "templateId": home.template.public_id, "parameters.name": "<b>Sarah</b>"}
        assert "Preview Hi <b>Sarah</b>, your viewing is on {{day}}." in foreseen(tom, home, **said)

    def test_it_costs_a_bounded_number_of_queries(
        self, home: cast.House, tom: Client, django_assert_max_num_queries: Any
    ) -> None:
        said = form(type="whatsapp", templateId=home.template.public_id, agentId=home.agent.public_id)
        with django_assert_max_num_queries(18):
            tom.post(address(home, "foreseen"), said, headers=HTMX)


class TestParameters:
    def test_the_chosen_template_asks_for_its_own_and_what_was_typed_stays(self, home: cast.House, tom: Client) -> None:
        answer = tom.get(
            address(home, "parameters"), {"templateId": home.template.public_id, "parameters.name": "Sarah"}
        )
        html = answer.content.decode()
        assert re.findall(r'name="(parameters\.\w+)" value="(\w*)"', html) == [
            ("parameters.name", "Sarah"),
            ("parameters.day", ""),
        ]

    def test_without_a_template_nothing_is_asked(self, home: cast.House, tom: Client) -> None:
        assert "<input" not in tom.get(address(home, "parameters"), {"templateId": ""}).content.decode()


WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _weekday(hour: int) -> datetime:
    """That hour in New York on the first Wednesday that is two days off or more."""
    return next(moment for days in range(2, 10) if (moment := at(hour, days=days)).weekday() == 2)


def test_instants_are_kept_in_utc(home: cast.House, tom: Client) -> None:
    moment = at(15)
    post(tom, home, scheduledAt=typed(moment))
    assert the_one().scheduled_at == moment.astimezone(UTC)
