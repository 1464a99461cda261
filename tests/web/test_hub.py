"""The hub and the dashboard's panel over HTTP: each sentence of their product page, and who may do what to whom."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from relance.models import Activity, Call, Contact, FollowUp, clock, due, suppression, touches
from tests import cast
from tests.web.follow_ups import HTMX, text, visitor

PATH = "/follow-ups"
DAY = timedelta(days=1)
REASON = {0: "Follow-up due today", 1: "Follow-up overdue by 1 day", 4: "Follow-up overdue by 4 days"}


@pytest.fixture
def tom(home: cast.House) -> Client:
    return visitor(home.worker)


@pytest.fixture
def today(home: cast.House) -> date:
    return due.today_of(home.worker)


def owed(home: cast.House, name: str, days: int | None = 0, quality: str = "", **fields: Any) -> Contact:
    """A contact of Tom's who was due so many days ago."""
    contact = cast.contact(home.organization, name, fields.pop("by", home.worker))
    day = None if days is None else due.today_of(home.worker) - days * DAY
    Contact.objects.filter(pk=contact.pk).update(next_follow_up_date=day, lead_quality=quality, **fields)
    contact.refresh_from_db()
    return contact


def rows(client: Client, path: str = PATH) -> dict[str, str]:
    """Each row's HTML by the contact's name, in their order."""
    html = client.get(path).content.decode()
    found = re.findall(r'<li id="person_\d+" data-row.*?</li>', html, re.DOTALL)
    return {text(re.findall(r"<a data-open.*?</a>", row, re.DOTALL)[0]): row for row in found}


def tabs(client: Client, query: str = "") -> dict[str, int]:
    html = client.get(PATH + query).content.decode()
    listed = re.findall(r'<nav class="tabs".*?</nav>', html, re.DOTALL)[0]
    return {name: int(number) for name, number in re.findall(r"(All|Overdue|Due today|Hot) (\d+)", text(listed))}


def press(client: Client, what: str, *contacts: Contact | str, **also: str) -> Any:
    """Press a button of the bulk bar with these selected."""
    ids = [contact if isinstance(contact, str) else contact.public_id for contact in contacts]
    path, _, query = what.partition("?")
    return client.post(f"{PATH}/{path}?{query}", {"ids": ids} | also, headers=HTMX)


def told(answer: Any, event: str = "relance:done") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.headers["HX-Trigger"])[event]
    return found


def day_of(contact: Contact) -> date | None:
    return Contact.objects.get(pk=contact.pk).next_follow_up_date


class TestTheHub:
    def test_it_has_every_contact_whose_next_follow_up_date_is_today_or_overdue(
        self, home: cast.House, tom: Client
    ) -> None:
        for name, days in {"Today": 0, "Overdue": 3, "Tomorrow": -1, "Without": None}.items():
            owed(home, name, days)
        assert list(rows(tom)) == ["Overdue", "Today"]

    def test_it_has_contacts_that_are_assigned_to_you_and_no_others(self, home: cast.House, tom: Client) -> None:
        owed(home, "Mine")
        owed(home, "Priya's", by=home.colleague)
        assert list(rows(tom)) == ["Mine"]
        assert rows(visitor(home.admin)) == rows(visitor(home.admin), "/") == {}

    def test_the_panel_is_a_peek_of_up_to_ten_and_the_hub_the_backlog_of_up_to_200(
        self, home: cast.House, tom: Client
    ) -> None:
        made = cast.contact(home.organization, "Contact", home.worker)
        for number in range(202):
            Contact.objects.filter(pk=made.pk).update(name=f"Contact {number}", next_follow_up_date="2026-01-05")
            made = cast.contact(home.organization, "Contact", home.worker)
        assert len(rows(tom, "/")) == 10
        assert "All 202" in text(tom.get("/").content.decode())
        assert len(rows(tom)) == 200
        assert "The first 200 of 202. The other 2 come up as these are cleared." in text(tom.get(PATH).content.decode())

    def test_one_goes_from_the_panels_header_to_the_hub_and_by_its_dashboard_link_back(
        self, home: cast.House, tom: Client
    ) -> None:
        panel = tom.get("/").content.decode().split('id="owed-panel"')[1]
        assert re.search(r'<header.*?<a [^>]*href="/follow-ups"', panel, re.DOTALL)
        head = tom.get(PATH).content.decode().split('class="page-head"')[1].split("</header>")[0]
        assert re.search(r'<a [^>]*href="/"[^>]*>.*?Dashboard</a>', head)

    def test_due_and_scheduled_are_its_two_views(self, home: cast.House, tom: Client) -> None:
        owed(home, "Ana")
        for path, current in ((PATH, "Due"), ("/follow-ups/scheduled", "Scheduled")):
            views = tom.get(path).content.decode().split('id="follow-up-views"')[1].split("</nav>")[0]
            assert re.findall(r'aria-current="page">(\w+)', views) == [current]
            assert {'href="/follow-ups"', 'href="/follow-ups/scheduled"'} <= set(re.findall(r'href="[^"]+"', views))
        assert text(tom.get(f"{PATH}/switch").content.decode()) == "Due 1 Scheduled 0"

    def test_the_sidebars_entry_leads_to_it(self, tom: Client) -> None:
        entry = re.findall(r'<a href="/follow-ups"[^>]*data-key="f"[^>]*>', tom.get(PATH).content.decode())
        assert entry
        assert 'aria-current="page"' in entry[0]


