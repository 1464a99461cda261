"""`/api/follow-ups`: listing, scheduling, changing and ending follow-ups."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from ninja import Query, Status
from pydantic import Field, model_validator

from relance.api.auth import Caller, Request
from relance.api.finding import find
from relance.api.follow_up_schemas import (
    EditedFollowUp,
    FollowUpPage,
    FollowUpShown,
    GroupName,
    NewFollowUp,
    SourceName,
    StatusName,
    changes,
    conversation_of,
    plan,
    row,
    shown,
)
from relance.api.routing import resource
from relance.api.schemas import AgentId, Body, CampaignId, ContactId, ConversationId, Instant, Kind, Paging, Text
from relance.models import Contact, FollowUp, clock, editing, follow_up_lists, scheduling, verbs
from relance.models.moves import Actor

router = resource("Follow-ups")


class FollowUpFilters(Paging):
    """Which follow-ups: all that is given must hold."""

    contact_id: ContactId | None = None
    campaign_id: CampaignId | None = None
    agent_id: AgentId | None = None
    conversation_id: ConversationId | None = None
    type: Kind | None = None
    status: StatusName | None = None
    group: GroupName | None = None
    source: SourceName | None = None
    from_: Instant | None = Field(None, alias="from", description="Scheduled at this instant or later.")
    to: Instant | None = Field(None, description="Scheduled before this instant.")
    q: Text = Field("", max_length=200, description="Words of the contact’s name, number, address or company.")
    sort: Literal["scheduledAt", "-scheduledAt"] = "-scheduledAt"


class Snooze(Body):
    """Until when: an instant, or a number of days from now."""

    until: Instant | None = None
    days: int | None = Field(None, ge=1, le=365)

    @model_validator(mode="after")
    def _one(self) -> Snooze:
        if (self.until is None) == (self.days is None):
            raise ValueError("Give “until” or “days”, one of them.")
        return self


def _visible(caller: Caller) -> Any:
    return FollowUp.objects.visible_to(caller.member).select_related("contact").defer("contact__search")


def _workable(caller: Caller) -> Any:
    return FollowUp.objects.workable_by(caller.member).select_related("contact").defer("contact__search")


@router.get("", response=FollowUpPage)
def list_follow_ups(request: Request, filters: Query[FollowUpFilters]) -> FollowUpPage:
    """Follow-ups by their time."""
    which = follow_up_lists.Which(**filters.model_dump(exclude={"limit", "cursor", "sort"}))
    found = follow_up_lists.part(
        _visible(request.auth),
        which,
        request.auth.member,
        sort=filters.sort,
        limit=filters.limit,
        cursor=filters.cursor,
    )
    return FollowUpPage(items=[row(f) for f in found.rows], next_cursor=found.next_cursor or None)


@router.post("", response={201: FollowUpShown})
def schedule(request: Request, wanted: NewFollowUp) -> Status[FollowUpShown]:
    """Schedule a follow-up to one contact."""
    caller = request.auth
    contact = find(Contact.objects.visible_to(caller.member), wanted.contact_id, "contactId")
    planned = plan(wanted, caller, conversation_of(contact, wanted, caller))
    follow_up = scheduling.schedule_one(caller.organization, contact, planned, by=caller.member)
    follow_up.contact = contact
    return Status(201, shown(follow_up))


@router.get("/{id}", response=FollowUpShown)
def follow_up(request: Request, id: str) -> FollowUpShown:
    """One follow-up, with its attempts and its history."""
    return shown(find(_visible(request.auth), id))


@router.patch("/{id}", response=FollowUpShown)
def edit(request: Request, id: str, edited: EditedFollowUp) -> FollowUpShown:
    """Change or reschedule what has not run."""
    found = find(_visible(request.auth), id)
    editing.edit(found, changes(edited, request.auth), request.auth.member)
    return shown(found)


@router.delete("/{id}", response={204: None})
def delete(request: Request, id: str) -> Status[None]:
    """Remove a cancelled or failed one; admins only."""
    found = find(_visible(request.auth), id)
    request.auth.must_be_admin("delete follow-ups")
    verbs.delete(found, request.auth.member)
    return Status(204, None)


@router.post("/{id}/cancel", response=FollowUpShown)
def cancel(request: Request, id: str) -> FollowUpShown:
    """Cancel one that has not begun."""
    found = find(_workable(request.auth), id)
    verbs.cancel_one(found, Actor.of(request.auth.member))
    return shown(found)


@router.post("/{id}/retry", response=FollowUpShown)
def retry(request: Request, id: str) -> FollowUpShown:
    """Schedule a failed or expired one anew, five minutes ahead, with a fresh set of attempts."""
    found = find(_workable(request.auth), id)
    verbs.retry(found, Actor.of(request.auth.member))
    return shown(found)


@router.post("/{id}/snooze", response=FollowUpShown)
def snooze(request: Request, id: str, wanted: Snooze) -> FollowUpShown:
    """Put off one that waits, until an instant or by days."""
    found = find(_visible(request.auth), id)
    until = wanted.until or clock.now() + timedelta(days=wanted.days or 0)
    verbs.snooze(found, until, Actor.of(request.auth.member))
    return shown(found)
