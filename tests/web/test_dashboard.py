"""The dashboard's charts and what needs a person: numbers of the member's own day, and a next step at each row."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from relance.models import FollowUp, clock
from tests import cast
from tests.engine.test_query_counts import counted
from tests.web.follow_ups import HTMX, put, scheduled, text, visitor
from tests.web.phones import element

TODAY, WEEK = "/dashboard/today", "/dashboard/week"
DAY = date(2026, 11, 24)
ENDS = ("completed", "cancelled", "expired", "failed")


@pytest.fixture
def maya(home: cast.House) -> Client:
    return visitor(home.admin)


@pytest.fixture(autouse=True)
def half_past_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """In New York, where Brightwater is; half past eight in the evening in Madrid."""
    it_is(monkeypatch, there("14:30"))


def it_is(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


def there(time: str, days: int = 0, zone: str = "America/New_York") -> datetime:
    """The moment at which a clock in New York shows this time, so many days after the one that it is."""
    local = datetime.combine(DAY + timedelta(days=days), datetime.strptime(time, "%H:%M").time())  # noqa: DTZ007
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def goes(house: cast.House, *moments: datetime, **plan: object) -> None:
    """A follow-up that goes at each of these moments."""
    for at in moments:
        FollowUp.objects.filter(pk=scheduled(house, **plan).pk).update(next_attempt_at=at)


def ends(house: cast.House, status: str, *moments: datetime, **plan: object) -> None:
    """A follow-up that ended so at each of these moments."""
    for at in moments:
        FollowUp.objects.filter(pk=put(scheduled(house, **plan), status).pk).update(finished_at=at)


def part(client: Client, path: str) -> str:
    answer = client.get(path, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def numbers(client: Client, path: str) -> dict[str, tuple[int, ...]]:
    """The rows of a chart's table in which there is something."""
    rows = re.findall(r'<tr><th scope="row">(\d[^<]*|\w{3} \d+ \w{3})</th>(.*?)</tr>', part(client, path))
    found = {name: tuple(map(int, re.findall(r"<td>(\d+)</td>", cells))) for name, cells in rows}
    return {name: counts for name, counts in found.items() if any(counts)}


def said(client: Client, path: str) -> str:
    """The sentence above a chart."""
    found = re.search(r'<p id="\w+-said">(.*?)</p>', part(client, path))
    assert found
    return text(found[1])


