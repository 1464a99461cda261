"""A program: writes the rows of carried-out follow-ups with nothing in between, once it is told to."""

from __future__ import annotations

import json
import sys
import time

import psycopg

BATCH = 500

# The three transactions of the engine: taken, begun, ended; each the fewest statements that write the same rows.
_TAKE = """
WITH taken AS (
    UPDATE relance_followup SET status = 'queued', because = 'Due.', next_attempt_at = NULL,
        lease_until = clock_timestamp() + interval '60 seconds', updated_at = now()
    WHERE id = ANY(ARRAY(
        SELECT id FROM relance_followup WHERE organization_id = %(organization)s AND priority = 2
            AND status IN ('scheduled', 'snoozed') AND next_attempt_at <= now()
        ORDER BY next_attempt_at LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED))
    RETURNING id, organization_id
), told AS (
    INSERT INTO relance_change (organization_id, follow_up_id, at, actor, from_status, to_status, because, gate)
    SELECT organization_id, id, now(), 'bench', 'scheduled', 'queued', 'Due.', '' FROM taken
)
SELECT id FROM taken
"""
_BEGIN = """
WITH begun AS (
    UPDATE relance_followup SET status = 'in_progress', because = 'Try 1 of 3.', attempts_made = 1,
        lease_until = clock_timestamp() + interval '60 seconds', updated_at = now()
    WHERE id = ANY(%(ids)s) AND status = 'queued'
    RETURNING id, organization_id, contact_id, agent_id
), told AS (
    INSERT INTO relance_change (organization_id, follow_up_id, at, actor, from_status, to_status, because, gate)
    SELECT organization_id, id, now(), 'bench', 'queued', 'in_progress', 'Try 1 of 3.', '' FROM begun
)
INSERT INTO relance_attempt (organization_id, follow_up_id, contact_id, agent_id, connection_id, number, kind, provider,
                             idempotency_key, worker, started_at, unheard, detail, reference)
SELECT organization_id, id, contact_id, agent_id, %(connection)s, 1, 'sms', 'simulator', gen_random_uuid(), 'bench',
       now(), false, '', ''
FROM begun
"""
_END = [
    """
    UPDATE relance_attempt SET outcome = 'success', detail = 'Accepted.', finished_at = now(),
        reference = 'SIM-' || left(md5(follow_up_id::text), 12)
    WHERE follow_up_id = ANY(%(ids)s) AND outcome IS NULL
    """,
    """
    WITH ended AS (
        UPDATE relance_followup SET status = 'completed', because = 'Accepted.', lease_until = NULL,
            finished_at = now(), updated_at = now()
        WHERE id = ANY(%(ids)s) AND status = 'in_progress'
        RETURNING id, organization_id
    )
    INSERT INTO relance_change (organization_id, follow_up_id, at, actor, from_status, to_status, because, gate)
    SELECT organization_id, id, now(), 'bench', 'in_progress', 'completed', 'Accepted.', '' FROM ended
    """,
    """
    WITH sent AS MATERIALIZED (
        SELECT id, organization_id, contact_id, body, created_by_id FROM relance_followup WHERE id = ANY(%(ids)s)
    ), threads AS (
        INSERT INTO relance_conversation AS c (organization_id, contact_id, kind, last_message_at, unread)
        SELECT organization_id, contact_id, 'sms', now(), 0 FROM sent
        ON CONFLICT (contact_id, kind) DO UPDATE SET last_message_at = excluded.last_message_at
        RETURNING id, contact_id
    ), told AS (
        INSERT INTO relance_notification (organization_id, member_id, kind, text, follow_up_id, at)
        SELECT organization_id, created_by_id, 'followUp.completed', 'The SMS was carried out.', id, now() FROM sent
    )
    INSERT INTO relance_message (organization_id, conversation_id, direction, subject, body, follow_up_id, status,
                                 reference, at)
    SELECT organization_id, threads.id, 'outbound', '', body, sent.id, 'sent', 'SIM-' || left(md5(sent.id::text), 12),
           now()
    FROM sent JOIN threads USING (contact_id)
    """,
]


def main(address: str, organization: int, connection_id: int) -> None:
    """Say when the first was taken and the last was written, and how many there were."""
    with psycopg.connect(address, autocommit=True) as connection:
        print("ready", flush=True)
        sys.stdin.readline()
        began, count = time.time(), 0
        while taken := _batch(connection, {"organization": organization, "connection": connection_id, "batch": BATCH}):
            count += taken
        print(json.dumps({"began": began, "ended": time.time(), "count": count}))


def _batch(connection: psycopg.Connection, parameters: dict[str, object]) -> int:
    ids = [row[0] for row in connection.execute(_TAKE, parameters)]
    if ids:
        connection.execute(_BEGIN, parameters | {"ids": ids})
        with connection.transaction():
            for statement in _END:
                connection.execute(statement, {"ids": ids})
    return len(ids)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
