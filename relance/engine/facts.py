"""Gathering what the gates ask, for a whole batch in a handful of queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from relance.models import Agent, Campaign, Connection, Organization, Template, clock, sql
from relance.models.connections import Approval
from relance.rules import jurisdictions
from relance.rules.facts import BY_PHONE, Facts, Hold, Limit, OptIn, Rest
from relance.rules.holidays import OwnClosures, PublicHolidays
from relance.rules.windows import Closures, Layer, Week, Window

CALLS = frozenset({"call"})

MEMORY = timedelta(days=31)
"""How far back tries count: the longest cap of any law is 30 days."""


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


@dataclass(slots=True)
class Surroundings:
    """What the subjects of a batch share: organizations, agents, connections and templates, by id."""

    organizations: dict[int, Organization]
    agents: dict[int, Agent]
    templates: dict[int, Template]
    campaigns: dict[int, Campaign]
    accounts: dict[int, Connection]
    _defaults: dict[tuple[int, str], Connection | None] = field(default_factory=dict)

    @classmethod
    def of(cls, subjects: Sequence[Subject]) -> Surroundings:
        """Everything around `subjects`."""
        organizations = {s.organization_id for s in subjects}
        templates = {s.template_id for s in subjects if s.template_id}
        agents = {s.agent_id for s in subjects if s.agent_id}
        campaigns = {s.campaign_id for s in subjects if s.campaign_id}
        return cls(
            Organization.objects.in_bulk(organizations),
            Agent.objects.in_bulk(agents) if agents else {},
            Template.objects.in_bulk(templates) if templates else {},
            Campaign.objects.in_bulk(campaigns) if campaigns else {},
            {account.pk: account for account in Connection.objects.filter(organization__in=organizations)},
        )

    def connection_of(self, subject: Subject) -> Connection | None:
        """The account that carries the subject: its agent's own line, its campaign's own mailbox, else the default."""
        agent, campaign = self.agents.get(subject.agent_id or 0), self.campaigns.get(subject.campaign_id or 0)
        for chosen in (agent and agent.connection_id, campaign and campaign.email_connection_id):
            account = self.accounts.get(chosen or 0)
            if account is not None and account.kind == subject.kind:
                return account
        return self._default(subject.organization_id, subject.kind)

    def _default(self, organization_id: int, kind: str) -> Connection | None:
        key = (organization_id, kind)
        if key not in self._defaults:
            ours = (a for a in self.accounts.values() if a.is_default and (a.organization_id, a.kind) == key)
            self._defaults[key] = next(ours, None)
        return self._defaults[key]


def gather(subjects: Sequence[Subject], around: Surroundings, now: datetime) -> list[Facts]:
    """The facts of each subject, in order."""
    tries = _tries({s.contact_id for s in subjects if s.kind in BY_PHONE}, now)
    talks = _last_talks([s for s in subjects if around.organizations[s.organization_id].frequency_presets])
    sent = _already_sent([s for s in subjects if s.purpose != "general"])
    windows = _Windows(around)
    return [
        replace(known, rests=known.rests + _rests_after_talks(s, around, talks)) if s.contact_id in talks else known
        for s in subjects
        for known in [_facts(s, around, windows, tries, sent, now)]
    ]


def _facts(
    s: Subject,
    around: Surroundings,
    windows: _Windows,
    tries: dict[int, tuple[tuple[str, datetime], ...]],
    sent: set[tuple[int | None, int, str]],
    now: datetime,
) -> Facts:
    rules = windows.of(s, max(now, s.scheduled_at).date())
    return Facts(
        kind=s.kind,
        scheduled_at=s.scheduled_at,
        created_at=s.created_at,
        contact_exists=s.contact_exists,
        phone=s.phone,
        email=s.email,
        url=s.url,
        listed_as=(s.phone if s.phone_listed else "") or (s.email if s.email_listed else ""),
        consents=s.consents,
        opt_in=rules.opt_in,
        purpose=s.purpose,
        already_sent=(s.campaign_id, s.contact_id, s.kind) in sent,
        cancel_on_reply=s.cancel_on_reply,
        replied_at=s.replied_at,
        allow_out_of_window=s.allow_out_of_window,
        window=rules.window,
        zone_sentence=s.zone_evidence,
        tries=tries.get(s.contact_id, ()),
        limits=rules.limits,
        rests=_rests(s, rules.laws),
        holds=_holds(s, around, now),
        expires_at=s.expires_at,
    )


class Rules(NamedTuple):
    """What agent, organization and law say for one kind of subject in one place."""

    window: Window | None
    laws: tuple[jurisdictions.Law, ...]
    limits: tuple[Limit, ...]
    opt_in: OptIn | None


class _Windows:
    """The rules of each distinct combination in a batch, worked out once."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._known: dict[tuple[object, ...], Rules] = {}

    def of(self, s: Subject, on: date) -> Rules:
        key = (s.organization_id, s.agent_id, s.kind, s.country, s.region, *s.zones, on)
        if key not in self._known:
            self._known[key] = self._work_out(s, on)
        return self._known[key]

    def _work_out(self, s: Subject, on: date) -> Rules:
        if s.kind not in BY_PHONE:
            return Rules(None, (), (), None)
        organization = self._around.organizations[s.organization_id]
        agent = self._around.agents.get(s.agent_id) if s.agent_id else None
        laws = jurisdictions.laws(s.country, s.region, s.kind, on)
        layers = (
            *((_hours(f"The hours of {agent.name}", agent.hours),) if agent else ()),
            _organization_layer(organization),
            *(jurisdictions.layer(law) for law in laws if law.week is not None or law.closed_on_holidays),
        )
        zones = tuple(s.zones) or (organization.time_zone,)
        return Rules(Window(zones, layers), laws, _limits(organization, laws), _opt_in(laws, on))


