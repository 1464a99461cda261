"""The relationship pipeline: which contacts stand in which stage, and bringing them to another."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import Lower, RowNumber

from relance.models import changes, clock, paging, sql
from relance.models.accounts import Member, Organization
from relance.models.activities import MOVED, Activity, stage_moved
from relance.models.base import Invalid
from relance.models.contact_filters import Which, due_or_never, narrowed
from relance.models.contacts import Contact
from relance.models.paging import Part
from relance.models.stages import STAGE_GONE, Stage
from relance.models.touches import UNDO_WITHIN
from relance.rules import cadence

ORDER = ("due_or_never", "name_in_order", "id")
"""Whoever is due first comes first; those who are not due at all by name."""
FEW = 5_000
"""So many are put in order faster than they are found among a million that are."""

Contacts = QuerySet[Contact]
Place = tuple[int | None, date | None]
"""The stage that a contact is in, and the day on which it is due."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a member brought to another stage: by contact the day on which it was due, and is due now. By `press` it can
    be taken back."""

    press: UUID
    days: Mapping[int, tuple[date | None, date | None]]


def stages_of(organization: Organization) -> list[Stage]:
    """The stages in their order."""
    return list(Stage.objects.filter(organization=organization).order_by("position", "id"))


# -- the board -----------------------------------------------------------------------------------------------


def columns(member: Member, which: Which, limits: Mapping[int | None, int]) -> list[Part[Contact]]:
    """Of each of these stages (by key, None for no stage) the first so many of the contacts that `which` describes of
    those that `member` may see; one query, and one to know which way is the shorter."""
    found = _found(member, which)
    first = _first_of_some if _are_few(found, which, member) else _first_of_all
    rows: dict[int | None, list[Contact]] = {stage: [] for stage in limits}
    for contact in first(found, limits):
        rows.get(contact.stage_id, []).append(contact)  # of a stage that was made a moment ago there is no column yet
    return [
        paging.part(_in_stage(found, stage), ORDER, limit=most, fetch=lambda *_, stage=stage: rows[stage])
        for stage, most in limits.items()
    ]


def further(member: Member, which: Which, stage: int | None, *, limit: int, cursor: str) -> Part[Contact]:
    """The next of those in one stage, from where `cursor` points on. Raises `Invalid` for a cursor of another list."""
    found = _found(member, which)
    if _are_few(found, which, member):
        found = Contact.objects.filter(pk__in=list(found.order_by().values_list("pk", flat=True)))
    rows = _in_stage(found, stage)
    return paging.part(rows, ORDER, limit=limit, cursor=cursor, fetch=_fetched)


def counts(member: Member, which: Which) -> Mapping[int | None, int]:
    """How many there are in each stage that has any; None for no stage."""
    return dict(_found(member, which).order_by().values_list("stage_id").annotate(Count("pk")))


def _found(member: Member, which: Which) -> Contacts:
    return narrowed(Contact.objects.visible_to(member), which, member)


def _are_few(found: Contacts, which: Which, member: Member) -> bool:
    """Whether they are so few that the index, which has all of an organization, would be read to its end for them."""
    are_all = member.is_admin and not which.assigned_to and not which.q
    return not are_all and found.order_by()[: FEW + 1].count() <= FEW


def _first_of_all(found: Contacts, limits: Mapping[int | None, int]) -> Contacts:
    """Each from the index, which has the contacts of the whole organization in this order."""
    parts = [_in_order(_in_stage(found, stage))[: most + 1] for stage, most in limits.items()]
    return parts[0].union(*parts[1:], all=True)


def _first_of_some(found: Contacts, limits: Mapping[int | None, int]) -> Contacts:
    """All of them at once, put in their order by stages."""
    place = Window(RowNumber(), partition_by="stage", order_by=[due_or_never(), Lower("name"), F("id")])
    most = max(limits.values()) + 1
    return _shown(found).annotate(place=place).filter(place__lte=most).order_by("place")


def _in_stage(found: Contacts, stage: int | None) -> Contacts:
    return _shown(found.filter(stage=stage))


def _shown(found: Contacts) -> Contacts:
    named = found.annotate(due_or_never=due_or_never(), name_in_order=Lower("name"))
    return named.only("name", "lead_quality", "stage", "next_follow_up_date", "cadence_days")


def _in_order(there: Contacts, order: Sequence[str] = ORDER) -> Contacts:
    """By the stage first, of which there is one: only so is the index in this order for those without a stage too."""
    return there.order_by("stage_id", *order)


def _fetched(rows: Contacts, order: Sequence[str], most: int) -> list[Contact]:
    return list(_in_order(rows, order)[:most])


# -- moving --------------------------------------------------------------------------------------------------


def move(member: Member, contact_ids: Collection[int], to: Stage | None) -> Moved:
    """Bring those of the contacts that `member` may see to the stage `to`, None for out of the pipeline, and log it.

    Those that are there already are left out. Raises `Invalid` where the stage was deleted meanwhile.
    """
    press, now, today = uuid4(), clock.now(), clock.today(member.zone)
    with transaction.atomic():
        to = _held(to)
        key, stages = (to.pk, to.cadence_days) if to else (None, None)
        lines = []
        for contact in _locked(member, contact_ids).exclude(stage=key):
            before, day = contact.stage, contact.next_follow_up_date
            contact.stage, contact.next_follow_up_date = to, cadence.moved(day, today, contact.cadence_days, stages)
            lines.append(stage_moved(contact, before, day, member, press, now))
        _put({line.contact_id: (key, line.due_after) for line in lines}, now)
        Activity.objects.bulk_create(lines)
        if lines:
            changes.announce(member.organization_id, "contact", [line.contact_id for line in lines])
    return Moved(press, {line.contact_id: (line.due_before, line.due_after) for line in lines})


def undo(member: Member, press: UUID) -> int:
    """Take back what `member` moved, where the contact still is in that stage; returns for how many.

    The day goes back too where it still is as the move made it.
    """
    since = clock.now() - UNDO_WITHIN
    lines = Activity.objects.filter(member=member, press=press, kind=MOVED, at__gte=since)
    by_contact = {line.contact_id: line for line in lines}
    with transaction.atomic():
        there = {stage.pk for stage in Stage.objects.filter(organization=member.organization_id)} | {None}
        places = {}
        for contact in _locked(member, by_contact):
            line, day = by_contact[contact.pk], contact.next_follow_up_date
            if contact.stage_id == line.stage_after_id and line.stage_before_id in there:
                places[contact.pk] = (line.stage_before_id, line.due_before if day == line.due_after else day)
        _put(places, clock.now())
        lines.filter(contact__in=places).delete()
        if places:
            changes.announce(member.organization_id, "contact", places)
    return len(places)


def _held(stage: Stage | None) -> Stage | None:
    """The stage as it is now; until the transaction ends nobody changes or deletes it."""
    held = Stage.objects.select_for_update(no_key=True).filter(pk=stage.pk).first() if stage else None
    if stage and not held:
        raise Invalid(stage=STAGE_GONE)
    return held


def _locked(member: Member, contact_ids: Collection[int]) -> Any:
    seen = Contact.objects.visible_to(member).filter(pk__in=contact_ids).select_related("stage").defer("search")
    return seen.order_by("id").select_for_update(no_key=True, of=("self",))


_PUT = """
UPDATE relance_contact c SET stage_id = w.stage, next_follow_up_date = w.day, updated_at = %(now)s
FROM unnest(%(ids)s::bigint[], %(stages)s::bigint[], %(days)s::date[]) AS w (id, stage, day) WHERE c.id = w.id
"""


def _put(places: Mapping[int, Place], now: datetime) -> None:
    if places:
        stages, days = zip(*places.values(), strict=True)
        sql.run(_PUT, {"ids": list(places), "stages": list(stages), "days": list(days), "now": now})
