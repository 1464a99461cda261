"""Editing a follow-up that waits: what it says, who carries it out, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse

from relance.channels.webhook import url_problem
from relance.models import Agent, Approval, ChannelKind, FollowUp, Invalid, Priority, Template, editing
from relance.models.followups import HEADINGS, MOST_ATTEMPTS, NOTES_LIMIT
from relance.models.scheduling import SUBJECT_LIMIT, TEXT_LIMIT, URL_LIMIT
from relance.web import as_shown, moments, plan_form
from relance.web.access import Visit
from relance.web.answers import done, refused, show
from relance.web.follow_up_actions import acting
from relance.web.ui import where

TEXTS = {"notes": "notes", "subject": "subject", "body": "body", "url": "url"}
BOXES = {"allowOutOfWindow": "allow_out_of_window", "cancelOnReply": "cancel_on_reply"}
LIMITS = {"notes": NOTES_LIMIT, "subject": SUBJECT_LIMIT, "body": TEXT_LIMIT, "url": URL_LIMIT}
OF_TYPE = {
    ChannelKind.SMS: ("body",),
    ChannelKind.EMAIL: ("subject", "body"),
    ChannelKind.WHATSAPP: ("templateId",),
    ChannelKind.WEBHOOK: ("url",),
}
PARAMETER = "parameters."


@acting("edit")
def edit(request: Visit, follow_up: FollowUp) -> HttpResponse:
    """The form, and saving it.

    Only what this member changed is changed: what another did meanwhile to the rest stays. With `?templateId=` the
    form is that of another template.
    """
    was = _said_now(follow_up, request.member.zone)
    if request.method != "POST":
        return show(request, "follow_up/edit.html", **_form(request, follow_up, was, was | _asked(request)))
    said = _said(request, was)
    try:
        changed = _changes(request, follow_up, as_shown.differing(request, said))
        if changed:
            editing.edit(follow_up, changed, request.member)
    except Invalid as problem:
        return refused(request, "follow_up/edit.html", problem, **_form(request, follow_up, was, said))
    return done(request, "Saved.", to=where(follow_up), changed="followUp")


# -- the form as it is shown: every field a text -------------------------------------------------------------


def _said_now(f: FollowUp, zone: str) -> dict[str, str]:
    """What the form says of the follow-up as it is."""
    texts = {field: str(getattr(f, column)) for field, column in TEXTS.items()}
    boxes = {field: "on" if getattr(f, column) else "" for field, column in BOXES.items()}
    parameters = {PARAMETER + name: str(value) for name, value in f.parameters.items()}
    return texts | boxes | parameters | {
        "agentId": f.agent.public_id if f.agent else "",
        "priority": Priority(f.priority).label,
        "maxAttempts": str(f.max_attempts),
        "expiresAt": moments.for_input(f.expires_at, zone),
        "templateId": f.template.public_id if f.template else "",
    }  # fmt: skip


def _asked(request: Visit) -> dict[str, str]:
    """What is said so far in a form whose template was changed."""
    asked = request.GET.dict()
    return {name: str(asked[name]) for name in asked if name.startswith(PARAMETER) or name == "templateId"}


def _said(request: Visit, was: Mapping[str, str]) -> dict[str, str]:
    """What the form that was sent says; a box that is not ticked says nothing."""
    sent = plan_form.typed_in(request)
    known = {name: sent[name] for name in sent if name in was or name.startswith(PARAMETER)}
    boxes = [name for name in BOXES if f"has.{name}" in sent]
    return dict(was) | dict.fromkeys(boxes, "") | known


def _form(request: Visit, f: FollowUp, was: Mapping[str, str], said: Mapping[str, str]) -> dict[str, Any]:
    template = _templates(request).filter(pk=Template.key_of(said["templateId"]) or 0).first()
    values = {name: said.get(PARAMETER + name, "") for name in template.parameters} if template else {}
    return {
        "f": f,
        "heading": HEADINGS[f.type],
        "said": said,
        "was": as_shown.was(request, was),
        "fields": OF_TYPE.get(ChannelKind(f.type), ()),
        "agents": Agent.objects.filter(organization=request.organization).order_by("name", "pk"),
        "templates": _choosable(request, f),
        "parameters": [(name, PARAMETER + name, value) for name, value in values.items()],
        "preview": template.rendered(values) if template else "",
        "priorities": [label for _, label in reversed(Priority.choices)],
        "most_attempts": MOST_ATTEMPTS,
        "limits": LIMITS,
    }


def _templates(request: Visit) -> QuerySet[Template]:
    return Template.objects.filter(organization=request.organization)


def _choosable(request: Visit, f: FollowUp) -> list[Template]:
    """Those that may be sent, and the one that is chosen whatever became of it."""
    if f.type != ChannelKind.WHATSAPP:
        return []
    ours = list(_templates(request).order_by("name", "language"))
    return [t for t in ours if t.approval == Approval.APPROVED or t.pk == f.template_id]


# -- what the form asks for ----------------------------------------------------------------------------------


def _changes(request: Visit, f: FollowUp, differing: Mapping[str, str]) -> dict[str, Any]:
    """The same by the fields of `Plan`. Raises `Invalid`."""
    errors: list[tuple[str, str]] = []
    changed: dict[str, Any] = {column: differing[name] for name, column in TEXTS.items() if name in differing}
    changed |= {column: bool(differing[name]) for name, column in BOXES.items() if name in differing}
    for name, (column, read) in READ.items():
        if name in differing:
            try:
                changed[column] = read(request, differing[name])
            except Invalid as problem:
                errors += problem.errors
    if f.type == ChannelKind.WHATSAPP and any(n == "templateId" or n.startswith(PARAMETER) for n in differing):
        changed["parameters"] = _parameters(request, f, changed.get("template", f.template))
    if changed.get("url") and (problem_with := url_problem(changed["url"], settings.WEBHOOK_ALLOW_PRIVATE)):
        errors.append(("url", problem_with))
    if errors:
        raise Invalid(errors)
    return changed


def _parameters(request: Visit, f: FollowUp, template: Template | None) -> dict[str, Any]:
    """The template's own, as the form says them; others that it had are no longer needed."""
    names = template.parameters if template else []
    return {name: request.POST.get(PARAMETER + name, f.parameters.get(name, "")) for name in names}


def _agent(request: Visit, said: str) -> Agent | None:
    found = Agent.find(request.organization, said) if said else None
    if said and found is None:
        raise Invalid(agentId="This agent no longer exists. Choose another.")
    return found


def _template(request: Visit, said: str) -> Template | None:
    found = Template.find(request.organization, said) if said else None
    if said and found is None:
        raise Invalid(templateId="This template no longer exists. Choose another.")
    return found


def _priority(request: Visit, said: str) -> Priority:
    if said.upper() not in Priority.__members__:
        raise Invalid(priority="Choose low, normal, high or urgent.")
    return Priority[said.upper()]


def _attempts(request: Visit, said: str) -> int:
    if not (said.isascii() and said.isdigit() and len(said) < 4 and int(said)):
        raise Invalid(maxAttempts=f"Choose from 1 to {MOST_ATTEMPTS} attempts.")
    return int(said)


READ = {
    "agentId": ("agent", _agent),
    "templateId": ("template", _template),
    "priority": ("priority", _priority),
    "maxAttempts": ("max_attempts", _attempts),
    "expiresAt": ("expires_at", lambda request, said: moments.read_input(said, request.member.zone, "expiresAt")),
}