def _hours(label: str, stored: dict[str, Any], closed: Closures | None = None) -> Layer:
    return Layer(label, _week(json.dumps(stored, sort_keys=True)), "", closed)


@lru_cache(maxsize=1024)
def _week(stored: str) -> Week:
    return Week.parse(json.loads(stored))


def _organization_layer(organization: Organization) -> Layer:
    label = f"The hours of {organization.name}"
    days = frozenset((date.fromisoformat(day), name) for day, name in organization.closed_days.items())
    if organization.observe_public_holidays:
        public = PublicHolidays(organization.country, organization.region or None)
        return _hours(label, organization.hours, _Either(OwnClosures(days), public) if days else public)
    return _hours(label, organization.hours, OwnClosures(days) if days else None)


@dataclass(frozen=True, slots=True)
class _Either:
    """Closed when one or the other says so."""

    one: Closures
    other: Closures

    def why_closed(self, day: date) -> str | None:
        return self.one.why_closed(day) or self.other.why_closed(day)


def _limits(organization: Organization, laws: Iterable[jurisdictions.Law]) -> tuple[Limit, ...]:
    day = timedelta(days=1)
    own = f"{organization.name}: no more than {organization.calls_per_day} calls to one contact in 24 hours"
    limits = [Limit(organization.calls_per_day, day, CALLS, own)]
    for law in laws:
        limits += [
            Limit(c.most, c.within, law.channels, f"{law.place}: {c.describe()}", law.citation) for c in law.caps
        ]
    for preset in jurisdictions.presets():
        if preset.code in organization.frequency_presets:
            limits += [Limit(c.most, c.within, CALLS, preset.sentence, preset.citation) for c in preset.caps]
    return tuple(limits)


def _opt_in(laws: Iterable[jurisdictions.Law], on: date) -> OptIn | None:
    for law in laws:
        if law.needs_opt_in_since and law.needs_opt_in_since <= on:
            sentence = f"{law.place}: calls need the contact's consent. Record it and retry."
            return OptIn(sentence, law.citation)
    return None


