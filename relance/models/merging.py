"""Two contacts that are one person: one takes over everything of the other, which is removed.

Nothing that either has is lost, and leaving the person alone never weakens: what either refused stays refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from relance.models import changes, clock, suppression
from relance.models.accounts import Member
from relance.models.activities import Activity
from relance.models.assignments import Assignment
from relance.models.base import Conflict
from relance.models.campaigns import Enrolment
from relance.models.consents import REVOCABLE, ConsentAction, Evidence, record, take_over
from relance.models.contacts import Contact
from relance.models.followups import Attempt, FollowUp, Purpose
from relance.models.inbox import Call, Conversation, Direction, Message
from relance.models.moves import Actor
from relance.models.stages import Stage
from relance.models.verbs import cancel, cancel_pending
from relance.rules.states import UNDER_WAY, WAITING, Status

# What changes hands as it is. Of conversations, consents, assignments and enrolments there is one each at most, or an
# order among them; these are joined.
MOVED = (Call, Attempt, Activity)

TOLD = {
    "name": "Name",
    "email": "E-mail",
    "company": "Company",
    "country": "Country",
    "region": "Region",
    "postal_code": "Postal code",
    "time_zone": "Time zone",
    "lead_quality": "Lead quality",
    "status": "Status",
    "stage": "Stage",
    "next_follow_up_date": "Due date",
    "cadence_days": "Cadence",
    "external_id": "Id elsewhere",
}
_ADDRESS = ("country", "region", "postal_code", "time_zone")
_SURENESS = ("own", "postal code", "region", "phone number", "organization")
_PLACES = ("time_zone", "country", "region", "postal_code", "next_follow_up_date", "cadence_days", "external_id")


@dataclass(frozen=True, slots=True)
class Field:
    """What both say in one field, and what stands after the merge."""

    label: str
    kept: Any
    gone: Any
    after: Any


def duplicates(contact: Contact, member: Member) -> list[Contact]:
    """The other contacts with the same phone number that `member` may see, the earliest first."""
    if not contact.phone:
        return []
    same = Contact.objects.visible_to(member).filter(phone=contact.phone).exclude(pk=contact.pk)
    return list(same.select_related("organization", "stage").defer("search").order_by("created_at", "id"))


def in_order(one: Contact, other: Contact) -> tuple[Contact, Contact]:
    """Which of two is kept, and which goes into it: the earlier made is kept, since more refers to it."""
    first, second = sorted((one, other), key=lambda contact: (contact.created_at, contact.pk))
    return first, second


def preview(keep: Contact, gone: Contact) -> list[Field]:
    """What both say, field by field, and what will stand."""
    after = _values(keep, gone)
    return [
        Field(label, _written(getattr(keep, name)), _written(getattr(gone, name)), _written(after[name]))
        for name, label in TOLD.items()
    ]


def survivor(contact: Contact) -> Contact:
    """Whoever took over what was the contact's, through as many merges as there were; the contact itself else."""
    while contact.deleted_at and contact.merged_into is not None:
        contact = contact.merged_into
    return contact


def merge(keep: Contact, gone: Contact, by: Member) -> Contact:
    """Have `keep` take over everything of `gone`, which is removed; returns the one that is kept.

    Raises `Conflict` where they are not two contacts with one number (any more), or a follow-up is being carried out.
    """
    with transaction.atomic():
        keep, gone = _lock(keep, gone)
        listed = suppression.entries_of(keep).exists() or suppression.entries_of(gone).exists()
        theirs = _take_over_follow_ups(keep, gone, by)
        for table in MOVED:
            table.objects.filter(contact=gone).update(contact=keep)
        _join_threads(keep, gone)
        _join_groups(keep, gone)
        _log(keep, gone, by)
        _take_over_values(keep, gone)
        _keep_refusals(keep, gone, listed, by)
        gone.deleted_at = gone.updated_at = clock.now()
        gone.merged_into = keep
        gone.save(update_fields=["deleted_at", "updated_at", "merged_into"])
        changes.announce(keep.organization_id, "contact", [keep.pk, gone.pk])
        changes.announce(keep.organization_id, "followUp", theirs)
    keep.refresh_from_db()
    return keep


