"""The second factor at sign-in: asking for a code, and setting a device up where the organization wants one."""

from __future__ import annotations

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from relance.models import Invalid, Member, second_factors, throttle, vault
from relance.web import entering
from relance.web.answers import TOO_MANY, UNPROCESSABLE, field_errors

NEW_SECRET = "new_second_factor"  # noqa: S105 - where in the session it is kept


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for a code after the password."""
    waiting = entering.pending(request)
    if waiting is None:
        return redirect("/sign-in")
    member, to = waiting
    if request.method == "GET":
        return render(request, "sign_in/code.html")
    try:
        check(request, member, request.POST.get("code", ""))
    except throttle.TooManyTries as problem:
        return render(request, "sign_in/code.html", {"errors": {"code": str(problem)}}, status=TOO_MANY)
    except Invalid as problem:
        return render(request, "sign_in/code.html", {"errors": field_errors(problem)}, status=UNPROCESSABLE)
    entering.begin(request, member)
    return redirect(to)


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Have a device set up before one is let in: the organization asks for it."""
    waiting = entering.pending(request)
    if waiting is None or not second_factors.is_missing(waiting[0]):
        return redirect("/sign-in")
    member, to = waiting
    if request.method == "GET":
        return render(request, "sign_in/set_up.html", device(request, member))
    try:
        codes = turn_on(request, member)
    except Invalid as problem:
        context = device(request, member) | {"errors": field_errors(problem)}
        return render(request, "sign_in/set_up.html", context, status=UNPROCESSABLE)
    entering.begin(request, member)
    return render(request, "sign_in/recovery_codes.html", {"codes": codes, "to": to})


def check(request: HttpRequest, member: Member, written: str) -> None:
    """Spend a code of `member`. Raises `Invalid` for a wrong one, and `TooManyTries`."""
    turn = throttle.take((throttle.BY_CODE, member.pk), (throttle.BY_CLIENT, entering.client(request)))
    if not second_factors.accept(member, written[:100]):
        raise Invalid(code=second_factors.WRONG)
    turn.was_right()


def device(request: HttpRequest, member: Member) -> dict[str, object]:
    """What a form to set a device up shows: the secret, the same until it is taken, as a picture and as text."""
    sealed = request.session.get(NEW_SECRET)
    if not sealed:
        sealed = request.session[NEW_SECRET] = vault.seal(second_factors.new_secret())
    secret = vault.unseal(sealed)
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {"picture": _picture(second_factors.address(member, secret)), "secret": spaced}


def turn_on(request: HttpRequest, member: Member) -> list[str]:
    """Set up the device whose secret was shown, with the first code that was typed; returns the recovery codes.
    Raises `Invalid`."""
    sealed = request.session.get(NEW_SECRET)
    if not sealed:
        raise Invalid(code="This form is too old. Scan the new picture.")
    codes = second_factors.turn_on(member, vault.unseal(sealed), request.POST.get("code", "")[:100])
    del request.session[NEW_SECRET]
    return codes


def _picture(address: str) -> SafeString:
    """As SVG, black on white whatever the theme: that is what cameras read."""
    drawn = segno.make(address, error="m").svg_inline(
        omitsize=True, border=3, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return mark_safe(drawn)  # noqa: S308 - drawn here, from squares alone
