"""Which contacts, and in which order: what a list of contacts, an export or a bulk action is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import DateField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower
from django.db.models.lookups import Exact, LessThan, LessThanOrEqual

from relance.models.accounts import Member
from relance.models.assignments import Assignment
from relance.models.consents import DoNotCall
from relance.models.contacts import Contact
from relance.models.due import today_of
from relance.models.stages import Stage

ME, NOBODY = "me", "nobody"

ORDERS: Mapping[str, Sequence[str]] = {
    "-created": ("-id",),
    "created": ("id",),
    "name": ("name_in_order", "id"),
    "-name": ("-name_in_order", "-id"),
    "due": ("due_or_never", "id"),
}
"""The orders that a list of contacts may have, each with an index to answer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which contacts: all that is given must hold. `assigned_to` is a member's id, "me" or "nobody"; `due` is overdue,
    today, any (of both) or none, by the day of the member who asks; `consent` a channel and the answer that stands."""

    q: str = ""
    assigned_to: str | None = None
    lead_quality: str | None = None
    status: str | None = None
    due: str | None = None
    do_not_call: bool | None = None
    region: str | None = None
    country: str | None = None
    stage: str | None = None
    consent: tuple[str, str] | None = None


def narrowed(contacts: QuerySet[Contact], which: Which, member: Member) -> QuerySet[Contact]:
    """Those of `contacts` that `which` describes, as `member` means it."""
    found: Any = contacts
    if which.q:
        found = found.matching(which.q, member.organization.country)
    if which.assigned_to is not None:
        found = found.filter(_assigned(which.assigned_to, member))
    if which.due is not None:
        found = found.filter(_due(which.due, member))
    if which.do_not_call is not None:
        found = found.filter(_is_listed(member) if which.do_not_call else ~listed())
    if which.stage is not None:
        found = found.filter(stage=Stage.key_of(which.stage))
    if which.consent is not None:
        kind, answer = which.consent
        found = found.filter(consents__contains={kind: answer})
    same = {
        "lead_quality": which.lead_quality,
        "status": which.status,
        "region": which.region,
        "country": which.country,
    }
    return found.filter(**{name: value for name, value in same.items() if value is not None})  # type: ignore[no-any-return]


def ordered(contacts: QuerySet[Contact], order: str) -> QuerySet[Contact]:
    """`contacts` with what the columns of this order are called in `ORDERS`; those without a due date come last."""
    if "name" in order:
        return contacts.annotate(name_in_order=Lower("name"))
    if "due" in order:
        return contacts.annotate(due_or_never=due_or_never())
    return contacts


def listed() -> Q:
    """Whether a contact stands on the do-not-call list, by number or address."""
    same = DoNotCall.objects.filter(organization=OuterRef("organization"))
    by_phone = Exists(same.filter(phone=OuterRef("phone")).exclude(phone=""))
    by_email = Exists(same.filter(email__lower=OuterRef("email")).exclude(email=""))
    return Q(by_phone) | Q(by_email)


def _is_listed(member: Member) -> Q:
    """The same, found from the list, which is the shorter one."""
    ours = {"organization": member.organization_id}
    entries, people = DoNotCall.objects.filter(**ours), Contact.objects.filter(**ours)
    by_phone = people.exclude(phone="").filter(phone__in=entries.values("phone"))
    addresses = entries.values(address=Lower("email"))
    by_email = people.exclude(email="").annotate(address=Lower("email")).filter(address__in=addresses)
    return Q(pk__in=by_phone.values("pk").union(by_email.values("pk")))


def _assigned(to: str, member: Member) -> Q:
    if to == NOBODY:
        return Q(~Exists(Assignment.objects.filter(contact=OuterRef("pk"))))
    key = member.pk if to == ME else Member.key_of(to) or 0
    return Q(pk__in=Contact.objects.filter(assignments__member=key).values("pk"))


def _due(due: str, member: Member) -> Any:
    """By the expression that the order by due date has an index of."""
    if due == "none":
        return Exact(due_or_never(), Value(date.max, DateField()))
    reach = {"any": LessThanOrEqual, "overdue": LessThan, "today": Exact}[due]
    return reach(due_or_never(), Value(today_of(member), DateField()))


def due_or_never() -> Coalesce:
    """The day on which a contact is due, the last of all days for none: as the indexes have it."""
    return Coalesce("next_follow_up_date", Value(date.max))
