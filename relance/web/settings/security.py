"""A member's password, second factor, and where they are signed in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from relance.models import Invalid, passwords, second_factors, sign_ins
from relance.web import second_factor
from relance.web.access import Visit, page
from relance.web.answers import done, refused, show
from relance.web.settings import browsers
from relance.web.settings.confirming import asks_password, check_password, confirm, once_confirmed

HERE = "/settings/security"
CODES = "settings/recovery_codes.html"


@page
def security(request: Visit) -> HttpResponse:
    """How the account is kept, and where it is open."""
    member, here = request.member, request.session.session_key
    factor = second_factors.SecondFactor.objects.filter(member=member).first()
    return show(
        request,
        "settings/security.html",
        factor=factor,
        codes_left=second_factors.recovery_codes_left(member) if factor else 0,
        required=member.organization.requires_second_factor,
        sessions=[(s, browsers.named(s.browser), s.session_key == here) for s in sign_ins.standing(member)],
    )


@sensitive_post_parameters("current", "password")
@require_http_methods(["GET", "POST"])
@page
def password(request: Visit) -> HttpResponse:
    """Change the password; it ends the member's other sessions."""
    template, key = "settings/password.html", request.session.session_key or ""
    if request.method == "GET":
        return show(request, template)
    try:
        check_password(request)
        passwords.change(request.member, request.POST.get("password", ""), session_key=key)
    except Invalid as problem:
        return refused(request, template, problem)
    update_session_auth_hash(request, request.member)
    sign_ins.moved(key, request.session.session_key or "")
    return done(request, "Your password is changed. You are signed out everywhere else.", to=HERE, changed="signIn")


@sensitive_post_parameters("current", "code")
@require_http_methods(["GET", "POST"])
@page
def device(request: Visit) -> HttpResponse:
    """Set the second factor up, or set it up on another device."""
    template = "settings/second_factor.html"
    if request.method == "GET":
        return show(request, template, **_device(request))
    try:
        confirm(request)
        codes = second_factor.turn_on(request, request.member)
    except Invalid as problem:
        return refused(request, template, problem, **_device(request))
    return show(request, CODES, codes=codes, heading="The second factor is on")


@sensitive_post_parameters("current")
@require_http_methods(["GET", "POST"])
@page
def device_off(request: Visit) -> HttpResponse:
    """Ask for the password alone from now on."""

    def turn_off() -> HttpResponse:
        second_factors.turn_off(request.member)
        return done(request, "The second factor is off.", to=HERE, changed="signIn")

    return once_confirmed(request, "settings/second_factor_off.html", turn_off)


@sensitive_post_parameters("current")
@require_http_methods(["GET", "POST"])
@page
def recovery_codes(request: Visit) -> HttpResponse:
    """Ten new codes in place of those there are."""

    def renew() -> HttpResponse:
        codes = second_factors.renew_recovery_codes(request.member)
        return show(request, CODES, codes=codes, heading="New recovery codes")

    return once_confirmed(request, "settings/new_recovery_codes.html", renew)


@require_http_methods(["GET", "POST"])
@page
def sessions(request: Visit) -> HttpResponse:
    """Sign out everywhere else."""
    if request.method == "GET":
        return show(request, "settings/sessions.html")
    sign_ins.end(request.member, but=request.session.session_key or "")
    return done(request, "You are signed out everywhere else.", to=HERE, changed="signIn")


def _device(request: Visit) -> dict[str, Any]:
    shown = second_factor.device(request, request.member)
    return {"replaces": second_factors.is_on(request.member), "asks_password": asks_password(request), **shown}