class TestWhatGoesOutToday:
    def test_it_counts_by_the_hours_of_the_members_own_day(self, home: cast.House, maya: Client) -> None:
        goes(home, there("14:31"), there("15:00"), there("15:59"), there("23:59"), there("00:00", days=1))
        assert numbers(maya, TODAY) == {"14:00": (0, 1), "15:00": (0, 2), "23:00": (0, 1)}
        home.admin.time_zone = "Europe/Madrid"
        home.admin.save()
        assert numbers(maya, TODAY) == {"20:00": (0, 1), "21:00": (0, 2)}

    def test_what_went_out_stands_beside_what_is_still_to_go(self, home: cast.House, maya: Client) -> None:
        goes(home, there("14:45"))
        ends(home, "completed", there("00:00"), there("14:10"), there("23:59", days=-1))
        ends(home, "failed", there("13:00"))
        assert numbers(maya, TODAY) == {"00:00": (1, 0), "14:00": (1, 1)}

    def test_what_is_late_goes_now(self, home: cast.House, maya: Client) -> None:
        goes(home, there("09:00"), there("14:29"), there("20:00", days=-2))
        assert numbers(maya, TODAY) == {"14:00": (0, 3)}

    @pytest.mark.parametrize(
        ("to_go", "gone_out", "sentence"),
        [
            (["15:00"], [], "1 follow-up still to go today, at 15:00."),
            (["15:00", "15:30"], [], "2 follow-ups still to go today, all at 15:00."),
            (["15:00", "16:10", "16:50"], ["9:00"], "3 follow-ups still to go today, most at 16:00. 1 has gone out."),
            (["15:00", "16:00"], ["9:00", "9:00"], "2 follow-ups still to go today. 2 have gone out."),
            ([], ["9:00"], "Nothing more is to go out today. 1 has gone out."),
        ],
    )
    def test_a_sentence_says_how_many_and_when_most(
        self, home: cast.House, maya: Client, to_go: list[str], gone_out: list[str], sentence: str
    ) -> None:
        goes(home, *map(there, to_go))
        ends(home, "completed", *map(there, gone_out))
        assert said(maya, TODAY) == sentence

    def test_where_nothing_does_it_says_what_would_be_there(self, maya: Client) -> None:
        shown = part(maya, TODAY)
        assert "Nothing is to go out today." in shown
        assert '<svg class="chart' not in shown

    def test_it_reaches_from_now_to_the_organizations_closing(self, home: cast.House, maya: Client) -> None:
        home.organization.hours = {"tue": [["09:00", "12:00"], ["13:00", "18:30"]]}
        home.organization.save()
        goes(home, there("16:00"))
        hours = re.findall(r'<th scope="row">(\d\d):00</th>', part(maya, TODAY))
        assert hours == ["14", "15", "16", "17", "18"]
        goes(home, there("22:00"))
        ends(home, "completed", there("07:30"))
        hours = re.findall(r'<th scope="row">(\d\d):00</th>', part(maya, TODAY))
        assert (hours[0], hours[-1]) == ("07", "22")

    def test_each_hour_leads_to_what_goes_in_it(self, home: cast.House, maya: Client) -> None:
        goes(home, there("15:00"), there("15:59"), there("23:59"))
        goes(home, there("16:00", days=1))
        shown = part(maya, TODAY)
        links = [unescape(link) for link in re.findall(r'<a href="([^"]*)" aria-label', shown)]
        listed = [maya.get(link).content.decode().count("<tr id=") for link in links]
        assert listed == [2, 1]
        [whole] = [unescape(link) for link in re.findall(r'<a class="small" href="([^"]*)"', shown)]
        assert maya.get(whole).content.decode().count("<tr id=") == 3

    def test_an_hour_that_comes_twice_is_one(
        self, home: cast.House, maya: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        it_is(monkeypatch, datetime(2026, 11, 1, 4, 30, tzinfo=UTC))
        first, second = (datetime(2026, 11, 1, hour, 15, tzinfo=UTC) for hour in (5, 6))
        goes(home, first, second)
        assert numbers(maya, TODAY) == {"01:00": (0, 2)}

    def test_what_ended_or_is_under_way_is_not_still_to_go(self, home: cast.House, maya: Client) -> None:
        for status in ("queued", "in_progress", "cancelled", "expired"):
            put(scheduled(home), status)
        assert numbers(maya, TODAY) == {}


class TestHowTheLastDaysWent:
    def test_it_counts_each_end_by_the_members_own_days(self, home: cast.House, maya: Client) -> None:
        ends(home, "completed", there("00:00"), there("14:00"), there("23:59", days=-1))
        ends(home, "failed", there("12:00", days=-6))
        ends(home, "expired", there("00:00", days=-6))
        ends(home, "cancelled", there("12:00", days=-2), there("12:00", days=-2))
        ends(home, "completed", there("23:59", days=-7))
        assert numbers(maya, WEEK) == {
            "Wed 18 Nov": (0, 0, 1, 1),
            "Sun 22 Nov": (0, 2, 0, 0),
            "Mon 23 Nov": (1, 0, 0, 0),
            "Tue 24 Nov": (2, 0, 0, 0),
        }

    def test_a_sentence_says_how_many_and_compares_them_with_the_week_before(
        self, home: cast.House, maya: Client
    ) -> None:
        ends(home, "completed", there("9:00"), there("9:00"))
        ends(home, "failed", there("9:00"))
        assert said(maya, WEEK) == "3 follow-ups ended, 66% of them completed."
        ends(home, "completed", there("9:00", days=-7), there("9:00", days=-13))
        ends(home, "completed", there("9:00", days=-14))
        assert said(maya, WEEK) == ("3 follow-ups ended, 66% of them completed. In the 7 days before it was 100%.")
        assert re.findall(r'<td class="number[^"]*">(\d+)</td>', part(maya, WEEK)) == [
            "2", "2", "0", "0", "0", "0", "1", "0",
        ]  # fmt: skip

    def test_where_nothing_ended_it_says_what_would_be_there(self, home: cast.House, maya: Client) -> None:
        scheduled(home)
        assert "Nothing has ended in the last 7 days." in part(maya, WEEK)


class TestAChart:
    @pytest.mark.parametrize("path", [TODAY, WEEK])
    def test_everybody_sees_their_own(self, home: cast.House, elsewhere: cast.House, path: str) -> None:
        for whose in (home.contact, home.others):
            goes(home, there("15:00"), contact=whose)
            for status in ENDS:
                ends(home, status, there("14:00"), contact=whose)
        everything = {TODAY: {"14:00": (2, 0), "15:00": (0, 2)}, WEEK: {"Tue 24 Nov": (2, 2, 2, 2)}}[path]
        half = {name: tuple(n // 2 for n in counts) for name, counts in everything.items()}
        assert numbers(visitor(home.admin), path) == everything
        assert numbers(visitor(home.worker), path) == half
        assert numbers(visitor(elsewhere.admin), path) == {}
        assert Client().get(path).headers["Location"] == f"/sign-in?next={path}"

    @pytest.mark.parametrize("path", [TODAY, WEEK])
    @pytest.mark.parametrize("role", ["admin", "worker"])
    def test_it_takes_as_many_queries_for_one_follow_up_as_for_many(
        self, home: cast.House, path: str, role: str
    ) -> None:
        who = visitor(getattr(home, role))

        def load(many: int) -> int:
            for number in range(many):
                goes(home, there(f"{15 + number}:00"))
                ends(home, ENDS[number % 4], there("9:00", days=-number))
            return counted(lambda: who.get(path, headers=HTMX))[0]

        few = load(1)
        assert load(8) == few <= 8

    @pytest.mark.parametrize("path", [TODAY, WEEK])
    def test_the_dashboard_leaves_the_counting_to_it(self, home: cast.House, maya: Client, path: str) -> None:
        goes(home, there("15:00"))
        id = path.rpartition("/")[2]
        [place] = re.findall(
            rf'<section class="card" id="{id}".*?</section>', maya.get("/").content.decode(), re.DOTALL
        )
        for attribute in (f'hx-get="{path}"', 'hx-trigger="load"', f'data-from="{path}"', 'data-live="followUp clock"'):
            assert attribute in place
        assert "<svg" not in place
        fetched = part(maya, path)
        assert f'id="{id}"' in fetched
        assert "hx-get" not in fetched

    @pytest.mark.parametrize("path", [TODAY, WEEK])
    def test_without_scripts_it_is_a_page(self, maya: Client, path: str) -> None:
        shown = maya.get(path).content.decode()
        assert "<h1>Dashboard</h1>" in shown
        assert f'data-from="{path}"' in shown

    def test_its_bars_are_named_by_what_stands_above_and_each_says_its_numbers(
        self, home: cast.House, maya: Client
    ) -> None:
        goes(home, there("15:00"))
        ends(home, "failed", there("9:00"))
        today, week = part(maya, TODAY), part(maya, WEEK)
        assert 'role="group" aria-labelledby="today-title today-said"' in today
        assert "<title>15:00 to 16:00: 1 to go</title>" in today
        assert 'role="img" aria-labelledby="week-title week-said"' in week
        assert "<title>Tuesday, 24 November: 1 failed</title>" in week
        assert "<title>Monday, 23 November: none</title>" in week
        assert "style=" not in today + week


class TestWhatNeedsAPerson:
    @pytest.mark.parametrize(("status", "step"), [("failed", "retry"), ("expired", "reschedule")])
    def test_each_row_offers_a_next_step_and_its_contact(
        self, home: cast.House, maya: Client, status: str, step: str
    ) -> None:
        follow_up = put(scheduled(home), status, because="Nobody was reached.")
        FollowUp.objects.filter(pk=follow_up.pk).update(finished_at=there("9:00"))
        shown = element(maya.get("/").content.decode(), "failed-list")
        assert f'href="/follow-ups/{follow_up.public_id}/{step}"' in shown
        assert f'href="/contacts/{home.contact.public_id}"' in shown
        assert maya.get(f"/follow-ups/{follow_up.public_id}/{step}").status_code == 200

    def test_of_a_contact_who_was_removed_it_offers_to_look(self, home: cast.House, maya: Client) -> None:
        follow_up = put(scheduled(home), "failed")
        FollowUp.objects.filter(pk=follow_up.pk).update(finished_at=there("9:00"))
        type(home.contact).objects.filter(pk=home.contact.pk).update(deleted_at=there("10:00"))
        shown = element(maya.get("/").content.decode(), "failed-list")
        assert "View" in text(shown)
        assert "Retry" not in shown
        assert f"/contacts/{home.contact.public_id}" not in shown

    def test_the_latest_comes_first_whether_it_failed_or_expired(self, home: cast.House, maya: Client) -> None:
        for status, time in (("failed", "9:00"), ("expired", "11:00"), ("failed", "13:00")):
            follow_up = put(scheduled(home), status, because=f"At {time}.")
            FollowUp.objects.filter(pk=follow_up.pk).update(finished_at=there(time))
        long_ago = put(scheduled(home), "failed", because="Long ago.")
        FollowUp.objects.filter(pk=long_ago.pk).update(finished_at=there("9:00", days=-31))
        shown = text(element(maya.get("/").content.decode(), "failed-list"))
        assert re.findall(r"At (\d+):00\.", shown) == ["13", "11", "9"]
        assert "Long ago." not in shown
