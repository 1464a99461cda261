"""What a member owes, made or put off: counted right, taken back whole, and moved by calls and messages too."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from relance.models import Activity, Contact, Stage, changes, due, sql, touches
from tests import cast

DAY = timedelta(days=1)


@pytest.fixture
def house(db: None) -> cast.House:
    return cast.brightwater()


@pytest.fixture
def today(house: cast.House) -> date:
    return due.today_of(house.worker)


def owed(house: cast.House, name: str, on: date | None, **fields: Any) -> Contact:
    return saved(cast.contact(house.organization, name, house.worker), next_follow_up_date=on, **fields)


def saved(contact: Contact, **fields: Any) -> Contact:
    Contact.objects.filter(pk=contact.pk).update(**fields)
    return contact


def day_of(contact: Contact) -> date | None:
    return Contact.objects.get(pk=contact.pk).next_follow_up_date


def names(house: cast.House, today: date, **asked: Any) -> list[str]:
    return [row.name for row in due.owed(house.worker, today, limit=200, **asked)]


@pytest.fixture
def four(house: cast.House, today: date) -> list[Contact]:
    return [
        owed(house, "Rest", today, lead_quality="COLD"),
        owed(house, "Hot", today, lead_quality="HOT"),
        owed(house, "Overdue", today - 9 * DAY, lead_quality="WARM"),
        owed(house, "Hot and overdue", today - DAY, lead_quality="HOT"),
        owed(house, "Tomorrow", today + DAY, lead_quality="HOT"),
    ]


@pytest.mark.usefixtures("four")
def test_the_hub_has_hot_and_overdue_first_then_hot_then_overdue_then_the_rest(house: cast.House, today: date) -> None:
    assert names(house, today, order=due.URGENT) == ["Hot and overdue", "Hot", "Overdue", "Rest"]


@pytest.mark.usefixtures("four")
def test_each_group_holds_what_its_name_says_and_is_counted_right(house: cast.House, today: date) -> None:
    assert names(house, today, group="overdue") == ["Overdue", "Hot and overdue"]
    assert names(house, today, group="today") == ["Rest", "Hot"]
    assert names(house, today, group="hot") == ["Hot and overdue", "Hot"]
    assert due.counts(house.worker, today) == {"all": 4, "overdue": 2, "today": 2, "hot": 2}
    assert due.count(house.worker, today) == 4


def test_quality_and_removal_reach_the_list_however_they_are_written(
    house: cast.House, today: date, four: list[Contact]
) -> None:
    Contact.objects.filter(name="Rest").update(lead_quality="HOT")
    Contact.objects.filter(name="Hot").update(lead_quality="")
    four[2].remove()
    assert names(house, today, group="hot") == ["Hot and overdue", "Rest"]
    assert due.counts(house.worker, today)["all"] == 3


def test_a_contact_assigned_later_is_hot_at_once(house: cast.House, today: date) -> None:
    contact = saved(cast.contact(house.organization, "Later"), next_follow_up_date=today, lead_quality="HOT")
    contact.assign([house.worker])
    assert names(house, today, group="hot") == ["Later"]


@pytest.mark.parametrize("act", [touches.done, touches.snooze])
def test_whoever_has_no_day_or_is_not_ones_own_is_left_out(house: cast.House, today: date, act: Any) -> None:
    mine, without = owed(house, "Mine", today), owed(house, "Without", None)
    others = saved(cast.contact(house.organization, "Others"), next_follow_up_date=today)
    pressed = act(house.worker, [mine.pk, without.pk, others.pk])
    assert (pressed.assigned, pressed.count) == (2, 1)
    assert day_of(without) is None
    assert day_of(others) == today


@pytest.mark.parametrize("act", [touches.done, touches.snooze])
def test_whoever_is_due_later_than_asked_about_is_left_out(house: cast.House, today: date, act: Any) -> None:
    later = owed(house, "Later", today + DAY, cadence_days=7)
    assert act(house.worker, [later.pk], by=today).count == 0
    assert day_of(later) == today + DAY


@pytest.mark.parametrize("act", [touches.done, touches.snooze])
def test_whoever_is_due_on_another_day_than_was_seen_is_left_out(house: cast.House, today: date, act: Any) -> None:
    seen, moved = owed(house, "Seen", today), owed(house, "Moved", today - DAY)
    pressed = act(house.worker, [seen.pk, moved.pk], seen=today)
    assert (pressed.assigned, pressed.count) == (2, 1)
    assert day_of(moved) == today - DAY


def test_undo_brings_back_every_day_and_leaves_no_line(house: cast.House, today: date, four: list[Contact]) -> None:
    pressed = touches.done(house.worker, [contact.pk for contact in four], by=today)
    assert names(house, today) == []
    assert Activity.objects.filter(kind="followUpDone").count() == 4
    assert touches.undo(house.worker, pressed.press) == 4
    assert due.counts(house.worker, today) == {"all": 4, "overdue": 2, "today": 2, "hot": 2}
    assert day_of(four[2]) == today - 9 * DAY
    assert not Activity.objects.exists()


def test_undo_leaves_alone_what_somebody_moved_since(house: cast.House, today: date) -> None:
    moved, left = owed(house, "Moved", today), owed(house, "Left", today)
    pressed = touches.done(house.worker, [moved.pk, left.pk])
    Contact.objects.filter(pk=moved.pk).update(next_follow_up_date=today + 5 * DAY)
    assert touches.undo(house.worker, pressed.press) == 1
    assert day_of(moved) == today + 5 * DAY
    assert day_of(left) == today
    assert Activity.objects.get().contact == moved


def test_undo_is_ones_own_and_once(house: cast.House, today: date) -> None:
    contact = owed(house, "Mine", today)
    pressed = touches.done(house.worker, [contact.pk])
    assert touches.undo(house.admin, pressed.press) == 0
    assert touches.undo(house.worker, pressed.press) == 1
    assert touches.undo(house.worker, pressed.press) == 0


def test_where_nothing_was_moved_nobody_is_told_to_look_again(
    house: cast.House, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[int]] = []
    monkeypatch.setattr(changes, "announce_all", lambda ids, what: told.extend(ids.values()))
    contact = owed(house, "Sarah Lee", today)
    told.clear()
    pressed = touches.done(house.worker, [contact.pk])
    touches.done(house.worker, [contact.pk])
    assert told == [[contact.pk]]
    touches.undo(house.worker, pressed.press)
    touches.undo(house.worker, pressed.press)
    assert told == [[contact.pk], [contact.pk]]


def test_many_take_one_statement_each_for_contacts_and_activities(house: cast.House, today: date) -> None:
    def statements(many: int) -> int:
        keys = [owed(house, f"Contact {n}", today).pk for n in range(many)]
        with CaptureQueriesContext(connection) as asked:
            assert touches.done(house.worker, keys, by=today).count == many
        return len(asked)

    assert statements(1) == statements(20)


def test_a_touch_moves_the_day_of_whoever_is_on_a_cadence(
    house: cast.House, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(changes, "announce_all", lambda ids, what: told.append((ids, what)))
    stage = Stage.objects.create(organization=house.organization, name="Warm", position=1, cadence_days=14)
    own, by_stage = owed(house, "Own", today - DAY, cadence_days=7), owed(house, "By stage", None, stage=stage)
    without, ahead = owed(house, "Without", today), owed(house, "Ahead", today + 30 * DAY, cadence_days=7)
    touches.touched([without.pk, own.pk, by_stage.pk, ahead.pk])
    assert day_of(own) == due.today_of(house.admin) + 7 * DAY
    assert day_of(by_stage) == due.today_of(house.admin) + 14 * DAY
    assert day_of(without) == today
    assert day_of(ahead) == today + 30 * DAY
    assert told[-1] == ({house.organization.pk: [own.pk, by_stage.pk]}, "contact")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cadence", [None, 7])
def test_of_two_members_who_press_at_once_each_contact_counts_for_one(cadence: int | None) -> None:
    house = cast.brightwater()
    today = due.today_of(house.worker)
    many = [owed(house, f"Contact {n}", today - DAY, cadence_days=cadence) for n in range(40)]
    for contact in many:
        contact.assign([house.worker, house.admin])

    def press(by: Any) -> int:
        try:
            keys = [contact.pk for contact in (many if by == house.worker else reversed(many))]
            return touches.done(by, keys, by=today).count
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        counted = list(pool.map(press, [house.worker, house.admin]))
    assert sum(counted) == 40
    assert Activity.objects.count() == 40
    assert due.count(house.worker, today) == due.count(house.admin, today) == 0


@pytest.mark.django_db(transaction=True)
def test_whoever_gets_a_contact_while_it_is_marked_done_does_not_owe_it() -> None:
    house = cast.brightwater()
    today = due.today_of(house.worker)
    contact = owed(house, "Sarah Lee", today)
    process: Future[int] = Future()

    def give() -> None:
        try:
            with transaction.atomic():
                [(id,)] = sql.rows("SELECT pg_backend_pid()")
                process.set_result(id)
                Contact.objects.assign([contact.pk], house.colleague)
        finally:
            connection.close()

    def waits() -> bool:
        [(blocking,)] = sql.rows("SELECT cardinality(pg_blocking_pids(%s))", [process.result()])
        return bool(blocking)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            touches.done(house.worker, [contact.pk], by=today)
            giving = pool.submit(give)
            while not giving.done() and not waits():
                pass
        giving.result()
    assert due.count(house.colleague, today) == 0
