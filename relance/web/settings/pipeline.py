"""The stages of the pipeline, for admins: which there are, in which order, and how often each is looked after."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from relance.models import Invalid, Stage, pipeline, stage_editing
from relance.models.contact_filters import Which
from relance.web.access import Visit, admin_page, find
from relance.web.answers import done, go, refused, show
from relance.web.contacts.editing import fields_of
from relance.web.once import once
from relance.web.pipeline.moving import named, wanted
from relance.web.ui import counted

HERE = "/settings/pipeline"
FORM = "settings/stage.html"


@require_http_methods(["GET", "HEAD"])
@admin_page
def stages(request: Visit) -> HttpResponse:
    """The stages in their order."""
    return show(request, "settings/pipeline.html", stages=pipeline.stages_of(request.organization))


@require_http_methods(["GET", "HEAD", "POST"])
@admin_page
@once
def new(request: Visit) -> HttpResponse:
    """A stage to be."""
    if request.method != "POST":
        return show(request, FORM)
    typed = _typed(request)
    try:
        stage = stage_editing.add(request.member, fields_of(typed))
    except Invalid as problem:
        return refused(request, FORM, problem, typed=typed)
    return done(request, f"{named(stage)} is added.", to=HERE, changed="stage")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_page
def edit(request: Visit, id: str) -> HttpResponse:
    """Its name and its cadence; and days for those in it who have none, where that is wanted."""
    stage = _found(request, id)
    context = {"stage": stage, "undated": stage_editing.undated(stage, request.member)}
    if request.method != "POST":
        kept = {"name": stage.name, "cadenceDays": str(stage.cadence_days or "")}
        return show(request, FORM, typed=kept, **context)
    typed, spread = _typed(request), "spread" in request.POST
    try:
        given = stage_editing.change(stage, request.member, fields_of(typed), spread=spread)
    except Invalid as problem:
        return refused(request, FORM, problem, typed=typed, spread=spread, **context)
    said = f" {counted(given, 'contact')} got a due date, the last in {stage.cadence_days} days." if given else ""
    return done(request, f"Saved.{said}", to=HERE, changed="stage contact")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_page
def shift(request: Visit, id: str) -> HttpResponse:
    """Put it one place further up or down."""
    stage = _found(request, id)
    if request.method != "POST":
        return go(request, HERE)
    stage_editing.shift(stage, request.member, -1 if request.POST.get("to") == "up" else 1)
    return done(request, "", to=HERE, changed="stage")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_page
def delete(request: Visit, id: str) -> HttpResponse:
    """Delete it, once it is said where its contacts go."""
    stage, template = _found(request, id), "settings/delete_stage.html"
    inside = pipeline.counts(request.member, Which(stage=stage.public_id)).get(stage.pk, 0)
    others = [other for other in pipeline.stages_of(request.organization) if other != stage]
    context = {"stage": stage, "inside": inside, "others": others}
    if request.method != "POST":
        return show(request, template, **context)
    try:
        to = wanted(request, request.POST.get("stage", ""))
        moved = stage_editing.remove(stage, request.member, to)
    except Invalid as problem:
        return refused(request, template, problem, **context)
    went = f" {counted(moved, 'contact')} moved to {named(to)}." if moved else ""
    return done(request, f"{named(stage)} is deleted.{went}", to=HERE, changed="stage contact")


def _found(request: Visit, id: str) -> Stage:
    stage: Stage = find(Stage.objects.filter(organization=request.organization), id)
    return stage


def _typed(request: Visit) -> dict[str, Any]:
    return {name: request.POST.get(name, "").strip() for name in ("name", "cadenceDays")}
