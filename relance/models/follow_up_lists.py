"""Which follow-ups, in which order: what a list of follow-ups, an export or a bulk action is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from relance.models import paging
from relance.models.accounts import Member
from relance.models.agents import Agent
from relance.models.base import Scoped
from relance.models.campaigns import Campaign
from relance.models.contacts import Contact
from relance.models.followups import FollowUp, Priority
from relance.models.inbox import Conversation
from relance.models.paging import Part
from relance.rules.states import GROUPS, WAITING, Status

ORDERS: Mapping[str, Sequence[str]] = {
    "scheduledAt": ("scheduled_at", "id"),
    "-scheduledAt": ("-scheduled_at", "-id"),
}
"""The orders that a list of follow-ups may have."""

FEW = 500
About = Callable[[QuerySet[Contact]], Q]


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which follow-ups: all that is given must hold. Ids are public ones; `group` is a word of `states.GROUPS`, `from_`
    the first moment and `to` the one after the last; `due_from` and `due_to` the same of when it is looked at next,
    which only what waits has; `q` are words of the contact's name, number, address or company.
    """

    contact_id: str | None = None
    campaign_id: str | None = None
    agent_id: str | None = None
    conversation_id: str | None = None
    type: str | None = None
    status: str | None = None
    group: str | None = None
    source: str | None = None
    from_: datetime | None = None
    to: datetime | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None
    q: str = ""

    @property
    def statuses(self) -> frozenset[Status]:
        """The states that are meant."""
        grouped = GROUPS[self.group] if self.group else frozenset(Status)
        return grouped & {Status(self.status)} if self.status else grouped


def narrowed(follow_ups: QuerySet[FollowUp], which: Which, member: Member) -> QuerySet[FollowUp]:
    """Those of `follow_ups`, which `member` may see, that `which` describes as they mean it."""
    found = _narrowed(follow_ups, which, member, _about_any)
    return found.filter(status__in=which.statuses) if which.status or which.group else found


def counts(follow_ups: QuerySet[FollowUp], which: Which, member: Member) -> dict[str, int]:
    """How many there are in each group of states, and in `all`, whatever group `which` is about."""
    found = _narrowed(follow_ups, which, member, _about_any)
    if which.status:
        found = found.filter(status=which.status)
    by_status = dict(found.order_by().values_list("status").annotate(n=Count("pk")))
    groups = {name: sum(by_status.get(status, 0) for status in states) for name, states in GROUPS.items()}
    return {"all": sum(groups.values()), **groups}


def part(
    follow_ups: QuerySet[FollowUp],
    which: Which,
    member: Member,
    *,
    sort: str,
    limit: int,
    cursor: str = "",
    before: str = "",
) -> Part[FollowUp]:
    """A part of the list, in one of `ORDERS`; of 200,000 follow-ups as quickly as of a hundred.

    What `follow_ups` selects besides comes along with the rows. Raises `Invalid` for a cursor of another list.
    """
    found = _narrowed(follow_ups, which, member, _about_few_or_many)
    fetch = partial(_fetched, statuses=which.statuses)
    return paging.part(found, ORDERS[sort], limit=limit, cursor=cursor, before=before, fetch=fetch)


def soonest(follow_ups: QuerySet[FollowUp], most: int) -> list[FollowUp]:
    """Those of `follow_ups` that go out next, the soonest first."""
    waiting = follow_ups.filter(status__in=WAITING)
    arms = [waiting.filter(priority=priority).order_by("next_attempt_at") for priority in Priority]
    return _merged(waiting, arms, ("next_attempt_at", "id"), most)


def latest_failed(follow_ups: QuerySet[FollowUp], since: datetime, most: int) -> list[FollowUp]:
    """Those of `follow_ups` that failed or expired after `since`, the latest first."""
    failed = follow_ups.filter(finished_at__gt=since)
    order = ("-finished_at", "-id")
    arms = [failed.filter(status=status).order_by(*order) for status in sorted(GROUPS["failed"])]
    return _merged(failed, arms, order, most)


def _narrowed(follow_ups: QuerySet[FollowUp], which: Which, member: Member, about: About) -> QuerySet[FollowUp]:
    """All that holds but the states; `about` says which are about one of some contacts."""
    wanted: dict[str, Any] = {
        "contact": _key(Contact, which.contact_id),
        "campaign": _key(Campaign, which.campaign_id),
        "agent": _key(Agent, which.agent_id),
        "conversation": _key(Conversation, which.conversation_id),
        "type": which.type,
        "source": which.source,
        "scheduled_at__gte": which.from_,
        "scheduled_at__lt": which.to,
        "next_attempt_at__gte": which.due_from,
        "next_attempt_at__lt": which.due_to,
        "status__in": WAITING if which.due_from or which.due_to else None,  # as it is: so an index finds them
    }
    found = follow_ups.filter(*[Q((name, value)) for name, value in wanted.items() if value is not None])
    if which.q:
        people: Any = Contact.objects.visible_to(member)
        found = found.filter(about(people.matching(which.q, member.organization.country)))
    return found


def _about_any(people: QuerySet[Contact]) -> Q:
    return Q(contact__in=people)


def _about_few_or_many(people: QuerySet[Contact]) -> Q:
    """The same where only the first are wanted. How many a beginning of a word finds, the database cannot tell
    beforehand: a few are named by their keys. Where they are many each row is asked in turn, since enough of these will
    be among the first: a range of one key in a COALESCE keeps the database from finding all of them before."""
    few = list(people.values_list("pk", flat=True)[: FEW + 1])
    if len(few) <= FEW:
        return Q(contact__in=few)
    its_own = OuterRef("contact")
    return Q(Coalesce(Exists(people.filter(pk__range=(its_own, its_own))), False))


def _key(model: type[Scoped], public_id: str | None) -> int | None:
    """The key that is meant; 0, which nothing has, for what is no id."""
    return None if public_id is None else model.key_of(public_id) or 0


def _fetched(rows: QuerySet[FollowUp], order: Sequence[str], most: int, statuses: frozenset[Status]) -> list[FollowUp]:
    """The first rows in this order. Each state has its own, which the index `follow_up_by_status` holds in order with
    what the filters ask."""
    return _merged(rows, [rows.filter(status=status).order_by(*order) for status in sorted(statuses)], order, most)


def _merged(
    rows: QuerySet[FollowUp], arms: Sequence[QuerySet[FollowUp]], order: Sequence[str], most: int
) -> list[FollowUp]:
    """The first of `rows` in this order. An index holds each arm of them in order: the arms are merged, and the rows
    themselves read last, only those that are shown."""
    names = [name.removeprefix("-") for name in order]
    first, *others = [arm.select_related(None).values_list(*names)[:most] for arm in arms] or [
        rows.none().values_list(*names)
    ]
    keys = first.union(*others, all=True).order_by(*order)[:most] if others else first
    at = {key: place for place, (*_, key) in enumerate(keys)}
    return sorted(rows.filter(pk__in=at), key=lambda row: at[row.pk])
