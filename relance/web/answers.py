"""What a page's request is answered with: a page or a part of it, and what the page is told besides.

A dialog has an address of its own. Asked for by htmx it comes as a dialog, opened over the page; opened as any other
address it is a page with the same form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from relance.models import Conflict, Invalid
from relance.web.access import Visit

MISSING = 404
CONFLICT = 409
UNPROCESSABLE = 422
TOO_MANY = 429


def show(request: Visit, template: str, **context: Any) -> HttpResponse:
    """The page or part of a page that `template` makes of `context`."""
    return render(request, template, context)


def refused(request: Visit, template: str, problem: Invalid, **context: Any) -> HttpResponse:
    """The form again with what was wrong at its fields, as `errors` by field; what names no field under `""`."""
    errors: dict[str, str] = {}
    for name, sentence in problem.errors:
        errors.setdefault(name, sentence)
    return render(request, template, {**context, "errors": errors}, status=UNPROCESSABLE)


def done(request: Visit, said: str, *, to: str, changed: str = "", undo: str = "") -> HttpResponse:
    """Say that it is done. The dialog closes, what shows `changed` (as in `/api/events`) is fetched anew, and a toast
    says it, with a button that POSTs to the address `undo`. Without htmx the browser goes `to` that page."""
    if not request.htmx:
        return redirect(to)
    response = HttpResponse(status=204)
    trigger_client_event(response, "relance:done", {"said": said, "changed": changed, "undo": undo})
    return response


def conflict(request: Visit, problem: Conflict, *, to: str, changed: str) -> HttpResponse:
    """Say that somebody or something else was quicker, and fetch anew what shows `changed`."""
    if not request.htmx:
        return redirect(to)
    response = HttpResponse(str(problem), status=CONFLICT, content_type="text/plain; charset=utf-8")
    trigger_client_event(response, "relance:done", {"changed": changed})
    return response


def go(request: Visit, to: str) -> HttpResponse:
    """Send the browser to another page."""
    return HttpResponseClientRedirect(to) if request.htmx else redirect(to)


def toast(response: HttpResponse, said: str, *, bad: bool = False) -> HttpResponse:
    """Have the page show a sentence for some seconds, besides whatever `response` is."""
    return trigger_client_event(response, "relance:said", {"said": said, "bad": bad})


def field_errors(problem: Invalid) -> Mapping[str, str]:
    """What was wrong, by field."""
    return dict(reversed(problem.errors))
