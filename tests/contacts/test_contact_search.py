"""Contacts are found by addresses as PostgreSQL's parser does not have them."""

from __future__ import annotations

import pytest

from relance.models import Contact
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", ["ana+", "ana+home", "ana+home@", "ana+home@exa", "Ana+Home@example.com", "home@exa"])
def test_an_address_with_a_plus_is_found_as_far_as_it_is_typed(typed: str) -> None:
    house = cast.brightwater()
    found = cast.contact(house.organization, "A. Ruiz", phone="", email="ana+home@example.com")
    assert list(Contact.objects.visible_to(house.admin).matching(typed)) == [found]
