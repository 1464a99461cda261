"""The calls that the demo's phones show: those of the simulator that ring, and those on which somebody talks."""

from __future__ import annotations

from django.db.models import QuerySet

from relance.engine import calls
from relance.models import Attempt, Member


def on_phones() -> QuerySet[Attempt]:
    """All that are under way, the oldest first."""
    return calls.under_way().filter(provider="simulator").defer("contact__search")


def seen_by(member: Member) -> QuerySet[Attempt]:
    """Those on the phones of contacts whom the member may see."""
    own = on_phones().filter(organization=member.organization_id)
    return own if member.is_admin else own.filter(contact__assignments__member=member)
