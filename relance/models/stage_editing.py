"""What admins do to the stages of the pipeline: add one, change it, put it in another place, delete it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from relance.models import changes, clock, sql
from relance.models.accounts import Member, Organization
from relance.models.base import Invalid
from relance.models.contact_fields import check, text
from relance.models.contact_filters import Which, narrowed
from relance.models.contacts import Contact
from relance.models.pipeline import stages_of
from relance.models.stages import STAGE_GONE, Stage

LONGEST_NAME = 60
TURNING = dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""Invisible marks that turn around what follows them: a name stands within sentences."""
MOST = 30
"""More stages than a board can show."""


def add(by: Member, said: Mapping[str, Any]) -> Stage:
    """A new stage at the end; `said` has its `name` and its `cadenceDays`, None for none. Raises `Invalid`."""
    with transaction.atomic():
        stages = _take_turns(by.organization)
        values = _checked(said, stages)
        if len(stages) >= MOST:
            raise Invalid(name=f"There are {MOST} stages already. Delete one first.")
        position = stages[-1].position + 1 if stages else 0
        stage = Stage.objects.create(organization=by.organization, position=position, **values)
        changes.announce(by.organization_id, "stage")
    return stage


def change(stage: Stage, by: Member, said: Mapping[str, Any], *, spread: bool = False) -> int:
    """Change name and cadence. Days that are set stay; with `spread` the contacts in it that have none get one, evenly
    over the coming days of the cadence. Returns how many did. Raises `Invalid`."""
    with transaction.atomic():
        others = [other for other in _take_turns(by.organization) if other.pk != stage.pk]
        values = _checked(said, others)
        if spread and not values["cadence_days"]:
            raise Invalid(cadenceDays="Give the number of days over which the due dates are spread.")
        Stage.objects.filter(pk=stage.pk).update(**values)
        given = _spread(stage, values["cadence_days"], by) if spread else 0
        changes.announce(by.organization_id, "stage")
    stage.name, stage.cadence_days = values["name"], values["cadence_days"]
    return given


def shift(stage: Stage, by: Member, steps: int) -> None:
    """Put the stage so many places further, or back where `steps` is negative."""
    with transaction.atomic():
        stages = _take_turns(by.organization)
        if stage not in stages:
            return
        place = max(0, min(len(stages) - 1, stages.index(stage) + steps))
        stages.insert(place, stages.pop(stages.index(stage)))
        for position, each in enumerate(stages):
            each.position = position
        Stage.objects.bulk_update(stages, ["position"])
        changes.announce(by.organization_id, "stage")


def remove(stage: Stage, by: Member, to: Stage | None) -> int:
    """Delete the stage; its contacts go to the stage `to`, None for out of the pipeline. Returns how many did.

    Days that are set stay. Where the other stage has a cadence, those without a day get one, evenly over its days.
    Raises `Invalid` where that stage was deleted meanwhile.
    """
    with transaction.atomic():
        if to and to not in _take_turns(by.organization):
            raise Invalid(stage=STAGE_GONE)
        list(Stage.objects.select_for_update().filter(pk=stage.pk))  # nobody moves there any more
        _spread(stage, to.cadence_days if to else None, by)
        [(moved,)] = sql.rows(_REHOUSE, _naming(stage) | {"to": to.pk if to else None})
        sql.run("DELETE FROM relance_stage WHERE id = %s", [stage.pk])
        changes.announce(by.organization_id, "stage")
        changes.announce(by.organization_id, "contact")
    return int(moved)


def undated(stage: Stage, by: Member) -> int:
    """How many contacts in the stage have no due date."""
    return narrowed(Contact.objects.visible_to(by), Which(stage=stage.public_id, due="none"), by).count()


def _take_turns(organization: Organization) -> list[Stage]:
    """The stages in order; until the transaction ends nobody else changes them."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    return stages_of(organization)


def _checked(said: Mapping[str, Any], others: list[Stage]) -> dict[str, Any]:
    """Name and cadence as they are kept. Raises `Invalid` with all that is wrong."""
    values, problems = check({"cadenceDays": said.get("cadenceDays")})
    try:
        values["name"] = text(said.get("name"), LONGEST_NAME).translate(TURNING)
    except ValueError as problem:
        problems.append(("name", str(problem)))
    name = values.get("name")
    if name == "":
        problems.append(("name", "Give the stage a name."))
    elif name and name.casefold() in {other.name.casefold() for other in others}:
        problems.append(("name", f"There is a stage “{name}” already. Choose another name."))
    if problems:
        raise Invalid(problems)
    return values


def _naming(stage: Stage) -> dict[str, Any]:
    return {"organization": stage.organization_id, "stage": stage.pk, "now": clock.now()}


# A contact with a cadence of its own takes its turn within that.
_SPREAD = """
WITH waiting AS MATERIALIZED (
    SELECT id, cadence_days FROM relance_contact
    WHERE organization_id = %(organization)s AND stage_id = %(stage)s AND deleted_at IS NULL
        AND next_follow_up_date IS NULL
    ORDER BY id FOR NO KEY UPDATE
), turns AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS turn, coalesce(cadence_days, %(days)s::int) AS days FROM waiting
), given AS (
    UPDATE relance_contact c
    SET next_follow_up_date = %(today)s::date + 1 + (t.turn %% t.days)::int, updated_at = %(now)s
    FROM turns t WHERE c.id = t.id RETURNING 1
)
SELECT count(*) FROM given
"""


def _spread(stage: Stage, days: int | None, by: Member) -> int:
    if not days:
        return 0
    [(given,)] = sql.rows(_SPREAD, _naming(stage) | {"days": days, "today": clock.today(by.zone)})
    if given:
        changes.announce(by.organization_id, "contact")
    return int(given)


_REHOUSE = """
WITH leaving AS MATERIALIZED (
    SELECT id FROM relance_contact WHERE organization_id = %(organization)s AND stage_id = %(stage)s
    ORDER BY id FOR NO KEY UPDATE
), moved AS (
    UPDATE relance_contact c SET stage_id = %(to)s::bigint, updated_at = %(now)s FROM leaving l WHERE c.id = l.id
    RETURNING c.deleted_at
)
SELECT count(*) FROM moved WHERE deleted_at IS NULL
"""