class TestTheRow:
    def test_the_panel_and_the_hub_use_the_same_row(self, home: cast.House, tom: Client) -> None:
        owed(home, "Ana Ruiz", 4, "HOT")
        in_hub = re.sub(r"<label.*?</label>", "", rows(tom)["Ana Ruiz"])
        assert in_hub == rows(tom, "/")["Ana Ruiz"]

    def test_it_shows_initials_name_reason_quality_snooze_mark_done_and_more(
        self, home: cast.House, tom: Client
    ) -> None:
        contact = owed(home, "Ana Ruiz", 4, "WARM")
        row = rows(tom)["Ana Ruiz"]
        assert text(row) == "AR Ana Ruiz Follow-up overdue by 4 days Warm Snooze Mark done"
        assert f'href="/contacts/{contact.public_id}"' in row
        assert f'href="/contacts/{contact.public_id}/due/more"' in row

    @pytest.mark.parametrize("days", REASON)
    def test_the_reason_is_follow_up_due_today_or_overdue_by_so_many_days(
        self, home: cast.House, tom: Client, days: int
    ) -> None:
        owed(home, "Ana", days)
        assert REASON[days] in text(rows(tom)["Ana"])

    @pytest.mark.parametrize(
        ("value", "word"), [("HOT", "Hot"), ("WARM", "Warm"), ("COLD", "Cold"), ("NURTURE", "Nurture")]
    )
    def test_the_chip_is_the_lead_quality_of_the_contact(
        self, home: cast.House, tom: Client, value: str, word: str
    ) -> None:
        owed(home, "Ana", 0, value)
        assert re.search(rf'<span class="chip quality-{value.lower()}">.*?{word}</span>', rows(tom)["Ana"])

    def test_a_flame_says_hot_regardless_of_when_it_is_due_and_the_border_says_overdue(
        self, home: cast.House, tom: Client
    ) -> None:
        owed(home, "Both", 2, "HOT")
        owed(home, "Hot", 0, "HOT")
        owed(home, "Overdue", 2, "COLD")
        owed(home, "Neither", 0, "COLD")
        signals = {name: ("Hot lead" in row, 'groups="overdue' in row) for name, row in rows(tom).items()}
        assert signals == {
            "Both": (True, True), "Hot": (True, False), "Overdue": (False, True), "Neither": (False, False)
        }  # fmt: skip

    def test_hot_and_overdue_come_first_then_hot_then_overdue_then_everything_else(
        self, home: cast.House, tom: Client
    ) -> None:
        for name, days, quality in (
            ("Rest", 0, "COLD"), ("Overdue", 9, "WARM"), ("Hot", 0, "HOT"), ("Both", 1, "HOT"), ("Longest", 12, "")
        ):  # fmt: skip
            owed(home, name, days, quality)
        assert list(rows(tom)) == list(rows(tom, "/")) == ["Both", "Hot", "Longest", "Overdue", "Rest"]

    def test_names_are_shown_as_text(self, home: cast.House, tom: Client) -> None:
        owed(home, "<b>Bobby</b> \u202e" + "x" * 200)
        assert "<b>Bobby" not in tom.get(PATH).content.decode()
        assert press(tom, "done", Contact.objects.get(name__startswith="<b>")).status_code == 204


