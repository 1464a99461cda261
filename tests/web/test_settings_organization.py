"""The organization page: what is typed is what is kept, and what cannot be is told at its field."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

import pytest
from django.test import Client

from relance.models import Organization
from relance.web import hours
from tests import cast
from tests.web.accounts import HTMX, send, signed_in, text
from tests.web.follow_ups import visitor

PATH = "/settings/organization"
WEEK = {f"hours.{day}": "09:00–13:00, 14:00–18:00" for day in ("mon", "tue", "wed", "thu", "fri")}
SAID = {
    "name": "Brightwater",
    "timeZone": "America/Chicago",
    "country": "US",
    "region": "illinois",
    **WEEK,
    "observePublicHolidays": "on",
    "closedDay": ["2026-12-24", "2026-12-31", ""],
    "closedName": ["Christmas Eve", "", ""],
    "overridePolicy": "admins",
    "callsPerDay": "2",
    "frequencyPresets": ["us-debt-collection"],
    "leadDaysLeast": "3",
    "leadDaysMost": "60",
    "requiresSecondFactor": "on",
}
SHOWN = SAID | {"region": "IL", "closedName": ["Christmas Eve", "Closed", ""]}
"""The same as the form writes it once it is kept."""


@pytest.fixture
def maya(home: cast.House) -> Client:
    """The admin, signed in a moment ago."""
    return signed_in(home.admin)


def kept(home: cast.House) -> Organization:
    return Organization.objects.get(pk=home.organization.pk)


class TestTheForm:
    def test_all_that_is_typed_is_kept(self, home: cast.House, maya: Client) -> None:
        agent = home.agent.public_id
        answer = send(maya, PATH, HTMX, **SAID, defaultAgentId=agent)
        assert answer.status_code == 200
        assert json.loads(answer.headers["HX-Trigger"])["relance:said"]["said"] == "The settings are saved."
        now = kept(home)
        assert (now.name, now.time_zone, now.country, now.region) == ("Brightwater", "America/Chicago", "US", "IL")
        assert now.hours["mon"] == [["09:00", "13:00"], ["14:00", "18:00"]]
        assert "sat" not in now.hours
        assert now.closed_days == {"2026-12-24": "Christmas Eve", "2026-12-31": "Closed"}
        assert (now.override_policy, now.calls_per_day, now.default_agent) == ("admins", 2, home.agent)
        assert (now.frequency_presets, now.lead_days_least, now.lead_days_most) == (["us-debt-collection"], 3, 60)
        assert now.observe_public_holidays
        assert now.requires_second_factor

    def test_what_is_kept_stands_in_the_form_and_sending_it_changes_nothing(
        self, home: cast.House, maya: Client
    ) -> None:
        send(maya, PATH, **SAID)
        page = maya.get(f"{PATH}?saved")
        assert "The settings are saved." in text(page)
        before = Organization.objects.values().get(pk=home.organization.pk)
        form = page.context["form"]
        same = {name: value for name, value in form.items() if isinstance(value, str | int) and value is not False}
        same |= {f"hours.{day.key}": day.text for day in form["hours"]}
        same |= {"closedDay": [day for day, _ in form["closedDays"]], "closedName": [n for _, n in form["closedDays"]]}
        assert send(maya, PATH, HTMX, **same, frequencyPresets=form["frequencyPresets"]).status_code == 200
        assert Organization.objects.values().get(pk=home.organization.pk) == before

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": " "}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"timeZone": "Mars/Olympus"}, "timeZone"),
            ({"timeZone": ""}, "timeZone"),
            ({"country": "XX"}, "country"),
            ({"country": ""}, "country"),
            ({"region": "Atlantis"}, "region"),
            ({"hours.mon": "18:00–09:00"}, "hours"),
            ({"hours.mon": "soon"}, "hours"),
            ({"hours.mon": "25:00–26:00"}, "hours"),
            (dict.fromkeys(WEEK, ""), "hours"),
            ({"closedDay": ["Christmas"], "closedName": ["x"]}, "closedDays"),
            ({"closedDay": [""], "closedName": ["x"]}, "closedDays"),
            ({"closedDay": ["2026-12-24"], "closedName": ["x" * 101]}, "closedDays"),
            ({"overridePolicy": "me"}, "overridePolicy"),
            ({"callsPerDay": "0"}, "callsPerDay"),
            ({"callsPerDay": "many"}, "callsPerDay"),
            ({"callsPerDay": "1e9"}, "callsPerDay"),
            ({"callsPerDay": "٣"}, "callsPerDay"),
            ({"leadDaysLeast": "61"}, "leadDaysLeast"),
            ({"leadDaysMost": "9999"}, "leadDaysMost"),
            ({"frequencyPresets": ["whatever"]}, "frequencyPresets"),
            ({"defaultAgentId": "agent_999999"}, "defaultAgentId"),
        ],
    )
    def test_what_cannot_be_is_told_at_its_field_and_nothing_is_kept(
        self, home: cast.House, maya: Client, wrong: dict[str, Any], field: str
    ) -> None:
        before = Organization.objects.values().get(pk=home.organization.pk)
        answer = send(maya, PATH, HTMX, **(SAID | wrong))
        assert answer.status_code == 422
        page = answer.content.decode()
        assert f'id="error-{field}"' in page
        assert 'name="callsPerDay"' in page
        assert 'value="60"' in page or field == "leadDaysMost"
        assert Organization.objects.values().get(pk=home.organization.pk) == before

    def test_control_characters_do_no_harm(self, home: cast.House, maya: Client) -> None:
        assert send(maya, PATH, HTMX, **(SAID | {"name": "Bright\0water"})).status_code == 200
        assert kept(home).name == "Brightwater"

    def test_another_organizations_agent_is_none_of_the_list(
        self, home: cast.House, elsewhere: cast.House, maya: Client
    ) -> None:
        answer = send(maya, PATH, HTMX, **(SAID | {"defaultAgentId": elsewhere.agent.public_id}))
        assert answer.status_code == 422
        assert elsewhere.agent.name not in text(maya.get(PATH))

    def test_another_zone_moves_those_of_whom_nothing_tells_where_they_are(
        self, home: cast.House, maya: Client
    ) -> None:
        nowhere = cast.contact(home.organization, "Nowhere", email="nowhere@example.com")
        assert nowhere.zones == ["America/New_York"]
        send(maya, PATH, HTMX, **SAID)
        nowhere.refresh_from_db()
        home.contact.refresh_from_db()
        assert nowhere.zones == ["America/Chicago"]
        assert "America/Chicago" in nowhere.zone_evidence
        assert home.contact.zones == ["America/New_York"]


def was(page: Any) -> str:
    """What the form says that it said when it was shown."""
    return unescape(page.content.decode().partition('name="was" value="')[2].partition('"')[0])


class TestTwoAtOnce:
    """Each changes what they changed, and nothing else."""

    @pytest.fixture
    def shown(self, home: cast.House, maya: Client) -> str:
        """The form as both have it before them, filled in as `SHOWN`."""
        send(maya, PATH, HTMX, **SHOWN)
        return was(maya.get(PATH))

    def test_the_second_leaves_what_the_first_changed(self, home: cast.House, maya: Client, shown: str) -> None:
        first = SHOWN | {"callsPerDay": "7", "hours.mon": "", "frequencyPresets": [], "closedDay": [], "closedName": []}
        send(maya, PATH, HTMX, **first, was=shown)
        send(maya, PATH, HTMX, **(SHOWN | {"name": "Bright Homes"}), was=shown)
        now = kept(home)
        assert (now.name, now.calls_per_day, now.frequency_presets, now.closed_days) == ("Bright Homes", 7, [], {})
        assert "mon" not in now.hours

    def test_boxes_and_the_address_are_no_different(self, home: cast.House, maya: Client, shown: str) -> None:
        unticked = {name: value for name, value in SHOWN.items() if name != "requiresSecondFactor"}
        send(maya, PATH, HTMX, **unticked, was=shown)
        send(maya, PATH, HTMX, **(SHOWN | {"country": "ES", "region": "madrid"}), was=shown)
        now = kept(home)
        assert (now.requires_second_factor, now.country, now.region) == (False, "ES", "MADRID")

    def test_a_region_is_judged_by_its_country_whichever_was_changed(self, home: cast.House, maya: Client) -> None:
        abroad = SHOWN | {"country": "ES", "region": "Atlantis"}
        send(maya, PATH, HTMX, **abroad)
        answer = send(maya, PATH, HTMX, **(abroad | {"country": "US"}), was=was(maya.get(PATH)))
        assert answer.status_code == 422
        assert 'id="error-region"' in answer.content.decode()

    def test_what_was_refused_remembers_how_it_was_shown(self, home: cast.House, maya: Client, shown: str) -> None:
        answer = send(maya, PATH, HTMX, **(SHOWN | {"callsPerDay": "0"}), was=shown)
        assert json.loads(was(answer)) == json.loads(shown)

    def test_once_saved_the_form_goes_on_from_there(self, home: cast.House, maya: Client, shown: str) -> None:
        saved = send(maya, PATH, HTMX, **(SHOWN | {"name": "Another"}), was=shown)
        send(maya, PATH, HTMX, **SHOWN, was=was(saved))
        assert kept(home).name == "Brightwater"

    @pytest.mark.parametrize("broken", ["", "[1]", "no json", "[" * 10_000])
    def test_a_form_that_does_not_remember_changes_all_that_it_says(
        self, home: cast.House, maya: Client, broken: str
    ) -> None:
        assert send(maya, PATH, HTMX, **SHOWN, was=broken).status_code == 200
        assert kept(home).name == "Brightwater"


class TestWebhooks:
    def test_the_address_is_checked_and_kept(self, home: cast.House, maya: Client) -> None:
        for wrong in ("http://10.0.0.1/", "ftp://hooks.example.com", "hooks"):
            assert send(maya, f"{PATH}/webhook", HTMX, url=wrong).status_code == 422
        assert send(maya, f"{PATH}/webhook", HTMX, url="https://hooks.example.com/r").status_code == 204
        assert "https://hooks.example.com/r" in text(maya.get(PATH))
        send(maya, f"{PATH}/webhook", HTMX, url="")
        assert kept(home).webhook_url == ""

    def test_the_secret_is_shown_when_asked_for(self, home: cast.House, maya: Client) -> None:
        secret = home.organization.webhook_secret
        assert secret not in maya.get(PATH).content.decode()
        assert secret in maya.get(f"{PATH}/secret").content.decode()

    def test_long_after_the_sign_in_the_password_is_asked_for(self, home: cast.House) -> None:
        client, secret = visitor(home.admin), home.organization.webhook_secret
        assert secret not in client.get(f"{PATH}/secret").content.decode()
        assert secret not in client.post(f"{PATH}/secret").content.decode()
        assert client.post(f"{PATH}/rotate").status_code == 422
        assert secret in client.post(f"{PATH}/secret", {"current": cast.PASSWORD}).content.decode()

    def test_a_new_one_leaves_the_one_before_beside_it(self, home: cast.House, maya: Client) -> None:
        secret = home.organization.webhook_secret
        shown = send(maya, f"{PATH}/rotate", HTMX).content.decode()
        now = kept(home)
        assert now.webhook_secret != secret
        assert now.webhook_secret in shown
        assert now.webhook_secret_previous == secret
        assert secret in shown


class TestHoursInWords:
    @pytest.mark.parametrize(
        ("typed", "read"),
        [
            ("09:00–18:00", [["09:00", "18:00"]]),
            ("9-18", [["09:00", "18:00"]]),
            ("9.30 to 13h00; 14:00 — 24:00", [["09:30", "13:00"], ["14:00", "24:00"]]),
            ("9:00-13:00 and 14:00-18:00", [["09:00", "13:00"], ["14:00", "18:00"]]),
        ],
    )
    def test_they_are_read_as_people_write_them(self, typed: str, read: list[list[str]]) -> None:
        assert hours.read([hours.Day("mon", "Monday", typed)]) == {"mon": read}

    @pytest.mark.parametrize("typed", ["", " ", "closed", "Closed", "–"])
    def test_a_day_without_any_is_closed(self, typed: str) -> None:
        assert hours.read([hours.Day("mon", "Monday", typed)]) == {}

    @pytest.mark.parametrize(
        "typed", ["9", "9–", "–18", "09:00–18:00,", "nine to five", "٩–١٨", ", ".join(["1-2"] * 13)]
    )
    def test_anything_else_is_told_by_its_day(self, typed: str) -> None:
        with pytest.raises(hours.Unreadable, match=r"^Monday: write the hours as"):
            hours.read([hours.Day("mon", "Monday", typed)])

    def test_what_is_stored_is_written_and_read_again(self) -> None:
        stored = {"mon": [["09:00", "13:00"], ["14:00", "24:00"]], "sun": [["10:00", "12:00"]]}
        assert hours.read(hours.written(stored)) == stored
