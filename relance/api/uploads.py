"""A CSV file in a request: the part `file` of a form, or the body itself as text/csv."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from relance.api.problems import Problem, invalid
from relance.contacts_csv.uploads import text_of
from relance.models.scheduling import storable

FORM, CSV = "multipart/form-data", "text/csv"


def csv_text(request: HttpRequest) -> tuple[str, str]:
    """The text of the file and its name. Raises `Invalid` for a file that is no text."""
    if request.content_type == CSV:
        data, name = request.body, "upload.csv"
    elif request.content_type == FORM:
        file = request.FILES.get("file")
        if file is None:
            raise invalid([("file", "Send the CSV file as the part “file” of the form.")])
        data, name = file.read(), file.name or "upload.csv"
    else:
        raise Problem("media-type", f"Send the file as {CSV}, or as the part “file” of a {FORM} form.")
    return text_of(data), name[:200] if storable(name) else "upload.csv"


def option(request: HttpRequest, name: str, parameter: str) -> str:
    """What the form says, else what the address says."""
    return str(request.POST.get(name, parameter)) if request.content_type == FORM else parameter


def mapping(text: str) -> dict[str, str]:
    """Headers to fields, from JSON such as `{"Facility Name": "name"}`."""
    try:
        said = json.loads(text or "{}")
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not all(isinstance(v, str) and storable(k + v) for k, v in said.items()):
        raise invalid([("mapping", 'Give the columns as JSON, such as {"Facility Name": "name"}.')])
    return said


def documented(*more: Mapping[str, Any]) -> dict[str, Any]:
    """The body, as the OpenAPI document describes it; `more` are the properties of the form beside the file."""
    properties: dict[str, Any] = {"file": {"type": "string", "format": "binary"}}
    for said in more:
        properties |= said
    form = {"type": "object", "required": ["file"], "properties": properties}
    return {
        "requestBody": {
            "required": True,
            "content": {CSV: {"schema": {"type": "string"}}, FORM: {"schema": form}},
        }
    }
