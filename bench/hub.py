"""How soon a member's due list is there among ten thousand contacts and among a million: the API's answer and the
hub's first byte within the server's process, the query alone beside them, and marking two hundred done at once."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.test import Client

from bench.cast import Cast, columns, values
from bench.report import Result, percentiles
from bench.size import Size
from bench.stand import Failed, progress, superuser
from relance.models import ApiKey, Contact, Member, due, sql, touches

TITLE = "The hub, within the server’s process"
DUE = 1_000
ASKED = 200
ASSIGNED = 10
"""One contact of so many is the member's."""
BULKS = 20
WARM_UP = 20
HOST = "localhost"

Ask = Callable[[], object]


def measure(size: Size) -> list[Result]:
    """With few contacts, then with many: of each the same number is due."""
    cast, there, found = Cast.create(), 0, list[Result]()
    for contacts in (size.contacts // 100, size.contacts):
        progress(f"The hub, {contacts:,} contacts …")
        _gather(cast, there, contacts)
        there = contacts
        figures = {name: _timed(ask, size.visits * 3) for name, ask in _askings(cast.member).items()}
        figures |= _bulk(cast.member)
        found += [Result(TITLE, name, contacts, numbers) for name, numbers in figures.items()]
    return found


# Copies of a contact of the cast; what the triggers would write for each is written at once.
_CONTACTS = f"""
WITH made AS (
    INSERT INTO relance_contact ({", ".join(columns(Contact))})
    SELECT {
    values(
        Contact,
        "c",
        name="'Contact ' || n",
        phone="'+1212' || lpad(n::text, 7, '0')",
        lead_quality="CASE n %% 5 WHEN 0 THEN 'HOT' WHEN 1 THEN 'WARM' ELSE '' END",
        next_follow_up_date="%(today)s::date + CASE WHEN n <= %(due)s THEN - n %% 30 ELSE 1 + n %% 300 END",
    )
} FROM relance_contact c, generate_series(%(there)s + 1, %(contacts)s) n WHERE c.id = %(model)s
    RETURNING id, organization_id, next_follow_up_date, lead_quality
)
INSERT INTO relance_assignment (organization_id, contact_id, member_id, due_on, is_hot)
SELECT organization_id, id, %(member)s, next_follow_up_date, lead_quality = 'HOT' FROM made
WHERE next_follow_up_date <= %(today)s::date OR id %% %(assigned)s = 0
"""


def _gather(cast: Cast, there: int, contacts: int) -> None:
    [model] = cast.contacts(1)
    wanted = {
        "there": there,
        "contacts": contacts,
        "due": DUE,
        "model": model,
        "member": cast.member.pk,
        "assigned": ASSIGNED,
        "today": due.today_of(cast.member),
    }
    with superuser() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_CONTACTS, wanted)
        connection.execute("VACUUM ANALYZE relance_contact, relance_assignment")
        connection.execute("CHECKPOINT")
    if (owed := due.count(cast.member, due.today_of(cast.member))) != DUE:
        raise Failed(f"{owed:,} contacts are due where {DUE:,} should be.")


_ALONE = f"""
SELECT a.contact_id, c.name, c.lead_quality, c.status, a.is_hot, a.due_on
FROM relance_assignment a JOIN relance_contact c ON c.id = a.contact_id
WHERE a.member_id = %s AND a.due_on <= %s ORDER BY a.due_on, a.contact_id LIMIT {ASKED}
"""


def _askings(member: Member) -> dict[str, Ask]:
    _, key = ApiKey.issue(member, "bench")
    today = due.today_of(member)
    program = Client(SERVER_NAME=HOST, headers={"authorization": f"Bearer {key}"})
    browser = Client(SERVER_NAME=HOST)
    browser.force_login(member)
    list_due, hub = f"/api/follow-ups/due?limit={ASKED}", "/follow-ups"
    if len(program.get(list_due).json()["followUps"]) != ASKED or browser.get(hub).status_code != 200:
        raise Failed("The due list does not come as it should.")
    return {
        "the query alone": lambda: sql.rows(_ALONE, [member.pk, today]),
        f"GET {list_due}": lambda: program.get(list_due),
        f"GET {hub}": lambda: browser.get(hub),
    }


def _timed(ask: Ask, times: int) -> dict[str, float]:
    taken = []
    for _ in range(WARM_UP + times):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return percentiles(taken[WARM_UP:])


def _bulk(member: Member) -> dict[str, dict[str, float]]:
    """Marking two hundred done, each time taken back."""
    today, taken = due.today_of(member), []
    keys = [owed.contact_id for owed in due.owed(member, today, limit=ASKED)]
    for _ in range(BULKS):
        began = time.perf_counter()
        pressed = touches.done(member, keys, by=today)
        taken.append(time.perf_counter() - began)
        if touches.undo(member, pressed.press) != ASKED:
            raise Failed("What was marked done could not be taken back whole.")
    return {f"marking {ASKED} done": percentiles(taken)}