def _lock(keep: Contact, gone: Contact) -> tuple[Contact, Contact]:
    """Both, locked together with whoever else has the number: putting it on the do-not-call list locks them all."""
    same = Contact.objects.filter(organization=keep.organization_id, phone=keep.phone).exclude(phone="")
    locked = {c.pk: c for c in same.order_by("id").select_for_update(no_key=True).defer("search") if not c.deleted_at}
    if keep.pk == gone.pk or not {keep.pk, gone.pk} <= locked.keys():
        raise Conflict("These are no longer two contacts with one number. Look at both again.")
    return locked[keep.pk], locked[gone.pk]


# -- what is theirs ------------------------------------------------------------------------------------------


def _take_over_follow_ups(keep: Contact, gone: Contact, by: Member) -> list[int]:
    """Move the follow-ups; returns the ids of those that were the other's.

    Whoever carries one out has read whose it is, and looks at the refusals of that contact alone: it has to end first.
    """
    both = FollowUp.objects.filter(contact__in=[keep, gone]).order_by("id").select_for_update(no_key=True)
    found = list(both)
    if any(follow_up.state in UNDER_WAY for follow_up in found):
        raise Conflict("A follow-up to this person is being carried out. Merge when it has ended.")
    theirs = [follow_up for follow_up in found if follow_up.contact_id == gone.pk]
    _keep_promises_once([follow_up for follow_up in found if follow_up.contact_id == keep.pk], theirs, by)
    FollowUp.objects.filter(contact=gone).update(contact=keep)
    return [follow_up.pk for follow_up in theirs]


def _keep_promises_once(own: Iterable[FollowUp], theirs: Iterable[FollowUp], by: Member) -> None:
    """What a campaign owes a contact once, it owes the two once: of a pair, the one that waits is cancelled."""
    promised = {(f.campaign_id, f.type): f for f in own if _binds(f)}
    for follow_up in filter(_binds, theirs):
        other = promised.get((follow_up.campaign_id, follow_up.type))
        if other is None:
            continue
        waiting = next((f for f in (follow_up, other) if f.state in WAITING), None)
        if waiting:
            cancel([waiting], Actor.of(by), "Merged with a contact who gets the same.")
        else:  # both went out: the one keeps the campaign from sending again, the other is history
            FollowUp.objects.filter(pk=follow_up.pk).update(purpose=Purpose.GENERAL)


def _binds(follow_up: FollowUp) -> bool:
    live = follow_up.state in WAITING or follow_up.state is Status.COMPLETED
    return live and follow_up.purpose != Purpose.GENERAL and follow_up.campaign_id is not None


def _join_threads(keep: Contact, gone: Contact) -> None:
    both = Conversation.objects.filter(contact__in=[keep, gone]).order_by("id").select_for_update(no_key=True)
    threads = list(both)
    own = {thread.kind: thread for thread in threads if thread.contact_id == keep.pk}
    for thread in (thread for thread in threads if thread.contact_id == gone.pk):
        if into := own.get(thread.kind):
            _pour(thread, into)
        else:
            thread.contact = keep
            thread.save(update_fields=["contact"])


def _pour(thread: Conversation, into: Conversation) -> None:
    """Move everything said in `thread`. What a provider delivered to both is one message, and stands there already."""
    taken = Message.objects.filter(conversation=into, direction=Direction.INBOUND).exclude(reference="")
    twice = Q(direction=Direction.INBOUND, reference__in=taken.values("reference"))
    Message.objects.filter(conversation=thread).exclude(twice).update(conversation=into)
    for table in (Call, FollowUp):
        table.objects.filter(conversation=thread).update(conversation=into)
    into.unread += thread.unread
    into.last_message_at = _later(into.last_message_at, thread.last_message_at)
    into.last_inbound_at = _later(into.last_inbound_at, thread.last_inbound_at)
    into.save(update_fields=["unread", "last_message_at", "last_inbound_at"])
    _leave_twins(thread)


