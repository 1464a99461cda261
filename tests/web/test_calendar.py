"""A member's calendar: what stands in it, read as calendar programs read it, and who can fetch it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar

from relance.models import CalendarFeed, Contact, Member, Role, agenda, calendar_feeds, clock, verbs
from relance.models.assignments import give
from relance.models.due import today_of
from relance.models.moves import SYSTEM
from relance.web import ics
from relance.web.settings import confirming
from tests import cast
from tests.engine.test_query_counts import counted
from tests.web.accounts import HTMX, send, signed_in, text
from tests.web.follow_ups import put, scheduled, visitor

BASE = "https://relance.example"
HOSTILE = "Eve; Ltd, \\ “Co”\r\nEND:VEVENT\nX-EVIL:1 ‮ 🎉 " + "ñ" * 90


@pytest.fixture(autouse=True)
def base(settings: Any) -> None:
    settings.BASE_URL = BASE


def address(member: Member) -> str:
    """The path of a new address of theirs."""
    return calendar_feeds.renew(member).removeprefix(BASE)


def fetch(member: Member) -> list[Any]:
    """The entries of the member's calendar, as a calendar program has them."""
    answer = Client().get(address(member))
    assert answer.status_code == 200
    return entries(answer.content)


def entries(written: bytes) -> list[Any]:
    return Calendar.from_ical(written).walk("VEVENT")  # type: ignore[no-any-return]


def named(found: list[Any], uid: str) -> Any:
    (one,) = [entry for entry in found if entry["UID"] == f"{uid}@relance.example"]
    return one


def owe(contact: Contact, day: date) -> None:
    contact.edit({"nextFollowUpDate": day.isoformat()})


class TestWhomOneOwes:
    def test_each_stands_on_their_own_day_for_the_whole_of_it(self, home: cast.House) -> None:
        day = today_of(home.worker) + timedelta(days=4)
        owe(home.contact, day)
        entry = named(fetch(home.worker), f"due-{home.contact.public_id}")
        assert entry["DTSTART"].params["VALUE"] == "DATE"
        assert (entry["DTSTART"].dt, entry["DTEND"].dt) == (day, day + timedelta(days=1))
        assert entry["SUMMARY"] == "Follow up with Sarah Lee"
        assert entry["URL"] == f"{BASE}/contacts/{home.contact.public_id}"
        assert entry["TRANSP"] == "TRANSPARENT"

    def test_who_is_overdue_stays_on_the_day_and_today_says_how_many_there_are(self, home: cast.House) -> None:
        today = today_of(home.worker)
        owe(home.contact, today - timedelta(days=2))
        long_ago = cast.contact(home.organization, "Old Friend", home.worker)
        owe(long_ago, today - timedelta(days=40))
        found = fetch(home.worker)
        assert named(found, f"due-{home.contact.public_id}")["DTSTART"].dt == today - timedelta(days=2)
        assert [e for e in found if e["UID"].startswith(f"due-{long_ago.public_id}")] == []
        summary = named(found, f"overdue-{home.worker.public_id}")
        assert summary["DTSTART"].dt == today
        assert summary["SUMMARY"] == "2 follow-ups overdue"
        assert "Old Friend\nSarah Lee" in summary["DESCRIPTION"]

    def test_nobody_beyond_a_year_and_nobody_elses(self, home: cast.House) -> None:
        owe(home.contact, today_of(home.worker) + timedelta(days=366))
        owe(home.others, today_of(home.worker))
        assert fetch(home.worker) == []

    def test_another_day_moves_the_entry_and_counts_as_a_revision(self, home: cast.House) -> None:
        today = today_of(home.worker)
        owe(home.contact, today)
        first = fetch(home.worker)
        Contact.objects.update(updated_at=clock.now() - timedelta(minutes=1))
        before = named(fetch(home.worker), f"due-{home.contact.public_id}")
        owe(home.contact, today + timedelta(days=1))
        after = named(fetch(home.worker), f"due-{home.contact.public_id}")
        assert len(first) == 1
        assert after["SEQUENCE"] > before["SEQUENCE"]
        assert after["LAST-MODIFIED"].dt > before["LAST-MODIFIED"].dt
        assert after["DTSTART"].dt == today + timedelta(days=1)


