"""The secret address of a member's calendar: made, shown once, and revoked."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from relance.models import Invalid, calendar_feeds
from relance.web.access import Visit, page
from relance.web.answers import done, refused, show
from relance.web.settings.confirming import asks_password, confirm

HERE = "/settings/profile"


@sensitive_post_parameters("current")
@require_http_methods(["GET", "POST"])
@page
def renew(request: Visit) -> HttpResponse:
    """Make the address, or another in place of the one there is; it is shown once."""
    template = "settings/calendar_new.html"
    context = {"feed": calendar_feeds.of_member(request.member), "asks_password": asks_password(request)}
    if request.method == "GET":
        return show(request, template, **context)
    try:
        confirm(request)
    except Invalid as problem:
        return refused(request, template, problem, **context)
    address = calendar_feeds.renew(request.member)
    subscribing = f"webcal://{address.partition('://')[2]}"  # how calendar programs know what to do with it
    return show(request, "settings/calendar_made.html", address=address, subscribing=subscribing)


@require_http_methods(["GET", "POST"])
@page
def revoke(request: Visit) -> HttpResponse:
    """Let nobody fetch the calendar any more."""
    if request.method == "GET":
        return show(request, "settings/calendar_revoke.html")
    calendar_feeds.revoke(request.member)
    return done(request, "The address of your calendar is revoked.", to=HERE, changed="member")
