"""Telling open pages and streams what changed: a hint by NOTIFY within the transaction, seen when it commits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from relance.models import sql

CHANNEL = "relance_changes"
MOST_IDS = 100  # PostgreSQL takes 8,000 bytes; beyond this the listener reloads the list


def announce(organization_id: int, what: str, ids: Iterable[int] | None = None) -> None:
    """Tell whoever watches this organization that rows of the kind `what` changed: those with these ids, which may be
    none, so that nobody is told; without any `ids`, many."""
    changed = [] if ids is None else list(ids)
    if changed or ids is None:
        announce_all({organization_id: changed}, what)


def announce_to_all(what: str) -> None:
    """The same to everybody: what changed is the instance's."""
    payload = "json_build_object('organization', id, 'what', %s::text, 'ids', '[]'::json)::text"
    sql.run(f"SELECT pg_notify(%s, {payload}) FROM relance_organization", [CHANNEL, what])


def announce_all(ids_by_organization: Mapping[int, list[int]], what: str) -> None:
    """The same for rows of several organizations, in one statement."""
    payloads = [
        json.dumps({"organization": organization, "what": what, "ids": ids if len(ids) <= MOST_IDS else []})
        for organization, ids in ids_by_organization.items()
    ]
    if payloads:
        sql.run("SELECT pg_notify(%s, p) FROM unnest(%s::text[]) AS p", [CHANNEL, payloads])