class TestFollowUps:
    def test_one_still_to_go_stands_at_its_next_moment_in_utc(self, home: cast.House) -> None:
        follow_up = scheduled(home, "sms", after=timedelta(days=2))
        verbs.snooze(follow_up, clock.now().replace(microsecond=0) + timedelta(days=5), SYSTEM)
        entry = named(fetch(home.worker), follow_up.public_id)
        assert entry["DTSTART"].dt == follow_up.next_attempt_at
        assert entry["DTSTART"].to_ical().endswith(b"Z")
        assert entry["DTEND"].dt - entry["DTSTART"].dt == timedelta(minutes=15)
        assert entry["SUMMARY"] == "SMS to Sarah Lee (snoozed)"
        assert entry["URL"] == f"{BASE}/follow-ups/{follow_up.public_id}"
        assert f"{BASE}/follow-ups/{follow_up.public_id}" in entry["DESCRIPTION"]
        assert entry["STATUS"] == "CONFIRMED"

    @pytest.mark.parametrize(
        ("status", "said"), [("completed", "CONFIRMED"), ("failed", "CONFIRMED"), ("cancelled", "CANCELLED")]
    )
    def test_what_ended_says_how(self, home: cast.House, status: str, said: str) -> None:
        follow_up = put(scheduled(home), status)
        entry = named(fetch(home.worker), follow_up.public_id)
        assert entry["STATUS"] == said
        assert entry["SUMMARY"] == f"Call to Sarah Lee ({status})"
        at = follow_up.scheduled_at if status == "cancelled" else follow_up.finished_at
        assert entry["DTSTART"].dt == at.replace(microsecond=0)

    def test_what_is_under_way_and_what_expired_stand_there_too(self, home: cast.House) -> None:
        going, over = put(scheduled(home), "in_progress"), put(scheduled(home, "sms"), "expired")
        found = fetch(home.worker)
        assert named(found, going.public_id)["SUMMARY"] == "Call to Sarah Lee (in progress)"
        assert named(found, over.public_id)["SUMMARY"] == "SMS to Sarah Lee (expired)"

    def test_what_ended_over_thirty_days_ago_is_left_out(self, home: cast.House) -> None:
        follow_up = put(scheduled(home), "completed")
        type(follow_up).objects.update(finished_at=clock.now() - timedelta(days=31))
        assert fetch(home.worker) == []

    def test_an_admins_are_those_they_made_and_those_of_their_contacts(self, home: cast.House) -> None:
        made = scheduled(home, contact=home.others)
        assigned = scheduled(home, by=home.worker)
        scheduled(home, by=home.worker, contact=home.others)
        give(home.organization.pk, [(home.contact.pk, home.admin.pk)])
        uids = {e["UID"].partition("@")[0] for e in fetch(home.admin)}
        assert uids == {made.public_id, assigned.public_id}

    def test_an_agents_are_only_those_they_may_see(self, home: cast.House) -> None:
        scheduled(home, by=home.worker, contact=home.others)
        mine = scheduled(home)
        assert [e["UID"].partition("@")[0] for e in fetch(home.worker)] == [mine.public_id]

    def test_removed_contacts_are_left_out(self, home: cast.House) -> None:
        owe(home.contact, today_of(home.worker))
        scheduled(home)
        home.contact.remove(home.admin)
        assert fetch(home.worker) == []


