"""Fixtures of what can be broken: one server for all, a database and an organization for each test."""

import pytest

from tests.faults.harness import Installation, Server


@pytest.fixture(scope="session")
def server(django_db_blocker):
    server = Server()
    try:
        server.start()
        with django_db_blocker.unblock():
            server.make_template()
        yield server
    finally:
        server.remove()


@pytest.fixture
def installation(server, settings, django_db_blocker):
    settings.DEMO = True
    with django_db_blocker.unblock(), server.database() as address, Installation(server, address) as installation:
        yield installation
