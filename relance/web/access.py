"""Who may see a page: a member who has signed in, and what is theirs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from relance.models import Member, Organization
from relance.models.base import PublicModel

P = ParamSpec("P")
M = TypeVar("M", bound=PublicModel)


class Visit(HttpRequest):
    """A request of a member who has signed in."""

    htmx: HtmxDetails
    member: Member
    organization: Organization


Page = Callable[Concatenate[Visit, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(view: Page[P]) -> View[P]:
    """A page for whoever has signed in; anybody else is asked to, and comes back to it."""

    def visited(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        member = request.user
        if not isinstance(member, Member):
            return _to_sign_in(request)
        visit = cast(Visit, request)
        visit.member, visit.organization = member, member.organization
        return view(visit, *args, **kwargs)

    functools.update_wrapper(visited, view)
    return visited


def admin_page(view: Page[P]) -> View[P]:
    """A page for admins; to another member it is forbidden, and the page that says so names whom to ask."""

    @functools.wraps(view)
    def visited(request: Visit, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.member.is_admin:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return page(visited)


def demo_page(view: Page[P]) -> View[P]:
    """A page of demo instances; on all others it does not exist."""
    shown = page(view)

    def visited(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return shown(request, *args, **kwargs)

    functools.update_wrapper(visited, view)
    return visited


def find(rows: QuerySet[M], public_id: str) -> M:
    """The row with this public id. Raises `Http404` where there is none among `rows`: what is not the member's to see
    does not exist."""
    key = rows.model.key_of(public_id)
    found = rows.filter(pk=key).first() if key else None
    if found is None:
        raise Http404
    return found


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    htmx: HtmxDetails = cast(Visit, request).htmx
    wanted = htmx.current_url_abs_path if htmx else request.get_full_path()
    to = f"/sign-in?next={quote(wanted)}" if wanted and wanted != "/" else "/sign-in"
    return HttpResponseClientRedirect(to) if htmx else redirect(to)
