"""The JSON API under `/api/`: one module a resource."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from ninja import Router

from relance import __version__
from relance.api import (
    agents,
    calls,
    campaigns,
    connections,
    consents,
    contact_imports,
    contacts,
    conversations,
    demo,
    do_not_call,
    due,
    follow_ups,
    foresight,
    keys,
    members,
    notifications,
    organization,
    stages,
    templates,
    webhooks,
)
from relance.api.routing import Api

api = Api(
    title="Relance API",
    version=__version__,
    description=(
        "Schedules and carries out follow-ups. Send a key as “Authorization: Bearer KEY”. JSON in camelCase; instants"
        " are RFC 3339 in UTC, days YYYY-MM-DD; unknown fields are refused."
    ),
    urls_namespace="api",
)

# Addresses with a fixed word come before those with an id in its place.
for prefix, router in (
    ("/follow-ups/due", due.router),
    ("/follow-ups", foresight.router),
    ("/follow-ups", follow_ups.router),
    ("/why", foresight.why_router),
    ("/contacts", contact_imports.router),
    ("/contacts", consents.router),
    ("/contacts", contacts.router),
    ("/stages", stages.router),
    ("/do-not-call", do_not_call.router),
    ("/calls", calls.router),
    ("/conversations", conversations.router),
    ("/agents", agents.router),
    ("/campaigns", campaigns.router),
    ("/templates", templates.router),
    ("/connections", connections.router),
    ("/webhooks", webhooks.router),
    ("/notifications", notifications.router),
    ("/members", members.router),
    ("/keys", keys.router),
    ("/organization", organization.router),
    ("/demo", demo.router),
):
    api.add_router(prefix, router)

elsewhere = Router()


@elsewhere.api_operation(["GET", "POST", "PUT", "PATCH", "DELETE"], "/{path:rest}", auth=None, include_in_schema=False)
def nothing_here(request: HttpRequest, rest: str) -> None:
    """An address that nothing answers, said as a problem."""
    raise Http404


api.add_router("", elsewhere)
