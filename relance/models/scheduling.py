"""Scheduling follow-ups: what is wanted, whether it can be, and writing it for one contact or tens of thousands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from relance.models import changes, clock, sql
from relance.models.accounts import Member, Organization, OverridePolicy
from relance.models.agents import Agent
from relance.models.base import Invalid
from relance.models.campaigns import Campaign
from relance.models.connections import Approval, ChannelKind, Template
from relance.models.contacts import Contact
from relance.models.followups import MOST_ATTEMPTS, NOTES_LIMIT, FollowUp, Priority, Purpose, Source
from relance.models.inbox import Conversation
from relance.models.moves import Actor, wake_engine
from relance.models.verbs import EXPIRES_AFTER, FURTHEST
from relance.rules.retries import TEMPLATE_ATTEMPTS, call_attempts

TEXT_LIMIT = 10_000
SUBJECT_LIMIT = 300
URL_LIMIT = 2_000
PARAMETERS_LIMIT = 20_000
DEFAULT_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """A follow-up as it is wanted, before it is anybody's. `at` is UTC; None leaves a field to its default."""

    type: str
    at: datetime
    agent: Agent | None = None
    campaign: Campaign | None = None
    conversation: Conversation | None = None
    template: Template | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    subject: str = ""
    body: str = ""
    url: str = ""
    notes: str = ""
    priority: int = Priority.NORMAL
    max_attempts: int | None = None
    allow_out_of_window: bool = False
    cancel_on_reply: bool | None = None
    expires_at: datetime | None = None
    source: str = Source.MANUAL
    purpose: str = Purpose.GENERAL

    @property
    def attempts(self) -> int:
        """How many tries it has. Where the plan leaves that open: 4 for a template message, for a call that an AI
        agent schedules as many as its retries allow, else 3."""
        if self.max_attempts:
            return self.max_attempts
        if self.type == ChannelKind.CALL and self.source == Source.AGENT and self.agent:
            return call_attempts(self.agent.calls_max_retries)
        return TEMPLATE_ATTEMPTS if self.template else DEFAULT_ATTEMPTS

    @property
    def expiry(self) -> datetime:
        """When it is given up: 7 days after its time, unless the plan says otherwise."""
        return self.expires_at or self.at + EXPIRES_AFTER

    @property
    def ends_on_reply(self) -> bool:
        """Whether a reply cancels it: unless told, those that an agent made, and no others."""
        return self.source == Source.AGENT if self.cancel_on_reply is None else self.cancel_on_reply


def check(plan: Plan, organization: Organization, by: Member | None, *, keeps_time: bool = False) -> None:
    """Raise `Invalid` with everything that is wrong with `plan`; one that keeps its time may have been due already."""
    now = clock.now()
    errors = [
        *([] if keeps_time else _time_errors(plan, now)),
        *_expiry_errors(plan, now),
        *_text_errors(plan),
        *_content_errors(plan, organization),
        *_override_errors(plan, organization, by),
    ]
    if errors:
        raise Invalid(errors)


def schedule(
    organization: Organization, contact_ids: Sequence[int], plan: Plan, *, by: Member | None
) -> dict[int, int]:
    """Schedule `plan` for each of these contacts of the organization; returns the follow-up's id by contact.

    Contacts that are no more, or another organization's, are left out. Raises `Invalid`.
    """
    check(plan, organization, by)
    with transaction.atomic():
        made = _write(organization, contact_ids, plan, by)
        changes.announce(organization.pk, "followUp", made.values())
        wake_engine(plan.at)
    return made


def schedule_one(organization: Organization, contact: Contact, plan: Plan, *, by: Member | None) -> FollowUp:
    """Schedule `plan` for one contact. Raises `Invalid`."""
    made = schedule(organization, [contact.pk], plan, by=by)
    if contact.pk not in made:
        raise Invalid(contactId="This contact no longer exists.")
    follow_up: FollowUp = FollowUp.objects.get(pk=made[contact.pk])
    return follow_up


_WRITE = """
WITH made AS (
    INSERT INTO relance_followup (organization_id, contact_id, type, status, priority, source, purpose, agent_id,
        campaign_id, conversation_id, template_id, parameters, subject, body, url, notes, scheduled_at, next_attempt_at,
        expires_at, attempts_made, max_attempts, allow_out_of_window, cancel_on_reply, because, held_by, created_by_id,
        created_at, updated_at)
    SELECT c.organization_id, c.id, %(type)s, 'scheduled', %(priority)s, %(source)s, %(purpose)s, %(agent)s,
        %(campaign)s, %(conversation)s, %(template)s, %(parameters)s, %(subject)s, %(body)s, %(url)s, %(notes)s, %(at)s,
        %(at)s, %(expires_at)s, 0, %(attempts)s, %(override)s, %(cancel_on_reply)s, '', '', %(by)s, {now}, {now}
    FROM relance_contact c
    WHERE c.organization_id = %(organization)s AND c.deleted_at IS NULL AND c.id = ANY(%(contacts)s::bigint[])
    ORDER BY c.id
    RETURNING id, organization_id, contact_id
), told AS (
    INSERT INTO relance_change (organization_id, follow_up_id, at, actor, member_id, from_status, to_status, because,
                                gate, until)
    SELECT organization_id, id, {now}, %(actor)s, %(by)s, '', 'scheduled', 'Scheduled.', '', %(at)s FROM made
    ORDER BY id
)
SELECT contact_id, id FROM made ORDER BY id
"""


