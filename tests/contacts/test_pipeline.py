"""The pipeline: when a contact is due that comes to be on a cadence, moving and moving back, and editing the stages."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from relance.models import Activity, Contact, Invalid, Stage, changes, due, pipeline, stage_editing, touches
from relance.models.contact_filters import ME, Which
from relance.rules import cadence
from tests import cast

DAY = timedelta(days=1)
TODAY = date(2026, 11, 21)

days = st.dates(TODAY - 400 * DAY, TODAY + 400 * DAY)
cadences = st.integers(1, 400)


@pytest.fixture
def house(db: None) -> cast.House:
    return cast.brightwater()


@pytest.fixture
def today(house: cast.House) -> date:
    return due.today_of(house.worker)


@pytest.fixture
def new(house: cast.House) -> Stage:
    return stage(house, "New", None)


@pytest.fixture
def warm(house: cast.House) -> Stage:
    return stage(house, "Warm", 14)


def stage(house: cast.House, name: str, every: int | None) -> Stage:
    return stage_editing.add(house.admin, {"name": name, "cadenceDays": every})


def somebody(house: cast.House, name: str = "Ada", **fields: Any) -> Contact:
    contact = cast.contact(house.organization, name, house.worker)
    Contact.objects.filter(pk=contact.pk).update(**fields)
    return now(contact)


def now(contact: Contact) -> Contact:
    return Contact.objects.get(pk=contact.pk)


def day_of(contact: Contact) -> date | None:
    return now(contact).next_follow_up_date


class TestTheRule:
    @given(day=st.none() | days, own=cadences, stages=st.none() | cadences)
    def test_a_cadence_of_ones_own_overrides_that_of_the_stage(
        self, day: date | None, own: int, stages: int | None
    ) -> None:
        assert cadence.moved(day, TODAY, own, stages) == cadence.begun(day, TODAY, own)

    @given(day=st.none() | days, stages=cadences)
    def test_whoever_comes_into_a_stage_is_due_by_its_cadence_at_the_latest(
        self, day: date | None, stages: int
    ) -> None:
        moved = cadence.moved(day, TODAY, None, stages)
        assert moved == min(filter(None, (day, TODAY + stages * DAY)))

    @given(day=st.none() | days)
    def test_without_a_cadence_the_day_stays(self, day: date | None) -> None:
        assert cadence.moved(day, TODAY, None, None) == day

    @given(day=st.none() | days, own=st.none() | cadences, one=cadences, other=cadences)
    def test_going_there_again_changes_nothing(self, day: date | None, own: int | None, one: int, other: int) -> None:
        there = cadence.moved(day, TODAY, own, one)
        assert cadence.moved(there, TODAY, own, one) == there
        assert cadence.moved(cadence.moved(there, TODAY, own, other), TODAY, own, one) <= there  # type: ignore[operator]

    @given(day=days, every=cadences)
    def test_a_day_that_is_set_outlasts_a_cadence_that_begins(self, day: date, every: int) -> None:
        assert cadence.begun(day, TODAY, every) == day
        assert cadence.begun(None, TODAY, every) == TODAY + every * DAY


class TestSayingIt:
    def test_a_cadence_gives_a_day_to_whoever_has_none(self, house: cast.House) -> None:
        contact = somebody(house)
        contact.edit({"cadenceDays": 7}, house.worker)
        assert day_of(contact) == due.today_of(house.worker) + 7 * DAY

    def test_a_day_that_is_named_stands(self, house: cast.House, warm: Stage) -> None:
        far = date(2099, 1, 1)
        contact = somebody(house)
        contact.edit({"stageId": warm.public_id, "nextFollowUpDate": far.isoformat()}, house.worker)
        assert day_of(contact) == far

    def test_a_stage_gives_a_day_and_brings_a_far_one_nearer(self, house: cast.House, warm: Stage, today: date) -> None:
        without, far, near = somebody(house), somebody(house), somebody(house)
        Contact.objects.filter(pk=far.pk).update(next_follow_up_date=today + 60 * DAY)
        Contact.objects.filter(pk=near.pk).update(next_follow_up_date=today - 2 * DAY)
        for contact in (without, far, near):
            contact.edit({"stageId": warm.public_id}, house.worker)
        assert [day_of(c) for c in (without, far, near)] == [today + 14 * DAY, today + 14 * DAY, today - 2 * DAY]

    def test_clearing_the_day_leaves_it_cleared(self, house: cast.House, warm: Stage, today: date) -> None:
        contact = somebody(house, stage=warm, next_follow_up_date=today)
        contact.edit({"nextFollowUpDate": None, "name": "Ada Lee"}, house.worker)
        assert day_of(contact) is None

    def test_today_is_the_members(self, house: cast.House, monkeypatch: pytest.MonkeyPatch) -> None:
        house.worker.time_zone = "Pacific/Kiritimati"
        contact = somebody(house)
        contact.edit({"cadenceDays": 1}, house.worker)
        assert day_of(contact) == due.today_of(house.worker) + DAY

    def test_a_new_contact_on_a_cadence_is_due_by_it(self, house: cast.House, warm: Stage, today: date) -> None:
        made = Contact.objects.add(house.organization, {"name": "Ada", "stageId": warm.public_id}, house.worker)
        assert made.next_follow_up_date == today + 14 * DAY

    def test_the_timeline_tells_of_it(self, house: cast.House, new: Stage, warm: Stage) -> None:
        contact = somebody(house)
        for there in (new.public_id, warm.public_id, warm.public_id, ""):
            contact.edit({"stageId": there}, house.worker)
        told = Activity.objects.filter(contact=contact).order_by("id").values_list("text", flat=True)
        assert list(told) == ["Moved to New.", "Moved from New to Warm.", "Taken out of Warm."]


class TestMoving:
    def test_it_sets_stage_and_day_and_says_so(self, house: cast.House, warm: Stage, today: date) -> None:
        contact = somebody(house)
        moved = pipeline.move(house.worker, [contact.pk], warm)
        assert (now(contact).stage, day_of(contact)) == (warm, today + 14 * DAY)
        assert moved.days == {contact.pk: (None, today + 14 * DAY)}
        assert Activity.objects.get(press=moved.press).member == house.worker

    def test_whoever_is_there_already_or_not_ones_to_see_is_left_out(self, house: cast.House, warm: Stage) -> None:
        there = somebody(house, stage=warm)
        assert pipeline.move(house.worker, [there.pk, house.others.pk], warm).days == {}
        assert now(house.others).stage is None
        assert not Activity.objects.exists()
        assert list(pipeline.move(house.admin, [house.others.pk], warm).days) == [house.others.pk]

    def test_another_organizations_contacts_stay(self, house: cast.House, warm: Stage) -> None:
        elsewhere = cast.aurora()
        assert pipeline.move(elsewhere.admin, [house.contact.pk], None).days == {}

    def test_out_of_the_pipeline_the_day_stays(self, house: cast.House, warm: Stage, today: date) -> None:
        contact = somebody(house, stage=warm, next_follow_up_date=today)
        pipeline.move(house.worker, [contact.pk], None)
        assert (now(contact).stage, day_of(contact)) == (None, today)

    def test_a_stage_that_is_gone_takes_nobody(self, house: cast.House, warm: Stage) -> None:
        stage_editing.remove(warm, house.admin, None)
        with pytest.raises(Invalid, match="This stage is gone"):
            pipeline.move(house.worker, [house.contact.pk], warm)

    def test_others_hear_of_it(self, house: cast.House, warm: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[Any] = []
        monkeypatch.setattr(changes, "announce", lambda _, what, ids=(): told.append((what, list(ids))))
        pipeline.move(house.worker, [house.contact.pk], warm)
        pipeline.move(house.worker, [house.contact.pk], warm)
        assert told == [("contact", [house.contact.pk])]

    def test_many_take_as_many_statements_as_one(self, house: cast.House, warm: Stage) -> None:
        def statements(many: int) -> int:
            keys = [somebody(house, f"Contact {n}").pk for n in range(many)]
            with CaptureQueriesContext(connection) as asked:
                assert len(pipeline.move(house.worker, keys, warm).days) == many
            return len(asked)

        assert statements(1) == statements(20)

    def test_a_touch_moves_the_day_by_the_stage(self, house: cast.House, warm: Stage, today: date) -> None:
        contact = somebody(house, stage=warm, next_follow_up_date=today)
        touches.done(house.worker, [contact.pk])
        assert day_of(contact) == today + 14 * DAY


class TestMovingBack:
    def test_stage_and_day_are_as_before_and_no_line_is_left(
        self, house: cast.House, new: Stage, warm: Stage, today: date
    ) -> None:
        far, none = somebody(house, stage=new, next_follow_up_date=today + 60 * DAY), somebody(house, "Bo")
        moved = pipeline.move(house.worker, [far.pk, none.pk], warm)
        assert pipeline.undo(house.worker, moved.press) == 2
        assert (now(far).stage, day_of(far)) == (new, today + 60 * DAY)
        assert (now(none).stage, day_of(none)) == (None, None)
        assert not Activity.objects.exists()
        assert pipeline.undo(house.worker, moved.press) == 0

    def test_what_happened_since_stays(self, house: cast.House, new: Stage, warm: Stage, today: date) -> None:
        elsewhere, touched = somebody(house, stage=new), somebody(house, "Bo", stage=new)
        moved = pipeline.move(house.worker, [elsewhere.pk, touched.pk], warm)
        Contact.objects.filter(pk=elsewhere.pk).update(stage=None)
        Contact.objects.filter(pk=touched.pk).update(next_follow_up_date=today + 3 * DAY)
        assert pipeline.undo(house.worker, moved.press) == 1
        assert now(elsewhere).stage is None
        assert (now(touched).stage, day_of(touched)) == (new, today + 3 * DAY)

    def test_there_is_no_way_back_to_a_stage_that_is_gone(self, house: cast.House, new: Stage, warm: Stage) -> None:
        contact = somebody(house, stage=new)
        moved = pipeline.move(house.worker, [contact.pk], warm)
        stage_editing.remove(new, house.admin, None)
        assert pipeline.undo(house.worker, moved.press) == 0
        assert now(contact).stage == warm

    def test_it_is_ones_own_and_of_its_kind(self, house: cast.House, warm: Stage, today: date) -> None:
        contact = somebody(house, next_follow_up_date=today)
        moved, done = pipeline.move(house.worker, [contact.pk], warm), touches.done(house.worker, [contact.pk])
        assert pipeline.undo(house.admin, moved.press) == 0
        assert pipeline.undo(house.worker, done.press) == 0
        assert touches.undo(house.worker, moved.press) == 0


class TestTheBoard:
    @pytest.fixture
    def people(self, house: cast.House, warm: Stage, today: date) -> None:
        for name, stage, when in (
            ("bea", warm, today), ("Abel", warm, today), ("Cy", warm, today - DAY), ("Di", warm, None),
            ("Ed", None, today + DAY),
        ):  # fmt: skip
            somebody(house, name, stage=stage, next_follow_up_date=when)

    @pytest.mark.usefixtures("people")
    @pytest.mark.parametrize("few", [1, pipeline.FEW])
    @pytest.mark.parametrize("who", ["worker", "admin"])
    def test_a_column_has_its_contacts_by_day_then_name(
        self, house: cast.House, warm: Stage, who: str, few: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pipeline, "FEW", few)
        first, rest = pipeline.columns(getattr(house, who), Which(), {warm.pk: 30, None: 30})
        assert [c.name for c in first.rows] == ["Cy", "Abel", "bea", "Di"]
        assert rest.rows[0].name == "Ed"
        assert not first.next_cursor

    @pytest.mark.usefixtures("people")
    @pytest.mark.parametrize("who", ["worker", "admin"])
    def test_what_follows_begins_where_the_first_end(self, house: cast.House, warm: Stage, who: str) -> None:
        member = getattr(house, who)
        for key, names in ((warm.pk, ["Di"]), (None, [])):
            [first] = pipeline.columns(member, Which(), {key: 3})
            if names:
                part = pipeline.further(member, Which(), key, limit=3, cursor=first.next_cursor)
                assert [c.name for c in part.rows] == names
        everybody = pipeline.counts(member, Which())[None]
        [first] = pipeline.columns(member, Which(), {None: 1})
        seen = len(first.rows) + len(pipeline.further(member, Which(), None, limit=9, cursor=first.next_cursor).rows)
        assert seen == everybody

    @pytest.mark.usefixtures("people")
    def test_members_see_and_count_their_own(self, house: cast.House, warm: Stage) -> None:
        assert pipeline.counts(house.admin, Which())[warm.pk] == 4
        assert pipeline.counts(house.colleague, Which()) == {None: 1}
        assert pipeline.counts(house.admin, Which(assigned_to=ME)) == {}
        assert pipeline.counts(cast.aurora().admin, Which()).get(warm.pk) is None
        [column] = pipeline.columns(house.colleague, Which(), {warm.pk: 30})
        assert column.rows == []

    @pytest.mark.usefixtures("people")
    def test_a_search_narrows_every_column(self, house: cast.House, warm: Stage) -> None:
        parts = pipeline.columns(house.admin, Which(q="abe"), {warm.pk: 30, None: 30})
        assert [[c.name for c in part.rows] for part in parts] == [["Abel"], []]

    @pytest.mark.usefixtures("people")
    @pytest.mark.parametrize(
        ("who", "which", "few", "walked"),
        [
            ("admin", Which(), 9, True), ("admin", Which(q="abe"), 9, False), ("admin", Which(q="abe"), 0, True),
            ("worker", Which(), 9, False), ("worker", Which(), 2, True),
        ],
    )  # fmt: skip
    def test_the_index_of_all_is_walked_for_many_and_not_for_the_few_that_a_search_finds(
        self,
        house: cast.House,
        warm: Stage,
        who: str,
        which: Which,
        few: int,
        walked: bool,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(pipeline, "FEW", few)
        with CaptureQueriesContext(connection) as asked:
            pipeline.columns(getattr(house, who), which, {warm.pk: 30, None: 30})
        assert ("UNION ALL" in asked.captured_queries[-1]["sql"]) is walked

    def test_more_of_the_few_that_a_search_finds_are_found_by_their_keys(self, house: cast.House, warm: Stage) -> None:
        for number in range(3):
            somebody(house, f"Abel {number}", stage=warm)
        which = Which(q="abe")
        [first] = pipeline.columns(house.admin, which, {warm.pk: 1})
        with CaptureQueriesContext(connection) as asked:
            part = pipeline.further(house.admin, which, warm.pk, limit=9, cursor=first.next_cursor)
        assert [c.name for c in part.rows] == ["Abel 1", "Abel 2"]
        assert "@@" not in asked.captured_queries[-1]["sql"]

    @pytest.mark.usefixtures("people")
    @pytest.mark.parametrize(("who", "queries"), [("worker", 2), ("admin", 1)])
    def test_it_takes_as_many_queries_however_many_stages(
        self, house: cast.House, warm: Stage, who: str, queries: int
    ) -> None:
        keys = [warm.pk, None, *(stage(house, f"Stage {n}", n + 1).pk for n in range(8))]
        with CaptureQueriesContext(connection) as asked:
            pipeline.columns(getattr(house, who), Which(), dict.fromkeys(keys, 30))
        assert len(asked) == queries


class TestEditing:
    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"name": " "}, "name"), ({"name": "x" * 61}, "name"), ({"name": "warm"}, "name"),
            ({"name": "Cold", "cadenceDays": 0}, "cadenceDays"), ({"name": "Cold", "cadenceDays": "x"}, "cadenceDays"),
            ({"name": "Cold", "cadenceDays": 4000}, "cadenceDays"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_at_its_field(
        self, house: cast.House, new: Stage, warm: Stage, said: dict[str, Any], field: str
    ) -> None:
        for act in (lambda: stage_editing.add(house.admin, said), lambda: stage_editing.change(new, house.admin, said)):
            with pytest.raises(Invalid) as refused:
                act()
            assert [name for name, _ in refused.value.errors] == [field]
        assert [s.name for s in pipeline.stages_of(house.organization)] == ["New", "Warm"]

    def test_there_are_no_more_than_a_board_can_show(self, house: cast.House) -> None:
        for number in range(stage_editing.MOST):
            stage(house, f"Stage {number}", None)
        with pytest.raises(Invalid, match="Delete one first"):
            stage(house, "One more", None)

    def test_they_go_up_and_down_and_no_further_than_the_ends(self, house: cast.House) -> None:
        one, two, three = (stage(house, name, None) for name in ("One", "Two", "Three"))
        for which, steps in ((three, -1), (one, -1), (two, 1), (two, 5)):
            stage_editing.shift(which, house.admin, steps)
        assert [s.name for s in pipeline.stages_of(house.organization)] == ["One", "Three", "Two"]

    def test_a_new_cadence_leaves_the_days_alone(self, house: cast.House, new: Stage, today: date) -> None:
        there = somebody(house, stage=new, next_follow_up_date=today + 60 * DAY)
        without = somebody(house, stage=new)
        assert stage_editing.change(new, house.admin, {"name": "New", "cadenceDays": 7}) == 0
        assert (day_of(there), day_of(without)) == (today + 60 * DAY, None)

    def test_those_without_a_day_can_be_spread_evenly_over_the_next_days(
        self, house: cast.House, new: Stage, today: date
    ) -> None:
        there = somebody(house, stage=new, next_follow_up_date=today)
        without = [somebody(house, f"Contact {n}", stage=new) for n in range(10)]
        given = stage_editing.change(new, house.admin, {"name": "New", "cadenceDays": 4}, spread=True)
        shares = Counter(day_of(contact) for contact in without)
        assert given == 10
        assert sorted(shares) == [today + n * DAY for n in (1, 2, 3, 4)]
        assert sorted(shares.values()) == [2, 2, 3, 3]
        assert day_of(there) == today

    def test_a_cadence_of_ones_own_is_spread_over_its_own_days(
        self, house: cast.House, new: Stage, today: date
    ) -> None:
        own = [somebody(house, f"Contact {n}", stage=new, cadence_days=1) for n in range(3)]
        stage_editing.change(new, house.admin, {"name": "New", "cadenceDays": 30}, spread=True)
        assert {day_of(contact) for contact in own} == {today + DAY}

    def test_nothing_is_spread_over_no_days(self, house: cast.House, new: Stage) -> None:
        with pytest.raises(Invalid) as refused:
            stage_editing.change(new, house.admin, {"name": "New", "cadenceDays": None}, spread=True)
        assert refused.value.errors[0][0] == "cadenceDays"

    def test_of_a_stage_that_is_deleted_the_contacts_go_where_it_is_said(
        self, house: cast.House, new: Stage, warm: Stage, today: date
    ) -> None:
        far, without = somebody(house, stage=new, next_follow_up_date=today + 60 * DAY), somebody(house, stage=new)
        removed = somebody(house, "Gone", stage=new)
        removed.remove()
        assert stage_editing.remove(new, house.admin, warm) == 2
        assert {now(c).stage for c in (far, without, removed)} == {warm}
        assert (day_of(far), day_of(without), day_of(removed)) == (today + 60 * DAY, today + DAY, None)
        assert pipeline.stages_of(house.organization) == [warm]

    def test_or_nowhere(self, house: cast.House, warm: Stage) -> None:
        contact = somebody(house, stage=warm)
        assert stage_editing.remove(warm, house.admin, None) == 1
        assert (now(contact).stage, day_of(contact)) == (None, None)

    def test_they_do_not_go_to_a_stage_that_is_gone(self, house: cast.House, new: Stage, warm: Stage) -> None:
        stage_editing.remove(warm, house.admin, None)
        with pytest.raises(Invalid, match="This stage is gone"):
            stage_editing.remove(new, house.admin, warm)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_add_the_same_stage_at_once_one_is_told() -> None:
    house = cast.brightwater()

    def add(_: int) -> str:
        try:
            return stage(house, "Warm", 7).name
        except Invalid as refused:
            return str(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(add, range(2)))
    assert said[0] == "Warm"
    assert "There is a stage “Warm” already" in said[1]
