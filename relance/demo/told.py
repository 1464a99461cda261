"""What happened while the clock moved, told from the history of the follow-ups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relance.models import Member, sql
from relance.rules.gates import NAMES

MOST = 500


@dataclass(frozen=True, slots=True)
class Told:
    """One change of a follow-up that is worth telling: what it is, what became of it, and its next try (UTC)."""

    id: int
    at: datetime
    follow_up: str
    kind: str
    contact: str
    status: str
    because: str
    until: datetime | None

    @property
    def what(self) -> str:
        """Such as “Call to Ana Ruiz”."""
        name = NAMES[self.kind]
        return f"{name[0].upper()}{name[1:]} to {self.contact}"


def latest_change() -> int:
    """The youngest row of history there is, 0 where there is none."""
    found: int = sql.rows("SELECT coalesce(max(id), 0) FROM relance_change")[0][0]
    return found


# Being handed to a worker is not worth telling, nor is waiting for the same thing again.
_TOLD = """
SELECT h.id, h.at, 'followup_' || f.id, f.type, c.name, h.to_status, h.because, h.until
FROM relance_change h JOIN relance_followup f ON f.id = h.follow_up_id JOIN relance_contact c ON c.id = f.contact_id
WHERE h.id > %(since)s AND h.to_status NOT IN ('queued', 'in_progress') AND h.from_status <> ''
  AND (%(organization)s::bigint IS NULL OR h.organization_id = %(organization)s)
  AND (%(member)s::bigint IS NULL OR EXISTS (
        SELECT 1 FROM relance_assignment s WHERE s.contact_id = f.contact_id AND s.member_id = %(member)s))
  AND NOT (h.gate <> '' AND EXISTS (
        SELECT 1 FROM relance_change e WHERE e.follow_up_id = h.follow_up_id AND e.id < h.id AND e.gate = h.gate
          AND e.to_status = h.to_status AND e.because = h.because))
ORDER BY h.id DESC LIMIT %(most)s
"""


def told(since: int, member: Member | None = None, most: int = MOST) -> list[Told]:
    """What changed after the row of history `since`, the latest first; of what `member` may see, where one is given."""
    asked = {
        "since": since,
        "organization": member and member.organization_id,
        "member": member.pk if member and not member.is_admin else None,
        "most": most,
    }
    return [Told(*row) for row in sql.rows(_TOLD, asked)]
