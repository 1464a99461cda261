"""An organization with people to follow up: in several zones, with consent, by an agent whose hours are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from django.db.models import Model

from bench.stand import superuser
from relance.models import Agent, Change, Contact, FollowUp, Member, Organization, connections, scheduling, sql
from relance.models.scheduling import Plan
from relance.rules.weeks import DAY_KEYS

# Open at every hour that someone may measure at, and in two parts, so that there is something to evaluate.
HOURS = {day: [["00:00", "12:00"], ["12:00", "24:00"]] for day in DAY_KEYS}
# Of countries without hours of their own for texts, where a law would hold follow-ups back on some days.
PLACES = [
    ("ES", "+34600", ["Europe/Madrid"]),
    ("PT", "+35191", ["Europe/Lisbon", "Atlantic/Azores"]),
    ("MX", "+52555", ["America/Mexico_City"]),
    ("AU", "+61400", ["Australia/Sydney", "Australia/Brisbane"]),
]
TEXT = "Hello, this is Clara of Bench & Co. Shall we go on with your offer? Answer STOP and we write no more."
ROWS_AT_ONCE = 2_000

_numbers = count(100_000)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part."""

    organization: Organization
    member: Member
    agent: Agent

    @classmethod
    def create(cls) -> Cast:
        """A new organization with its member and agent; each part that is measured has its own."""
        organization = Organization.objects.create(name="Bench & Co.", time_zone="Europe/Madrid", hours=HOURS)
        connections.open_simulators(organization)
        email = f"clara.{organization.pk}@example.com"
        member = Member(organization=organization, email=email, name="Clara", role="admin")
        member.set_unusable_password()
        member.save()
        agent = Agent.objects.create(organization=organization, name="Alma", hours=HOURS)
        return cls(organization, member, agent)

    def contacts(self, wanted: int) -> list[int]:
        """New contacts who agreed to texts; a run takes its own, so that none sees the tries of another."""
        people = [_person(self.organization, number) for _, number in zip(range(wanted), _numbers, strict=False)]
        made = Contact.objects.bulk_create(people, batch_size=ROWS_AT_ONCE)
        return [contact.pk for contact in made]

    def schedule(self, contacts: Sequence[int], plan: Plan) -> list[int]:
        """Schedule `plan` for the contacts as a member would; returns the follow-ups' ids."""
        return list(scheduling.schedule(self.organization, contacts, plan, by=self.member).values())

    def text_message(self, at: datetime) -> Plan:
        """A text message that passes every gate, by its own merit."""
        return Plan(type="sms", at=at, agent=self.agent, body=TEXT)

    def spread(self, plan: Plan, contacts: Sequence[int], moments: Sequence[datetime]) -> list[int]:
        """Schedule `plan` for each contact at a moment of its own; returns the follow-ups' ids."""
        source = "SELECT * FROM unnest(%(contacts)s::bigint[], %(moments)s::timestamptz[]) AS s (contact_id, at)"
        return self._copy(plan, source, {"contacts": list(contacts), "moments": list(moments)})

    def wait_for_later(self, plan: Plan, contacts: Sequence[int], wanted: int) -> None:
        """Have `wanted` follow-ups wait for moments up to ninety days after the plan's."""
        source = """
            SELECT (%(contacts)s::bigint[])[1 + n %% %(size)s] AS contact_id,
                   %(from)s::timestamptz + random() * interval '90 days' AS at
            FROM generate_series(1, %(wanted)s) AS n
        """
        self._copy(plan, source, {"contacts": list(contacts), "size": len(contacts), "from": plan.at, "wanted": wanted})
        with superuser() as connection:
            connection.execute("VACUUM ANALYZE relance_followup, relance_change")

    def _copy(self, plan: Plan, source: str, parameters: dict[str, object]) -> list[int]:
        """Copies of one that the product itself has scheduled: many rows at many moments, in a second."""
        [model] = self.schedule(parameters["contacts"][:1], plan)  # type: ignore[index]
        statement = _COPY.format(
            source=source,
            follow_up=", ".join(columns(FollowUp)),
            follow_up_values=values(FollowUp, "f", contact_id="s.contact_id", scheduled_at="s.at",
                                     next_attempt_at="s.at", expires_at="s.at + interval '7 days'"),
            change=", ".join(columns(Change)),
            change_values=values(Change, "c", follow_up_id="made.id", until="made.scheduled_at"),
        )  # fmt: skip
        with superuser() as connection:
            connection.execute("SET session_replication_role = replica")
            ids = [row[0] for row in connection.execute(statement, parameters | {"model": model})]
        FollowUp.objects.filter(pk=model).delete()
        sql.run("SELECT pg_notify('relance_due', %s)", [plan.at.isoformat()])
        return ids


_COPY = """
WITH source AS ({source}), made AS (
    INSERT INTO relance_followup ({follow_up})
    SELECT {follow_up_values} FROM source s, relance_followup f WHERE f.id = %(model)s
    RETURNING id, scheduled_at
), told AS (
    INSERT INTO relance_change ({change})
    SELECT {change_values} FROM made, relance_change c WHERE c.follow_up_id = %(model)s
)
SELECT id FROM made
"""


def columns(model: type[Model]) -> list[str]:
    """What a copy of a row of `model` takes over."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key and not field.generated]
    return [field.attname for field in fields]


def values(model: type[Model], alias: str, **changed: str) -> str:
    """The columns' values in a copy of the row `alias`, but for those that are `changed`."""
    return ", ".join(changed.get(column, f"{alias}.{column}") for column in columns(model))


def _person(organization: Organization, number: int) -> Contact:
    country, prefix, zones = PLACES[number % len(PLACES)]
    return Contact(
        organization=organization,
        name=f"Contact {number}",
        phone=f"{prefix}{number}",
        country=country,
        zones=zones,
        zone_basis="number",
        consents={"sms": "granted"},
    )
