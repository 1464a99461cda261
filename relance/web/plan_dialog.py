"""What the form of a follow-up needs to be shown, for one contact and for many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from relance.models import Agent, Priority
from relance.models.followups import NOTES_LIMIT
from relance.models.scheduling import DEFAULT_ATTEMPTS
from relance.rules import sms
from relance.rules.retries import TEMPLATE_ATTEMPTS
from relance.web import moments, plan_form
from relance.web.access import Visit
from relance.web.plan_form import Reading, Typed
from relance.web.ui import KIND

TEMPLATE = "follow_ups/schedule.html"
AHEAD = timedelta(hours=1)
ROUND = timedelta(minutes=5)
FORETOLD = ("type", "scheduledAt", "allowOutOfWindow")
"""The fields whose errors are told as one types: nobody wants to hear that a message is missing that is to come."""


def untouched(request: Visit, now: datetime) -> dict[str, str]:
    """The form as it opens: a call in about an hour."""
    at = now + AHEAD
    at += -(at - datetime(2000, 1, 1, tzinfo=UTC)) % ROUND
    return {
        "type": "call",
        "scheduledAt": moments.written(at, request.member.zone),
        "priority": "normal",
        "maxAttempts": str(DEFAULT_ATTEMPTS),
    }


def fields(request: Visit, reading: Reading) -> dict[str, Any]:
    """What was typed, and what can be chosen."""
    return {
        "typed": reading.typed,
        "types": [(value, word, _attempts(value)) for value, (_, word) in KIND.items()],
        "agents": Agent.objects.filter(organization=request.organization, active=True).order_by("name", "id"),
        "priorities": [p.label for p in sorted(Priority, reverse=True)],
        "templates": plan_form.approved(request),
        "notes_limit": NOTES_LIMIT,
        **heard(request, reading),
        **content(request, reading.typed),
    }


def heard(request: Visit, reading: Reading) -> dict[str, Any]:
    """How the time was understood, and what stands in the way of foretelling anything."""
    problems = [reading.errors[name] for name in FORETOLD if name in reading.errors]
    local = moments.for_input(reading.at, request.member.zone) if reading.at else ""
    return {"at": reading.at, "local": local, "problems": problems}


def content(request: Visit, typed: Typed) -> dict[str, Any]:
    """What depends on what is sent: how long a text is, which parameters a template takes, how it will read."""
    template = plan_form.template_of(request, typed)
    filled = plan_form.parameters_of(template, typed)
    shown = {name: value.strip() or f"{{{{{name}}}}}" for name, value in filled.items()}
    return {
        "kind": typed.get("type", ""),
        "measure": sms.measure(typed.get("body", "").strip()),
        "parameters": filled,
        "preview": template.rendered(shown) if template else "",
    }


def _attempts(kind: str) -> int:
    return TEMPLATE_ATTEMPTS if kind == "whatsapp" else DEFAULT_ATTEMPTS