def _leave_twins(thread: Conversation) -> None:
    """What is left stands in the other thread too, and stays where the removed contact's ledger refers to it."""
    if thread.messages.exists():
        thread.unread = 0
        thread.save(update_fields=["unread"])
    else:
        thread.delete()


def _join_groups(keep: Contact, gone: Contact) -> None:
    """Whoever works one of the two works the one that is kept; it is in every campaign that either is in."""
    working = Assignment.objects.filter(contact=gone).values_list("member", flat=True)
    rows = [Assignment(organization_id=keep.organization_id, contact=keep, member_id=member) for member in working]
    Assignment.objects.bulk_create(rows, ignore_conflicts=True)
    own = {enrolment.campaign_id: enrolment for enrolment in Enrolment.objects.filter(contact=keep)}
    for enrolment in Enrolment.objects.filter(contact=gone):
        same = own.get(enrolment.campaign_id)
        if same is None:
            enrolment.contact = keep
            enrolment.save(update_fields=["contact"])
        elif enrolment.left_at and not same.left_at:
            same.left_at = enrolment.left_at
            same.save(update_fields=["left_at"])


# -- what is said of them ------------------------------------------------------------------------------------


def _values(keep: Contact, gone: Contact) -> dict[str, Any]:
    """What stands after the merge: the kept one's own word, the other's where it has none; the earlier due date; and
    the address, as a whole, of whichever is known more surely to be there."""
    surer = gone if _SURENESS.index(gone.zone_basis) < _SURENESS.index(keep.zone_basis) else keep
    values = {name: getattr(keep, name) or getattr(gone, name) for name in TOLD if name not in _ADDRESS}
    values |= {name: getattr(surer, name) for name in _ADDRESS}
    due = [day for day in (keep.next_follow_up_date, gone.next_follow_up_date) if day]
    return values | {"next_follow_up_date": min(due, default=None)}


def _written(value: Any) -> Any:
    return value.name if isinstance(value, Stage) else value


def _take_over_values(keep: Contact, gone: Contact) -> None:
    values = _values(keep, gone)
    keep.stage = values.pop("stage")
    keep.apply(values)
    keep.last_inbound_at = _later(keep.last_inbound_at, gone.last_inbound_at)
    keep.refused_at = _later(keep.refused_at, gone.refused_at)
    keep.updated_at = clock.now()
    keep.save()


def _log(keep: Contact, gone: Contact, by: Member) -> None:
    """Tell on the timeline what the other said that stands no longer, so that it can be found again."""
    lost = [f"{field.label} {field.gone}" for field in preview(keep, gone) if field.gone and field.gone != field.after]
    text = f"Merged with {gone.name} ({gone.public_id})." + (f" Theirs was: {', '.join(lost)}." if lost else "")
    same = {"organization_id": keep.organization_id, "member": by, "at": clock.now()}
    Activity.objects.create(contact=keep, kind="merged", text=text, **same)


def _keep_refusals(keep: Contact, gone: Contact, listed: bool, by: Member) -> None:
    """A channel that either revoked is revoked; where either was on the do-not-call list, so is the number."""
    refused = {kind for c in (keep, gone) for kind, answer in c.consents.items() if answer == ConsentAction.REVOKED}
    take_over(keep, gone.consent_lines.select_related("member").order_by("id"))
    keep.refresh_from_db(fields=["consents"])
    again = sorted(kind for kind in refused if keep.consents.get(kind) != ConsentAction.REVOKED)
    if again:
        record(keep, ConsentAction.REVOKED, again, Evidence("merge", f"Merged with {gone.name}.", member=by))
    if refused:
        cancel_pending(keep.pk, Actor.of(by), "The contact opted out.", refused)
    if listed:
        _keep_listed(keep, gone, by)


def _keep_listed(keep: Contact, gone: Contact, by: Member) -> None:
    if not suppression.entries_of(keep).exists():
        reason = f"Merged with {gone.name}, who was on the list by another address."
        suppression.do_not_call(keep.organization, phone=keep.phone, reason=reason, source="merge", by=by)
    cancel_pending(keep.pk, Actor.of(by), "On the do-not-call list.", REVOCABLE)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)