def _write(organization: Organization, contact_ids: Sequence[int], plan: Plan, by: Member | None) -> dict[int, int]:
    made = sql.rows(
        _WRITE.format(now=clock.now_sql()),
        {
            "organization": organization.pk,
            "contacts": list(contact_ids),
            "type": plan.type,
            "priority": plan.priority,
            "source": plan.source,
            "purpose": plan.purpose,
            "agent": plan.agent and plan.agent.pk,
            "campaign": plan.campaign and plan.campaign.pk,
            "conversation": plan.conversation and plan.conversation.pk,
            "template": plan.template and plan.template.pk,
            "parameters": json.dumps(plan.parameters),
            "subject": plan.subject,
            "body": plan.body,
            "url": plan.url,
            "notes": plan.notes,
            "at": plan.at,
            "expires_at": plan.expiry,
            "attempts": plan.attempts,
            "override": plan.allow_out_of_window,
            "cancel_on_reply": plan.ends_on_reply,
            "by": by and by.pk,
            "actor": Actor.of(by).name,
        },
    )
    return dict(made)


# -- what can be wrong ---------------------------------------------------------------------------------------

Errors = list[tuple[str, str]]


def _time_errors(plan: Plan, now: datetime) -> Errors:
    if plan.at <= now:
        return [("scheduledAt", "This time has passed. Choose one that lies ahead.")]
    if plan.at > now + FURTHEST:
        return [("scheduledAt", "This is more than two years ahead. Choose an earlier time.")]
    return []


def _expiry_errors(plan: Plan, now: datetime) -> Errors:
    if plan.expires_at and not max(plan.at, now) < plan.expires_at <= plan.at + FURTHEST:
        return [("expiresAt", "It would expire before its time, or years after. Choose a moment soon after it.")]
    return []


def _text_errors(plan: Plan) -> Errors:
    limits = {"notes": NOTES_LIMIT, "subject": SUBJECT_LIMIT, "body": TEXT_LIMIT, "url": URL_LIMIT}
    errors = []
    for name, limit in limits.items():
        text = getattr(plan, name)
        if len(text) > limit:
            errors.append((name, f"At most {limit:,} characters; these are {len(text):,}."))
        elif not storable(text):
            errors.append((name, "Remove the control characters."))
    stored = json.dumps(plan.parameters, ensure_ascii=False)
    if len(stored) > PARAMETERS_LIMIT:
        errors.append(("parameters", f"At most {PARAMETERS_LIMIT:,} characters in all; these are {len(stored):,}."))
    elif not storable(stored) or "\\u0000" in stored:
        errors.append(("parameters", "Remove the control characters."))
    if not 1 <= plan.attempts <= MOST_ATTEMPTS:
        errors.append(("maxAttempts", f"Choose from 1 to {MOST_ATTEMPTS} attempts."))
    return errors


def storable(text: str) -> bool:
    """Whether PostgreSQL can hold the text: no NUL, and no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _content_errors(plan: Plan, organization: Organization) -> Errors:
    match plan.type:
        case ChannelKind.SMS:
            return [] if plan.body.strip() else [("body", "Write the message to send.")]
        case ChannelKind.EMAIL:
            return [
                (name, f"Write the {words} of the e-mail.")
                for name, words in (("subject", "subject"), ("body", "text"))
                if not getattr(plan, name).strip()
            ]
        case ChannelKind.WHATSAPP:
            return _template_errors(plan)
        case ChannelKind.WEBHOOK:
            missing = not (plan.url or organization.webhook_url)
            return [("url", "Give the address to send to, or set the organization's.")] if missing else []
        case _:
            return []


def _template_errors(plan: Plan) -> Errors:
    if plan.template is None:
        return [("templateId", "Choose an approved template.")]
    if plan.template.approval != Approval.APPROVED:
        return [("templateId", f"“{plan.template.name}” is {plan.template.approval}. Choose an approved template.")]
    blank = [name for name in plan.template.parameters if not str(plan.parameters.get(name, "")).strip()]
    return [(f"parameters.{name}", f"Fill in “{name}”; the template needs it.") for name in blank]


def _override_errors(plan: Plan, organization: Organization, by: Member | None) -> Errors:
    policy = organization.override_policy
    refused = policy == OverridePolicy.NOBODY or (policy == OverridePolicy.ADMINS and not (by and by.is_admin))
    if plan.allow_out_of_window and refused:
        who = "nobody" if policy == OverridePolicy.NOBODY else "only an admin"
        return [("allowOutOfWindow", f"In {organization.name} {who} may allow this outside the calling window.")]
    return []
