"""Settings: of the member, and for admins of the organization. One module a page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect

from relance.web.access import Visit, page


@page
def index(request: Visit) -> HttpResponse:
    """The first of the settings that everybody has."""
    return redirect("/settings/profile")
