"""Which contacts: the filters of their list, which name the contacts of a bulk action too."""

from __future__ import annotations

from typing import Literal

from django.db.models import QuerySet
from pydantic import BaseModel, Field

from relance.api.schemas import Body, Flag, Paging, Text
from relance.models import Contact, Member, contact_filters

Due = Literal["any", "overdue", "today"]


class _Which(BaseModel):
    q: Text = Field(
        "", max_length=200, description="Words of name, number, address or company; the last as typed so far."
    )
    assigned_to: Text | None = Field(None, max_length=40, description="A member’s id, “me”, or “nobody”.")
    lead_quality: Literal["HOT", "WARM", "COLD", "NURTURE"] | None = None
    status: Literal["ACTIVE", "INACTIVE"] | None = None
    due: Due | None = Field(None, description="Due by the calling member’s day: overdue, today, or any of both.")
    do_not_call: Flag | None = None
    region: Text | None = Field(None, max_length=100)
    country: Text | None = Field(None, max_length=2)


class ContactFilters(_Which, Paging):
    """Which contacts: all that is given must hold."""


class ContactWhich(_Which, Body):
    """Which contacts: all that is given must hold. Empty: all that the caller may see."""


def narrowed(contacts: QuerySet[Contact], which: _Which, member: Member) -> QuerySet[Contact]:
    """Those of `contacts` that `which` describes, as `member` means it."""
    said = which.model_dump(include=set(_Which.model_fields))
    return contact_filters.narrowed(contacts, contact_filters.Which(**said), member)
