"""`/api/members`: who works in the organization."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Query

from relance.api.auth import Request
from relance.api.pages import page
from relance.api.routing import resource
from relance.api.schemas import Page, Paging, Shown
from relance.models import Member

router = resource("Members")


class MemberShown(Shown):
    """A person who signs in."""

    id: str
    name: str
    email: str
    role: Literal["admin", "agent"]
    time_zone: str


class OrganizationShown(Shown):
    """The caller’s organization."""

    id: str
    name: str
    time_zone: str
    country: str


class Me(MemberShown):
    """The caller, with how far their key reaches (null in the browser)."""

    organization: OrganizationShown
    scope: Literal["read", "write", "admin"] | None


MemberPage = Page[MemberShown]


@router.get("", response=MemberPage)
def list_members(request: Request, paging: Query[Paging]) -> MemberPage:
    """Everybody who can sign in."""
    active = Member.objects.filter(organization=request.auth.organization, is_active=True)
    return page(active, ["id"], paging, lambda member: MemberShown(**_said(member)))


@router.get("/me", response=Me)
def me(request: Request) -> Me:
    """The caller."""
    home, key = request.auth.organization, request.auth.key
    organization = OrganizationShown(id=home.public_id, name=home.name, time_zone=home.time_zone, country=home.country)
    return Me(**_said(request.auth.member), organization=organization, scope=key and key.scope)  # type: ignore[arg-type]


def _said(m: Member) -> dict[str, Any]:
    return {"id": m.public_id, "name": m.name, "email": m.email, "role": m.role, "time_zone": m.zone}