class TestTabs:
    @pytest.fixture(autouse=True)
    def four(self, home: cast.House) -> None:
        owed(home, "Overdue", 3, "COLD")
        owed(home, "Today", 0, "WARM")
        owed(home, "Hot", 0, "HOT")
        owed(home, "Both", 1, "HOT")

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("", ["Both", "Hot", "Overdue", "Today"]),
            ("?tab=overdue", ["Both", "Overdue"]),
            ("?tab=today", ["Hot", "Today"]),
            ("?tab=hot", ["Both", "Hot"]),
            ("?tab=nonsense", ["Both", "Hot", "Overdue", "Today"]),
        ],
    )
    def test_each_of_the_four_shows_what_its_name_says(self, tom: Client, query: str, names: list[str]) -> None:
        assert list(rows(tom, PATH + query)) == names

    @pytest.mark.parametrize("query", ["", "?tab=hot"])
    def test_each_has_its_count_whichever_is_shown(self, tom: Client, query: str) -> None:
        assert tabs(tom, query) == {"All": 4, "Overdue": 2, "Due today": 2, "Hot": 2}

    def test_counts_update_as_you_mark_contacts_done_or_snooze_them(self, tom: Client) -> None:
        press(tom, "done", Contact.objects.get(name="Both"))
        press(tom, "snooze", Contact.objects.get(name="Today"))
        assert tabs(tom) == {"All": 2, "Overdue": 1, "Due today": 1, "Hot": 1}

    def test_one_that_is_empty_while_others_are_not_says_so_in_its_own_words(self, tom: Client) -> None:
        press(tom, "done", *Contact.objects.filter(name__in=["Overdue", "Both"]))
        said = text(tom.get(f"{PATH}?tab=overdue").content.decode())
        assert "Nothing is overdue" in said
        assert "2 other follow-ups are waiting for you" in said
        assert "All caught up" not in said

    @pytest.mark.parametrize("part", ["owed-tabs", "owed-rows"])
    def test_what_renews_itself_comes_as_it_stands_in_the_page(self, tom: Client, part: str) -> None:
        alone = tom.get(f"{PATH}?tab=hot", headers=HTMX | {"X-Live": part}).content.decode().strip()
        page = tom.get(f"{PATH}?tab=hot").content.decode()
        assert alone[alone.index("<nav" if part == "owed-tabs" else "<ul") :] in page


