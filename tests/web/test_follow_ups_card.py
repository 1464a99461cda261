"""The Follow-ups card: what stands in it, in which order, and who sees it."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client

from relance.models import Campaign, FollowUp, clock
from relance.rules.states import Status
from tests import cast
from tests.engine.test_query_counts import counted
from tests.web.follow_ups import HTMX, put, scheduled, text, visitor


@pytest.fixture
def tom(home: cast.House) -> Client:
    """Who works the house's contact."""
    return visitor(home.worker)


def address(house: cast.House) -> str:
    return f"/contacts/{house.contact.public_id}/follow-ups"


def card(client: Client, house: cast.House) -> str:
    answer = client.get(address(house), headers=HTMX)
    assert answer.status_code == 200
    return str(answer.content.decode())


def rows(html: str) -> list[list[str]]:
    """The rows of the table, each as what its cells say."""
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return [[text(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in body.split("</tr>")[:-1]]


def ids(html: str) -> list[str]:
    return re.findall(r'<tr id="(followup_\d+)"', html)


class TestWhoMay:
    def test_the_other_organization_the_agent_without_the_assignment_and_nobody_see_nothing(
        self, home: cast.House, elsewhere: cast.House
    ) -> None:
        for member in (elsewhere.admin, elsewhere.worker, home.colleague):
            assert visitor(member).get(address(home)).status_code == 404
        assert visitor().get(address(home)).headers["Location"].startswith("/sign-in")

    def test_who_works_the_contact_sees_what_anybody_scheduled(self, home: cast.House, tom: Client) -> None:
        made = scheduled(home, by=home.admin)
        assert ids(card(tom, home)) == [made.public_id]

    def test_another_contacts_are_not_in_it(self, home: cast.House) -> None:
        scheduled(home, contact=home.others)
        assert ids(card(visitor(home.admin), home)) == []

    def test_it_is_only_read(self, home: cast.House, tom: Client) -> None:
        assert tom.post(address(home)).status_code == 405


class TestRows:
    def test_the_columns_in_their_order(self, home: cast.House, tom: Client) -> None:
        heads = re.findall(r"<th [^>]*>(.*?)</th>", card(tom, home))
        assert heads == ["Status", "Type", "Scheduled", "Agent", "Campaign", "Attempts", "Source", "Actions"]

    def test_a_row_says_all_of_it(self, home: cast.House, tom: Client) -> None:
        campaign = Campaign.objects.create(organization=home.organization, name="Spring", agent=home.agent)
        made = scheduled(home, agent=home.agent, campaign=campaign, allow_out_of_window=True, max_attempts=5)
        FollowUp.objects.filter(pk=made.pk).update(attempts_made=2)
        html = card(tom, home)
        ((status, kind, at, *rest),) = rows(html)
        assert (status, kind) == ("Scheduled out-of-window", "Call")
        assert re.fullmatch(r"\w{3} \d{1,2} \w{3}, \d\d:\d\d", at)
        assert rest == ["Ava", "Spring", "2/5", "Manual", "View this Call follow-up"]
        assert f'href="/follow-ups/scheduled?campaign={campaign.public_id}"' in html
        assert f'href="/follow-ups/{made.public_id}"' in html

    def test_without_agent_and_campaign_nothing_stands_in_their_place(self, home: cast.House, tom: Client) -> None:
        scheduled(home)
        ((_, _, _, agent, campaign, *_),) = rows(card(tom, home))
        assert (agent, campaign) == ("–", "–")

    def test_every_status_has_its_badge(self, home: cast.House, tom: Client) -> None:
        for status in Status:
            put(scheduled(home), status)
        html = card(tom, home)
        for status in Status:
            assert html.count(f'class="badge status-{status}"') == 1

    def test_a_call_inside_the_window_has_no_mark(self, home: cast.House, tom: Client) -> None:
        scheduled(home)
        assert "out-of-window" not in card(tom, home)

    def test_where_the_contacts_zone_differs_its_time_stands_there_too(self, home: cast.House, tom: Client) -> None:
        at = clock.now() + timedelta(days=2)
        home.contact.edit({"timeZone": "Europe/Paris"})
        scheduled(home, at=at)
        ((_, _, time, *_),) = rows(card(tom, home))
        assert "for Sarah" in time
        home.contact.edit({"timeZone": "America/New_York"})
        ((_, _, time, *_),) = rows(card(tom, home))
        assert "for Sarah" not in time

    def test_one_that_is_looked_at_later_says_when(self, home: cast.House, tom: Client) -> None:
        made = scheduled(home, after=timedelta(hours=2))
        FollowUp.objects.filter(pk=made.pk).update(next_attempt_at=made.scheduled_at + timedelta(hours=3))
        ((_, _, time, *_),) = rows(card(tom, home))
        assert time == "in 2 h next in 5 h"


class TestOrder:
    def test_those_to_come_are_first_soonest_first_then_what_ended_latest_first(
        self, home: cast.House, tom: Client
    ) -> None:
        hours = {name: scheduled(home, after=timedelta(hours=n + 1)) for n, name in enumerate("abcd")}
        for name in "ab":
            put(hours[name], "completed")
        assert ids(card(tom, home)) == [hours[name].public_id for name in "cdba"]

    def test_the_latest_ten_and_how_many_more(self, home: cast.House, tom: Client) -> None:
        made = [scheduled(home, after=timedelta(hours=n + 1)) for n in range(10)]
        html = card(tom, home)
        assert ids(html) == [f.public_id for f in made]
        assert "follow-ups-more" not in html
        scheduled(home, after=timedelta(days=9))
        put(made[0], "cancelled")
        html = card(tom, home)
        assert len(ids(html)) == 10
        assert made[0].public_id not in ids(html)
        assert rows(html)[-1] == ["1 more follow-up in the whole list"]

    def test_where_there_is_none_it_says_so(self, home: cast.House, tom: Client) -> None:
        assert rows(card(tom, home)) == [["No follow-ups scheduled for this contact."]]


class TestHead:
    def test_view_all_leads_to_the_list_of_this_contact(self, home: cast.House, tom: Client) -> None:
        link = f'href="/follow-ups/scheduled?contact={home.contact.public_id}">View all</a>'
        assert link in card(tom, home)

    def test_schedule_follow_up_opens_the_dialog(self, home: cast.House, tom: Client) -> None:
        opener = f'hx-get="{address(home)}/new" hx-target="#dialog">Schedule follow-up</button>'
        assert opener in card(tom, home)

    def test_it_is_fetched_anew_by_itself_when_a_follow_up_changes(self, home: cast.House, tom: Client) -> None:
        html = card(tom, home)
        section = html[html.index("<section") :].partition(">")[0]
        assert 'id="follow-ups-card"' in section
        assert f'data-live="followUp" data-from="{address(home)}"' in section


def test_its_queries_do_not_grow_with_its_rows(home: cast.House) -> None:
    tom, campaign = (
        visitor(home.worker),
        Campaign.objects.create(organization=home.organization, name="Spring", agent=home.agent),
    )

    def cost() -> int:
        queries: int = counted(partial(tom.get, address(home), headers=HTMX))[0]
        return queries

    few: Any = [scheduled(home, agent=home.agent, campaign=campaign) for _ in range(2)]
    before = cost()
    few += [scheduled(home, agent=home.agent, campaign=campaign) for _ in range(12)]
    assert cost() <= before + 1 <= 9  # those that ended are not asked for once ten are to come, but all are counted
