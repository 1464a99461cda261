"""Which contacts are meant by what is done to many: those that were ticked, or all that the list's filters describe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from relance.models import Contact, contact_filters
from relance.web.access import Visit
from relance.web.contacts import asked

MOST_TICKED = 200
MOST = 20_000
"""So many are looked ahead for in a second, each time that the plan for them changes."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The keys of the contacts that are meant, at most one more than `MOST`; `keep` is what a form says them by."""

    keys: Sequence[int]
    keep: Mapping[str, Any]

    @property
    def too_many(self) -> bool:
        """Whether they are more than are taken at once."""
        return len(self.keys) > MOST


def ticked(request: Visit) -> QuerySet[Contact]:
    """Those that were ticked and that the member may see."""
    keys = [key for key in map(Contact.key_of, _said(request).getlist("ids")[:MOST_TICKED]) if key]
    seen: QuerySet[Contact] = Contact.objects.visible_to(request.member)
    return seen.filter(pk__in=keys).order_by("pk")


def meant(request: Visit) -> Meant:
    """Those that were ticked, or all that the filters in `all` describe; of these none that was added since they were
    chosen, whom nobody saw."""
    said = _said(request)
    everything = said.get("all")
    if everything is None:
        found = list(ticked(request).only("pk"))
        return Meant([c.pk for c in found], {"ids": [c.public_id for c in found]})
    keys = _described(request, QueryDict(everything), Contact.key_of(said.get("newest", "")))
    return Meant(keys, {"all": everything, "newest": f"{Contact.PREFIX}_{max(keys, default=0)}"})


def _described(request: Visit, filters: QueryDict, newest: int | None) -> Sequence[int]:
    seen = Contact.objects.visible_to(request.member)
    which = asked.which(filters, request.organization.country)
    found = contact_filters.narrowed(seen, which, request.member)
    if newest:
        found = found.filter(pk__lte=newest)
    return list(found.order_by("pk").values_list("pk", flat=True)[: MOST + 1])


def _said(request: Visit) -> QueryDict:
    return request.POST if request.method == "POST" else request.GET