def _rests(s: Subject, laws: Iterable[jurisdictions.Law]) -> tuple[Rest, ...]:
    if s.refused_at is None:
        return ()
    return tuple(
        Rest(
            s.refused_at + law.rest_after_refusal,
            law.channels,
            f"{law.place}: {law.rest_after_refusal.days} days' rest after a refusal",
            law.citation,
        )
        for law in laws
        if law.rest_after_refusal
    )


def _rests_after_talks(s: Subject, around: Surroundings, talks: dict[int, datetime]) -> tuple[Rest, ...]:
    chosen = around.organizations[s.organization_id].frequency_presets
    return tuple(
        Rest(talks[s.contact_id] + preset.rest_after_conversation, CALLS, preset.sentence, preset.citation)
        for preset in jurisdictions.presets()
        if preset.code in chosen
    )


_TALKS = """
SELECT contact_id, max(ended_at) FROM relance_call
WHERE contact_id = ANY(%s::bigint[]) AND status = 'answered' GROUP BY contact_id
"""


def _last_talks(subjects: Sequence[Subject]) -> dict[int, datetime]:
    """When the contacts of those calls were last spoken with."""
    calls = sorted({s.contact_id for s in subjects if s.kind == "call"})
    return dict(sql.rows(_TALKS, [calls])) if calls else {}


def _holds(s: Subject, around: Surroundings, now: datetime) -> tuple[Hold, ...]:
    holds = []
    account, template = around.connection_of(s), around.templates.get(s.template_id) if s.template_id else None
    if account is None:
        holds.append(Hold(None, f"No account is connected for {s.kind}. Connect one in the settings."))
    else:
        if account.paused_because:
            holds.append(Hold(None, f"{account.name} is paused: {account.paused_because}"))
        if account.retry_after and account.retry_after > now:
            holds.append(Hold(account.retry_after, f"{account.name} asked to be tried again later."))
    if template is not None and template.approval != Approval.APPROVED:
        holds.append(Hold(None, f"The template “{template.name}” is {template.approval}."))
    return tuple(holds)


_TRIES = """
SELECT contact_id, kind, started_at FROM relance_attempt
WHERE contact_id = ANY(%(contacts)s::bigint[]) AND started_at > %(since)s
UNION ALL
SELECT contact_id, 'call', started_at FROM relance_call
WHERE contact_id = ANY(%(contacts)s::bigint[]) AND started_at > %(since)s AND direction = 'outbound'
  AND follow_up_id IS NULL
ORDER BY 3
"""


def _tries(contacts: set[int], now: datetime) -> dict[int, tuple[tuple[str, datetime], ...]]:
    """The tries of the last month by contact, and the calls that other telephony reported."""
    if not contacts:
        return {}
    tries: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for contact_id, kind, started_at in sql.rows(_TRIES, {"contacts": sorted(contacts), "since": now - MEMORY}):
        tries[contact_id].append((kind, started_at))
    return {contact_id: tuple(found) for contact_id, found in tries.items()}


_SENT = """
SELECT f.campaign_id, f.contact_id, f.type
FROM unnest(%(campaigns)s::bigint[], %(contacts)s::bigint[], %(kinds)s::text[]) AS w (campaign_id, contact_id, kind)
    JOIN relance_followup f ON (f.campaign_id, f.contact_id, f.type) = (w.campaign_id, w.contact_id, w.kind)
WHERE f.purpose <> 'general' AND f.status IN ('in_progress', 'completed') AND f.id <> ALL(%(own)s::bigint[])
"""


def _already_sent(subjects: Sequence[Subject]) -> set[tuple[int | None, int, str]]:
    """The (campaign, contact, channel) triples whose post-call follow-up another follow-up has carried out."""
    if not subjects:
        return set()
    return set(
        sql.rows(
            _SENT,
            {
                "campaigns": [s.campaign_id for s in subjects],
                "contacts": [s.contact_id for s in subjects],
                "kinds": [s.kind for s in subjects],
                "own": [s.id for s in subjects if s.id],
            },
        )
    )
