"""The entries of the sidebar alone, as every page fetches them anew: cheap, however much stands on the page."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from relance.web import frame
from relance.web.access import Visit, page
from relance.web.answers import show

LONGEST = 200


@require_safe
@page
def places(request: Visit) -> HttpResponse:
    """The entries on the page whose path is `at`."""
    at = request.GET.get("at", "")[:LONGEST]
    return show(request, "frame/places.html", places=frame.places(at, request.member), at=at)
