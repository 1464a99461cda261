"""Fixtures of the engine's tests: an organization whose time moves by hand."""

import pytest

from tests.engine.scene import Office


@pytest.fixture
def office(db, settings):
    settings.DEMO = True
    return Office()


@pytest.fixture
def committed_office(transactional_db, settings):
    """The same, with everything committed: for tests whose threads have to see it."""
    settings.DEMO = True
    return Office()
