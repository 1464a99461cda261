"""The instance's "now": the database's clock, which on a demo instance can be set forward.

Outside demo mode the expression is plain `now()` and the table is never read, whatever it holds.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from relance.models import changes, sql

CHANGED = "relance_clock"


class DemoClock(models.Model):
    """By how much a demo instance's time runs ahead of the database's, and the last way it was set forward; one row.

    The way began at `from_at`, after the row of history `since_change`, and was to end at `to_at`. `loaded_at` is when
    the demo was loaded: what is younger, somebody did who tries it.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    ahead_by = models.DurationField(default=timedelta())
    loaded_at = models.DateTimeField(db_default=Now())
    from_at = models.DateTimeField(null=True)
    to_at = models.DateTimeField(null=True)
    since_change = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="demo_clock_is_one_row"),
            models.CheckConstraint(condition=models.Q(ahead_by__gte=timedelta()), name="demo_clock_goes_forward"),
        )


def now_sql() -> str:
    """The SQL expression for the instance's time: the start of the transaction, like `now()`."""
    if settings.DEMO:
        return "(now() + coalesce((SELECT ahead_by FROM relance_democlock), interval '0'))"
    return "now()"


def now() -> datetime:
    """The instance's time, UTC, by the database's clock."""
    moment: datetime = sql.rows(f"SELECT {now_sql()}")[0][0]
    return moment


def today(zone: str) -> date:
    """The day it is in this zone, by the instance's time."""
    return now().astimezone(ZoneInfo(zone)).date()


def set_forward(to: datetime) -> datetime:
    """Set a demo instance's time to `to`; never backward. Raises `RuntimeError` outside demo mode."""
    if not settings.DEMO:
        raise RuntimeError("The clock moves on demo instances only.")
    sql.run(
        "INSERT INTO relance_democlock AS c (id, ahead_by) VALUES (1, greatest(%s - now(), interval '0'))"
        " ON CONFLICT (id) DO UPDATE SET ahead_by = greatest(c.ahead_by, excluded.ahead_by)",
        [to],
    )
    sql.run(f"SELECT pg_notify('{CHANGED}', '')")
    changes.announce_to_all("clock")
    return now()
