"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from relance.demo.cast import HOUSES, PASSWORD
from relance.models import Member, passwords, throttle
from relance.web import entering
from relance.web.answers import TOO_MANY, UNPROCESSABLE

REFUSED = "This address and password do not go together. Check both, or set a new password."


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form, and signing in with it."""
    if request.method == "POST":
        return _try(request)
    if isinstance(request.user, Member):
        return redirect(entering.wanted(request))
    return render(request, "sign_in/sign_in.html", _form())


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("/sign-in")


def _turn(email: str, client: str) -> throttle.Turn:
    """Each client's tries are counted apart: nobody locks an address for those who know its password."""
    by_both = (throttle.BY_ADDRESS_AND_CLIENT, (email, client))
    return throttle.take(by_both, (throttle.BY_CLIENT, client), (throttle.BY_ADDRESS, email))


def _try(request: HttpRequest) -> HttpResponse:
    email = request.POST.get("email", "").replace("\0", "").strip()[:254]
    password = request.POST.get("password", "")[: passwords.LONGEST]
    try:
        turn = _turn(email.lower(), entering.client(request))
    except throttle.TooManyTries as problem:
        return _again(request, email, str(problem), TOO_MANY)
    member = authenticate(request, username=email, password=password)
    if not isinstance(member, Member):
        return _again(request, email, REFUSED, UNPROCESSABLE)
    turn.was_right()
    return entering.enter(request, member, entering.wanted(request))


def _again(request: HttpRequest, email: str, sentence: str, status: int) -> HttpResponse:
    context = _form() | {"refusal": sentence, "email": email}
    return render(request, "sign_in/sign_in.html", context, status=status)


def _form() -> dict[str, Any]:
    """On a demo instance, also those of its cast who are there: each signs in with one press."""
    if not settings.DEMO:
        return {}
    cast = [email for house in HOUSES for _, email, _ in house.members]
    there = Member.objects.filter(email__in=cast, is_active=True)
    members = sorted(there, key=lambda member: cast.index(member.email))
    return {"demo_members": members, "demo_password": PASSWORD}
