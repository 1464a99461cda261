"""Bringing contacts to another stage, and back."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from relance.models import Contact, Invalid, Stage, due, pipeline
from relance.models.stages import STAGE_GONE
from relance.web import times
from relance.web.access import Visit, page
from relance.web.answers import done, go
from relance.web.contacts.detail import found, where
from relance.web.pipeline.board import PATH
from relance.web.ui import whole_name

UNDO = f"{PATH}/undo"


@require_http_methods(["GET", "HEAD", "POST"])
@page
def move(request: Visit, id: str) -> HttpResponse:
    """Bring the contact to another stage."""
    contact = found(request, id)
    if request.method != "POST":
        return go(request, where(contact))
    try:
        stage = wanted(request, request.POST.get("stage", ""))
        moved = pipeline.move(request.member, [contact.pk], stage)
    except Invalid as problem:
        return done(request, problem.errors[0][1], to=where(contact), changed="contact")
    said = _told(request, contact, stage, moved)
    undo = f"{UNDO}/{moved.press}" if said else ""
    return done(request, said, to=where(contact), changed="contact", undo=undo)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def undo(request: Visit, press: UUID) -> HttpResponse:
    """Take back what the member moved."""
    if request.method != "POST":
        return go(request, PATH)
    back = pipeline.undo(request.member, press)
    return done(request, "Moved back." if back else "Nothing to move back.", to=PATH, changed="contact")


def wanted(request: Visit, public_id: str) -> Stage | None:
    """The stage that is meant, None for none. Raises `Invalid`."""
    stage: Stage | None = Stage.find(request.organization, public_id)
    if public_id and stage is None:
        raise Invalid(stage=STAGE_GONE)
    return stage


def named(stage: Stage | None) -> str:
    """What the stage is called in a sentence."""
    return whole_name(stage.name) if stage else "no stage"


def _told(request: Visit, contact: Contact, stage: Stage | None, moved: pipeline.Moved) -> str:
    """What came of it; nothing where the contact was there already."""
    if contact.pk not in moved.days:
        return ""
    before, after = moved.days[contact.pk]
    said = f"Moved to {named(stage)}." if stage else "Taken out of the pipeline."
    return f"{said} {_day(before, after, due.today_of(request.member))}".strip()


def _day(before: date | None, after: date | None, today: date) -> str:
    if after is None:
        return ""
    if after != before:
        return f"Due again {times.day(after, today)}."
    return "Still overdue." if after < today else f"Still due {times.day(after, today)}."
