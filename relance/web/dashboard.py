"""The page one comes to: what goes out next, and on a demo instance the first steps."""

from __future__ import annotations

from django.http import HttpResponse

from relance.web.access import Visit, page
from relance.web.answers import show


@page
def dashboard(request: Visit) -> HttpResponse:
    """The dashboard of the member."""
    return show(request, "dashboard/dashboard.html")
