"""Contacts: the people to follow up with, who works them, and where they may be."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from relance.models.accounts import Member, Organization
from relance.models.base import Scoped
from relance.rules import phones, places

SEARCHED = "to_tsvector('simple'::regconfig, name || ' ' || email || ' ' || phone || ' ' || ltrim(phone, '+') || ' ' || company)"


class LeadQuality(models.TextChoices):
    """How promising a contact is."""

    HOT = "HOT"
    WARM = "WARM"
    COLD = "COLD"
    NURTURE = "NURTURE"


class ContactStatus(models.TextChoices):
    """Whether a contact is being worked."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


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


class ContactQuerySet(models.QuerySet["Contact"]):
    """Contacts as members ask for them."""

    def visible_to(self, member: Member) -> Self:
        """Those that `member` may see: an agent's own, an admin's all."""
        mine = self.filter(organization=member.organization_id, deleted_at=None)
        return mine if member.is_admin else mine.filter(assignments__member=member)

    def matching(self, text: str) -> Self:
        """Those whose name, number or address holds every word of `text`, the last as far as it is typed."""
        terms = "".join(c if c.isalnum() or c in "@.+-_" else " " for c in text).split()
        if not terms:
            return self
        query = " & ".join(f"'{term}':*" for term in terms)
        return self.filter(search=SearchQuery(query, config="simple", search_type="raw"))


class Contact(Scoped):
    """A person to follow up with.

    `time_zone` is what the contact or a member said, `zones` where they may be: `time_zone` alone if known, else
    inferred from postal code, region or number (`zone_evidence` says which). `consents` is the standing answer per
    channel ("granted" or "revoked"); the ledger of `Consent` rows is its source, and both change together.
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
        )

    def __str__(self) -> str:
        return self.name

    def locate(self) -> None:
        """Work out the zones from what is known of the contact; call before saving a change of address."""
        phone = phones.parse(self.phone, self.country or self.organization.country) if self.phone else None
        found = places.infer(
            own_zone=self.time_zone,
            country=self.country,
            region=self.region,
            postal_code=self.postal_code,
            phone=phone,
            organization_zone=self.organization.time_zone,
        )
        self.zones, self.zone_basis, self.zone_evidence = list(found.zones), found.basis, found.sentence
        self.country, self.region = found.country, found.region


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
