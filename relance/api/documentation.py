"""`/api/docs`: the OpenAPI document as one page that needs nothing from anywhere else, not even a script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine, Template
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from relance.api.problems import KINDS

HERE = Path(__file__).parent / "templates"


class Documentation(DocsBase):
    """The page, made from the document on every request."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """The whole page."""
        document = api.get_openapi_schema()
        style = (HERE / "docs.css").read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        context = {
            "title": api.title,
            "description": api.description,
            "style": style,
            "groups": _groups(document),
            "schemas": [_shape(name, schema) for name, schema in sorted(document["components"]["schemas"].items())],
            "problems": [(slug, status, title) for slug, (status, title) in KINDS.items()],
        }
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'"
        return HttpResponse(_template().render(Context(context)), headers={"Content-Security-Policy": policy})


@cache
def _template() -> Template:
    return Engine(dirs=[str(HERE)]).get_template("docs.html")


def _groups(document: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The operations, under the names of their resources."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            shown = _operation(method.upper(), path, operation)
            groups.setdefault(operation.get("tags", ["Other"])[0], []).append(shown)
    return sorted(groups.items())


def _operation(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    return {
        "method": method,
        "path": path,
        "summary": operation.get("description") or operation["summary"],
        "parameters": [
            (p["name"], p["in"], _kind(p["schema"]), p.get("required"), p.get("description", ""))
            for p in operation.get("parameters", [])
        ],
        "bodies": [(media, _kind(content["schema"])) for media, content in body.items()],
        "answers": [(status, a["description"], _answer(a)) for status, a in sorted(operation["responses"].items())],
    }


def _answer(response: dict[str, Any]) -> str:
    return ", ".join(_kind(content.get("schema", {})) for content in response.get("content", {}).values())


def _shape(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    required = schema.get("required", [])
    fields = [
        (field, _kind(said), field in required, said.get("description", ""))
        for field, said in schema.get("properties", {}).items()
    ]
    return {"name": name, "description": schema.get("description", ""), "fields": fields}


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words: `string, at most 500`, `list of Attempt`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return " or ".join(_kind(choice) for choice in schema[union])
    if "enum" in schema or "const" in schema:
        return " · ".join(map(str, schema.get("enum", [schema.get("const")])))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("pattern") or schema.get("type", "anything")) + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum", schema.get("maxLength"))
    if most is None:
        return ""
    return f", {least} to {most}" if least is not None else f", at most {most}"
