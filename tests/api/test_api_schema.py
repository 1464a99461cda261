"""The OpenAPI document is kept: every answer that random requests get is one that it tells of, and none is a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from relance.api import api
from tests import cast
from tests.api.belongings import belongings

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


def document() -> dict[str, Any]:
    return dict(api.get_openapi_schema(path_prefix="/api/"))


schema = schemathesis.openapi.from_dict(document())
schema.app = get_wsgi_application()


@pytest.fixture
def key(home: cast.House) -> Iterator[str]:
    """The admin's key. Requests leave the test's own transaction open, as with Django's test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield cast.key(home.admin)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def ids(home: cast.House) -> dict[str, str]:
    """One of everything, so that requests reach something."""
    return belongings(home)


@schema.parametrize()
@settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_random_requests_get_the_answers_that_the_document_tells_of(case: Any, key: str, ids: dict[str, str]) -> None:
    if case.meta.generation.mode.is_positive:
        _name_what_exists(case, ids)
    case.headers["Authorization"] = f"Bearer {key}"
    case.validate_response(case.call(), checks=CHECKS)


def _name_what_exists(case: Any, ids: dict[str, str]) -> None:
    if "id" in case.path_parameters:
        case.path_parameters["id"] = ids[case.path.removeprefix("/api/").partition("/{")[0]]
    by_prefix = {id.partition("_")[0]: id for id in ids.values()}
    for said in (case.body, case.query):
        for name, value in said.items() if isinstance(said, dict) else ():
            prefix, _, number = value.partition("_") if isinstance(value, str) else ("", "", "")
            if number.isdigit() and prefix in by_prefix:
                said[name] = by_prefix[prefix]
