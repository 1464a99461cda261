"""The pipeline's pages: the board, moving a contact and taking that back, and the stages in the settings."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from relance.models import Activity, Contact, Stage, due, stage_editing
from relance.web.pipeline import board
from tests import cast
from tests.engine.test_query_counts import counted
from tests.web.follow_ups import HTMX, text, visitor

DAY = timedelta(days=1)
IDS = ("", "/delete", "/shift")


@pytest.fixture
def maya(home: cast.House) -> Client:
    """The admin."""
    return visitor(home.admin)


@pytest.fixture
def tom(home: cast.House) -> Client:
    """Who works the house's contact."""
    return visitor(home.worker)


@pytest.fixture
def warm(home: cast.House) -> Stage:
    return stage_editing.add(home.admin, {"name": "Warm", "cadenceDays": 14})


def put(contact: Contact, **fields: Any) -> Contact:
    Contact.objects.filter(pk=contact.pk).update(**fields)
    return Contact.objects.get(pk=contact.pk)


def many(home: cast.House, stage: Stage | None, number: int) -> None:
    Contact.objects.bulk_create(
        Contact(organization=home.organization, stage=stage, name=f"Contact {n:03}", zones=["UTC"])
        for n in range(number)
    )


def page(client: Client, address: str = "/pipeline", **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def column(html: str, stage: Stage | None) -> str:
    """What stands in one column."""
    id = f'id="column-{stage.public_id if stage else "none"}"'
    start = html.index(id)
    return text(html[html.index(">", start) + 1 : html.index("</section>", start)])


def moved(client: Client, contact: Contact, stage: Stage | None) -> Any:
    address = f"/contacts/{contact.public_id}/stage"
    return client.post(address, {"stage": stage.public_id if stage else ""}, headers=HTMX)


def said(answer: Any) -> dict[str, str]:
    return dict(json.loads(answer.headers["HX-Trigger"])["relance:done"])


class TestTheBoard:
    def test_each_stage_has_its_name_its_cadence_and_its_contacts(
        self, home: cast.House, maya: Client, warm: Stage
    ) -> None:
        today = due.today_of(home.admin)
        stage_editing.add(home.admin, {"name": "New"})
        put(home.contact, stage=warm, next_follow_up_date=today - 9 * DAY, lead_quality="HOT", cadence_days=7)
        shown = page(maya)
        assert re.findall(r'<h2 [^>]*id="name-[^"]*"><span[^>]*>([^<]+)', shown) == ["Warm", "New", "No stage"]
        assert column(shown, warm).startswith("Warm every 14 days")
        assert "Sarah Lee" in column(shown, warm)
        assert ", overdue Hot Every 7 days, own" in column(shown, warm)
        assert "Daniel Brooks No due date" in column(shown, None)

    def test_without_stages_it_says_what_they_are_for(self, maya: Client, tom: Client) -> None:
        assert "Add a stage" in page(maya)
        assert "An admin can add them" in text(page(tom))
        assert "/settings/pipeline" not in page(tom)

    def test_members_see_their_own_and_admins_all_or_theirs(
        self, home: cast.House, maya: Client, tom: Client, warm: Stage
    ) -> None:
        for contact in (home.contact, home.others):
            put(contact, stage=warm)
        assert "Daniel Brooks" not in page(tom)
        assert "Sarah Lee" in page(tom)
        assert {"Daniel Brooks", "Sarah Lee"} <= set(re.findall(r'data-open [^>]*title="([^"]+)"', page(maya)))
        mine = page(maya, "/pipeline?mine=1")
        assert "Sarah Lee" not in mine
        assert "Nobody here matches" in mine
        assert 'name="mine"' in mine
        assert 'name="mine"' not in page(tom)

    def test_a_search_narrows_it_and_stays_in_the_address(self, home: cast.House, maya: Client, warm: Stage) -> None:
        answer = maya.get("/pipeline?q=sarah&mine=", headers=HTMX | {"HX-Target": "board-counts"})
        assert answer.headers["HX-Replace-Url"] == "/pipeline?q=sarah"
        assert "<html" not in answer.content.decode()
        assert "Sarah Lee" in answer.content.decode()
        assert "Daniel Brooks" not in answer.content.decode()

    def test_counts_come_by_themselves(self, home: cast.House, maya: Client, tom: Client, warm: Stage) -> None:
        put(home.contact, stage=warm)
        for client, none in ((maya, "1"), (tom, "0")):
            found = page(client, "/pipeline/counts")
            assert re.findall(r'id="count-([^"]+)">([^<]*)', found) == [(warm.public_id, "1"), ("none", none)]
        assert f'id="count-{warm.public_id}"></span>' in page(maya)

    def test_a_long_column_shows_more_from_where_it_ends(self, home: cast.House, maya: Client, warm: Stage) -> None:
        many(home, warm, 65)
        first = page(maya)
        assert first.count('class="board-card"') == board.FIRST + 2
        [further] = re.findall(r'hx-get="(/pipeline/stage[^"]+)"', first)
        second = page(maya, further.replace("&amp;", "&"), **HTMX)
        assert second.count('class="board-card"') == board.STEP
        assert "Contact 030" in second
        [last] = re.findall(r'hx-get="(/pipeline/stage[^"]+)"', second)
        third = page(maya, last.replace("&amp;", "&"), **HTMX)
        assert third.count('class="board-card"') == 5
        assert "Show more" not in third

    def test_it_is_fetched_anew_with_as_many_as_it_shows_and_not_without_end(
        self, home: cast.House, maya: Client, warm: Stage
    ) -> None:
        many(home, warm, board.MOST + 5)
        for asked, shown in (("60", 60), ("99999", board.MOST), ("x", board.FIRST), ("-5", board.FIRST)):
            part = page(maya, f"/pipeline?{warm.public_id}={asked}", **HTMX | {"X-Live": "board"})
            assert part.count('class="board-card"') == shown + 2
            assert ("See all in Contacts" in part) == (shown == board.MOST)

    def test_a_column_alone_is_a_page_too(self, home: cast.House, maya: Client, warm: Stage) -> None:
        put(home.contact, stage=warm)
        alone = page(maya, f"/pipeline/{warm.public_id}")
        assert "Sarah Lee" in alone
        assert "Daniel Brooks" not in alone
        assert "Daniel Brooks" in page(maya, "/pipeline/none")
        assert maya.get(f"/pipeline/{warm.public_id}?cursor=x").headers["Location"] == "/pipeline"

    def test_names_show_as_text(self, home: cast.House, maya: Client, warm: Stage) -> None:
        Stage.objects.filter(pk=warm.pk).update(name="<b>Hot</b>")
        put(home.contact, name="<script>alert(1)</script>")
        assert "<script>alert" not in page(maya)
        assert "<b>Hot" not in page(maya)

    @pytest.mark.parametrize("who", ["admin", "worker"])
    def test_it_takes_as_many_queries_however_many_stages_and_contacts(self, home: cast.House, who: str) -> None:
        client = visitor(getattr(home, who))

        def asked() -> int:
            number, _ = counted(client.get, "/pipeline")
            return number

        stage_editing.add(home.admin, {"name": "One"})
        asked()
        few = asked()
        for number in range(9):
            many(home, stage_editing.add(home.admin, {"name": f"Stage {number}"}), 40)
        assert asked() == few
        assert few <= 10

    def test_it_is_in_the_sidebar_between_contacts_and_phone(self, maya: Client, settings: Any) -> None:
        settings.DEMO = True
        places = re.findall(r'data-key="(\w)" title="([^"]+)"', page(maya))
        assert places[2:5] == [("c", "Contacts"), ("r", "Pipeline"), ("p", "Phone and clock")]


class TestMoving:
    def test_it_says_what_it_set_and_offers_to_take_it_back(self, home: cast.House, tom: Client, warm: Stage) -> None:
        told = said(moved(tom, home.contact, warm))
        day = due.today_of(home.worker) + 14 * DAY
        assert told["said"] == f"Moved to Warm. Due again {day:%a} {day.day} {day:%b}." or str(day.year) in told["said"]
        assert told["changed"] == "contact"
        assert Contact.objects.get(pk=home.contact.pk).next_follow_up_date == day
        back = said(tom.post(told["undo"], headers=HTMX))
        assert back["said"] == "Moved back."
        contact = Contact.objects.get(pk=home.contact.pk)
        assert (contact.stage, contact.next_follow_up_date) == (None, None)
        assert said(tom.post(told["undo"], headers=HTMX))["said"] == "Nothing to move back."

    @pytest.mark.parametrize(
        ("days", "ends"), [(-3, "Still overdue."), (1, "Still due tomorrow."), (0, "Still due today.")]
    )
    def test_a_day_that_stays_is_named(self, home: cast.House, tom: Client, warm: Stage, days: int, ends: str) -> None:
        put(home.contact, next_follow_up_date=due.today_of(home.worker) + days * DAY)
        assert said(moved(tom, home.contact, warm))["said"] == f"Moved to Warm. {ends}"

    def test_out_of_the_pipeline(self, home: cast.House, tom: Client, warm: Stage) -> None:
        put(home.contact, stage=warm)
        assert said(moved(tom, home.contact, None))["said"] == "Taken out of the pipeline."
        assert said(moved(tom, home.contact, None)) == {"said": "", "changed": "contact", "undo": ""}

    def test_only_who_sees_the_contact_moves_it(self, home: cast.House, elsewhere: cast.House, warm: Stage) -> None:
        for member in (home.colleague, elsewhere.admin, elsewhere.worker):
            assert moved(visitor(member), home.contact, warm).status_code == 404
        assert visitor().post(f"/contacts/{home.contact.public_id}/stage").headers["Location"].startswith("/sign-in")
        assert not Activity.objects.exists()

    def test_another_organizations_stage_is_none(
        self, home: cast.House, elsewhere: cast.House, tom: Client, warm: Stage
    ) -> None:
        theirs = stage_editing.add(elsewhere.admin, {"name": "Cita"})
        put(home.contact, stage=warm)
        assert said(moved(tom, home.contact, theirs))["said"] == "This stage is gone. Choose another."
        assert Contact.objects.get(pk=home.contact.pk).stage == warm

    def test_what_another_moved_is_not_ones_to_take_back(
        self, home: cast.House, elsewhere: cast.House, tom: Client, maya: Client, warm: Stage
    ) -> None:
        undo = said(moved(tom, home.contact, warm))["undo"]
        for client in (maya, visitor(elsewhere.admin)):
            assert said(client.post(undo, headers=HTMX))["said"] == "Nothing to move back."
        assert visitor().post(undo).headers["Location"].startswith("/sign-in")
        assert tom.get(undo).headers["Location"] == "/pipeline"
        assert Contact.objects.get(pk=home.contact.pk).stage == warm

    def test_without_scripts_it_leads_back_to_the_contact(self, home: cast.House, tom: Client, warm: Stage) -> None:
        where = f"/contacts/{home.contact.public_id}"
        assert tom.get(f"{where}/stage").headers["Location"] == where
        assert tom.post(f"{where}/stage", {"stage": warm.public_id}).headers["Location"] == where

    def test_many_at_once(self, home: cast.House, maya: Client, tom: Client, warm: Stage) -> None:
        given = {"ids": [home.contact.public_id, home.others.public_id], "stage": warm.public_id}
        assert "Move 2 contacts to a stage" in text(page(maya, "/contacts/bulk/stage?" + "&".join(
            f"ids={id}" for id in given["ids"]), **HTMX))  # fmt: skip
        assert said(tom.post("/contacts/bulk/stage", given, headers=HTMX))["said"] == "1 contact moved to Warm."
        told = said(maya.post("/contacts/bulk/stage", given, headers=HTMX))
        assert told["said"] == "1 contact moved to Warm."
        maya.post(told["undo"], headers=HTMX)
        assert [Contact.objects.get(pk=c.pk).stage for c in (home.contact, home.others)] == [warm, None]
        refused = maya.post("/contacts/bulk/stage", given | {"stage": "stage_0"}, headers=HTMX)
        assert refused.status_code == 422
        assert 'id="error-stage"' in refused.content.decode()


class TestStages:
    def test_they_are_an_admins(self, home: cast.House, elsewhere: cast.House, tom: Client, warm: Stage) -> None:
        for address in ("/settings/pipeline", "/settings/pipeline/new", *self.of(warm)):
            for ask in (tom.get, tom.post):
                assert ask(address).status_code in (403, 405)
            assert visitor().get(address).headers["Location"].startswith("/sign-in")
        for address in self.of(warm):
            stranger = visitor(elsewhere.admin)
            for ask in (stranger.get, stranger.post):
                assert ask(address).status_code == 404
        assert "/settings/pipeline" not in page(tom, "/settings/profile")
        assert Stage.objects.get() == warm

    def of(self, stage: Stage) -> list[str]:
        return [f"/settings/pipeline/{stage.public_id}{below}" for below in IDS]

    def test_one_is_added(self, home: cast.House, maya: Client) -> None:
        told = said(maya.post("/settings/pipeline/new", {"name": "Warm", "cadenceDays": "14"}, headers=HTMX))
        assert (told["said"], told["changed"]) == ("Warm is added.", "stage")
        assert "Warm Every 14 days" in text(page(maya, "/settings/pipeline"))

    @pytest.mark.parametrize(
        ("given", "field"),
        [({"name": ""}, "name"), ({"name": "WARM"}, "name"), ({"name": "X", "cadenceDays": "often"}, "cadenceDays"),
         ({"name": "X", "cadenceDays": "0"}, "cadenceDays"), ({"name": "X", "cadenceDays": "99999"}, "cadenceDays")],
    )  # fmt: skip
    def test_what_cannot_be_is_told_at_its_field(
        self, maya: Client, warm: Stage, given: dict[str, str], field: str
    ) -> None:
        answer = maya.post("/settings/pipeline/new", given, headers=HTMX)
        assert answer.status_code == 422
        assert f'id="error-{field}"' in answer.content.decode()
        assert f'value="{given["name"]}"' in answer.content.decode()
        assert Stage.objects.get() == warm

    def test_one_is_changed_and_days_are_spread_if_that_is_wanted(
        self, home: cast.House, maya: Client, warm: Stage
    ) -> None:
        address = f"/settings/pipeline/{warm.public_id}"
        many(home, warm, 6)
        form = page(maya, address, **HTMX)
        assert "Also give the 6 contacts in this stage without a due date one" in text(form)
        assert "checked" not in form
        given = {"name": "Warmer", "cadenceDays": "3"}
        assert said(maya.post(address, given, headers=HTMX))["said"] == "Saved."
        told = said(maya.post(address, given | {"spread": "on"}, headers=HTMX))
        assert told["said"] == "Saved. 6 contacts got a due date, the last in 3 days."
        assert told["changed"] == "stage contact"
        assert "Also give" not in page(maya, address, **HTMX)
        assert set(Contact.objects.filter(stage=warm).values_list("next_follow_up_date", flat=True)) == {
            due.today_of(home.admin) + n * DAY for n in (1, 2, 3)
        }

    def test_nothing_is_spread_without_a_cadence(self, home: cast.House, maya: Client, warm: Stage) -> None:
        many(home, warm, 1)
        answer = maya.post(f"/settings/pipeline/{warm.public_id}", {"name": "Warm", "spread": "on"}, headers=HTMX)
        assert answer.status_code == 422
        assert 'id="error-cadenceDays"' in answer.content.decode()
        assert "checked" in answer.content.decode()

    def test_they_go_up_and_down(self, home: cast.House, maya: Client, warm: Stage) -> None:
        stage_editing.add(home.admin, {"name": "Cold"})
        address = f"/settings/pipeline/{warm.public_id}/shift"
        for to, order in (("down", ["Cold", "Warm"]), ("up", ["Warm", "Cold"])):
            assert said(maya.post(address, {"to": to}, headers=HTMX))["changed"] == "stage"
            assert re.findall(r'class="strong" dir="auto">(\w+)', page(maya, "/settings/pipeline")) == order

    def test_of_one_that_is_deleted_the_contacts_go_where_it_is_said(
        self, home: cast.House, maya: Client, warm: Stage
    ) -> None:
        cold = stage_editing.add(home.admin, {"name": "Cold", "cadenceDays": 30})
        many(home, warm, 3)
        address = f"/settings/pipeline/{warm.public_id}/delete"
        assert "Where its 3 contacts go Cold No stage" in text(page(maya, address, **HTMX))
        told = said(maya.post(address, {"stage": cold.public_id}, headers=HTMX))
        assert told["said"] == "Warm is deleted. 3 contacts moved to Cold."
        assert Contact.objects.filter(stage=cold).count() == 3
        assert maya.get(address).status_code == 404

    def test_an_empty_one_just_goes(self, maya: Client, warm: Stage) -> None:
        address = f"/settings/pipeline/{warm.public_id}/delete"
        assert "Nobody is in it." in text(page(maya, address, **HTMX))
        assert said(maya.post(address, {}, headers=HTMX))["said"] == "Warm is deleted."
        assert not Stage.objects.exists()

    def test_they_do_not_go_to_another_organizations(
        self, home: cast.House, elsewhere: cast.House, maya: Client, warm: Stage
    ) -> None:
        theirs = stage_editing.add(elsewhere.admin, {"name": "Cita"})
        many(home, warm, 1)
        answer = maya.post(f"/settings/pipeline/{warm.public_id}/delete", {"stage": theirs.public_id}, headers=HTMX)
        assert answer.status_code == 422
        assert 'id="error-stage"' in answer.content.decode()
        assert Stage.objects.filter(pk=warm.pk).exists()
