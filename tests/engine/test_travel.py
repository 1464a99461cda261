"""The words of `relance clock`: each stop on the way, with what changed there."""

from datetime import timedelta

import pytest

from relance.demo import travel
from relance.demo.travel import Stop
from relance.models import clock


@pytest.mark.parametrize(("changed", "words"), [(0, "0 changes"), (1, "1 change"), (2, "2 changes")])
def test_one_change_is_no_plural(office, monkeypatch, changed, words):
    to = clock.now() + timedelta(days=1)
    monkeypatch.setattr(travel, "forward", lambda _: iter([Stop(to, changed)]))
    stop, *_ = travel.command(to.isoformat())
    assert stop.endswith(f"UTC: {words}")
