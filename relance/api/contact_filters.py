"""Which contacts: the filters of their list, which name the contacts of a bulk action too."""

from __future__ import annotations

from typing import Any, Literal

from django.db.models import Exists, OuterRef, Q, QuerySet
from pydantic import BaseModel, Field

from relance.api.schemas import Body, Flag, Paging, Text
from relance.models import Contact, DoNotCall, Member
from relance.models.due import today_of

Due = Literal["any", "overdue", "today"]


class _Which(BaseModel):
    q: Text = Field(
        "", max_length=200, description="Words of name, number, address or company; the last as typed so far."
    )
    assigned_to: Text | None = Field(None, max_length=40, description="A member’s id, or “me”.")
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
    found: Any = contacts
    if which.q:
        found = found.matching(which.q)
    if which.assigned_to is not None:
        key = member.pk if which.assigned_to == "me" else Member.key_of(which.assigned_to)
        found = found.filter(pk__in=Contact.objects.filter(assignments__member=key).values("pk"))
    if which.due is not None:
        found = found.filter(_due(which.due, member))
    if which.do_not_call is not None:
        found = found.filter(listed() if which.do_not_call else ~listed())
    same = {
        "lead_quality": which.lead_quality,
        "status": which.status,
        "region": which.region,
        "country": which.country,
    }
    return found.filter(**{name: value for name, value in same.items() if value is not None})  # type: ignore[no-any-return]


def _due(due: Due, member: Member) -> Q:
    reach = {"any": "__lte", "overdue": "__lt", "today": ""}[due]
    return Q((f"next_follow_up_date{reach}", today_of(member)))


def listed() -> Q:
    """Whether a contact stands on the do-not-call list, by number or address."""
    same = DoNotCall.objects.filter(organization=OuterRef("organization"))
    by_phone = Exists(same.filter(phone=OuterRef("phone")).exclude(phone=""))
    by_email = Exists(same.filter(email__lower=OuterRef("email")).exclude(email=""))
    return Q(by_phone) | Q(by_email)
