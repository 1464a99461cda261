"""Fixtures of the engine's tests: time moves by hand, and the engine's threads are this one."""

import pytest

from relance.engine import rescue
from tests.engine.scene import Office


@pytest.fixture
def here(monkeypatch):
    """What the engine does in threads of its own is done in this one, in the test's transaction."""

    async def in_this_thread(function, *args):
        return function(*args)

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    monkeypatch.setattr(rescue, "in_database", in_this_thread)


@pytest.fixture
def office(db, settings, here):
    settings.DEMO = True
    return Office()


@pytest.fixture
def committed_office(transactional_db, settings):
    """The same, with everything committed: for tests whose threads have to see it."""
    settings.DEMO = True
    return Office()
