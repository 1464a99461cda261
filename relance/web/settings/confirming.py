"""What could be used to take an account over needs the password again, unless it was given a moment ago."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse

from relance.models import Invalid, throttle
from relance.web.access import Visit
from relance.web.answers import refused, show
from relance.web.entering import SIGNED_IN_AT

RECENT_SECONDS = 900


def once_confirmed(request: Visit, template: str, act: Callable[[], HttpResponse], **context: Any) -> HttpResponse:
    """The dialog `template`; when it is sent, with the right password where that is asked for, what `act` does and
    answers. What either refuses is told at the fields of the dialog."""
    context["asks_password"] = asks_password(request)
    if request.method != "POST":
        return show(request, template, **context)
    try:
        confirm(request)
        return act()
    except Invalid as problem:
        return refused(request, template, problem, **context)


def asks_password(request: Visit) -> bool:
    """Whether the form needs a field for the password."""
    return float(request.session.get(SIGNED_IN_AT, 0)) + RECENT_SECONDS < time.time()


def confirm(request: Visit) -> None:
    """Raise `Invalid` where the password is asked for and was not given."""
    if asks_password(request):
        check_password(request)


def check_password(request: Visit) -> None:
    """Raise `Invalid` unless the password that was typed as `current` is the member's."""
    try:
        turn = throttle.take((throttle.BY_CONFIRMING, request.member.pk))
    except throttle.TooManyTries as problem:
        raise Invalid(current=str(problem)) from None
    if not request.member.check_password(request.POST.get("current", "")[:1000]):
        raise Invalid(current="This is not your password.")
    turn.was_right()
    request.session[SIGNED_IN_AT] = int(time.time())