class TestHowItIsWritten:
    def test_names_stay_text_whatever_is_in_them(self, home: cast.House) -> None:
        Contact.objects.filter(pk=home.contact.pk).update(name=HOSTILE + "\x07")
        scheduled(home)
        written = Client().get(address(home.worker)).content
        assert all(len(line) <= 75 for line in written.split(b"\r\n"))
        assert written.count(b"\r\nEND:VEVENT") == 1
        assert b"\x07" not in written
        (entry,) = entries(written)
        assert "X-EVIL" not in entry
        assert entry["SUMMARY"] == f"Call to {' '.join(HOSTILE.split())} (scheduled)"

    def test_it_is_a_calendar_by_its_own_name_and_says_how_often_to_ask(self, home: cast.House) -> None:
        calendar = Calendar.from_ical(Client().get(address(home.worker)).content)
        assert calendar["VERSION"] == "2.0"
        assert calendar["X-WR-CALNAME"] == "Relance · Tom Okafor"
        assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)

    def test_ids_stay_and_none_comes_twice(self, home: cast.House) -> None:
        owe(home.contact, today_of(home.worker))
        for kind in ("call", "sms"):
            scheduled(home, kind)
        first, again = ([e["UID"] for e in fetch(home.worker)] for _ in range(2))
        assert first == again
        assert len(set(first)) == 3

    def test_the_nearest_entries_where_there_are_too_many(
        self, home: cast.House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(agenda, "MOST", 3)
        near = [scheduled(home, after=timedelta(days=days)).public_id for days in (1, 2, 3, 9, 8)][:3]
        assert [e["UID"].partition("@")[0] for e in fetch(home.worker)] == near

    def test_however_many_are_overdue_today_has_its_own(
        self, home: cast.House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(agenda, "MOST", 3)
        today = today_of(home.worker)
        owe(home.contact, today)
        for days in (1, 2, 3, 4):
            owe(cast.contact(home.organization, f"Late {days}", home.worker), today - timedelta(days=days))
        found = fetch(home.worker)
        assert named(found, f"due-{home.contact.public_id}")["DTSTART"].dt == today
        assert sorted(entry["DTSTART"].dt for entry in found) == [today - timedelta(days=1), today, today]

    def test_a_revision_of_before_the_count_began_is_the_first(self) -> None:
        old = agenda.Entry(
            "followup_1", "Call", datetime(2026, 1, 1, tzinfo=UTC), "", "/", datetime.min.replace(tzinfo=UTC)
        )
        (entry,) = entries(ics.written("x", [old], BASE))
        assert entry["SEQUENCE"] == 0


class TestWhoMayFetchIt:
    @pytest.mark.parametrize("token", ["", "x", "a" * 43, "é", "a" * 5000])
    def test_an_address_that_does_not_hold_is_not_there(self, home: cast.House, token: str) -> None:
        address(home.worker)
        answer = Client().get(f"/calendar/{token}.ics")
        assert answer.status_code == 404

    def test_one_that_was_revoked_renewed_or_never_there_is_answered_alike(self, home: cast.House) -> None:
        revoked, renewed = address(home.worker), address(home.admin)
        calendar_feeds.revoke(home.worker)
        address(home.admin)
        left = address(home.colleague)
        Member.objects.filter(pk=home.colleague.pk).update(is_active=False)
        answers = [Client().get(path) for path in (revoked, renewed, left, "/calendar/none.ics")]
        assert {a.status_code for a in answers} == {404}
        assert len({(a.content, tuple(sorted(a.headers.items()))) for a in answers}) == 1
        assert answers[0].headers["Content-Type"].startswith("text/plain")

    def test_it_is_neither_the_sessions_nor_another_organizations(
        self, home: cast.House, elsewhere: cast.House
    ) -> None:
        owe(elsewhere.contact, today_of(elsewhere.worker))
        assert entries(visitor(elsewhere.worker).get(address(home.worker)).content) == []

    def test_only_a_hash_of_the_address_is_kept(self, home: cast.House) -> None:
        token = address(home.worker).removeprefix("/calendar/").removesuffix(".ics")
        assert len(token) >= 43
        kept = CalendarFeed.objects.values_list().get()
        assert token not in repr(kept)

    def test_nothing_else_than_reading(self, home: cast.House) -> None:
        path = address(home.worker)
        assert Client().head(path).status_code == 200
        assert Client().post(path).status_code == 405

    def test_who_fetches_without_end_waits(self, home: cast.House, monkeypatch: pytest.MonkeyPatch) -> None:
        few = type(calendar_feeds.FETCHES)("calendar of a member", 2, timedelta(minutes=10))
        monkeypatch.setattr(calendar_feeds, "FETCHES", few)
        path = address(home.worker)
        answers = [Client().get(path) for _ in range(3)]
        assert [a.status_code for a in answers] == [200, 200, 429]
        assert int(answers[-1].headers["Retry-After"]) > 0


class TestFetchingItAgain:
    def test_what_has_not_changed_is_not_sent_again(self, home: cast.House) -> None:
        scheduled(home)
        path = address(home.worker)
        first = Client().get(path)
        assert first.headers["Cache-Control"].startswith("private")
        by_tag = Client(headers={"If-None-Match": first.headers["ETag"]}).get(path)
        by_time = Client(headers={"If-Modified-Since": first.headers["Last-Modified"]}).get(path)
        for answer in (by_tag, by_time):
            assert (answer.status_code, answer.content) == (304, b"")
            assert answer.headers["ETag"] == first.headers["ETag"]
            assert answer.headers["Cache-Control"] == first.headers["Cache-Control"]

    def test_what_is_gone_is_a_change_too(self, home: cast.House) -> None:
        """Nothing that is left is younger than what was fetched before."""
        put(scheduled(home), "completed")
        path = address(home.worker)
        first = Client().get(path)
        CalendarFeed.objects.update(changed_at=clock.now() - timedelta(hours=1))
        earlier = CalendarFeed.objects.get().changed_at
        home.contact.follow_ups.all().delete()
        asked = {"If-Modified-Since": earlier.strftime("%a, %d %b %Y %H:%M:%S GMT")}
        again = Client(headers=asked).get(path)
        assert again.status_code == 200
        assert again.headers["ETag"] != first.headers["ETag"]

    def test_its_use_is_noted_at_most_once_a_minute(self, home: cast.House) -> None:
        path = address(home.worker)
        Client().get(path)
        noted = CalendarFeed.objects.get().last_used_at
        assert noted is not None
        Client().get(path)
        assert CalendarFeed.objects.get().last_used_at == noted
        CalendarFeed.objects.update(last_used_at=noted - timedelta(minutes=2))
        Client().get(path)
        assert CalendarFeed.objects.get().last_used_at >= noted

    def test_it_costs_the_same_queries_however_much_is_in_it(self, home: cast.House) -> None:
        few = self.queries(home, 1)
        assert self.queries(home, 3) == few
        assert few <= 15

    def queries(self, home: cast.House, many: int) -> int:
        """How many the first fetch of an address takes, with so many more of everything."""
        for _ in range(many):
            owe(cast.contact(home.organization, "One More", home.worker), today_of(home.worker) - timedelta(days=1))
            scheduled(home)
            put(scheduled(home, "sms"), "completed")
        return counted(Client().get, address(home.worker))[0]


class TestItsAddress:
    NEW, REVOKE = "/settings/profile/calendar", "/settings/profile/calendar/revoke"

    def test_it_is_made_shown_once_and_holds(self, home: cast.House) -> None:
        client = signed_in(home.worker)
        assert "Make address" in text(client.get("/settings/profile"))
        shown = send(client, self.NEW, HTMX)
        made = shown.context["address"]
        assert made.startswith(f"{BASE}/calendar/")
        assert shown.context["subscribing"] == made.replace("https:", "webcal:")
        assert Client().get(made.removeprefix(BASE)).status_code == 200
        page = client.get("/settings/profile")
        assert made not in page.content.decode()
        assert "Address made" in text(page)

    def test_a_new_one_takes_the_place_of_the_old(self, home: cast.House) -> None:
        client = signed_in(home.worker)
        first, second = (send(client, self.NEW, HTMX).context["address"] for _ in range(2))
        assert Client().get(first.removeprefix(BASE)).status_code == 404
        assert Client().get(second.removeprefix(BASE)).status_code == 200
        assert CalendarFeed.objects.count() == 1

    def test_it_is_revoked(self, home: cast.House) -> None:
        client = signed_in(home.worker)
        made = send(client, self.NEW, HTMX).context["address"]
        assert send(client, self.REVOKE, HTMX).status_code == 204
        assert Client().get(made.removeprefix(BASE)).status_code == 404
        assert "Make address" in text(client.get("/settings/profile"))

    def test_the_password_is_asked_for_a_while_after_signing_in(
        self, home: cast.House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(confirming, "RECENT_SECONDS", -1)
        client = signed_in(home.worker)
        assert send(client, self.NEW, HTMX, current="wrong").status_code == 422
        assert not CalendarFeed.objects.exists()
        assert send(client, self.NEW, HTMX, current=cast.PASSWORD).status_code == 200

    def test_everybody_has_their_own_and_an_admin_no_one_elses(self, home: cast.House) -> None:
        theirs = address(home.worker)
        send(signed_in(home.admin), self.REVOKE, HTMX)
        assert home.admin.role == Role.ADMIN
        assert Client().get(theirs).status_code == 200
