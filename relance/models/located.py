"""Where a contact may be, as far as their address and number tell."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from relance.models.base import Scoped
from relance.rules import phones, places

ADDRESS = frozenset({"phone", "time_zone", "country", "region", "postal_code"})
LOCATED = ("zones", "zone_basis", "zone_evidence")


class Located(Scoped):
    """Somebody who is somewhere.

    `time_zone` is what they or a member said, `zones` where they may be: `time_zone` alone if known, else inferred from
    postal code, region or number (`zone_evidence` says which).
    """

    phone = models.TextField(blank=True, default="")
    time_zone = models.TextField(blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    region = models.TextField(blank=True, default="")
    postal_code = models.TextField(blank=True, default="")
    zones = ArrayField(models.TextField(), default=list)
    zone_basis = models.TextField(default="organization")
    zone_evidence = models.TextField(blank=True, default="")

    class Meta:
        abstract = True

    @property
    def zone(self) -> str:
        """The zone in which their moments are told: their own, else the first of those they may be in, else that of
        the organization."""
        return str(self.time_zone or (self.zones[0] if self.zones else self.organization.time_zone))

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

    def forget_inferred(self) -> None:
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

    def _country_assumed(self) -> str:
        """An address without a country, of a contact without a number that tells it, is one at home."""
        at_home = not self.phone and (self.region or self.postal_code)
        return self.organization.country if at_home else ""