class TestActing:
    def test_snooze_pushes_the_follow_up_out_by_three_days(self, home: cast.House, tom: Client, today: date) -> None:
        late, now = owed(home, "Late", 5), owed(home, "Now")
        press(tom, "snooze", late, now)
        assert day_of(late) == day_of(now) == today + 3 * DAY
        assert rows(tom) == {}

    @pytest.mark.parametrize(("span", "days"), [("day", 1), ("week", 7), ("two-weeks", 14), ("nonsense", 3)])
    def test_other_spans_are_in_the_menu(
        self, home: cast.House, tom: Client, today: date, span: str, days: int
    ) -> None:
        contact = owed(home, "Ana", 2)
        assert told(press(tom, f"snooze?span={span}", contact))["said"].startswith("Ana snoozed until ")
        assert day_of(contact) == today + days * DAY

    def test_a_month_leads_to_the_same_day_of_the_next(self, home: cast.House, tom: Client, today: date) -> None:
        contact = owed(home, "Ana", 2)
        press(tom, "snooze?span=month", contact)
        day = day_of(contact)
        assert day
        assert 28 * DAY <= day - today <= 31 * DAY

    def test_mark_done_clears_the_date_and_logs_the_activity(self, home: cast.House, tom: Client) -> None:
        contact = owed(home, "Ana", 2)
        assert told(press(tom, "done", contact))["said"] == "Ana marked done."
        assert day_of(contact) is None
        assert Activity.objects.get(contact=contact).kind == "followUpDone"

    def test_on_a_cadence_the_next_day_is_set_and_said(self, home: cast.House, tom: Client, today: date) -> None:
        contact = owed(home, "Ana", 2, cadence_days=1)
        assert told(press(tom, "done", contact))["said"] == "Ana marked done. Due again tomorrow."
        assert day_of(contact) == today + DAY

    def test_many_are_acted_on_at_once_and_taken_back_at_once(self, home: cast.House, tom: Client) -> None:
        many = [owed(home, f"Contact {number}", number) for number in range(5)]
        answer = told(press(tom, "done", *many))
        assert answer["said"] == "5 contacts marked done."
        assert answer["changed"] == "contact"
        assert rows(tom) == {}
        assert told(tom.post(answer["undo"], headers=HTMX))["said"] == "Brought back."
        assert len(rows(tom)) == 5
        assert not Activity.objects.exists()

    def test_bulk_actions_ignore_ids_you_have_no_assignment_for(self, home: cast.House, tom: Client) -> None:
        mine, others = owed(home, "Mine"), owed(home, "Priya's", by=home.colleague)
        answer = told(press(tom, "done", mine, others, "person_999999", "nonsense"))
        assert answer["said"] == "Mine marked done."
        assert day_of(others) is not None

    @pytest.mark.parametrize("what", ["done", "snooze"])
    def test_where_none_is_assigned_to_you_there_is_nothing(self, home: cast.House, what: str) -> None:
        others = owed(home, "Priya's", by=home.colleague)
        for member in (home.worker, home.admin):
            assert press(visitor(member), what, others).status_code == 404
        assert day_of(others) is not None

    def test_what_somebody_else_did_meanwhile_is_neither_done_twice_nor_counted(
        self, home: cast.House, tom: Client, today: date
    ) -> None:
        both, mine = owed(home, "Both", 2, cadence_days=7), owed(home, "Mine")
        both.assign([home.worker, home.colleague])
        touches.done(home.colleague, [both.pk])
        answer = told(press(tom, "done", both, mine))
        assert answer["said"] == "Mine marked done. 1 was no longer due."
        assert day_of(both) == today + 7 * DAY
        assert Activity.objects.filter(contact=both).count() == 1
        alone = told(press(tom, "done", both))
        assert alone == {"said": "This was no longer due.", "changed": "contact", "undo": ""}

    def test_the_pressed_rows_button_acts_on_it_alone(self, home: cast.House, tom: Client) -> None:
        one, ticked = owed(home, "One"), owed(home, "Ticked")
        press(tom, "done", ticked, one=one.public_id)
        assert list(rows(tom)) == ["Ticked"]

    @pytest.mark.parametrize(
        ("at", "to"), [("hot", "/follow-ups?tab=hot"), ("dashboard", "/"), ("//evil.example", PATH)]
    )
    def test_without_scripts_the_form_posts_and_comes_back(
        self, home: cast.House, tom: Client, at: str, to: str
    ) -> None:
        answer = tom.post(f"{PATH}/done", {"one": owed(home, "Ana").public_id, "at": at})
        assert (answer.status_code, answer.headers["Location"]) == (302, to)
        assert rows(tom) == {}
        assert tom.post(f"{PATH}/done", {"at": at}).headers["Location"] == to

    def test_only_who_has_signed_in_and_sends_the_forms_token_acts(self, home: cast.House) -> None:
        contact = owed(home, "Ana")
        assert press(visitor(), "done", contact).headers["HX-Redirect"].startswith("/sign-in")
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(home.worker)
        assert press(strict, "done", contact).status_code == 403
        assert day_of(contact) is not None


class TestUntil:
    def test_one_is_put_off_until_a_day(self, home: cast.House, tom: Client, today: date) -> None:
        contact, wanted = owed(home, "Ana", 6), today + 45 * DAY
        page = f"/contacts/{contact.public_id}/due/until"
        assert "Snooze Ana" in text(tom.get(page).content.decode())
        answer = told(tom.post(page, {"until": wanted.isoformat()}, headers=HTMX))
        assert answer["said"].startswith("Ana snoozed until ")
        assert day_of(contact) == wanted

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("", "Choose a day."),
            ("31.12.", "Choose a day."),
            ("2020-01-01", "Choose a day after today."),
            ("9999-12-31", "This is more than two years ahead. Choose an earlier day."),
        ],
    )
    def test_what_is_no_such_day_is_said_at_the_field(
        self, home: cast.House, tom: Client, typed: str, said: str
    ) -> None:
        contact = owed(home, "Ana", 6)
        answer = tom.post(f"/contacts/{contact.public_id}/due/until", {"until": typed}, headers=HTMX)
        assert answer.status_code == 422
        assert said in text(answer.content.decode())
        assert 'aria-describedby="error-until"' in answer.content.decode()
        assert day_of(contact) == due.today_of(home.worker) - 6 * DAY


