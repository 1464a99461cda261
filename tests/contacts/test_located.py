"""In which zone the moments of a contact are told."""

from __future__ import annotations

import pytest

from relance.models import Contact, Organization

HOME = "Europe/Madrid"


@pytest.mark.parametrize(
    ("said", "inferred", "zone"),
    [
        ("Asia/Tokyo", ["America/New_York", "America/Chicago"], "Asia/Tokyo"),
        ("", ["America/New_York", "America/Chicago"], "America/New_York"),
        ("", [], HOME),
    ],
)
def test_their_own_zone_comes_before_where_they_may_be_and_that_before_the_organizations(
    said: str, inferred: list[str], zone: str
) -> None:
    organization = Organization(name="Casa Clara", time_zone=HOME)
    assert Contact(organization=organization, time_zone=said, zones=inferred).zone == zone
