"""Many contacts and follow-ups beside those of the demo: copies of its own, in all states."""

from __future__ import annotations

from bench.cast import columns, values
from bench.stand import superuser
from relance.models import Contact, FollowUp

PER_CONTACT = 10

_CONTACTS = f"""
INSERT INTO relance_contact ({", ".join(columns(Contact))})
SELECT {
    values(
        Contact,
        "c",
        name="'Contact ' || n",
        phone="'+1212' || lpad(n::text, 7, '0')",
        email="''",
        external_id="''",
        next_follow_up_date="c.next_follow_up_date + n %% 60",
    )
}
FROM relance_contact c, generate_series(1, %(contacts)s) n
WHERE c.id = (SELECT min(id) FROM relance_contact)
"""

# Of ten, three wait, five were carried out, one failed and one was cancelled.
_FOLLOW_UPS = f"""
WITH people AS (SELECT array_agg(id) AS ids FROM relance_contact WHERE name LIKE 'Contact %%'),
copies AS (
    SELECT n, n %% 10 < 3 AS waits, now() + (n %% 90 + 1) * interval '1 day' AS ahead,
           now() - (n %% 400 + 1) * interval '7 hours' AS past,
           (ARRAY['completed', 'completed', 'completed', 'completed', 'completed', 'failed', 'cancelled'])[n %% 10 - 2]
               AS ended
    FROM generate_series(1, %(follow_ups)s) n
)
INSERT INTO relance_followup ({", ".join(columns(FollowUp))})
SELECT {
    values(
        FollowUp,
        "f",
        contact_id="people.ids[1 + n %% cardinality(people.ids)]",
        status="CASE WHEN waits THEN 'scheduled' ELSE ended END",
        scheduled_at="CASE WHEN waits THEN ahead ELSE past END",
        next_attempt_at="CASE WHEN waits THEN ahead END",
        finished_at="CASE WHEN NOT waits THEN past END",
        expires_at="CASE WHEN waits THEN ahead ELSE past END + interval '7 days'",
    )
}
FROM copies, people, relance_followup f
WHERE f.id = (SELECT min(id) FROM relance_followup WHERE status = 'scheduled' AND type = 'sms')
"""


def gather(database: str, follow_ups: int) -> None:
    """Put so many follow-ups into the demo's first organization, and the contacts whose they are."""
    with superuser(database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_CONTACTS, {"contacts": follow_ups // PER_CONTACT})
        connection.execute(_FOLLOW_UPS, {"follow_ups": follow_ups})
        connection.execute("VACUUM ANALYZE relance_contact, relance_followup")
