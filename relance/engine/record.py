"""What a carried-out follow-up leaves behind: the message or the call in its conversation, and its creator told."""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from datetime import datetime

from relance.engine.attempts import Settled
from relance.engine.mailing import mail
from relance.models import Template, clock, sql
from relance.rules.gates import NAMES
from relance.rules.outcomes import Success, Unreached
from relance.rules.states import Status

MESSAGES = frozenset({"sms", "whatsapp", "email"})


def write(ended: Sequence[Settled], now: datetime, recorded: Set[int] = frozenset()) -> None:
    """Record what the contact got, but for the attempts `recorded`, and tell who scheduled it what became of it."""
    sent = [s for s in ended if s.attempt.kind in MESSAGES and isinstance(s.outcome, Success)]
    calls = [s for s in ended if s.attempt.kind == "call" and isinstance(s.outcome, Success | Unreached)]
    _write_messages(sent, now)
    _write_calls([s for s in calls if s.attempt.id not in recorded], now)
    _notify([s for s in ended if s.next.status in (Status.COMPLETED, Status.FAILED) and s.attempt.created_by_id], now)


_MESSAGES = """
WITH wanted AS (
    SELECT * FROM unnest(%(organizations)s::bigint[], %(contacts)s::bigint[], %(kinds)s::text[], %(subjects)s::text[],
                         %(bodies)s::text[], %(templates)s::bigint[], %(follow_ups)s::bigint[], %(references)s::text[])
        AS w (organization_id, contact_id, kind, subject, body, template_id, follow_up_id, reference)
), threads AS (
    INSERT INTO relance_conversation AS c (organization_id, contact_id, kind, last_message_at, unread)
    SELECT DISTINCT organization_id, contact_id, kind, %(now)s::timestamptz, 0 FROM wanted ORDER BY contact_id, kind
    ON CONFLICT (contact_id, kind) DO UPDATE SET last_message_at = greatest(c.last_message_at, excluded.last_message_at)
    RETURNING id, contact_id, kind
)
INSERT INTO relance_message (organization_id, conversation_id, direction, subject, body, template_id, follow_up_id,
                             status, reference, at)
SELECT w.organization_id, t.id, 'outbound', w.subject, w.body, w.template_id, w.follow_up_id, 'sent', w.reference,
       %(now)s
FROM wanted w JOIN threads t USING (contact_id, kind)
"""


def _write_messages(sent: Sequence[Settled], now: datetime) -> None:
    if not sent:
        return
    bodies = _bodies(sent)
    sql.run(
        _MESSAGES,
        {
            "organizations": [s.attempt.organization_id for s in sent],
            "contacts": [s.attempt.contact_id for s in sent],
            "kinds": [s.attempt.kind for s in sent],
            "subjects": [s.attempt.subject for s in sent],
            "bodies": bodies,
            "templates": [s.attempt.template_id for s in sent],
            "follow_ups": [s.attempt.follow_up_id for s in sent],
            "references": [getattr(s.outcome, "reference", "") for s in sent],
            "now": now,
        },
    )


def _bodies(sent: Sequence[Settled]) -> list[str]:
    """What the contact reads: the text, or the template with its parameters in their places."""
    wanted = {s.attempt.template_id for s in sent if s.attempt.template_id}
    templates = Template.objects.in_bulk(wanted) if wanted else {}
    return [
        templates[s.attempt.template_id].rendered(s.attempt.parameters) if s.attempt.template_id else s.attempt.body
        for s in sent
    ]


_CALLS = """
INSERT INTO relance_call (organization_id, contact_id, agent_id, campaign_id, follow_up_id, direction, status,
                          started_at, ended_at, transcript, recording_url, consents, external_id)
SELECT w.*, '', '{}', '' FROM unnest(%(organizations)s::bigint[], %(contacts)s::bigint[], %(agents)s::bigint[],
    %(campaigns)s::bigint[], %(follow_ups)s::bigint[], %(directions)s::text[], %(statuses)s::text[],
    %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(transcripts)s::jsonb[]) AS w
"""
_CALL_STATUS = {"no answer": "missed", "busy": "busy", "voicemail": "voicemail", "declined": "declined"}


