"""What the gates are asked about: follow-ups with their contacts, whether they exist or are only thought of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from relance.models import clock, sql


class Subject(NamedTuple):
    """A follow-up as the gates see it, with its contact, whether it exists yet or is only thought of."""

    id: int | None
    organization_id: int
    contact_id: int
    kind: str
    purpose: str
    agent_id: int | None
    campaign_id: int | None
    template_id: int | None
    parameters: dict[str, Any]
    subject: str
    body: str
    url: str
    notes: str
    scheduled_at: datetime
    created_at: datetime
    expires_at: datetime
    allow_out_of_window: bool
    cancel_on_reply: bool
    attempts_made: int
    max_attempts: int
    rewritten_after: int
    contact_exists: bool
    contact_name: str
    phone: str
    email: str
    time_zone: str
    zones: list[str]
    zone_evidence: str
    country: str
    region: str
    consents: dict[str, str]
    replied_at: datetime | None
    refused_at: datetime | None
    phone_listed: bool
    email_listed: bool


_CONTACT_COLUMNS = """
    c.deleted_at IS NULL, c.name, c.phone, c.email, c.time_zone, c.zones, c.zone_evidence, c.country, c.region,
    c.consents, c.last_inbound_at, c.refused_at,
    c.phone <> '' AND EXISTS (SELECT 1 FROM relance_donotcall d
                              WHERE d.organization_id = c.organization_id AND d.phone = c.phone AND d.phone <> ''),
    c.email <> '' AND EXISTS (SELECT 1 FROM relance_donotcall d
                              WHERE d.organization_id = c.organization_id AND lower(d.email) = lower(c.email)
                                AND d.email <> '')
"""

_OF_FOLLOW_UPS = f"""
SELECT f.id, f.organization_id, f.contact_id, f.type, f.purpose,
    coalesce(f.agent_id, (SELECT agent_id FROM relance_campaign WHERE id = f.campaign_id), o.default_agent_id),
    f.campaign_id, f.template_id, f.parameters, f.subject, f.body, coalesce(nullif(f.url, ''), o.webhook_url), f.notes,
    f.scheduled_at, f.created_at, f.expires_at, f.allow_out_of_window, f.cancel_on_reply, f.attempts_made,
    f.max_attempts, f.rewritten_after, {_CONTACT_COLUMNS}
FROM relance_followup f JOIN relance_contact c ON c.id = f.contact_id
    JOIN relance_organization o ON o.id = f.organization_id
WHERE f.id = ANY(%s::bigint[]) AND f.status = ANY(%s::text[])
ORDER BY f.priority, f.scheduled_at, f.id
"""

_OF_CONTACTS = f"""
SELECT NULL::bigint, c.organization_id, c.id, %(kind)s, 'general',
    coalesce(%(agent)s::bigint, (SELECT agent_id FROM relance_campaign WHERE id = %(campaign)s::bigint),
             o.default_agent_id),
    %(campaign)s::bigint, %(template)s::bigint, '{{{{}}}}'::jsonb, '', '', coalesce(nullif(%(url)s, ''), o.webhook_url),
    '', %(at)s::timestamptz, {{now}}, %(expires)s::timestamptz, %(override)s::boolean,
    %(cancel_on_reply)s::boolean, 0, 1, 0,
    {_CONTACT_COLUMNS}
FROM relance_contact c JOIN relance_organization o ON o.id = c.organization_id
WHERE c.organization_id = %(organization)s AND c.id = ANY(%(contacts)s::bigint[])
ORDER BY c.id
"""


def of_follow_ups(ids: Sequence[int], statuses: Iterable[str]) -> list[Subject]:
    """The follow-ups with these ids that are in one of these states, most urgent first."""
    return _subjects(_OF_FOLLOW_UPS, [list(ids), list(statuses)])


def of_contacts(parameters: dict[str, Any]) -> list[Subject]:
    """Follow-ups that are only thought of: one to each contact of an organization, as `parameters` say."""
    return _subjects(_OF_CONTACTS.format(now=clock.now_sql()), parameters)


def _subjects(query: str, parameters: Any) -> list[Subject]:
    return [Subject._make(_decoded(row)) for row in sql.rows(query, parameters)]


def _decoded(row: tuple[Any, ...]) -> list[Any]:
    values = list(row)
    for place in (_PARAMETERS, _CONSENTS):  # Django leaves jsonb as text in raw cursors
        if isinstance(values[place], str):
            values[place] = json.loads(values[place])
    return values


_PARAMETERS = Subject._fields.index("parameters")
_CONSENTS = Subject._fields.index("consents")
