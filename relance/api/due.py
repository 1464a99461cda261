"""`/api/follow-ups/due`: the contacts to whom the calling member owes a touch today, or owed it before."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Query
from pydantic import Field, model_validator

from relance.api.auth import Request
from relance.api.problems import Missing
from relance.api.routing import resource
from relance.api.schemas import Body, Filters, Shown, Text, Whole
from relance.models import Contact, due, touches

router = resource("Due")

PersonId = Annotated[Text, Field(max_length=40)]


class DueFilters(Filters):
    """How many."""

    limit: Whole = Field(10, ge=1, le=200)


class DueRow(Shown):
    """A contact who is due or overdue."""

    id: str
    contact_id: str
    contact_name: str
    reason: str
    suggested_timing: Literal["Overdue", "Today"]
    is_hot: bool
    lead_quality: Literal["HOT", "WARM", "COLD", "NURTURE"] | None
    status: Literal["ACTIVE", "INACTIVE"]
    overdue_days: int


class DueList(Shown):
    """Who is due, the longest overdue first."""

    follow_ups: list[DueRow]


class Settled(Body):
    """What was done about one contact (`personId`) or several (`personIds`)."""

    person_id: PersonId | None = None
    person_ids: list[PersonId] | None = Field(None, min_length=1, max_length=1000)
    action: Literal["done", "snooze"]
    days: int = Field(touches.SNOOZE_DAYS, ge=1, le=365, description="By how many days to snooze.")

    @model_validator(mode="after")
    def _one(self) -> Settled:
        if (self.person_id is None) == (self.person_ids is None):
            raise ValueError("Give “personId” or “personIds”, one of them.")
        return self


class SettledShown(Shown):
    """How many contacts it was done for."""

    ok: bool
    count: int
    action: Literal["done", "snooze"]


@router.get("", response=DueList)
def list_due(request: Request, filters: Query[DueFilters]) -> DueList:
    """The caller’s own contacts that are due today or overdue, by the caller’s day."""
    member = request.auth.member
    rows = due.owed(member, due.today_of(member), limit=filters.limit)
    return DueList(follow_ups=[_row(owed) for owed in rows])


@router.patch("", response=SettledShown)
def settle(request: Request, said: Settled) -> SettledShown:
    """Mark done or snooze; contacts that are not assigned to the caller are left out."""
    named = said.person_ids if said.person_ids is not None else [said.person_id]
    keys = {key for id in named if (key := Contact.key_of(id))}
    member = request.auth.member
    pressed = touches.done(member, keys) if said.action == "done" else touches.snooze(member, keys, said.days)
    if not pressed.assigned:
        field = "personIds" if said.person_id is None else "personId"
        raise Missing(field, "None of these contacts is assigned to you.")
    return SettledShown(ok=True, count=pressed.count, action=said.action)


def _row(owed: due.Owed) -> DueRow:
    return DueRow(
        id=owed.public_id,
        contact_id=owed.public_id,
        contact_name=owed.name,
        reason=owed.reason,
        suggested_timing="Overdue" if owed.is_overdue else "Today",
        is_hot=owed.is_hot,
        lead_quality=owed.lead_quality or None,  # type: ignore[arg-type]
        status=owed.status,  # type: ignore[arg-type]
        overdue_days=owed.days,
    )
