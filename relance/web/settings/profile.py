"""What a member says of themselves, and what reaches them outside the pages: mail, and their calendar."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from relance.models import Invalid, Member, calendar_feeds, members
from relance.web.access import Visit, page
from relance.web.answers import done, refused, show
from relance.web.settings import choices

TEMPLATE = "settings/profile.html"
USUAL_TIME = "08:00"


@require_http_methods(["GET", "POST"])
@page
def profile(request: Visit) -> HttpResponse:
    """Name, time zone, language, and what is told by mail."""
    given = {
        "languages": members.LANGUAGES,
        "zones": choices.zones(),
        "by_mail": settings.MAIL_CONFIGURED,
        "feed": calendar_feeds.of_member(request.member),
    }
    if request.method == "GET":
        return show(request, TEMPLATE, form=_kept(request.member), **given)
    typed = {name: request.POST.get(name, "") for name in ("name", "timeZone", "language")}
    checked = {name: name in request.POST for name in ("notifyByEmail", "digest")}
    at = request.POST.get("digestAt", "")
    try:
        members.edit_profile(
            request.member,
            name=typed["name"],
            time_zone=typed["timeZone"],
            language=typed["language"],
            notify_by_email=checked["notifyByEmail"],
            digest_at=(at or "?") if checked["digest"] else "",
        )
    except Invalid as problem:
        return refused(request, TEMPLATE, problem, form=typed | checked | {"digestAt": at}, **given)
    return done(request, "Your profile is saved.", to="/settings/profile?saved", changed="member")


def _kept(member: Member) -> dict[str, object]:
    return {
        "name": member.name,
        "timeZone": member.time_zone,
        "language": member.language,
        "notifyByEmail": member.notify_by_email,
        "digest": member.digest_at is not None,
        "digestAt": f"{member.digest_at:%H:%M}" if member.digest_at else USUAL_TIME,
    }
