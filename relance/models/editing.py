"""Changing a follow-up that has not run: what it says, who carries it out, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import Max

from relance.models import changes, clock
from relance.models.accounts import Member
from relance.models.base import Conflict, Invalid
from relance.models.connections import ChannelKind
from relance.models.followups import FollowUp
from relance.models.moves import Actor, Move, move, wake_engine
from relance.models.scheduling import Plan, check
from relance.models.verbs import EXPIRES_AFTER, RESCHEDULABLE
from relance.rules.states import Status

EDITABLE = RESCHEDULABLE
_COLUMNS = {
    "agent": "agent",
    "template": "template",
    "parameters": "parameters",
    "subject": "subject",
    "body": "body",
    "url": "url",
    "notes": "notes",
    "priority": "priority",
    "max_attempts": "max_attempts",
    "allow_out_of_window": "allow_out_of_window",
    "cancel_on_reply": "cancel_on_reply",
    "expires_at": "expires_at",
}


def edit(follow_up: FollowUp, changed: Mapping[str, Any], by: Member | None) -> None:
    """Change the fields of `Plan` that `changed` names; a new `at` reschedules, also one that had expired.

    Raises `Invalid` for what cannot be, `Conflict` when it has begun or ended.
    """
    with transaction.atomic():
        locked = FollowUp.objects.select_for_update(no_key=True).get(pk=follow_up.pk)
        _require_editable(locked, changed)
        if locked.state is Status.EXPIRED:
            locked.attempts_made = 0  # rescheduled, it begins a new set
        plan = replace(plan_of(locked), **changed)
        if "at" in changed and "expires_at" not in changed:
            plan = replace(plan, expires_at=None)
        _check(plan, locked, changed, by)
        _write(locked, plan, changed)
        if "at" in changed:
            _reschedule(locked, plan, by)
        changes.announce(locked.organization_id, "followUp", [locked.pk])
    follow_up.refresh_from_db()


def plan_of(follow_up: FollowUp) -> Plan:
    """The plan that `follow_up` stands for."""
    return Plan(
        type=follow_up.type,
        at=follow_up.scheduled_at,
        campaign=follow_up.campaign,
        conversation=follow_up.conversation,
        source=follow_up.source,
        purpose=follow_up.purpose,
        **{name: getattr(follow_up, column) for name, column in _COLUMNS.items()},
    )


def _require_editable(follow_up: FollowUp, changed: Mapping[str, Any]) -> None:
    if follow_up.state not in EDITABLE or (follow_up.state is Status.EXPIRED and "at" not in changed):
        raise Conflict(f"It cannot be changed: it is {follow_up.status.replace('_', ' ')} now.")


_FIELDS = {
    "scheduledAt": "at",
    "expiresAt": "expires_at",
    "templateId": "template",
    "maxAttempts": "max_attempts",
    "allowOutOfWindow": "allow_out_of_window",
}


def _check(plan: Plan, follow_up: FollowUp, changed: Mapping[str, Any], by: Member | None) -> None:
    """Raise `Invalid` for what is wrong with what was changed: what was taken before stands, whoever edits the rest."""
    errors = []
    try:
        check(plan, follow_up.organization, by, keeps_time="at" not in changed)
    except Invalid as problem:
        errors += problem.errors
    if plan.attempts < follow_up.attempts_made:
        made = follow_up.attempts_made
        errors.append(("maxAttempts", f"It has made {made} tries already. Choose {made} or more."))
    if own := [(f, said) for f, said in errors if _FIELDS.get(name := f.split(".")[0], name) in changed]:
        raise Invalid(own)


def _write(follow_up: FollowUp, plan: Plan, changed: Mapping[str, Any]) -> None:
    if _content(follow_up) != _content(plan):
        follow_up.rewritten_after = follow_up.attempts.aggregate(last=Max("number"))["last"] or 0
    for name in changed:
        if name in _COLUMNS:
            setattr(follow_up, _COLUMNS[name], getattr(plan, name))
    if "at" in changed:
        follow_up.scheduled_at = plan.at
        if "expires_at" not in changed:
            follow_up.expires_at = plan.at + EXPIRES_AFTER
    if "max_attempts" in changed:
        follow_up.max_attempts = plan.attempts
    follow_up.cancel_on_reply, follow_up.updated_at = plan.ends_on_reply, clock.now()
    follow_up.save()


def _content(of: FollowUp | Plan) -> tuple[Any, ...]:
    """What its receiver gets of it. Notes are between us, except that a webhook carries them."""
    notes = of.notes if of.type == ChannelKind.WEBHOOK else ""
    return of.template, of.parameters, of.subject, of.body, of.url, notes


def _reschedule(follow_up: FollowUp, plan: Plan, by: Member | None) -> None:
    wanted = Move(follow_up.pk, Status.SCHEDULED, "Rescheduled.", plan.at)
    move([wanted], expect=[follow_up.state], by=Actor.of(by))
    wake_engine(plan.at)
