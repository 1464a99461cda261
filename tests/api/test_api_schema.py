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


@schema.parametrize()
@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_random_requests_get_the_answers_that_the_document_tells_of(case: Any, key: str) -> None:
    case.headers["Authorization"] = f"Bearer {key}"
    response = case.call()
    case.validate_response(response, checks=CHECKS)
