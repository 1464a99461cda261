"""The cast, each with their way to ask."""

from __future__ import annotations

import pytest

from tests import cast
from tests.api.client import Program


@pytest.fixture
def home(db: None) -> cast.House:
    """Brightwater Homes."""
    return cast.brightwater()


@pytest.fixture
def elsewhere(db: None) -> cast.House:
    """Clínica Aurora."""
    return cast.aurora()


@pytest.fixture
def maya(home: cast.House) -> Program:
    """The admin."""
    return Program(home.admin)


@pytest.fixture
def tom(home: cast.House) -> Program:
    """Who works Sarah Lee."""
    return Program(home.worker)


@pytest.fixture
def priya(home: cast.House) -> Program:
    """Who works Daniel Brooks, and not Sarah Lee."""
    return Program(home.colleague)


@pytest.fixture
def lucia(elsewhere: cast.House) -> Program:
    """The admin of the other organization."""
    return Program(elsewhere.admin)


@pytest.fixture
def anonymous(db: None) -> Program:
    """Nobody."""
    return Program()
