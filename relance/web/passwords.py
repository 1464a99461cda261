"""A password that was forgotten: asking for a link, and setting a new one by it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from relance.models import Invalid, Member, passwords, throttle
from relance.web import entering, mails
from relance.web.answers import MISSING, TOO_MANY, UNPROCESSABLE, field_errors


@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer is the same whether the address is known or not."""
    context: dict[str, object] = {"by_mail": settings.MAIL_CONFIGURED}
    if request.method == "GET" or not settings.MAIL_CONFIGURED:
        return render(request, "sign_in/forgotten.html", context)
    email = request.POST.get("email", "").replace("\0", "").strip().lower()[:254]
    try:
        throttle.take((throttle.BY_CLIENT, entering.client(request)))
    except throttle.TooManyTries as problem:
        context |= {"email": email, "errors": {"email": str(problem)}}
        return render(request, "sign_in/forgotten.html", context, status=TOO_MANY)
    _mail(email)
    return render(request, "sign_in/forgotten.html", context | {"sent_to": email})


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, token: str) -> HttpResponse:
    """Set a new password by a link; then one signs in with it."""
    member = passwords.of_token(token)
    if member is None:
        return render(request, "sign_in/link_over.html", status=MISSING)
    context: dict[str, object] = {"email": member.email}
    if request.method == "GET":
        return render(request, "sign_in/new_password.html", context)
    try:
        passwords.change(member, request.POST.get("password", ""))
    except Invalid as problem:
        context["errors"] = field_errors(problem)
        return render(request, "sign_in/new_password.html", context, status=UNPROCESSABLE)
    return redirect("/sign-in?set")


def _mail(email: str) -> None:
    try:
        throttle.take((throttle.BY_FORGETTING, email))
    except throttle.TooManyTries:
        return  # nobody's mailbox is filled, and nobody is told whether there is one
    member = Member.objects.filter(email__iexact=email, is_active=True).first()
    if member is not None:
        mails.send_reset(member, passwords.reset_link(member))
