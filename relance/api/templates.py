"""`/api/templates`: WhatsApp messages whose wording the provider approves."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal

from ninja import Query, Status
from pydantic import Field

from relance.api.auth import Caller, Request
from relance.api.finding import find, look_up
from relance.api.pages import page
from relance.api.routing import resource
from relance.api.saving import save
from relance.api.schemas import Body, ConnectionId, Page, Paging, Shown, Text, public
from relance.models import Approval, ChannelKind, Conflict, Connection, Template

router = resource("Templates")

ApprovalName = Literal["draft", "pending", "approved", "rejected", "paused", "disabled"]
Category = Literal["utility", "marketing", "authentication"]
PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,50})\s*\}\}")
FIXED = frozenset({Approval.APPROVED, Approval.PENDING, Approval.PAUSED, Approval.DISABLED})
SIMULATED = "The simulator approves every template."


class TemplateSaid(Body):
    """The wording of a template: `{{1}}` or `{{name}}` in its body is a parameter."""

    category: Category = "utility"
    connection_id: ConnectionId | None = Field(None, description="Left out: the organization’s WhatsApp account.")


class NewTemplate(TemplateSaid):
    """A template to be."""

    name: Text = Field(pattern=r"^[a-z0-9_]{1,100}$", description="Lower case, digits and underscores.")
    language: Text = Field("en", pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")
    body: Text = Field(min_length=1, max_length=1024)


class EditedTemplate(TemplateSaid):
    """What to change of a template that is not with the provider yet."""

    body: Text = Field("", min_length=1, max_length=1024)


class TemplateShown(Shown):
    """A template. Only an approved one is sent; `approvalNote` says why another is not."""

    id: str
    name: str
    language: str
    category: str
    body: str
    parameters: list[str]
    approval: ApprovalName
    approval_note: str
    connection_id: str | None
    created_at: datetime


class TemplateFilters(Paging):
    """Which templates."""

    approval: ApprovalName | None = None


TemplatePage = Page[TemplateShown]


@router.get("", response=TemplatePage)
def list_templates(request: Request, filters: Query[TemplateFilters]) -> TemplatePage:
    """The organization’s templates."""
    found = _mine(request.auth)
    return page(found.filter(approval=filters.approval) if filters.approval else found, ["id"], filters, _shown)


@router.post("", response={201: TemplateShown})
def create(request: Request, wanted: NewTemplate) -> Status[TemplateShown]:
    """A new template, a draft until its provider approves it; admins only."""
    request.auth.must_be_admin("make templates")
    made = Template(organization=request.auth.organization)
    save(made, _values(wanted, request.auth), "template", taken="name")
    made.refresh_from_db()
    return Status(201, _shown(made))


@router.get("/{id}", response=TemplateShown)
def template(request: Request, id: str) -> TemplateShown:
    """One template."""
    return _shown(find(_mine(request.auth), id))


@router.patch("/{id}", response=TemplateShown)
def edit(request: Request, id: str, edited: EditedTemplate) -> TemplateShown:
    """Change a template that its provider does not hold; admins only."""
    found = find(_mine(request.auth), id)
    request.auth.must_be_admin("change templates")
    if found.provider_id and found.approval in FIXED:
        raise Conflict(f"Its wording is {found.approval} at the provider. Make a new template instead.")
    save(found, _values(edited, request.auth), "template")
    return _shown(found)


def _mine(caller: Caller) -> Any:
    return Template.objects.filter(organization=caller.organization)


def _values(said: TemplateSaid, caller: Caller) -> dict[str, Any]:
    values = said.model_dump(exclude_unset=True)
    accounts = Connection.objects.filter(organization=caller.organization, kind=ChannelKind.WHATSAPP)
    look_up(values, "connection_id", accounts)
    if "body" in values:
        values["parameters"] = list(dict.fromkeys(PLACE.findall(values["body"])))
        values["body"] = PLACE.sub(r"{{\1}}", values["body"])
    account = values.get("connection") or accounts.filter(is_default=True).first()
    if account and account.provider == "simulator":
        values |= {"approval": Approval.APPROVED, "approval_note": SIMULATED}
    return values


def _shown(t: Template) -> TemplateShown:
    same = set(TemplateShown.model_fields) - {"id", "connection_id"}
    return TemplateShown(
        **{name: getattr(t, name) for name in same},
        id=t.public_id,
        connection_id=public(Connection, t.connection_id),
    )
