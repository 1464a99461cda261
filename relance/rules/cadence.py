"""When a contact on a cadence is due again. Its own cadence overrides that of its stage; both are in days."""

from __future__ import annotations

from datetime import date, timedelta


def after(touched_on: date, days: int | None) -> date | None:
    """The day on which a contact touched on that day is due again; None without a cadence."""
    return touched_on + timedelta(days=days) if days else None


def begun(day: date | None, today: date, days: int | None) -> date | None:
    """The day on which a contact is due that comes to be on a cadence today: the day it has, else so many days from
    now."""
    return day or after(today, days)


def moved(day: date | None, today: date, own: int | None, stages: int | None) -> date | None:
    """The day on which a contact is due that comes into another stage today.

    A stage looks after its contacts at least so often: a day further off moves to where the stage has it, one that
    comes sooner or is overdue stays. Where the contact has its own cadence, the stage has no say in the day.
    """
    due = begun(day, today, own or stages)
    return min(due, today + timedelta(days=stages)) if due and stages and not own else due
