"""Contacts: the people to follow up with, who works them, and where they may be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchQueryField, SearchVectorField
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Coalesce, Lower, Now

from relance.models import changes, clock
from relance.models.accounts import Member, Organization
from relance.models.base import Invalid, Scoped
from relance.models.contact_fields import ContactStatus as ContactStatus
from relance.models.contact_fields import LeadQuality as LeadQuality
from relance.models.contact_fields import check
from relance.rules import phones, places

SEARCHED = (
    "to_tsvector('simple'::regconfig, name || ' ' || email || ' ' || phone"
    " || ' ' || ltrim(phone, '+') || ' ' || company)"
)

ADDRESS = frozenset({"phone", "time_zone", "country", "region", "postal_code"})
LOCATED = ("zones", "zone_basis", "zone_evidence")
SAID = (
    "name", "phone", "email", "company", "time_zone", "country", "region", "postal_code", "lead_quality", "status",
    "next_follow_up_date", "cadence_days", "external_id",
)  # fmt: skip


class Stage(Scoped):
    """A stage of the relationship pipeline; its cadence sets when a contact in it is due again."""

    PREFIX = "stage"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="stages")
    name = models.TextField()
    position = models.PositiveSmallIntegerField()
    cadence_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "id"], name="stage_of_organization"),
            models.UniqueConstraint(fields=["organization", "name"], name="stage_name_once"),
            models.CheckConstraint(
                condition=Q(cadence_days=None) | Q(cadence_days__gte=1), name="stage_cadence_positive"
            ),
        )


class _BeginsWith(models.Func):
    """A search for a word as it stands: PostgreSQL's parser takes an address that is half typed for several words."""

    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = models.BooleanField()


def _prefixes(words: Iterable[str], joined: str) -> SearchQuery:
    return SearchQuery(joined.join(f"'{word}':*" for word in words), config="simple", search_type="raw")


