"""`/api/keys`: programs' rights to act for a member. A key's text is shown once, when it is made."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Query, Status
from pydantic import Field

from relance.api.auth import Caller, Request
from relance.api.finding import find
from relance.api.pages import page
from relance.api.problems import Problem
from relance.api.routing import resource
from relance.api.schemas import Body, Page, Paging, Shown, Text, public
from relance.models import ApiKey, Member

router = resource("Keys")

ScopeName = Literal["read", "write", "admin"]


class NewKey(Body):
    """A key to be, for the caller themselves; never good for more than the key that makes it."""

    name: Text = Field(min_length=1, max_length=100)
    scope: ScopeName = "write"


class KeyShown(Shown):
    """A key that stands. `hint` is how its text begins."""

    id: str
    name: str
    hint: str
    scope: ScopeName
    member_id: str
    created_at: datetime
    last_used_at: datetime | None


class KeyMade(KeyShown):
    """A new key, with its text, which cannot be had again."""

    key: str


KeyPage = Page[KeyShown]


@router.get("", response=KeyPage)
def list_keys(request: Request, paging: Query[Paging]) -> KeyPage:
    """The caller’s standing keys; an admin’s list has everybody’s."""
    return page(_mine(request.auth), ["id"], paging, lambda key: KeyShown(**_said(key)))


@router.post("", response={201: KeyMade})
def create(request: Request, wanted: NewKey) -> Status[KeyMade]:
    """A new key for the caller."""
    caller = request.auth
    if caller.key and not caller.key.allows(wanted.scope):
        raise Problem("forbidden", f"This key reaches no further than “{caller.key.scope}”, and so does one it makes.")
    made, text = ApiKey.issue(caller.member, wanted.name, wanted.scope)
    made.refresh_from_db()
    return Status(201, KeyMade(**_said(made), key=text))


@router.delete("/{id}", response={204: None})
def revoke(request: Request, id: str) -> Status[None]:
    """End a key at once."""
    find(_mine(request.auth), id).revoke()
    return Status(204, None)


def _mine(caller: Caller) -> Any:
    standing = ApiKey.objects.filter(organization=caller.organization, revoked_at=None)
    return standing if caller.member.is_admin else standing.filter(member=caller.member)


def _said(k: ApiKey) -> dict[str, Any]:
    same = ("name", "hint", "scope", "created_at", "last_used_at")
    return {name: getattr(k, name) for name in same} | {
        "id": k.public_id,
        "member_id": public(Member, k.member_id),
    }
