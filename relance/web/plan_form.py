"""Reading the form of a follow-up: what was typed becomes a `Plan`, or sentences at its fields.

Fields are named as the API names them, so that what `scheduling.check` finds wrong stands where it was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db.models import QuerySet

from relance.channels.webhook import url_problem
from relance.models import Agent, Approval, ChannelKind, Invalid, Member, Priority, Source, Template, scheduling
from relance.models.scheduling import Plan
from relance.web import moments
from relance.web.access import Visit

T = TypeVar("T")
M = TypeVar("M", Agent, Template)
Typed = Mapping[str, str]

TEXTS = ("subject", "body", "url")
ASKED: Mapping[ChannelKind, tuple[str, ...]] = {
    ChannelKind.CALL: (),
    ChannelKind.SMS: ("body",),
    ChannelKind.WHATSAPP: (),
    ChannelKind.EMAIL: ("subject", "body"),
    ChannelKind.WEBHOOK: ("url",),
}
"""The texts that a type takes. What was typed for another type is kept in the form and not sent."""

NO_NUMBER = -1  # out of the bounds that are checked, and so refused with their sentence


@dataclass(frozen=True, slots=True)
class Reading:
    """What was typed, the plan as far as it could be read, and what is wrong with it by field. `at` is None where the
    words for its time were not understood; the plan has a time all the same."""

    typed: Typed
    plan: Plan
    errors: dict[str, str]
    at: datetime | None

    def sound(self) -> Plan:
        """The plan. Raises `Invalid` with everything that is wrong."""
        if self.errors:
            raise Invalid(self.errors.items())
        return self.plan


def typed_in(request: Visit) -> dict[str, str]:
    """What the form holds, its line ends as everybody counts them."""
    return {name: str(value).replace("\r\n", "\n") for name, value in request.POST.items()}


def read(request: Visit, typed: Typed, now: datetime) -> Reading:
    """Read what the member typed."""
    errors: dict[str, str] = {}
    at = _moment(typed, now, request.member, errors)
    plan = _plan(request, typed, at or now, errors)
    try:
        scheduling.check(plan, request.organization, request.member, keeps_time=at is None)
    except Invalid as problem:
        for name, sentence in problem.errors:
            errors.setdefault(name, sentence)
    return Reading(typed, plan, errors, at)


def template_of(request: Visit, typed: Typed) -> Template | None:
    """The template that is chosen, if the organization has it."""
    return Template.find(request.organization, typed.get("templateId", ""))


def approved(request: Visit) -> QuerySet[Template]:
    """The templates that may be sent."""
    return Template.objects.filter(organization=request.organization, approval=Approval.APPROVED).order_by("name", "id")


def parameters_of(template: Template | None, typed: Typed) -> dict[str, str]:
    """What was typed for each of the template's parameters."""
    names = template.parameters if template else []
    return {name: typed.get(f"parameters.{name}", "") for name in names}


def _plan(request: Visit, typed: Typed, at: datetime, errors: dict[str, str]) -> Plan:
    kind = _choice(typed, "type", ChannelKind.CALL, {kind.value: kind for kind in ChannelKind}, errors)
    agent = _named(Agent, "agentId", request, typed, errors)
    template = _named(Template, "templateId", request, typed, errors) if kind == ChannelKind.WHATSAPP else None
    subject, body, url = (typed.get(name, "").strip() if name in ASKED[kind] else "" for name in TEXTS)
    if url and (problem := url_problem(url, settings.WEBHOOK_ALLOW_PRIVATE)):
        errors["url"] = problem
    return Plan(
        type=kind,
        at=at,
        agent=agent,
        template=template,
        parameters=parameters_of(template, typed),
        notes=typed.get("notes", "").strip(),
        priority=_choice(typed, "priority", Priority.NORMAL, {p.label: p for p in Priority}, errors),
        max_attempts=_whole_number(typed.get("maxAttempts", "")),
        allow_out_of_window="allowOutOfWindow" in typed,
        subject=subject,
        body=body,
        url=url,
        source=Source.MANUAL,
    )


def _moment(typed: Typed, now: datetime, member: Member, errors: dict[str, str]) -> datetime | None:
    try:
        return moments.read(typed.get("scheduledAt", ""), now, member, "scheduledAt")
    except Invalid as problem:
        errors.update(problem.errors)
        return None


def _choice(typed: Typed, name: str, default: T, choices: Mapping[str, T], errors: dict[str, str]) -> T:
    said = typed.get(name)
    if said and said not in choices:
        errors[name] = f"Choose one of these: {', '.join(choices)}."
    return choices.get(said or "", default)


def _named(model: type[M], name: str, request: Visit, typed: Typed, errors: dict[str, str]) -> M | None:
    found = model.find(request.organization, typed.get(name, ""))
    if typed.get(name) and found is None:
        errors[name] = f"This {model._meta.verbose_name} no longer exists. Choose another."
    return found


def _whole_number(text: str) -> int | None:
    digits = text.strip()
    if not digits:
        return None
    return int(digits) or NO_NUMBER if digits.isdecimal() and len(digits) < 6 else NO_NUMBER
