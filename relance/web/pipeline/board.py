"""The board: a column for each stage and one for contacts without; their counts, which nobody waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from relance.models import Contact, Invalid, Stage, due, pipeline
from relance.models.contact_fields import text
from relance.models.contact_filters import ME, Which
from relance.models.paging import Part
from relance.web.access import Visit, find, page
from relance.web.answers import go, show

PATH: Final = "/pipeline"
NO_STAGE: Final = "none"
FIRST, STEP, MOST = 30, 30, 300
"""How many cards a column has at first, how many more are shown at a time, and how many at most."""


@dataclass(frozen=True, slots=True)
class Column:
    """A stage, None for those without, and the contacts that are shown in it."""

    stage: Stage | None
    part: Part[Contact]
    shown: int

    @property
    def key(self) -> str:
        """How addresses and parts of the page name it."""
        return _key(self.stage)

    @property
    def has_all(self) -> bool:
        """Whether so many are shown that no more are added."""
        return self.shown >= MOST


@require_safe
@page
def board(request: Visit) -> HttpResponse:
    """The stages in their order, each with its first contacts; or the board alone, as it is fetched anew."""
    about = _about(request)
    columns = [*pipeline.stages_of(request.organization), None]
    limits = {stage.pk if stage else None: _limit(request.GET.get(_key(stage), "")) for stage in columns}
    parts = pipeline.columns(request.member, about["which"], limits)
    about["columns"] = [Column(stage, part, len(part.rows)) for stage, part in zip(columns, parts, strict=True)]
    if {request.headers.get("HX-Target"), request.headers.get("X-Live")}.isdisjoint({"board-counts", "board"}):
        return show(request, "pipeline/pipeline.html", **about)
    response = show(request, "pipeline/board.html", **about)
    if "HX-Target" in request.headers:
        response["HX-Replace-Url"] = about["here"]
    return response


@require_safe
@page
def column(request: Visit, id: str) -> HttpResponse:
    """The next contacts of one stage; opened as an address, a board of these alone."""
    about, stage = _about(request), _stage(request, id)
    cursor, shown = request.GET.get("cursor", ""), _limit(request.GET.get("shown", ""))
    try:
        part = pipeline.further(request.member, about["which"], stage.pk if stage else None, limit=STEP, cursor=cursor)
    except Invalid:
        return go(request, PATH)
    one = Column(stage, part, shown + len(part.rows))
    if request.htmx and "X-Live" not in request.headers:
        return show(request, "pipeline/cards.html", column=one, **about)
    return show(request, "pipeline/pipeline.html", **about | {"columns": [one], "here": request.get_full_path()})


@require_safe
@page
def counts(request: Visit) -> HttpResponse:
    """How many contacts there are in each column."""
    about = _about(request)
    found = pipeline.counts(request.member, about["which"])
    columns = [*pipeline.stages_of(request.organization), None]
    numbers = [(_key(stage), found.get(stage.pk if stage else None, 0)) for stage in columns]
    return show(request, "pipeline/counts.html", numbers=numbers)


def _about(request: Visit) -> dict[str, Any]:
    """Which contacts the board is about, and how its addresses say so."""
    q, mine = text(request.GET.get("q", "")[:200], 200), request.GET.get("mine") == "1"
    said = urlencode({name: value for name, value in (("q", q), ("mine", "1" if mine else "")) if value})
    return {
        "which": Which(q=q, assigned_to=ME if mine else None),
        "q": q,
        "mine": mine,
        "said": said,
        "here": f"{PATH}?{said}" if said else PATH,
        "today": due.today_of(request.member),
    }


def _key(stage: Stage | None) -> str:
    return stage.public_id if stage else NO_STAGE


def _stage(request: Visit, id: str) -> Stage | None:
    """The stage of this column. Raises `Http404`."""
    if id == NO_STAGE:
        return None
    stage: Stage = find(Stage.objects.filter(organization=request.organization), id)
    return stage


def _limit(said: str) -> int:
    """How many cards a column shows: it is fetched anew with as many as it has."""
    given = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else FIRST
    return min(MOST, max(FIRST, given))
