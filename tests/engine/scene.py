"""An organization and the engine's steps by hand: schedule, claim, prepare, settle, rescue, each when told."""

from __future__ import annotations

import asyncio
import functools
import queue
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import Mock, patch

from relance.channels.provider import Channels, Environment
from relance.engine import database, rescue
from relance.engine.carry_out import prepare
from relance.engine.claim import claim
from relance.engine.settle import settle
from relance.models import Attempt, Contact, FollowUp, Member, Organization, clock, scheduling, sql
from relance.models.connections import Connection, open_simulators
from relance.models.moves import SYSTEM
from relance.models.scheduling import Plan
from relance.rules.outcomes import Success

ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
WORKER = "here:1"
CONTENT = {"sms": {"body": "See you soon."}, "email": {"subject": "Soon", "body": "See you soon."}}
URL = "https://hooks.example.com/in"


def forward(**span):
    clock.set_forward(clock.now() + timedelta(**span))


def state(follow_up_id):
    return FollowUp.objects.get(pk=follow_up_id)


def history(follow_up_id):
    changes = state(follow_up_id).history.order_by("id")
    return [change.to_status for change in changes]


def tries(follow_up_id):
    return list(Attempt.objects.filter(follow_up=follow_up_id).order_by("number"))


def expire_leases():
    sql.run("UPDATE relance_followup SET lease_until = lease_until - interval '1 day' WHERE lease_until IS NOT NULL")


def carry_out(outcome=None):
    """Claim what is due, pass it through the gates, and settle every try with `outcome`; returns what was asked."""
    asks = prepare(claim(), WORKER)
    if outcome:
        settle({ask.order.attempt_id: outcome for ask in asks})
    return asks


def succeed():
    return carry_out(Success("SM1", "Accepted."))


def asked(asks):
    """The ids of the follow-ups that were let through, in order."""
    return [int(ask.order.follow_up.removeprefix("followup_")) for ask in asks]


class Office:
    """One organization with a simulator for every channel, whose follow-ups may go at any hour."""

    def __init__(self, name="Bright Dental"):
        self.organization = Organization.objects.create(name=name, hours=ALWAYS, webhook_url=URL)
        open_simulators(self.organization)
        self.member = Member.objects.create_member(
            self.organization, f"ana@{name.replace(' ', '').lower()}.example", "secret", name="Ana", role="admin"
        )
        self._numbers = iter(range(10_000_000))

    def contact(self, **fields):
        return self.contacts(1, **fields)[0]

    def contacts(self, many, **fields):
        known = {"consents": {"sms": "granted", "email": "granted", "whatsapp": "granted"}} | fields
        return Contact.objects.bulk_create(
            Contact(
                **{
                    "organization": self.organization,
                    "name": "Maria Lopez",
                    "phone": f"+34{600_000_000 + next(self._numbers)}",
                    "email": "maria@example.com",
                    **known,
                }
            )
            for _ in range(many)
        )

    def account(self, kind):
        return Connection.objects.get(organization=self.organization, kind=kind)

    def schedule(self, kind, contacts, *, after=timedelta(seconds=10), by=None, **plan):
        """Follow-ups for these contacts; returns their ids."""
        wanted = Plan(kind, clock.now() + after, **CONTENT.get(kind, {}) | plan)
        made = scheduling.schedule(self.organization, [c.pk for c in contacts], wanted, by=by)
        return [made[c.pk] for c in contacts]

    def due(self, kind, many=1, **plan):
        """So many follow-ups that are due now, each to a new contact; returns their ids."""
        ids = self.schedule(kind, self.contacts(many), **plan)
        forward(seconds=11)
        return ids

    def one_due(self, kind, **plan):
        (id,) = self.due(kind, **plan)
        return id


class Here(Executor):
    """The engine's database threads, replaced by the test's own: they see its transaction.

    The event loop runs beside, in another thread, and hands over what it wants done in the database.
    """

    def __init__(self):
        self._wanted = queue.SimpleQueue()

    def submit(self, function, *args):
        future = Future()
        self._wanted.put((future, functools.partial(function, *args)))
        return future

    def run(self, coroutine):
        """What the coroutine returns; raises what it raises."""
        kept = patch.multiple(database, close_old_connections=Mock(), connection=Mock(), _threads=self)
        with kept, ThreadPoolExecutor(1) as beside:
            result = beside.submit(self._run, coroutine)
            for future, call in iter(self._wanted.get, None):
                try:
                    future.set_result(call())
                except Exception as problem:
                    future.set_exception(problem)
            return result.result()

    def _run(self, coroutine):
        try:
            return asyncio.run(coroutine)
        finally:
            self._wanted.put(None)


def resolve_open():
    """Have the rescue look once for attempts that nobody heard of; returns how many it settled."""
    return Here().run(rescue.resolve_open(Channels(Environment())))


__all__ = [
    "SYSTEM", "URL", "WORKER", "Here", "Office", "asked", "carry_out", "claim", "expire_leases", "forward", "history",
    "prepare", "resolve_open", "settle", "state", "succeed", "tries",
]  # fmt: skip
