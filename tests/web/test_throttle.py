"""Wrong tries are counted so that none slips through."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from relance.models import WrongTry, throttle
from relance.models.throttle import Limit, TooManyTries, network, take

FIVE = Limit("a test", 5, timedelta(minutes=10))


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_do_not_slip_through_together() -> None:
    def passes(_: int) -> bool:
        try:
            take((FIVE, "somebody"))
        except TooManyTries:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(12) as crowd:
        assert 1 <= sum(crowd.map(passes, range(24))) <= FIVE.most


@pytest.mark.django_db
def test_each_is_counted_apart_and_each_limit_too() -> None:
    other = Limit("another", 1, timedelta(minutes=1))
    for _ in range(FIVE.most):
        take((FIVE, "somebody"))
    take((FIVE, "somebody else"), (other, "a client"))
    with pytest.raises(TooManyTries):
        take((FIVE, "a third"), (other, "a client"))
    assert take((FIVE, "a third"))


@pytest.mark.django_db
def test_old_ones_are_forgotten() -> None:
    take((FIVE, "somebody"))
    WrongTry.objects.update(at="2020-01-01T00:00:00Z")
    take((FIVE, "somebody else"))
    assert WrongTry.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("", ""),
        ("a-socket", "a-socket"),
    ],
)
def test_a_household_counts_as_one(address: str, counted: str) -> None:
    assert network(address) == counted


@pytest.mark.parametrize(
    ("seconds", "said"), [(1, "a minute"), (60, "a minute"), (61, "2 minutes"), (599, "10 minutes")]
)
def test_the_sentence_says_how_long(seconds: float, said: str) -> None:
    assert str(TooManyTries(timedelta(seconds=seconds))).endswith(f"Try again in {said}.")
    assert throttle.BY_ADDRESS_AND_CLIENT.within == timedelta(minutes=10)
