"""Gathering what the gates ask, for a whole batch in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from relance.engine.rulebook import Rulebook, rests_after_refusal, rests_after_talk
from relance.engine.subjects import Subject
from relance.engine.surroundings import Surroundings
from relance.models import sql
from relance.models.connections import Approval
from relance.rules.facts import BY_PHONE, Facts, Hold

MEMORY = timedelta(days=31)
"""How far back tries count: the longest cap of any law is 30 days."""


class _Found(NamedTuple):
    """What was looked up for all subjects at once."""

    around: Surroundings
    rulebook: Rulebook
    tries: dict[int, tuple[tuple[str, datetime], ...]]
    talks: dict[int, datetime]
    sent: set[tuple[int | None, int, str]]
    now: datetime


def gather(subjects: Sequence[Subject], around: Surroundings, now: datetime) -> list[Facts]:
    """The facts of each subject, in order."""
    found = _Found(
        around,
        Rulebook(around),
        _tries({s.contact_id for s in subjects if s.kind in BY_PHONE}, now),
        _last_talks([s for s in subjects if around.organizations[s.organization_id].frequency_presets]),
        _already_sent([s for s in subjects if s.purpose != "general"]),
        now,
    )
    return [_facts(s, found) for s in subjects]


def _facts(s: Subject, found: _Found) -> Facts:
    around, rulebook, tries, talks, sent, now = found
    rules = rulebook.of(s, max(now, s.scheduled_at).date())
    rests = rests_after_refusal(s.refused_at, rules.laws)
    if s.contact_id in talks:
        rests += rests_after_talk(talks[s.contact_id], around.organizations[s.organization_id])
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
        rests=rests,
        holds=_holds(s, around, now),
        expires_at=s.expires_at,
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
