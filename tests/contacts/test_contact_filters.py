"""Which contacts a list is about, in which order, and in parts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relance.models import Contact, Evidence, Invalid, Stage, due, paging, suppression
from relance.models.contact_filters import ORDERS, Which, narrowed, ordered
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db: None) -> cast.House:
    """Sarah Lee is Tom's contact, Daniel Brooks is Priya's."""
    return cast.brightwater()


def names(house: cast.House, **which: object) -> set[str]:
    seen = Contact.objects.visible_to(house.admin)
    return {contact.name for contact in narrowed(seen, Which(**which), house.admin)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed", ["212 555", "(212) 555-0123", "2125550123", "+1 212-555-0123", "1-212", "00 1 212 555 0123", "5550123 lee"]
)
def test_a_number_is_found_as_people_type_it(home: cast.House, typed: str) -> None:
    assert names(home, q=typed) == ({"Sarah Lee"} if "lee" not in typed else set())


@pytest.mark.parametrize(
    "typed", ["sar", "lee sarah", "sarah.l", "sarah.lee@", "Sarah.Lee@ex", "sarah.lee@example.com", "SARAH"]
)
def test_words_are_found_as_far_as_they_are_typed(home: cast.House, typed: str) -> None:
    assert names(home, q=typed) == {"Sarah Lee"}


@pytest.mark.parametrize("typed", ["'", "a:*|b", "\\", "!", "()", "\0", "lee & !sarah", "@", "a@'b", "@."])
def test_no_search_breaks_the_query(home: cast.House, typed: str) -> None:
    names(home, q=typed)


def test_every_filter_leaves_out_whom_it_does_not_mean(home: cast.House) -> None:
    stage = Stage.objects.create(organization=home.organization, name="Viewing", position=1)
    today = due.today_of(home.admin)
    home.contact.edit({"leadQuality": "HOT", "stageId": stage.public_id, "nextFollowUpDate": today.isoformat()})
    home.others.edit({"status": "INACTIVE", "nextFollowUpDate": (today - timedelta(days=1)).isoformat()})
    free = cast.contact(home.organization, "Grace Kim", phone="+14155550100")
    suppression.opt_in(free.pk, ["sms"], Evidence("form"))
    suppression.do_not_call(home.organization, email="daniel.brooks@example.com", source="member", by=None)
    sarah, daniel, grace = {"Sarah Lee"}, {"Daniel Brooks"}, {"Grace Kim"}
    assert names(home, lead_quality="HOT") == sarah
    assert names(home, status="INACTIVE") == daniel
    assert names(home, stage=stage.public_id) == sarah
    assert names(home, due="any") == sarah | daniel
    assert names(home, due="overdue") == daniel
    assert names(home, due="today") == sarah
    assert names(home, due="none") == grace
    assert names(home, assigned_to="nobody") == grace
    assert names(home, assigned_to=home.worker.public_id) == sarah
    assert names(home, assigned_to="me") == set()
    assert names(home, assigned_to="member_x") == set()
    assert names(home, do_not_call=True) == daniel
    assert names(home, do_not_call=False) == sarah | grace
    assert names(home, consent=("sms", "granted")) == grace
    assert names(home, consent=("sms", "revoked")) == set()
    assert names(home, region="CA", country="US") == grace
    assert names(home, q="lee", lead_quality="COLD") == set()


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_goes_through_all_of_them_once(home: cast.House, order: str) -> None:
    for number, name in enumerate(["ana", "Ana", "Bea", "Ångström", "Ana"]):
        day = f"2026-12-0{number}" if number else ""
        cast.contact(home.organization, name, nextFollowUpDate=day)
    rows, cursor = ordered(Contact.objects.visible_to(home.admin), order), ""
    seen: list[Contact] = []
    while True:
        part = paging.part(rows, ORDERS[order], limit=2, cursor=cursor)
        seen += part.rows
        cursor = part.next_cursor
        if not cursor:
            break
    assert len(seen) == 7
    assert seen == list(rows.order_by(*ORDERS[order]))
    if order == "due":
        days = [contact.next_follow_up_date for contact in seen]
        assert days == sorted(day for day in days if day) + [None] * 3


def test_a_cursor_of_another_order_is_refused(home: cast.House) -> None:
    rows = Contact.objects.visible_to(home.admin)
    cursor = paging.part(rows, ["-id"], limit=1).next_cursor
    with pytest.raises(Invalid, match="cursor"):
        paging.part(rows, ["id"], limit=1, cursor=cursor)
