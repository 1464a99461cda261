"""The list of scheduled follow-ups: tabs and counts, filters, order, pages, bulk actions, the file, who sees what."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from relance.models import Agent, Campaign, Change, FollowUp, Member, clock
from relance.models import follow_up_bulk as bulk
from relance.rules.states import Status
from tests import cast
from tests.web.follow_ups import HTMX, put, scheduled, text, visitor

PATH = "/follow-ups/scheduled"


@pytest.fixture
def maya(home: cast.House) -> Client:
    return visitor(home.admin)


@pytest.fixture
def tom(home: cast.House) -> Client:
    return visitor(home.worker)


def html_of(client: Client, query: str = "", **headers: str) -> str:
    answer = client.get(PATH + query, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def shown(client: Client, query: str = "") -> list[str]:
    """The ids of the rows, in their order."""
    return re.findall(r'<tr id="(followup_\d+)"', html_of(client, query))


def tabs(client: Client, query: str = "") -> dict[str, int]:
    """What each tab counts."""
    html = client.get(f"{PATH}/counts{query}").content.decode()
    found = re.findall(r'id="tab-(\w+)".*?figures">([\d,]+)<', html)
    return {name: int(count.replace(",", "")) for name, count in found}


def ids(*follow_ups: FollowUp) -> list[str]:
    return [f.public_id for f in follow_ups]


def one_of_each(home: cast.House) -> dict[str, FollowUp]:
    """A follow-up in each state."""
    return {status.value: put(scheduled(home), status) for status in Status}


def pages(client: Client, query: str, direction: str) -> str:
    """The address of the page that comes next or before; "" where there is none."""
    found = re.search(rf'rel="{direction}" href="([^"]+)"', html_of(client, query))
    return unescape(found[1]) if found else ""


class TestTabs:
    @pytest.mark.parametrize(
        ("group", "states"),
        [
            ("pending", {"scheduled", "snoozed", "queued"}),
            ("processing", {"in_progress"}),
            ("sent", {"completed"}),
            ("failed", {"failed", "expired"}),
            ("canceled", {"cancelled"}),
        ],
    )
    def test_a_tab_shows_its_states_and_counts_as_many(
        self, home: cast.House, maya: Client, group: str, states: set[str]
    ) -> None:
        made = one_of_each(home)
        assert set(shown(maya, f"?group={group}")) == set(ids(*(made[state] for state in states)))
        assert tabs(maya)[group] == len(states)

    def test_all_shows_and_counts_everything(self, home: cast.House, maya: Client) -> None:
        made = one_of_each(home)
        assert set(shown(maya)) == set(ids(*made.values()))
        assert tabs(maya) == {"all": 8, "pending": 3, "sent": 1, "failed": 2, "canceled": 1, "processing": 1}

    def test_what_is_going_out_has_a_tab_only_while_there_is_any(self, home: cast.House, maya: Client) -> None:
        scheduled(home)
        assert "processing" not in tabs(maya)
        assert "processing" in tabs(maya, "?group=processing")

    def test_counts_follow_the_filters_whatever_the_tab(self, home: cast.House, maya: Client) -> None:
        put(scheduled(home, "sms"), "completed")
        scheduled(home, "sms")
        scheduled(home)
        assert tabs(maya, "?type=sms&group=failed") == {"all": 2, "pending": 1, "sent": 1, "failed": 0, "canceled": 0}
        assert tabs(maya, "?status=completed") == {"all": 1, "pending": 0, "sent": 1, "failed": 0, "canceled": 0}

    def test_a_tab_keeps_the_filters_and_a_new_page_begins(self, maya: Client) -> None:
        html = html_of(maya, "?type=sms&group=sent")
        assert 'href="?type=sms&amp;group=pending"' in html
        assert 'href="?type=sms"' in html
        assert 'id="tab-sent" href="?type=sms&amp;group=sent" aria-current="page"' in html

    @pytest.mark.parametrize("group", ["", "pending", "processing", "sent", "failed", "canceled"])
    def test_a_tab_with_nothing_in_it_says_what_would_be(self, maya: Client, group: str) -> None:
        said = text(html_of(maya, f"?group={group}"))
        assert ("Go to contacts" if not group else "All follow-ups") in said


class TestRows:
    def test_a_row_says_whom_what_when_by_whom_and_how_it_stands(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home, "whatsapp", notes="Ask about the garden.", allow_out_of_window=True)
        html = html_of(maya)
        said = text(html[html.index("<tbody>") :])
        for words in (
            "Sarah Lee", "+1 212-555-0123", "WhatsApp", "viewing_reminder", "Maya Chen", "Scheduled", "out-of-window",
            "Ask about the garden.",
        ):  # fmt: skip
            assert words in said
        assert f'href="/contacts/{home.contact.public_id}"' in html
        assert f'data-open href="/follow-ups/{follow_up.public_id}"' in html

    def test_where_the_contact_is_elsewhere_their_time_is_said_too(self, home: cast.House, maya: Client) -> None:
        home.contact.edit({"timeZone": "America/Los_Angeles"}, home.admin)
        scheduled(home)
        assert re.search(r"\d\d:\d\d for Sarah", html_of(maya))

    def test_what_is_looked_at_at_another_time_says_when(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home)
        FollowUp.objects.filter(pk=follow_up.pk).update(next_attempt_at=follow_up.scheduled_at + timedelta(days=2))
        assert "next " in text(html_of(maya))

    @pytest.mark.parametrize(
        ("source", "said"), [("agent", "Ava"), ("campaign", "Campaign"), ("api", "API"), ("manual", "A former member")]
    )
    def test_what_no_member_made_says_what_made_it(
        self, home: cast.House, maya: Client, source: str, said: str
    ) -> None:
        scheduled(home, source=source, agent=home.agent)
        FollowUp.objects.update(created_by=None)
        assert f'<span class="maker">{said}</span>' in html_of(maya)

    @pytest.mark.parametrize(
        ("status", "offered", "not_offered"),
        [("scheduled", ("reschedule", "cancel", "snooze"), ("retry",)), ("failed", ("retry", "delete"), ("cancel",)),
         ("completed", (), ("cancel", "retry", "delete")), ("cancelled", ("delete",), ("retry", "cancel"))],
    )  # fmt: skip
    def test_a_row_offers_what_its_state_allows(
        self, home: cast.House, maya: Client, status: str, offered: tuple[str, ...], not_offered: tuple[str, ...]
    ) -> None:
        follow_up = put(scheduled(home), status)
        html = html_of(maya)
        for action in offered:
            assert f"/follow-ups/{follow_up.public_id}/{action}" in html
        for action in not_offered:
            assert f"/follow-ups/{follow_up.public_id}/{action}" not in html

    def test_only_admins_are_offered_to_delete(self, home: cast.House, tom: Client) -> None:
        put(scheduled(home), "failed")
        assert "/delete" not in html_of(tom)

    def test_a_contact_who_was_removed_is_named_and_not_linked(self, home: cast.House, maya: Client) -> None:
        scheduled(home)
        home.contact.remove()
        html = html_of(maya)
        assert "(removed)" in html
        assert f'href="/contacts/{home.contact.public_id}"' not in html

    def test_markup_in_names_and_notes_is_text(self, home: cast.House, maya: Client) -> None:
        scheduled(home, notes="<script>alert(1)</script>")
        type(home.contact).objects.filter(pk=home.contact.pk).update(name='"><img src=x>')
        html = html_of(maya)
        assert "<script>alert" not in html
        assert "<img src=x" not in html


class TestFilters:
    def test_a_contacts_own_list_names_them_and_lets_go_of_them(self, home: cast.House, maya: Client) -> None:
        mine = scheduled(home)
        scheduled(home, contact=home.others)
        html = html_of(maya, f"?contact={home.contact.public_id}&type=call")
        assert ids(mine) == re.findall(r'<tr id="(followup_\d+)"', html)
        chip = html[html.index("scheduled-chips") : html.index("scheduled-head")]
        assert "Sarah Lee" in chip
        assert 'href="?type=call"' in chip

    @pytest.mark.parametrize("field", ["type", "campaign", "agent", "source", "status", "q", "from", "to"])
    def test_each_filter_leaves_the_others_out(self, home: cast.House, maya: Client, field: str) -> None:
        campaign = Campaign.objects.create(organization=home.organization, name="Spring", agent=home.agent)
        wanted = scheduled(home, "sms", campaign=campaign, agent=home.agent, source="campaign", after=timedelta(days=5))
        put(wanted, "snoozed")
        other = Agent.objects.create(organization=home.organization, name="Max")
        far = timedelta(days=40) if field == "to" else timedelta(days=1)
        scheduled(home, contact=home.others, agent=other, after=far)
        day = clock.now() + timedelta(days=4)
        values = {
            "type": "sms", "campaign": campaign.public_id, "agent": home.agent.public_id, "source": "campaign",
            "status": "snoozed", "q": "sarah", "from": f"{day:%Y-%m-%d}", "to": f"{day + timedelta(days=3):%Y-%m-%d}",
        }  # fmt: skip
        assert shown(maya, f"?{field}={values[field]}") == ids(wanted)
        assert tabs(maya, f"?{field}={values[field]}")["all"] == 1

    @pytest.mark.parametrize("few", [0, 500])
    def test_words_find_the_same_whether_they_mean_few_contacts_or_many(
        self, home: cast.House, maya: Client, tom: Client, monkeypatch: pytest.MonkeyPatch, few: int
    ) -> None:
        monkeypatch.setattr("relance.models.follow_up_lists.FEW", few)
        sarahs, daniels = scheduled(home), scheduled(home, contact=home.others)
        assert shown(maya, "?q=s") == ids(sarahs)
        assert shown(maya, "?q=305") == ids(daniels)
        assert shown(tom, "?q=daniel") == []

    def test_days_are_those_of_the_member_the_last_included(self, home: cast.House, maya: Client) -> None:
        at = (clock.now() + timedelta(days=3)).replace(hour=3, minute=30)  # 22:30 or 23:30 of the day before, there
        follow_up = scheduled(home, at=at)
        local = f"{at - timedelta(hours=6):%Y-%m-%d}"
        assert shown(maya, f"?from={local}&to={local}") == ids(follow_up)
        assert shown(maya, f"?from={at:%Y-%m-%d}") == []

    def test_what_goes_on_a_day_or_in_an_hour_of_it_is_what_is_looked_at_then(
        self, home: cast.House, maya: Client
    ) -> None:
        at = (clock.now() + timedelta(days=3)).replace(hour=19, minute=59)  # 14:59 or 15:59 there
        local = at.astimezone(ZoneInfo("America/New_York"))
        put(scheduled(home, at=at), "completed")
        retried = scheduled(home)
        type(retried).objects.filter(pk=retried.pk).update(next_attempt_at=at)
        scheduled(home, at=at + timedelta(minutes=2))
        goes = f"{local:%Y-%m-%dT%H}"
        assert shown(maya, f"?goes={goes}") == ids(retried)
        assert tabs(maya, f"?goes={goes}")["all"] == 1
        assert len(shown(maya, f"?goes={goes[:10]}")) == 2
        html = html_of(maya, f"?goes={goes}&type=call")
        assert f"{local.hour}:00 to {local.hour + 1}:00" in html
        assert 'href="?type=call"' in html

    @pytest.mark.parametrize("query", [
        "?type=fax", "?status=lost", "?group=none", "?from=yesterday", "?to=9999-12-31", "?sort=name", "?source=x",
        "?q=%00", "?q=%27%22%3B--", "?goes=today", "?goes=2026-11-24T99",
    ])  # fmt: skip
    def test_what_no_filter_knows_is_left_out(self, home: cast.House, maya: Client, query: str) -> None:
        scheduled(home)
        assert maya.get(PATH + query).status_code == 200
        assert maya.get(f"{PATH}/counts{query}").status_code == 200

    def test_filters_that_fit_nothing_say_so_and_can_be_cleared(self, home: cast.House, maya: Client) -> None:
        scheduled(home)
        html = html_of(maya, "?q=nobody&group=pending")
        assert "No follow-up fits these filters." in html
        assert 'href="/follow-ups/scheduled?group=pending"' in html

    def test_a_part_comes_alone_and_says_the_address_of_the_whole(self, home: cast.House, maya: Client) -> None:
        scheduled(home)
        answer = maya.get(f"{PATH}?q=sarah&type=", headers={**HTMX, "HX-Target": "found"})
        assert answer.headers["HX-Replace-Url"] == f"{PATH}?q=sarah"
        assert "<html" not in answer.content.decode()

    def test_a_live_part_comes_out_the_same_as_on_the_page(self, home: cast.House, maya: Client) -> None:
        scheduled(home)
        rows = r"<tbody>.*?</tbody>"
        whole = re.search(rows, html_of(maya), re.DOTALL)
        part = re.search(rows, html_of(maya, **{"X-Live": "scheduled-rows"}), re.DOTALL)
        assert whole
        assert part
        assert re.sub(r">[^<]*</time>", "", whole[0]) == re.sub(r">[^<]*</time>", "", part[0])


class TestOrder:
    def test_what_waits_begins_with_the_next_and_all_else_with_the_latest(self, home: cast.House, maya: Client) -> None:
        first, last = (scheduled(home, after=timedelta(days=days)) for days in (1, 2))
        assert shown(maya, "?group=pending") == ids(first, last)
        assert shown(maya) == ids(last, first)

    def test_the_order_can_be_turned_round(self, home: cast.House, maya: Client) -> None:
        first, last = (scheduled(home, after=timedelta(days=days)) for days in (1, 2))
        assert shown(maya, "?sort=scheduledAt") == ids(first, last)
        assert shown(maya, "?group=pending&sort=-scheduledAt") == ids(last, first)
        assert 'aria-sort="ascending"' in html_of(maya, "?sort=scheduledAt")
        assert 'aria-sort="descending"' in html_of(maya)

    def test_states_are_merged_by_time(self, home: cast.House, maya: Client) -> None:
        made = [scheduled(home, after=timedelta(days=days)) for days in range(1, 7)]
        for follow_up, status in zip(made, ("completed", "failed", "snoozed", "cancelled", "expired"), strict=False):
            put(follow_up, status)
        assert shown(maya, "?sort=scheduledAt") == ids(*made)


class TestPages:
    @pytest.fixture
    def many(self, home: cast.House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        monkeypatch.setattr("relance.web.scheduled.listing.ROWS", 3)
        made = [scheduled(home, after=timedelta(days=days)) for days in range(1, 9)]
        for follow_up in made[::2]:
            put(follow_up, "completed")
        return ids(*made)

    @pytest.mark.parametrize("sort", ["scheduledAt", "-scheduledAt"])
    def test_one_goes_through_all_of_them_and_back(self, maya: Client, many: list[str], sort: str) -> None:
        query, there = f"?sort={sort}", []
        while query:
            there.append(shown(maya, query))
            last, query = query, pages(maya, query, "next")
        back = [there[-1]]
        while query := pages(maya, last, "prev"):
            back.append(shown(maya, query))
            last = query
        wanted = many if sort == "scheduledAt" else many[::-1]
        assert there == [wanted[:3], wanted[3:6], wanted[6:]]
        assert back == there[::-1]

    def test_a_page_keeps_the_filters(self, maya: Client, many: list[str]) -> None:
        assert "group=pending" in pages(maya, "?group=pending&type=call", "next")
        assert "type=call" in pages(maya, "?group=pending&type=call", "next")

    def test_what_comes_before_less_than_a_page_is_the_first_page(self, maya: Client, many: list[str]) -> None:
        second = pages(maya, "?sort=scheduledAt", "next")
        before = pages(maya, second, "prev")
        FollowUp.objects.filter(pk=FollowUp.key_of(many[0])).delete()
        assert shown(maya, before) == many[1:4]

    @pytest.mark.parametrize("query", ["?cursor=nonsense&group=sent", "?before=nonsense&group=sent"])
    def test_a_cursor_of_another_list_leads_to_the_beginning(self, maya: Client, query: str) -> None:
        answer = maya.get(PATH + query)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{PATH}?group=sent")

    def test_a_cursor_of_the_other_order_leads_to_the_beginning(self, maya: Client, many: list[str]) -> None:
        turned = pages(maya, "?sort=scheduledAt", "next").replace("sort=scheduledAt", "sort=-scheduledAt")
        assert maya.get(PATH + turned).status_code == 302

    def test_a_page_whose_rows_are_gone_leads_back(self, maya: Client, many: list[str]) -> None:
        last = pages(maya, pages(maya, "?sort=scheduledAt", "next"), "next")
        FollowUp.objects.filter(pk__in=[FollowUp.key_of(id) for id in many[6:]]).delete()
        html = html_of(maya, last)
        assert "Nothing is left on this page." in html
        assert 'href="?sort=scheduledAt">First page' in html

    def test_a_list_of_fifty_is_asked_for_as_often_as_one_of_two(self, home: cast.House, maya: Client) -> None:
        for _ in range(2):
            scheduled(home, "whatsapp", agent=home.agent)
        few = self.queries(maya, PATH)
        for _ in range(30):
            scheduled(home, "whatsapp", agent=home.agent)
        assert self.queries(maya, PATH) == few <= 12
        assert self.queries(maya, f"{PATH}/counts") <= 5

    @staticmethod
    def queries(client: Client, path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        return len(asked)


class TestExport:
    def test_all_that_the_filters_describe_comes_as_a_file(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home, "sms", notes="=HYPERLINK(1)", agent=home.agent)
        scheduled(home)
        answer = maya.get(f"{PATH}/export?type=sms")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="follow-ups.csv"'
        head, line = answer.getvalue().decode("utf-8-sig").splitlines()
        assert head.startswith("Relance id,Contact,Name,Phone,Email,Type,Template,Status")
        for words in (follow_up.public_id, "Sarah Lee", "+12125550123", "sms", "Ava", "Maya Chen", "'=HYPERLINK(1)"):
            assert words in line

    def test_it_is_asked_for_with_one_query_more_than_it_takes_to_know_who_asks(
        self, home: cast.House, maya: Client
    ) -> None:
        for _ in range(5):
            scheduled(home)
        with CaptureQueriesContext(connection) as asked:
            assert len(maya.get(f"{PATH}/export").getvalue().splitlines()) == 6
        assert len(asked) <= 4

    def test_an_agent_gets_what_they_may_see(self, home: cast.House, tom: Client) -> None:
        scheduled(home)
        scheduled(home, contact=home.others)
        assert len(tom.get(f"{PATH}/export").getvalue().splitlines()) == 2


def send(client: Client, what: str, **fields: Any) -> Any:
    return client.post(f"{PATH}/{what}", fields, headers=HTMX)


def hidden(html: str) -> dict[str, Any]:
    """What a form keeps."""
    kept: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html):
        kept[name] = [*kept[name], value] if name in kept and name == "ids" else ([value] if name == "ids" else value)
    return {name: unescape(value) if isinstance(value, str) else value for name, value in kept.items()}


def statuses(*follow_ups: FollowUp) -> list[str]:
    for follow_up in follow_ups:
        follow_up.refresh_from_db()
    return [follow_up.status for follow_up in follow_ups]


def later() -> str:
    return f"{clock.now() + timedelta(days=9):%Y-%m-%dT10:00}"


class TestCancelling:
    def test_the_dialog_says_how_many_can_be_and_how_many_cannot(self, home: cast.House, maya: Client) -> None:
        made = one_of_each(home)
        dialog = maya.get(f"{PATH}/cancel", {"ids": ids(*made.values())}, headers=HTMX).content.decode()
        assert "Cancel 3 follow-ups?" in text(dialog)
        for words in ("1 in progress", "1 completed", "1 failed", "1 expired", "1 cancelled"):
            assert words in text(dialog)

    def test_those_that_were_ticked_are_cancelled_and_the_others_stay(self, home: cast.House, maya: Client) -> None:
        made = one_of_each(home)
        other = scheduled(home)
        dialog = maya.get(f"{PATH}/cancel", {"ids": ids(*made.values())}, headers=HTMX).content.decode()
        answer = send(maya, "cancel", **hidden(dialog))
        assert answer.status_code == 204
        assert "3 follow-ups cancelled." in answer.headers["HX-Trigger"]
        assert statuses(*(made[s] for s in ("scheduled", "snoozed", "queued"))) == ["cancelled"] * 3
        assert statuses(other, made["completed"], made["in_progress"]) == ["scheduled", "completed", "in_progress"]
        change = Change.objects.filter(follow_up=made["snoozed"]).latest("id")
        assert (change.actor, change.member, change.because) == ("member", home.admin, "Cancelled by hand.")

    def test_where_none_can_be_nothing_is_offered(self, home: cast.House, maya: Client) -> None:
        ended = put(scheduled(home), "completed")
        dialog = maya.get(f"{PATH}/cancel", {"ids": ids(ended)}, headers=HTMX).content.decode()
        assert "None of these can be cancelled: 1 completed." in text(dialog)
        assert "<form" not in dialog

    def test_with_nothing_chosen_it_says_so(self, maya: Client) -> None:
        assert "No follow-up is chosen" in maya.get(f"{PATH}/cancel").content.decode()

    def test_all_that_match_are_those_of_the_other_pages_too(self, home: cast.House, maya: Client) -> None:
        texts, call = [scheduled(home, "sms") for _ in range(60)], scheduled(home)
        dialog = maya.get(f"{PATH}/cancel", {"all": "type=sms"}, headers=HTMX).content.decode()
        assert "Cancel 60 follow-ups?" in text(dialog)
        assert send(maya, "cancel", **hidden(dialog)).status_code == 204
        assert set(statuses(*texts)) == {"cancelled"}
        assert statuses(call) == ["scheduled"]

    def test_what_is_made_after_the_dialog_was_seen_is_not_meant(self, home: cast.House, maya: Client) -> None:
        before = scheduled(home)
        dialog = maya.get(f"{PATH}/cancel", {"all": ""}, headers=HTMX).content.decode()
        after = scheduled(home)
        send(maya, "cancel", **hidden(dialog))
        assert statuses(before, after) == ["cancelled", "scheduled"]

    def test_many_are_done_part_by_part_with_figures(
        self, home: cast.House, maya: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk, "BATCH", 2)
        monkeypatch.setattr(bulk, "BATCHES", 2)
        made = [scheduled(home) for _ in range(7)]
        dialog = maya.get(f"{PATH}/cancel", {"all": ""}, headers=HTMX).content.decode()
        answer = send(maya, "cancel", **hidden(dialog))
        going = answer.content.decode()
        assert answer.status_code == 200
        assert "Cancelled 4 of 7 follow-ups." in text(going)
        assert 'hx-trigger="load"' in going
        assert statuses(*made).count("cancelled") == 4
        answer = send(maya, "cancel", **hidden(going))
        assert "7 follow-ups cancelled." in answer.headers["HX-Trigger"]
        assert set(statuses(*made)) == {"cancelled"}

    def test_without_htmx_it_is_a_page_that_comes_back_to_the_list(self, home: cast.House, maya: Client) -> None:
        follow_up = scheduled(home)
        page = maya.get(f"{PATH}/cancel", {"ids": ids(follow_up)}).content.decode()
        assert "<html" in page
        answer = maya.post(f"{PATH}/cancel", hidden(page))
        assert (answer.status_code, answer.headers["Location"]) == (302, PATH)
        assert statuses(follow_up) == ["cancelled"]


class TestRescheduling:
    def test_those_that_wait_or_have_expired_get_the_time(self, home: cast.House, maya: Client) -> None:
        made = one_of_each(home)
        dialog = maya.get(f"{PATH}/reschedule", {"all": ""}, headers=HTMX).content.decode()
        assert "Reschedule 3 follow-ups" in text(dialog)
        answer = send(maya, "reschedule", **hidden(dialog), scheduledAt=later())
        assert "3 follow-ups rescheduled." in answer.headers["HX-Trigger"]
        wanted = {"scheduled", "snoozed", "expired"}
        assert statuses(*(made[s] for s in wanted)) == ["scheduled"] * 3
        times = {made[s].scheduled_at for s in wanted} | {made[s].next_attempt_at for s in wanted}
        assert times == {by_the_clock_of(home.admin, later())}
        assert {made[s].expires_at for s in wanted} == {times.pop() + timedelta(days=7)}
        assert statuses(made["completed"], made["failed"]) == ["completed", "failed"]
        assert Change.objects.filter(follow_up=made["expired"]).latest("id").because == "Rescheduled."

    @pytest.mark.parametrize("when", ["", "whenever", "2020-01-01T10:00", "2199-01-01T10:00"])
    def test_a_time_that_cannot_be_is_refused_at_its_field(self, home: cast.House, maya: Client, when: str) -> None:
        follow_up = scheduled(home)
        at = follow_up.scheduled_at
        answer = send(maya, "reschedule", ids=ids(follow_up), scheduledAt=when)
        assert answer.status_code == 422
        assert 'id="error-scheduledAt"' in answer.content.decode()
        follow_up.refresh_from_db()
        assert follow_up.scheduled_at == at

    def test_many_get_the_very_same_time_part_by_part(
        self, home: cast.House, maya: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk, "BATCH", 1)
        monkeypatch.setattr(bulk, "BATCHES", 2)
        made = [scheduled(home) for _ in range(5)]
        form = hidden(maya.get(f"{PATH}/reschedule", {"all": ""}, headers=HTMX).content.decode())
        answer = send(maya, "reschedule", **form, scheduledAt=later())
        while answer.status_code == 200:
            answer = send(maya, "reschedule", **hidden(answer.content.decode()))
        assert "5 follow-ups rescheduled." in answer.headers["HX-Trigger"]
        statuses(*made)
        assert {f.scheduled_at for f in made} == {by_the_clock_of(home.admin, later())}

    def test_what_is_typed_is_said_back(self, maya: Client) -> None:
        said = maya.get(f"{PATH}/understood", {"scheduledAt": later()}, headers=HTMX).content.decode()
        assert "10:00" in said
        unsure = maya.get(f"{PATH}/understood", {"scheduledAt": "whenever"}, headers=HTMX).content.decode()
        assert unsure.strip()
        at = {"scheduledAt": "whenever", "at": "0001-01-01T00:00+14:00"}
        assert maya.get(f"{PATH}/understood", at, headers=HTMX).content.decode() == unsure


def by_the_clock_of(member: Member, local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(member.zone))


class TestRights:
    def test_an_agent_sees_and_counts_those_of_their_contacts(self, home: cast.House, tom: Client) -> None:
        mine = scheduled(home)
        scheduled(home, contact=home.others)
        assert shown(tom) == ids(mine)
        assert tabs(tom)["all"] == 1

    def test_an_agent_does_nothing_to_the_others(self, home: cast.House, tom: Client) -> None:
        mine, theirs = scheduled(home), scheduled(home, contact=home.others)
        before = theirs.scheduled_at
        send(tom, "reschedule", all="", scheduledAt=later())
        send(tom, "cancel", ids=ids(mine, theirs))
        send(tom, "cancel", all="")
        assert statuses(mine, theirs) == ["cancelled", "scheduled"]
        assert theirs.scheduled_at == before

    def test_another_organization_sees_nothing_and_does_nothing(self, home: cast.House, elsewhere: cast.House) -> None:
        ours = scheduled(home)
        lucia = visitor(elsewhere.admin)
        assert shown(lucia) == []
        assert tabs(lucia)["all"] == 0
        assert len(lucia.get(f"{PATH}/export").getvalue().splitlines()) == 1
        assert "No follow-up is chosen" in lucia.get(f"{PATH}/cancel", {"ids": ids(ours)}).content.decode()
        send(lucia, "cancel", ids=ids(ours))
        send(lucia, "cancel", all="")
        send(lucia, "reschedule", ids=ids(ours), scheduledAt=later())
        assert statuses(ours) == ["scheduled"]

    @pytest.mark.parametrize("named", ["contact", "campaign", "agent"])
    @pytest.mark.parametrize("path", ["", "/counts"])
    def test_what_is_another_organizations_does_not_exist(
        self, home: cast.House, elsewhere: cast.House, named: str, path: str
    ) -> None:
        campaign = Campaign.objects.create(organization=home.organization, name="Spring", agent=home.agent)
        theirs = {"contact": home.contact, "campaign": campaign, "agent": home.agent}[named].public_id
        assert visitor(elsewhere.admin).get(f"{PATH}{path}?{named}={theirs}").status_code == 404
        assert visitor(home.admin).get(f"{PATH}{path}?{named}={theirs}").status_code == 200
        assert visitor(home.admin).get(f"{PATH}{path}?{named}=nonsense").status_code == 404

    def test_a_contact_who_is_not_the_agents_does_not_exist(self, home: cast.House, tom: Client) -> None:
        assert tom.get(f"{PATH}?contact={home.others.public_id}").status_code == 404

    @pytest.mark.parametrize("path", ["", "/counts", "/export", "/cancel", "/reschedule", "/understood"])
    def test_whoever_has_not_signed_in_is_asked_to(self, db: None, path: str) -> None:
        assert visitor().get(PATH + path).headers["Location"].startswith("/sign-in")

    def test_nothing_is_done_for_whoever_has_not_signed_in(self, home: cast.House) -> None:
        ours = scheduled(home)
        visitor().post(f"{PATH}/cancel", {"ids": ids(ours)})
        assert statuses(ours) == ["scheduled"]
