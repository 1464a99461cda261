"""The OpenAPI document, completed: what Ninja cannot know of the answers that all operations share."""

from __future__ import annotations

from typing import Any

from ninja.openapi.schema import OpenAPISchema

from relance.api.idempotency import HEADER, LONGEST
from relance.api.problems import KINDS, MEDIA_TYPE

METHODS = ("get", "post", "put", "patch", "delete")
DEMO_ONLY = "/demo/"

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "An error (RFC 9457). `errors` names each field and says what would be right.",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
IDEMPOTENCY: dict[str, Any] = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "The same key and request get the same answer, and have one effect. Kept for two days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
}


def complete(document: OpenAPISchema, demo: bool) -> OpenAPISchema:
    """`document` with the problems of every operation; operations of the demo only where it runs."""
    if not demo:
        for path in [path for path in document["paths"] if DEMO_ONLY in path]:
            del document["paths"][path]
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                _complete(path, method, methods[method])
    document["components"]["schemas"]["Problem"] = PROBLEM
    return document


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    for status in _statuses(path, method, operation):
        operation["responses"].setdefault(status, _problem(status))
    if method == "post":
        operation["parameters"] = [*operation["parameters"], IDEMPOTENCY]


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[int]:
    statuses = {401, 403, 422, 500}
    if "requestBody" in operation:
        statuses |= {400, 413, 415}
    if method != "get":
        statuses |= {404, 409}
    if "{" in path or any(parameter["name"].endswith("Id") for parameter in operation["parameters"]):
        statuses.add(404)
    return sorted(statuses)


def _problem(status: int) -> dict[str, Any]:
    title = next(title for code, title in KINDS.values() if code == status)
    return {"description": title, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
