"""Accepting an invitation: the link leads here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from relance.models import Conflict, Invalid, invitations
from relance.web import entering
from relance.web.answers import MISSING, UNPROCESSABLE, field_errors


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a name and a password, and be signed in."""
    held = invitations.of_token(token)
    if held is None:
        return render(request, "sign_in/invitation_over.html", status=MISSING)
    context: dict[str, object] = {"invitation": held}
    if request.method == "GET":
        return render(request, "sign_in/invitation.html", context)
    name = request.POST.get("name", "")
    try:
        member = invitations.accept(token, name, request.POST.get("password", ""))
    except Invalid as problem:
        context |= {"name": name, "errors": field_errors(problem)}
        return render(request, "sign_in/invitation.html", context, status=UNPROCESSABLE)
    except Conflict:
        return render(request, "sign_in/invitation_over.html", status=MISSING)
    return entering.enter(request, member)
