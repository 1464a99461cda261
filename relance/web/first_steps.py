"""The walk of the first minutes, and what is done of it outside the pages that it leads to."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from relance.demo import first_steps as walk
from relance.models import Member
from relance.web.access import Visit, demo_page
from relance.web.answers import done, show


@require_http_methods(["GET", "POST"])
@demo_page
def first_steps(request: Visit) -> HttpResponse:
    """The steps; POST leaves them, or goes to the call log and remembers that the member went there."""
    if request.method == "GET":
        return show(request, "dashboard/first_steps.html", steps=walk.steps(request.member))
    if request.POST.get("do") == "leave":
        walk.note(request.member, walk.LEFT)
        return done(request, "", to="/", changed="clock")
    walk.note(request.member, walk.SAW_CALL_LOG)
    return redirect(_call_log(request.member))


def _call_log(member: Member) -> str:
    talk = walk.last_talk(member)
    return f"/contacts/person_{talk.contact_id}#contact-calls" if talk else "/contacts"
