"""The cast whose pages the tests look at."""

from __future__ import annotations

import pytest

from tests import cast


@pytest.fixture
def home(db: None) -> cast.House:
    """Brightwater Homes."""
    return cast.brightwater()


@pytest.fixture
def elsewhere(db: None) -> cast.House:
    """Clínica Aurora."""
    return cast.aurora()
