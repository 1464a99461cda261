"""Contacts: the people to follow up with, and what may be written of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Lower, Now

from relance.models import changes, clock
from relance.models.accounts import Member, Organization
from relance.models.activities import stage_moved
from relance.models.assignments import give, members_named
from relance.models.base import Invalid
from relance.models.contact_fields import ContactStatus as ContactStatus
from relance.models.contact_fields import LeadQuality as LeadQuality
from relance.models.contact_fields import check
from relance.models.contact_search import SEARCHED, matching
from relance.models.located import ADDRESS, LOCATED, Located
from relance.models.stages import STAGE_GONE, Stage
from relance.rules import cadence

SAID = (
    "name", "phone", "email", "company", "time_zone", "country", "region", "postal_code", "lead_quality", "status",
    "next_follow_up_date", "cadence_days", "external_id",
)  # fmt: skip


class ContactQuerySet(models.QuerySet["Contact"]):
    """Contacts as members ask for them."""

    def visible_to(self, member: Member) -> Self:
        """Those that `member` may see: an agent's own, an admin's all."""
        mine = self.filter(organization=member.organization_id, deleted_at=None)
        return mine if member.is_admin else mine.filter(assignments__member=member)

    def matching(self, text: str, country: str = "") -> Self:
        """Those that `contact_search.matching` finds by `text`."""
        return matching(self, text, country)

    def add(self, organization: Organization, fields: Mapping[str, Any], by: Member | None = None) -> Contact:
        """A new contact of `organization`; `fields` are named as the API names them.

        `assignees` are members' ids, or "me"; an agent who names nobody works the contact themselves. `stageId` is a
        stage's id, or empty. Whoever comes to be on a cadence, and is given no day, is due by it. Raises `Invalid` with
        everything that is wrong.
        """
        contact = Contact(organization=organization)
        if by is not None and not by.is_admin:
            fields = {"assignees": ["me"], **fields}
        with transaction.atomic():
            members = contact._say({"name": "", **fields}, by)
            contact.save(force_insert=True)
            contact._replace_assignees(members or [])
            changes.announce(organization.pk, "contact", [contact.pk])
        return contact

    def assign(self, ids: Collection[int], member: Member) -> int:
        """Give the contacts with these ids to `member` too; others keep theirs. Returns how many are new to them.

        Contacts of another organization, and removed ones, are left out.
        """
        with transaction.atomic():
            wanted = self.filter(organization=member.organization_id, deleted_at=None, pk__in=ids).order_by("id")
            # An assignment repeats the contact's day as it is: whoever moves that in the same moment is waited for.
            new = wanted.exclude(assignments__member=member).select_for_update(no_key=True, of=("self",))
            found = list(new.values_list("pk", flat=True))
            give(member.organization_id, [(pk, member.pk) for pk in found])
            changes.announce(member.organization_id, "contact", found)
        return len(found)

    def rate(self, ids: Collection[int], quality: str, by: Member) -> int:
        """Set the lead quality of those with these ids that `by` may see; returns how many. Raises `Invalid`."""
        values, problems = check({"leadQuality": quality})
        if problems:
            raise Invalid(problems)
        with transaction.atomic():
            found = self._lock(ids, by)
            self.model.objects.filter(pk__in=found).update(**values, updated_at=clock.now())
            changes.announce(by.organization_id, "contact", found)
        return len(found)

    def remove(self, ids: Collection[int], by: Member) -> int:
        """Take those with these ids that `by` may see out of everything, as `Contact.remove` does one."""
        from relance.models.followups import FollowUp
        from relance.models.moves import Actor
        from relance.models.verbs import CANCELLABLE, cancel

        with transaction.atomic():
            found = self._lock(ids, by)
            waiting = FollowUp.objects.filter(contact__in=found, status__in=CANCELLABLE)
            cancel(list(waiting.order_by("id")), Actor.of(by), "The contact was removed.")
            now = clock.now()
            self.model.objects.filter(pk__in=found).update(deleted_at=now, updated_at=now)
            changes.announce(by.organization_id, "contact", found)
        return len(found)

    def _lock(self, ids: Collection[int], by: Member) -> list[int]:
        seen = self.visible_to(by).filter(pk__in=ids).order_by("id")
        return list(seen.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


class Contact(Located):
    """A person to follow up with.

    `consents` is the standing answer per channel ("granted" or "revoked"); the ledger of `Consent` rows is its source,
    and both change together. `merged_into` is, of one that was removed as a duplicate, the contact that took over all
    of theirs.
    """

    PREFIX = "person"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="contacts", db_index=False)
    name = models.TextField()
    email = models.TextField(blank=True, default="")
    company = models.TextField(blank=True, default="")
    lead_quality = models.TextField(choices=LeadQuality, blank=True, default="")
    status = models.TextField(choices=ContactStatus, default=ContactStatus.ACTIVE)
    stage = models.ForeignKey(Stage, models.SET_NULL, null=True, blank=True, related_name="contacts", db_index=False)
    next_follow_up_date = models.DateField(null=True, blank=True)
    cadence_days = models.PositiveSmallIntegerField(null=True, blank=True)
    consents = models.JSONField(default=dict)
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    external_id = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, db_constraint=False
    )
    search = models.GeneratedField(expression=SEARCHED, output_field=SearchVectorField(), db_persist=True)

    objects: ClassVar[Any] = ContactQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "id"], name="contact_of_organization"),
            models.CheckConstraint(condition=~Q(name=""), name="contact_has_a_name"),
            models.CheckConstraint(
                condition=Q(cadence_days=None) | Q(cadence_days__gte=1), name="contact_cadence_positive"
            ),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^\+[0-9]{3,15}$"), name="contact_phone_is_e164"
            ),
        )
        indexes = (
            models.Index(fields=["organization", "phone"], name="contact_by_phone", condition=~Q(phone="")),
            models.Index(F("organization"), Lower("email"), name="contact_by_email", condition=~Q(email="")),
            models.Index(
                fields=["organization", "external_id"], name="contact_by_external_id", condition=~Q(external_id="")
            ),
            GinIndex(fields=["search"], name="contact_search"),
            models.Index(
                F("organization"), Lower("name"), F("id"), name="contact_by_name", condition=Q(deleted_at=None)
            ),
            models.Index(
                F("organization"),
                Coalesce("next_follow_up_date", Value(date.max)),
                F("id"),
                name="contact_by_due_date",
                condition=Q(deleted_at=None),
            ),
            models.Index(
                F("organization"),
                F("stage"),
                Coalesce("next_follow_up_date", Value(date.max)),
                Lower("name"),
                F("id"),
                name="contact_by_stage",
                condition=Q(deleted_at=None),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def apply(self, values: Mapping[str, Any]) -> bool:
        """Take over `values`, by attribute and checked; where the address changes, the zones are worked out anew.

        Returns whether anything changed. Saves nothing.
        """
        before = [getattr(self, attribute) for attribute in (*SAID, *LOCATED)]
        differing = {attribute for attribute, value in values.items() if getattr(self, attribute) != value}
        moved = not self.zones or not differing.isdisjoint(ADDRESS)
        if moved:
            self.forget_inferred()
        for attribute in values:
            setattr(self, attribute, values[attribute])
        if moved:
            self.locate()
        return before != [getattr(self, attribute) for attribute in (*SAID, *LOCATED)]

    def edit(self, fields: Mapping[str, Any], by: Member | None = None) -> None:
        """Change `fields`, named as for `add`; `assignees` replaces those there are.

        Raises `Invalid` with everything that is wrong; nothing is changed then.
        """
        with transaction.atomic():
            self.refresh_from_db(from_queryset=Contact.objects.select_for_update(no_key=True))
            before, day = self.stage if "stageId" in fields else None, self.next_follow_up_date
            members = self._say(fields, by)
            self.updated_at = clock.now()
            self.save(update_fields=[*SAID, *LOCATED, "stage", "updated_at"])
            if "stageId" in fields and self.stage != before:
                stage_moved(self, before, day, by, None, self.updated_at).save()
            if members is not None:
                self._replace_assignees(members)
            changes.announce(self.organization_id, "contact", [self.pk])

    def assign(self, members: Iterable[Member]) -> None:
        """Give the contact to exactly these members. Raises `Invalid` for one of another organization."""
        chosen = list(members)
        if any(member.organization_id != self.organization_id for member in chosen):
            raise Invalid(assignees="A contact can be assigned to members of its own organization only.")
        with transaction.atomic():
            self._replace_assignees(chosen)
            changes.announce(self.organization_id, "contact", [self.pk])

    def remove(self, by: Member | None = None) -> None:
        """Take the contact out of everything that is shown and searched; the row and its history stay.

        What was scheduled for them and has not begun is cancelled.
        """
        from relance.models.moves import Actor
        from relance.models.verbs import cancel_pending

        with transaction.atomic():
            Contact.objects.select_for_update(no_key=True).get(pk=self.pk)
            cancel_pending(self.pk, Actor.of(by), "The contact was removed.")
            self.deleted_at = self.updated_at = clock.now()
            self.save(update_fields=["deleted_at", "updated_at"])
            changes.announce(self.organization_id, "contact", [self.pk])

    def _say(self, fields: Mapping[str, Any], by: Member | None) -> list[Member] | None:
        """Apply `fields`; returns the members they assign, None where they do not say."""
        own = {field: value for field, value in fields.items() if field not in ("assignees", "stageId")}
        values, problems = check(own, country=self.country, default_country=self.organization.country)
        members, before = None, (self.stage_id, self.cadence_days)
        stage = Stage.find(self.organization, fields["stageId"]) if fields.get("stageId") else None
        if "assignees" in fields:
            members, unknown = members_named(self.organization, fields["assignees"], by)
            problems += [("assignees", sentence) for sentence in unknown]
        if fields.get("stageId") and not stage:
            problems.append(("stageId", STAGE_GONE))
        if problems:
            raise Invalid(problems)
        self.apply(values)
        if "stageId" in fields:
            self.stage = stage
        changed = (self.stage_id, self.cadence_days) != before
        if changed and not values.get("next_follow_up_date"):  # a day that is named stands
            self._keep_up(self.stage_id != before[0], clock.today(by.zone if by else self.organization.time_zone))
        return members

    def _keep_up(self, moved: bool, today: date) -> None:
        """Be due by the cadence that there is now: the contact has another of its own, or it `moved` to a stage."""
        day, own, stages = self.next_follow_up_date, self.cadence_days, self.stage.cadence_days if self.stage else None
        self.next_follow_up_date = (
            cadence.moved(day, today, own, stages) if moved else cadence.begun(day, today, own or stages)
        )

    def _replace_assignees(self, members: Sequence[Member]) -> None:
        self.assignments.exclude(member__in=members).delete()
        give(self.organization_id, [(self.pk, member.pk) for member in members])
