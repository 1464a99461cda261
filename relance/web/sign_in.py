"""Signing in and out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from relance.demo.cast import HOUSES, PASSWORD
from relance.models import Member
from relance.web.answers import UNPROCESSABLE

REFUSED = "This address and password do not go together. Check both, or reset the password."


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form, and signing in with it."""
    if isinstance(request.user, Member):
        return redirect(_next(request))
    context: dict[str, object] = {"next": request.GET.get("next", "")}
    if settings.DEMO:
        context |= {"demo_members": [member for house in HOUSES for member in house.members], "demo_password": PASSWORD}
    if request.method == "GET":
        return render(request, "sign_in/sign_in.html", context)
    email = request.POST.get("email", "").strip()
    member = authenticate(request, username=email, password=request.POST.get("password", ""))
    if member is None:
        return render(
            request, "sign_in/sign_in.html", context | {"errors": {"": REFUSED}, "email": email}, status=UNPROCESSABLE
        )
    login(request, member)
    return redirect(_next(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("/sign-in")


def _next(request: HttpRequest) -> str:
    """Where one wanted to go; only ever a page of this instance."""
    wanted = request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"
