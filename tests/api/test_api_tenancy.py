"""Nothing crosses from one organization to another: every address of the instance is asked for what is another's.

The addresses come from the URL resolver, and their methods from what they say that they allow. One that these tables
do not cover fails, so that none is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from tests import cast
from tests.api.belongings import belongings
from tests.api.client import Program, ahead, browser

PREFIX = "api/"
OPEN_TO_ALL = {
    "livez": "A load balancer has no key; it says nothing of anybody.",
    "readyz": "The same.",
    "metrics": "Counts of the whole instance, for whoever watches it.",
    "api/": "It says that there is nothing at this address.",
    "api/<path:rest>": "The same.",
    "api/docs": "How to ask, for whoever has no key yet.",
    "api/openapi.json": "The same for programs.",
    "sign-in": "Where one says who one is.",
    "sign-in/code": "The same.",
    "sign-in/second-factor": "The same.",
    "password/forgotten": "For who cannot say it.",
    "password/new/<token>": "The link says whose password it is about.",
    "invitations/<token>": "The link says who is invited, to what.",
    "calendar/<token>.ics": "The link says whose calendar it is; test_calendar.py fetches it.",
    "follow-ups/done": "It leads to the hub, or to where one signs in.",
    "follow-ups/snooze": "The same.",
    "follow-ups/undo/<uuid:press>": "The same; what was pressed is looked for among what the member did.",
    "pipeline/undo/<uuid:press>": "It leads to the board, or to where one signs in.",
    "settings": "It leads to the profile, or to where one signs in.",
    "sign-out": "It ends the session of whoever asks.",
    "icons/<slug:version>.svg": "Pictures.",
}
# Each page, with ids of another organization in their places, such as "contacts/<id>": "/contacts/{contacts}".
PAGES = {
    "": "/",
    "clock": "/clock",
    "contacts": "/contacts",
    "contacts/<id>": "/contacts/{contacts}",
    "contacts/<id>/assignees": "/contacts/{contacts}/assignees",
    "contacts/<id>/calls/<call>": "/contacts/{contacts}/calls/{calls}",
    "contacts/<id>/consents": "/contacts/{contacts}/consents",
    "contacts/<id>/consents/ledger": "/contacts/{contacts}/consents/ledger",
    "contacts/<id>/do-call": "/contacts/{contacts}/do-call",
    "contacts/<id>/do-not-call": "/contacts/{contacts}/do-not-call",
    "contacts/<id>/due": "/contacts/{contacts}/due",
    "contacts/<id>/due/call-tomorrow": "/contacts/{contacts}/due/call-tomorrow",
    "contacts/<id>/due/done": "/contacts/{contacts}/due/done",
    "contacts/<id>/due/more": "/contacts/{contacts}/due/more",
    "contacts/<id>/due/snooze": "/contacts/{contacts}/due/snooze",
    "contacts/<id>/due/until": "/contacts/{contacts}/due/until",
    "contacts/<id>/edit": "/contacts/{contacts}/edit",
    "contacts/<id>/follow-ups": "/contacts/{contacts}/follow-ups",
    "contacts/<id>/follow-ups/foreseen": "/contacts/{contacts}/follow-ups/foreseen",
    "contacts/<id>/follow-ups/new": "/contacts/{contacts}/follow-ups/new",
    "contacts/<id>/follow-ups/parameters": "/contacts/{contacts}/follow-ups/parameters",
    "contacts/<id>/merge": "/contacts/{contacts}/merge",
    "contacts/<id>/notes": "/contacts/{contacts}/notes",
    "contacts/<id>/parts/<name>": "/contacts/{contacts}/parts/aside",
    "contacts/<id>/quality": "/contacts/{contacts}/quality",
    "contacts/<id>/remove": "/contacts/{contacts}/remove",
    "contacts/<id>/stage": "/contacts/{contacts}/stage",
    "contacts/bulk/<what>": "/contacts/bulk/assign",
    "contacts/bulk/follow-ups/foreseen": "/contacts/bulk/follow-ups/foreseen?all=",
    "contacts/bulk/follow-ups/new": "/contacts/bulk/follow-ups/new?all=",
    "contacts/bulk/follow-ups/parameters": "/contacts/bulk/follow-ups/parameters",
    "contacts/bulk/follow-ups/texts": "/contacts/bulk/follow-ups/texts",
    "contacts/count": "/contacts/count",
    "contacts/export": "/contacts/export",
    "contacts/import": "/contacts/import",
    "contacts/import/<id>": "/contacts/import/{contacts/imports}",
    "contacts/import/<id>/columns": "/contacts/import/{contacts/imports}/columns",
    "contacts/import/<id>/rejected.csv": "/contacts/import/{contacts/imports}/rejected.csv",
    "contacts/import/<id>/take": "/contacts/import/{contacts/imports}/take",
    "contacts/new": "/contacts/new",
    "contacts/reading": "/contacts/reading",
    "dashboard/today": "/dashboard/today",
    "dashboard/week": "/dashboard/week",
    "first-steps": "/first-steps",
    "follow-ups": "/follow-ups",
    "follow-ups/panel": "/follow-ups/panel",
    "follow-ups/scheduled": "/follow-ups/scheduled",
    "follow-ups/scheduled/cancel": "/follow-ups/scheduled/cancel?all=",
    "follow-ups/scheduled/counts": "/follow-ups/scheduled/counts",
    "follow-ups/scheduled/export": "/follow-ups/scheduled/export",
    "follow-ups/scheduled/reschedule": "/follow-ups/scheduled/reschedule?all=",
    "follow-ups/scheduled/understood": "/follow-ups/scheduled/understood",
    "follow-ups/switch": "/follow-ups/switch",
    "follow-ups/<id>": "/follow-ups/{follow-ups}",
    "follow-ups/<id>/cancel": "/follow-ups/{follow-ups}/cancel",
    "follow-ups/<id>/delete": "/follow-ups/{follow-ups}/delete",
    "follow-ups/<id>/edit": "/follow-ups/{follow-ups}/edit",
    "follow-ups/<id>/reschedule": "/follow-ups/{follow-ups}/reschedule",
    "follow-ups/<id>/retry": "/follow-ups/{follow-ups}/retry",
    "follow-ups/<id>/snooze": "/follow-ups/{follow-ups}/snooze",
    "follow-ups/<id>/understood": "/follow-ups/{follow-ups}/understood",
    "palette": "/palette?q=a",
    "phone": "/phone",
    "pipeline": "/pipeline",
    "pipeline/<id>": "/pipeline/{pipeline}",
    "pipeline/counts": "/pipeline/counts",
    "places": "/places?at=/",
    "phone/<id>": "/phone/{contacts}",
    "phone/<id>/<slug:app>": "/phone/{contacts}/sms",
    "settings/keys": "/settings/keys",
    "settings/keys/<id>/revoke": "/settings/keys/{keys}/revoke",
    "settings/keys/new": "/settings/keys/new",
    "settings/members": "/settings/members",
    "settings/members/<id>/deactivate": "/settings/members/{members}/deactivate",
    "settings/members/<id>/password": "/settings/members/{members}/password",
    "settings/members/<id>/reactivate": "/settings/members/{members}/reactivate",
    "settings/members/<id>/role": "/settings/members/{members}/role",
    "settings/members/<id>/second-factor": "/settings/members/{members}/second-factor",
    "settings/members/invitations/<id>/renew": "/settings/members/invitations/{invitations}/renew",
    "settings/members/invitations/<id>/revoke": "/settings/members/invitations/{invitations}/revoke",
    "settings/members/invite": "/settings/members/invite",
    "settings/organization": "/settings/organization",
    "settings/organization/rotate": "/settings/organization/rotate",
    "settings/organization/secret": "/settings/organization/secret",
    "settings/organization/webhook": "/settings/organization/webhook",
    "settings/pipeline": "/settings/pipeline",
    "settings/pipeline/<id>": "/settings/pipeline/{pipeline}",
    "settings/pipeline/<id>/delete": "/settings/pipeline/{pipeline}/delete",
    "settings/pipeline/<id>/shift": "/settings/pipeline/{pipeline}/shift",
    "settings/pipeline/new": "/settings/pipeline/new",
    "settings/profile": "/settings/profile",
    "settings/profile/calendar": "/settings/profile/calendar",
    "settings/profile/calendar/revoke": "/settings/profile/calendar/revoke",
    "settings/security": "/settings/security",
    "settings/security/password": "/settings/security/password",
    "settings/security/recovery-codes": "/settings/security/recovery-codes",
    "settings/security/second-factor": "/settings/security/second-factor",
    "settings/security/second-factor/off": "/settings/security/second-factor/off",
    "settings/security/sessions": "/settings/security/sessions",
}
HEARD = {"api/events": "A stream does not end: test_api_events.py hears that it tells its own organization alone."}


def addresses(resolver: URLResolver, above: str = "") -> Iterator[str]:
    """Every address as the resolver writes it, such as `api/contacts/<id>`."""
    for part in resolver.url_patterns:
        address = above + str(part.pattern)
        if isinstance(part, URLResolver):
            yield from addresses(part, address)
        else:
            yield address


def methods_of(address: str) -> list[str]:
    """The methods that this address says it allows; none where it does not say."""
    asking = Client(raise_request_exception=False, SERVER_NAME="localhost")
    refused = asking.generic("UNHEARDOF", "/" + address.replace("<id>", "1"))
    return [method for method in refused.headers.get("Allow", "").split(", ") if method]


ADDRESSES = sorted(set(addresses(get_resolver())))
ASKED = [address for address in ADDRESSES if address not in OPEN_TO_ALL | PAGES | HEARD]
ROUTES = [
    (method, "/" + address.removeprefix(PREFIX).replace("<id>", "{id}"))
    for address in ASKED
    if address.startswith(PREFIX)
    for method in methods_of(address)
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
    ("POST", "/contacts"): [("stageId", {"name": "Theirs", "stageId": "{pipeline}"})],
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
    ("POST", "/demo/clock"): [],
}


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    """A demo instance has every address that there is."""
    settings.DEMO = True


def test_every_address_is_asked_here_or_open_to_all_for_a_reason() -> None:
    asked = {PREFIX + path.removeprefix("/").replace("{id}", "<id>") for _, path in ROUTES}
    assert sorted(asked | OPEN_TO_ALL.keys() | PAGES.keys() | HEARD.keys()) == ADDRESSES


@pytest.mark.parametrize("address", OPEN_TO_ALL)
def test_what_is_open_to_all_tells_nothing_of_anybody(home: cast.House, settings: Any, address: str) -> None:
    settings.DEMO = False  # where there is nobody real, the form to sign in names the cast
    theirs = belongings(home)
    answer = Client().get("/" + address.replace("<path:rest>", home.contact.public_id))
    told = answer.content.decode().replace(f"/{PREFIX}{home.contact.public_id}", "")
    for known in (*theirs.values(), *people(home)):
        assert known not in told


@pytest.mark.parametrize("path", PAGES.values())
def test_pages_show_nothing_of_another_organization(home: cast.House, elsewhere: cast.House, path: str) -> None:
    theirs = belongings(home)
    asked, lucia = path.format_map(theirs), browser(elsewhere.admin).client
    answer = lucia.get(asked)
    assert answer.status_code == (404 if asked != path else 200)
    for known in (*theirs.values(), *people(home)):
        assert known not in answer.getvalue().decode().replace(asked, "")
    assert Client().get(asked).headers["Location"].startswith("/sign-in")


def people(house: cast.House) -> list[str]:
    """What tells of an organization and those in it."""
    return [str(house.organization), house.contact.name, house.contact.phone, house.admin.email]


def test_the_demos_clock_tells_when_ones_own_follow_ups_are_due(
    home: cast.House, maya: Program, lucia: Program
) -> None:
    belongings(home)
    assert maya.get("/demo/clock").json["nextDueAt"] is not None
    assert lucia.get("/demo/clock").json["nextDueAt"] is None


def test_nobody_hears_a_stream_without_signing_in(anonymous: Program) -> None:
    for path in HEARD:
        assert anonymous.get("/" + path.removeprefix(PREFIX)).status == 401


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