class TestMore:
    def test_the_menu_has_other_spans_a_call_quality_assignment_and_opens(self, home: cast.House, tom: Client) -> None:
        contact = owed(home, "Ana", 1, "COLD")
        at = f"/contacts/{contact.public_id}"
        html = tom.get(f"{at}/due/more", headers=HTMX).content.decode()
        said = text(html)
        for words in ("1 day", "1 week", "2 weeks", "1 month", "Until a date…", "Call tomorrow 10:00", "Assign…",
                      "Schedule a follow-up…", "Hot", "Warm", "Nurture", "Open"):  # fmt: skip
            assert words in said
        assert re.search(r'value="" aria-pressed="true"[^>]*>Cold', html)
        assert {f"{at}/due/until", f"{at}/follow-ups/new", f"{at}/assignees", at} == set(
            re.findall(r'href="(/contacts[^"]*)"', html)
        )
        assert "<html" not in html

    def test_without_scripts_it_is_a_page_whose_buttons_post(self, home: cast.House, tom: Client) -> None:
        contact = owed(home, "Ana", 1, "COLD")
        html = tom.get(f"/contacts/{contact.public_id}/due/more").content.decode()
        assert '<form id="owed"' in html
        assert "<h1" in html

    @pytest.mark.parametrize("what", ["more", "until", "call-tomorrow"])
    def test_of_others_contacts_there_is_none(self, home: cast.House, elsewhere: cast.House, what: str) -> None:
        page = f"/contacts/{home.contact.public_id}/due/{what}"
        for member in (home.colleague, home.admin, elsewhere.admin):
            for method in ("get", "post"):
                answer = getattr(visitor(member), method)(page)
                assert answer.status_code in ({404} if method == "get" or what != "more" else {404, 405})
        assert visitor().get(page).headers["Location"].startswith("/sign-in")
        assert not FollowUp.objects.exists()

    def test_whoever_gives_a_contact_away_stays_in_the_hub(self, home: cast.House, tom: Client) -> None:
        here = {"HX-Current-URL": "http://testserver/follow-ups"}
        given = {"assignees": home.colleague.public_id, "assigns": "1"}
        answer = tom.post(f"/contacts/{home.contact.public_id}/assignees", given, headers=HTMX | here)
        assert told(answer)["changed"] == "contact"


class TestCallTomorrow:
    def call(self, client: Client, contact: Contact) -> Any:
        return client.post(f"/contacts/{contact.public_id}/due/call-tomorrow", headers=HTMX)

    def test_a_call_is_scheduled_for_ten_oclock_where_the_contact_is(self, home: cast.House, tom: Client) -> None:
        contact = owed(
            home, "Keola Kahale", time_zone="Pacific/Honolulu", zones=["Pacific/Honolulu"], phone="+18085550112"
        )
        answer = told(self.call(tom, contact))
        made = FollowUp.objects.get()
        there = made.scheduled_at.astimezone(ZoneInfo("Pacific/Honolulu"))
        tomorrow = clock.now().astimezone(ZoneInfo("Pacific/Honolulu")).date() + DAY
        assert (made.type, made.contact, made.created_by) == ("call", contact, home.worker)
        assert (there.date(), there.hour, there.minute) == (tomorrow, 10, 0)
        assert answer["said"].startswith("Call to Keola Kahale scheduled for ")
        assert ", 10:00 in Honolulu." in answer["said"]
        assert day_of(contact) == due.today_of(home.worker)

    def test_undo_cancels_it(self, home: cast.House, tom: Client) -> None:
        answer = told(self.call(tom, home.contact))
        assert told(tom.post(answer["undo"], headers=HTMX))["said"] == "Cancelled."
        assert FollowUp.objects.get().status == "cancelled"

    def test_what_a_gate_would_refuse_is_not_scheduled_and_it_says_why(self, home: cast.House, tom: Client) -> None:
        suppression.do_not_call(home.organization, phone=home.contact.phone, source="member", by=None)
        answer = told(self.call(tom, home.contact), "relance:said")
        assert answer["said"].startswith("Not scheduled. ")
        assert "do-not-call" in answer["said"]
        assert answer["bad"]
        assert not FollowUp.objects.exists()

    def test_what_will_wait_says_until_when(self, home: cast.House, tom: Client) -> None:
        home.organization.hours = {"mon": [["12:00", "13:00"]]}
        home.organization.save()
        said = told(self.call(tom, home.contact))["said"]
        assert "Waits until Mon " in said
        assert FollowUp.objects.count() == 1

    def test_without_scripts_it_leads_to_the_contact(self, home: cast.House, tom: Client) -> None:
        page = f"/contacts/{home.contact.public_id}"
        assert tom.post(f"{page}/due/call-tomorrow").headers["Location"] == page
        assert tom.get(f"{page}/due/call-tomorrow").headers["Location"] == page
        assert FollowUp.objects.count() == 1
        assert not Call.objects.exists()