class ContactQuerySet(models.QuerySet["Contact"]):
    """Contacts as members ask for them."""

    def visible_to(self, member: Member) -> Self:
        """Those that `member` may see: an agent's own, an admin's all."""
        mine = self.filter(organization=member.organization_id, deleted_at=None)
        return mine if member.is_admin else mine.filter(assignments__member=member)

    def matching(self, text: str, country: str = "") -> Self:
        """Those whose name, number, address or company holds every word of `text`, the last as far as it is typed.

        A number may be typed as people write it: without its country code it is one of `country`.
        """
        if digits := phones.beginnings(text, country):
            return self.filter(search=_prefixes(digits, " | "))
        words = "".join(c if c.isalnum() or c in "@.+-_" else " " for c in text).split()
        found, plain = self, [word for word in words if "@" not in word]
        if plain:
            found = found.filter(search=_prefixes(plain, " & "))
        for address in (word.strip(".+-_").lower() for word in words if "@" in word):
            found = found.filter(_BeginsWith(F("search"), Cast(Value(f"'{address}':*"), SearchQueryField())))
        return found

    def add(self, organization: Organization, fields: Mapping[str, Any], by: Member | None = None) -> Contact:
        """A new contact of `organization`; `fields` are named as the API names them.

        `assignees` are members' ids, or "me"; an agent who names nobody works the contact themselves. `stageId` is a
        stage's id, or empty. Raises `Invalid` with everything that is wrong.
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
            wanted = self.filter(organization=member.organization_id, deleted_at=None, pk__in=ids)
            found = list(wanted.exclude(assignments__member=member).values_list("pk", flat=True))
            _assign(member.organization_id, [(pk, member.pk) for pk in found])
            if found:
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


class Contact(Scoped):
    """A person to follow up with.

    `time_zone` is what the contact or a member said, `zones` where they may be: `time_zone` alone if known, else
    inferred from postal code, region or number (`zone_evidence` says which). `consents` is the standing answer per
    channel ("granted" or "revoked"); the ledger of `Consent` rows is its source, and both change together.
    `merged_into` is, of one that was removed as a duplicate, the contact that took over all of theirs.
    """

    PREFIX = "person"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="contacts", db_index=False)
    name = models.TextField()
    phone = models.TextField(blank=True, default="")
    email = models.TextField(blank=True, default="")
    company = models.TextField(blank=True, default="")
    time_zone = models.TextField(blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    region = models.TextField(blank=True, default="")
    postal_code = models.TextField(blank=True, default="")
    zones = ArrayField(models.TextField(), default=list)
    zone_basis = models.TextField(default="organization")
    zone_evidence = models.TextField(blank=True, default="")
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
    search = models.GeneratedField(
        expression=models.Func(template=SEARCHED, output_field=SearchVectorField()),
        output_field=SearchVectorField(),
        db_persist=True,
    )

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
        )

    def __str__(self) -> str:
        return self.name

    def locate(self) -> None:
        """Work out the zones from what is known of the contact; call before saving a change of address."""
        phone = phones.parse(self.phone, self.country or self.organization.country) if self.phone else None
        found = places.infer(
            own_zone=self.time_zone,
            country=self.country or self._country_assumed(),
            region=self.region,
            postal_code=self.postal_code,
            phone=phone,
            organization_zone=self.organization.time_zone,
        )
        self.zones, self.zone_basis, self.zone_evidence = list(found.zones), found.basis, found.sentence
        self.country, self.region = found.country, found.region

    def apply(self, values: Mapping[str, Any]) -> bool:
        """Take over `values`, by attribute and checked; where the address changes, the zones are worked out anew.

        Returns whether anything changed. Saves nothing.
        """
        before = [getattr(self, attribute) for attribute in (*SAID, *LOCATED)]
        differing = {attribute for attribute, value in values.items() if getattr(self, attribute) != value}
        moved = not self.zones or not differing.isdisjoint(ADDRESS)
        if moved:
            self._forget_inferred()
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
            members = self._say(fields, by)
            self.updated_at = clock.now()
            self.save(update_fields=[*SAID, *LOCATED, "stage", "updated_at"])
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

    def remove(self) -> None:
        """Take the contact out of everything that is shown and searched; the row and its history stay.

        What was scheduled for them and has not begun is cancelled.
        """
        from relance.models.moves import SYSTEM
        from relance.models.verbs import cancel_pending

        with transaction.atomic():
            Contact.objects.select_for_update(no_key=True).get(pk=self.pk)
            cancel_pending(self.pk, SYSTEM, "The contact was removed.")
            self.deleted_at = self.updated_at = clock.now()
            self.save(update_fields=["deleted_at", "updated_at"])
            changes.announce(self.organization_id, "contact", [self.pk])

    def _say(self, fields: Mapping[str, Any], by: Member | None) -> list[Member] | None:
        """Apply `fields`; returns the members they assign, None where they do not say."""
        own = {field: value for field, value in fields.items() if field not in ("assignees", "stageId")}
        values, problems = check(own, country=self.country, default_country=self.organization.country)
        members, stage = None, self.stage_id
        if "assignees" in fields:
            members, unknown = _members(self.organization, fields["assignees"], by)
            problems += [("assignees", sentence) for sentence in unknown]
        if "stageId" in fields:
            found = Stage.find(self.organization, fields["stageId"])
            stage = found.pk if found else None
            problems += [("stageId", "This stage is gone. Choose another.")] if fields["stageId"] and not found else []
        if problems:
            raise Invalid(problems)
        self.apply(values)
        self.stage_id = stage
        return members

    def _replace_assignees(self, members: Sequence[Member]) -> None:
        self.assignments.exclude(member__in=members).delete()
        _assign(self.organization_id, [(self.pk, member.pk) for member in members])

    def _country_assumed(self) -> str:
        """An address without a country, of a contact without a number that tells it, is one at home."""
        at_home = not self.phone and (self.region or self.postal_code)
        return self.organization.country if at_home else ""

    def _forget_inferred(self) -> None:
        """Drop a country and region that the number or postal code told: once these change, they tell another."""
        phone = phones.parse(self.phone, self.country) if self.phone else None
        told = places.infer(
            own_zone="",
            country=self.country,
            region="",
            postal_code=self.postal_code,
            phone=phone,
            organization_zone=self.organization.time_zone,
        )
        if self.region == told.region:
            self.region = ""
        if phone and self.country == phone.country:
            self.country = ""


class Assignment(models.Model):
    """A member's charge of a contact. `due_on` repeats the contact's due date, so that a member's due list is one
    index away; the database keeps it true (trigger in the first migration)."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="assignments", db_constraint=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="assignments", db_index=False)
    due_on = models.DateField(null=True, blank=True)
    assigned_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "contact"], name="assigned_once"),)
        indexes = (
            models.Index(
                fields=["member", "due_on", "contact"], name="assignment_due", condition=Q(due_on__isnull=False)
            ),
        )


def _assign(organization_id: int, pairs: Iterable[tuple[int, int]]) -> None:
    """Write that contacts are worked by members (ids of both); what is written already stays."""
    rows = [Assignment(organization_id=organization_id, contact_id=c, member_id=m) for c, m in pairs]
    Assignment.objects.bulk_create(rows, ignore_conflicts=True)


def _members(organization: Organization, ids: object, by: Member | None) -> tuple[list[Member], list[str]]:
    """The members that `ids` name, and a sentence for each that names nobody."""
    if not isinstance(ids, list | tuple):
        return [], ['Give a list of members’ ids, such as ["member_12"], or ["me"].']
    keys = {name: by.pk if name == "me" and by else Member.key_of(name) for name in map(str, ids)}
    found = organization.members.filter(is_active=True).in_bulk([key for key in keys.values() if key])
    unknown = [
        f"There is no member “{name[:40]}”. Use the id of one, or “me”." for name in keys if keys[name] not in found
    ]
    return list(found.values()), unknown


class Activity(models.Model):
    """One line of a contact's timeline."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="activities", db_index=False)
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    kind = models.TextField()
    text = models.TextField(blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["contact", "-at", "-id"], name="activity_by_contact"),)