def _write_calls(calls: Sequence[Settled], now: datetime) -> None:
    if not calls:
        return
    sql.run(
        _CALLS,
        {
            "organizations": [s.attempt.organization_id for s in calls],
            "contacts": [s.attempt.contact_id for s in calls],
            "agents": [s.attempt.agent_id for s in calls],
            "campaigns": [s.attempt.campaign_id for s in calls],
            "follow_ups": [s.attempt.follow_up_id for s in calls],
            "directions": ["outbound"] * len(calls),
            "statuses": [_call_status(s) for s in calls],
            "starts": [s.attempt.started_at for s in calls],
            "ends": [max(now, s.attempt.started_at) for s in calls],
            "transcripts": [json.dumps(s.attempt.transcript or []) for s in calls],
        },
    )


def _call_status(settled: Settled) -> str:
    return _CALL_STATUS[settled.outcome.how] if isinstance(settled.outcome, Unreached) else "answered"


# What is told is mailed too, to those who want it so.
_WHO_WANT_MAIL = """
SELECT m.email, w.text FROM written w JOIN relance_member m ON m.id = w.member_id
WHERE m.notify_by_email AND m.is_active ORDER BY w.id
"""

_TELL_ENDED = f"""
WITH written AS (
INSERT INTO relance_notification (organization_id, member_id, kind, text, follow_up_id, at)
SELECT f.organization_id, f.created_by_id, 'followUp.' || f.status,
       'The ' || (%(names)s::jsonb ->> f.type) || ' to ' || c.name || ' ' ||
       CASE f.status WHEN 'failed' THEN 'failed' WHEN 'expired' THEN 'expired' ELSE 'was cancelled' END || ': ' ||
       f.because, f.id, {{now}}
FROM relance_followup f JOIN relance_contact c ON c.id = f.contact_id
WHERE f.id = ANY(%(ids)s::bigint[]) AND f.created_by_id IS NOT NULL ORDER BY f.id
RETURNING id, member_id, text
) {_WHO_WANT_MAIL}
"""


def tell_ended(ids: Sequence[int]) -> None:
    """Tell who scheduled these follow-ups that they ended without a try: stopped at a gate, or expired."""
    if ids:
        mail(sql.rows(_TELL_ENDED.format(now=clock.now_sql()), {"ids": list(ids), "names": json.dumps(NAMES)}))


_NOTIFY = f"""
WITH written AS (
    INSERT INTO relance_notification (organization_id, member_id, kind, text, follow_up_id, at)
    SELECT w.*, %(now)s FROM unnest(%(organizations)s::bigint[], %(members)s::bigint[], %(kinds)s::text[],
        %(texts)s::text[], %(follow_ups)s::bigint[]) AS w
    RETURNING id, member_id, text
) {_WHO_WANT_MAIL}
"""


def _notify(told: Sequence[Settled], now: datetime) -> None:
    if not told:
        return
    wanted = sql.rows(
        _NOTIFY,
        {
            "organizations": [s.attempt.organization_id for s in told],
            "members": [s.attempt.created_by_id for s in told],
            "kinds": [f"followUp.{s.next.status}" for s in told],
            "texts": [_told(s) for s in told],
            "follow_ups": [s.attempt.follow_up_id for s in told],
            "now": now,
        },
    )
    mail(wanted)


def _told(settled: Settled) -> str:
    what = f"The {NAMES[settled.attempt.kind]} to {settled.attempt.contact_name}"
    if settled.next.status == Status.COMPLETED:
        return f"{what} was carried out."
    return f"{what} failed: {settled.next.because}"
