"""Inviting people to become members."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from relance.models import Conflict, Invalid, Invitation, Role, invitations
from relance.web import mails
from relance.web.access import Visit, admin_page, find
from relance.web.answers import conflict, done, refused, show
from relance.web.settings.members import HERE, ROLES


@require_http_methods(["GET", "POST"])
@admin_page
def invite(request: Visit) -> HttpResponse:
    """Invite somebody; the link is mailed where mail is set up, and shown once."""
    template, context = "settings/invite.html", {"roles": ROLES, "by_mail": settings.MAIL_CONFIGURED}
    if request.method == "GET":
        return show(request, template, role=Role.AGENT, **context)
    email, role = request.POST.get("email", ""), request.POST.get("role", "")
    try:
        invitation, link = invitations.invite(request.member, email, role)
    except Invalid as problem:
        return refused(request, template, problem, email=email, role=role, **context)
    return _made(request, invitation, link)


@require_http_methods(["GET", "POST"])
@admin_page
def renew(request: Visit, id: str) -> HttpResponse:
    """Another link for somebody who is invited."""
    invitation, template = find(request.organization.invitations.pending(), id), "settings/renew_invitation.html"
    if request.method == "GET":
        return show(request, template, invitation=invitation, by_mail=settings.MAIL_CONFIGURED)
    try:
        link = invitations.renew(invitation, request.member)
    except Conflict as problem:
        return conflict(request, problem, to=HERE, changed="member")
    return _made(request, invitation, link)


@require_http_methods(["GET", "POST"])
@admin_page
def revoke(request: Visit, id: str) -> HttpResponse:
    """End an invitation."""
    invitation, template = find(request.organization.invitations.pending(), id), "settings/revoke_invitation.html"
    if request.method == "GET":
        return show(request, template, invitation=invitation)
    try:
        invitations.revoke(invitation)
    except Conflict as problem:
        return conflict(request, problem, to=HERE, changed="member")
    return done(request, f"The invitation of {invitation.email} is revoked.", to=HERE, changed="member")


def _made(request: Visit, invitation: Invitation, link: str) -> HttpResponse:
    invitation.invited_by = request.member
    mailed = mails.send_invitation(invitation, link)
    context = {"invitation": invitation, "link": link, "mailed": mailed, "by_mail": settings.MAIL_CONFIGURED}
    return show(request, "settings/invited.html", **context)
