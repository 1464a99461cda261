"""Nothing crosses from one organization to another: every route of the API is asked for what is another's.

The routes come from the API itself. One that these tables do not cover fails, so that none is forgotten.
"""

from __future__ import annotations

from typing import Any

import pytest

from relance.api import api
from tests import cast
from tests.api.belongings import belongings
from tests.api.client import Program, ahead

PREFIX = "/api"
ROUTES = [
    (method.upper(), path.removeprefix(PREFIX))
    for path, methods in api.get_openapi_schema(path_prefix="/api/")["paths"].items()
    for method in methods
]
WITH_ID = [route for route in ROUTES if "{" in route[1]]
READ = [path for method, path in ROUTES if method == "GET" and "{" not in path]
WRITTEN = [(method, path) for method, path in ROUTES if method != "GET" and "{" not in path]

TIMES = {"startedAt": "2026-01-01T10:00:00Z", "endedAt": "2026-01-01T10:01:00Z"}
NEEDED: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/follow-ups/{id}/snooze"): {"days": 1},
    ("POST", "/contacts/{id}/consents"): {"kinds": ["sms"], "action": "granted"},
}
QUERIES = {"/why": "?type=call&contactId={contacts}", "/conversations": "?contactId={contacts}"}
FOLLOW_UP = {"type": "call", "scheduledAt": ahead()}

# For each address that is written to without an id in it: bodies with an id of another organization, by the field
# that holds it. An empty list says that the address takes no ids.
NAMED: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {
    ("PATCH", "/follow-ups/due"): [("personId", {"personId": "{contacts}", "action": "done"})],
    ("POST", "/follow-ups"): [("contactId", {**FOLLOW_UP, "contactId": "{contacts}"})],
    ("POST", "/follow-ups/bulk"): [
        ("contactIds", {**FOLLOW_UP, "contactIds": ["{contacts}"]}),
        ("agentId", {**FOLLOW_UP, "filter": {}, "agentId": "{agents}"}),
        ("campaignId", {**FOLLOW_UP, "filter": {}, "campaignId": "{campaigns}"}),
        ("templateId", {**FOLLOW_UP, "filter": {}, "templateId": "{templates}"}),
    ],
    ("POST", "/calls"): [
        ("contactId", {**TIMES, "contactId": "{contacts}", "direction": "inbound", "status": "missed"}),
    ],
    ("POST", "/campaigns"): [("agentId", {"name": "Theirs", "agentId": "{agents}"})],
    ("POST", "/agents"): [
        ("whatsappTemplateId", {"name": "Theirs", "whatsappTemplateId": "{templates}"}),
        ("connectionId", {"name": "Theirs", "connectionId": "{connections}"}),
    ],
    ("POST", "/templates"): [("connectionId", {"name": "theirs", "body": "Hi", "connectionId": "{connections}"})],
    ("POST", "/contacts"): [],
    ("POST", "/contacts/import"): [],
    ("POST", "/do-not-call"): [],
    ("DELETE", "/do-not-call"): [],
    ("POST", "/do-not-call/import"): [],
    ("POST", "/connections"): [],
    ("PATCH", "/webhooks"): [],
    ("POST", "/webhooks/secret/rotate"): [],
    ("POST", "/notifications/read"): [],
    ("POST", "/keys"): [],
    ("PATCH", "/organization"): [("defaultAgentId", {"defaultAgentId": "{agents}"})],
}


def id_for(path: str, ids: dict[str, str]) -> str:
    """The id that stands in `path`. Raises KeyError for an address that nobody thought of."""
    return ids[path.strip("/").partition("/{")[0]]


@pytest.mark.parametrize(("method", "path"), WITH_ID, ids=lambda part: str(part))
def test_what_is_another_organizations_does_not_exist(
    home: cast.House, elsewhere: cast.House, method: str, path: str
) -> None:
    id = id_for(path, belongings(home))
    body = NEEDED.get((method, path), {} if method in ("POST", "PATCH") else None)
    for stranger in (elsewhere.admin, elsewhere.worker):
        answer = Program(stranger).ask(method, path.replace("{id}", id), body)
        assert answer.status == 404, answer.text
        assert answer.fields() == ["id"]
        assert home.contact.name not in answer.text


@pytest.mark.parametrize(("method", "path"), WITH_ID, ids=lambda part: str(part))
def test_nobody_is_asked_to_sign_in_before_anything_is_looked_up(
    home: cast.House, anonymous: Program, method: str, path: str
) -> None:
    for id in (id_for(path, belongings(home)), "person_999999"):
        answer = anonymous.ask(method, path.replace("{id}", id), {})
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", READ)
def test_lists_show_nothing_of_another_organization(
    home: cast.House, elsewhere: cast.House, lucia: Program, anonymous: Program, path: str
) -> None:
    theirs = belongings(home)
    asked = path + QUERIES.get(path, "").format_map(theirs)
    answer = lucia.get(asked)
    assert answer.status == (404 if path == "/why" else 200), answer.text
    secret = home.organization.webhook_secret
    for known in (*theirs.values(), home.others.phone, home.contact.name, home.admin.email, secret):
        assert f'"{known}"' not in answer.text.replace(asked, "") or answer.status == 404
    assert anonymous.get(asked).status == 401


@pytest.mark.parametrize(("method", "path"), WRITTEN, ids=lambda part: str(part))
def test_an_id_of_another_organization_is_not_taken_in_a_body(
    home: cast.House, elsewhere: cast.House, lucia: Program, anonymous: Program, method: str, path: str
) -> None:
    theirs = belongings(home)
    for field, body in NAMED[method, path]:
        answer = lucia.ask(method, path, _with_ids(body, theirs))
        assert answer.status == 404, answer.text
        assert answer.fields() == [field]
    assert anonymous.ask(method, path, {}).status == 401


def _with_ids(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _with_ids(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_ids(inner, ids) for inner in value]
    return value.format_map(ids) if isinstance(value, str) and value.startswith("{") else value