class TestEmpty:
    def test_the_hub_says_all_caught_up_and_leads_to_contacts(self, tom: Client) -> None:
        html = tom.get(PATH).content.decode()
        assert "All caught up" in text(html)
        assert re.search(r'<a [^>]*href="/contacts">Go to contacts</a>', html)

    def test_the_panel_collapses_to_the_like(self, tom: Client) -> None:
        panel = tom.get(f"{PATH}/panel").content.decode()
        assert "All caught up" in text(panel)
        assert re.search(r'<a [^>]*href="/contacts">Go to contacts</a>', panel)


class TestTheMembersDay:
    @pytest.fixture
    def four_in_the_afternoon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """In Vancouver; in New York it is seven, in Madrid already the next day."""
        at = datetime(2026, 11, 24, 16, tzinfo=ZoneInfo("America/Vancouver")).astimezone(UTC)
        monkeypatch.setattr(clock, "now", lambda: at)

    @pytest.mark.usefixtures("four_in_the_afternoon")
    def test_nothing_of_that_day_is_overdue_in_vancouver_and_in_madrid_it_is(self, home: cast.House) -> None:
        there, ahead = home.worker, home.colleague
        for member, zone in ((there, "America/Vancouver"), (ahead, "Europe/Madrid")):
            type(member).objects.filter(pk=member.pk).update(time_zone=zone)
        contact = cast.contact(home.organization, "Ana", there, ahead)
        Contact.objects.filter(pk=contact.pk).update(next_follow_up_date="2026-11-24")
        assert REASON[0] in text(rows(visitor(there))["Ana"])
        assert tabs(visitor(there))["Overdue"] == 0
        assert REASON[1] in text(rows(visitor(ahead))["Ana"])
        assert tabs(visitor(ahead))["Due today"] == 0


class TestQueries:
    @pytest.mark.parametrize("path", [PATH, f"{PATH}?tab=hot", f"{PATH}/panel", "/"])
    def test_a_list_asks_as_much_for_two_hundred_as_for_one(self, home: cast.House, tom: Client, path: str) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert tom.get(path).status_code == 200
            return len(queries)

        owed(home, "First", 1, "HOT")
        tom.get(path)
        few = asked()
        for number in range(12):
            owed(home, f"Contact {number}", 1, "HOT")
        assert asked() in (few, few + 1), "one more counts those beyond the panel"

    def test_acting_asks_as_much_for_many_as_for_one(self, home: cast.House, tom: Client) -> None:
        def asked(many: int) -> int:
            contacts = [owed(home, f"Contact {number}", 1) for number in range(many)]
            with CaptureQueriesContext(connection) as queries:
                assert press(tom, "done", *contacts).status_code == 204
            return len(queries)

        asked(1)
        assert asked(1) == asked(20)


def test_the_sidebar_alone_is_that_of_the_page(home: cast.House, tom: Client) -> None:
    owed(home, "Ana")
    alone = tom.get("/places", {"at": "/contacts"}).content.decode()
    assert alone.strip() in tom.get("/contacts").content.decode()
    assert 'href="/contacts" aria-current="page"' in alone
