"""From a password that was right to a session: by way of the second factor, where there is one."""

from __future__ import annotations

import time

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from relance.models import Member, second_factors, sign_ins, throttle

PENDING = "entering"
SIGNED_IN_AT = "signed_in_at"
PENDING_SECONDS = 600


def enter(request: HttpRequest, member: Member, to: str = "/") -> HttpResponse:
    """Let `member` in, whose password was right, and send them on `to` where they wanted; asks for the second factor
    first, or has it set up where the organization wants one and there is none."""
    if second_factors.is_on(member):
        return _pause(request, member, to, "/sign-in/code")
    if second_factors.is_missing(member):
        return _pause(request, member, to, "/sign-in/second-factor")
    begin(request, member)
    return redirect(to)


def begin(request: HttpRequest, member: Member) -> None:
    """Begin the session of `member`, under a key that nobody knew before."""
    request.session.pop(PENDING, None)
    login(request, member)
    request.session[SIGNED_IN_AT] = int(time.time())
    browser = request.headers.get("User-Agent", "")
    sign_ins.record(member, request.session.session_key or "", browser, request.META.get("REMOTE_ADDR", ""))


def pending(request: HttpRequest) -> tuple[Member, str] | None:
    """Who has given their password and nothing more yet, and where they wanted to go; None after ten minutes, or once
    the password has changed."""
    kept = request.session.get(PENDING)
    if not kept or kept["at"] + PENDING_SECONDS < time.time():
        return None
    member = Member.objects.filter(pk=kept["member"], is_active=True).select_related("organization").first()
    if member is None or not constant_time_compare(kept["hash"], member.get_session_auth_hash()):
        return None
    return member, kept["to"]


def client(request: HttpRequest) -> str:
    """Who asks, as far as a number of tries is concerned."""
    return throttle.network(request.META.get("REMOTE_ADDR", ""))


def wanted(request: HttpRequest) -> str:
    """Where one wanted to go before signing in; only ever a page of this instance."""
    to = request.GET.get("next", "")
    return to if to.startswith("/") and url_has_allowed_host_and_scheme(to, allowed_hosts=None) else "/"


def _pause(request: HttpRequest, member: Member, to: str, where: str) -> HttpResponse:
    if request.user.is_authenticated:
        logout(request)  # else their session would go on under a key that the list of sign-ins does not know
    request.session[PENDING] = {
        "member": member.pk,
        "hash": member.get_session_auth_hash(),
        "to": to,
        "at": int(time.time()),
    }
    request.session.cycle_key()
    return redirect(where)
