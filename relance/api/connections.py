"""`/api/connections`: the organization's accounts at providers. Their secrets go in and never come out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import transaction
from ninja import Query, Status
from pydantic import Field

from relance.api.auth import Caller, Request
from relance.api.finding import find
from relance.api.pages import page
from relance.api.routing import resource
from relance.api.saving import save
from relance.api.schemas import Body, Kind, Page, Paging, Parameters, Shown, Text
from relance.channels import simulator
from relance.channels.provider import PROVIDERS
from relance.models import Connection, Invalid
from relance.models.scheduling import storable

router = resource("Connections")

SETTINGS_LIMIT = 20_000


class ConnectionSaid(Body):
    """An account at a provider. `settings` are the provider’s; they replace those there are, and are never shown."""

    settings: Parameters = Field(default_factory=dict)
    is_default: bool = Field(False, description="Carries what names no other account; there is one a channel.")
    per_second: float | None = Field(None, ge=0.001, le=10_000)


class NewConnection(ConnectionSaid):
    """An account to be connected."""

    kind: Kind
    provider: Text = Field(min_length=1, max_length=50)
    name: Text = Field(min_length=1, max_length=100)


class EditedConnection(ConnectionSaid):
    """What to change of an account; what is left out stays."""

    name: Text = Field("", min_length=1, max_length=100)


class ConnectionShown(Shown):
    """An account. `settingsGiven` names the settings that are set."""

    id: str
    kind: Kind
    provider: str
    name: str
    settings_given: list[str]
    is_default: bool
    paused_because: str
    retry_after: datetime | None
    per_second: float | None
    created_at: datetime


ConnectionPage = Page[ConnectionShown]


@router.get("", response=ConnectionPage)
def list_connections(request: Request, paging: Query[Paging]) -> ConnectionPage:
    """The organization’s accounts; admins only."""
    request.auth.must_be_admin("see connections")
    return page(_mine(request.auth), ["id"], paging, _shown)


@router.post("", response={201: ConnectionShown})
def create(request: Request, wanted: NewConnection) -> Status[ConnectionShown]:
    """Connect an account; admins only."""
    request.auth.must_be_admin("connect accounts")
    if (wanted.kind, wanted.provider) not in PROVIDERS:
        known = ", ".join(name for kind, name in PROVIDERS if kind == wanted.kind)
        raise Invalid(provider=f"There is no such provider for {wanted.kind}. Use one of: {known}.")
    made = Connection(organization=request.auth.organization, kind=wanted.kind, provider=wanted.provider)
    _change(made, wanted)
    made.refresh_from_db()
    return Status(201, _shown(made))


@router.get("/{id}", response=ConnectionShown)
def connection(request: Request, id: str) -> ConnectionShown:
    """One account; admins only."""
    found = find(_mine(request.auth), id)
    request.auth.must_be_admin("see connections")
    return _shown(found)


@router.patch("/{id}", response=ConnectionShown)
def edit(request: Request, id: str, edited: EditedConnection) -> ConnectionShown:
    """Change an account; admins only."""
    found = find(_mine(request.auth), id)
    request.auth.must_be_admin("change connections")
    _change(found, edited)
    return _shown(found)


def _mine(caller: Caller) -> Any:
    return Connection.objects.filter(organization=caller.organization)


def _change(connection: Connection, said: ConnectionSaid) -> None:
    values = said.model_dump(exclude_unset=True)
    if "settings" in values:
        _check_settings(connection.provider, values["settings"])
    with transaction.atomic():
        if values.get("is_default"):
            same = Connection.objects.filter(organization=connection.organization, kind=connection.kind)
            same.exclude(pk=connection.pk).update(is_default=False)
        save(connection, values, "connection")


def _check_settings(provider: str, settings: dict[str, Any]) -> None:
    stored = json.dumps(settings, ensure_ascii=False)
    if len(stored) > SETTINGS_LIMIT or not storable(stored):
        raise Invalid(settings=f"Use at most {SETTINGS_LIMIT:,} characters in all, none of them a control character.")
    problems = simulator.settings_problem(settings) if provider == "simulator" else []
    if problems:
        raise Invalid([(f"settings.{field}", sentence) for field, sentence in problems])


def _shown(c: Connection) -> ConnectionShown:
    same = set(ConnectionShown.model_fields) - {"id", "settings_given"}
    return ConnectionShown(
        **{name: getattr(c, name) for name in same}, id=c.public_id, settings_given=sorted(c.settings)
    )
