"""The members of the organization: who they are, what they may do, and letting nobody in who should not be."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from relance.models import Invalid, Member, Role, members, passwords, second_factors
from relance.web.access import Visit, admin_page, find
from relance.web.answers import done, refused, show
from relance.web.settings.confirming import once_confirmed

HERE = "/settings/members"
ROLES = {
    Role.AGENT: "Sees and works the contacts assigned to them.",
    Role.ADMIN: "Sees and does everything in the organization.",
}


@admin_page
def list_members(request: Visit) -> HttpResponse:
    """Everybody, and who is invited."""
    everybody = _mine(request).select_related("second_factor").order_by("-is_active", "name", "pk")
    invited = request.organization.invitations.pending().select_related("invited_by").order_by("-pk")
    return show(request, "settings/members.html", members=everybody, invitations=invited)


@require_http_methods(["GET", "POST"])
@admin_page
def role(request: Visit, id: str) -> HttpResponse:
    """Change what a member may do."""
    member, template = find(_mine(request), id), "settings/role.html"
    if request.method == "GET":
        return show(request, template, subject=member, roles=ROLES, role=member.role)
    wanted = request.POST.get("role", "")
    try:
        members.change_role(member, wanted)
    except Invalid as problem:
        return refused(request, template, problem, subject=member, roles=ROLES, role=wanted)
    return done(request, f"{member.name} is {_called(member)} now.", to=HERE, changed="member")


@require_http_methods(["GET", "POST"])
@admin_page
def deactivate(request: Visit, id: str) -> HttpResponse:
    """Let a member in no more, and have somebody else work their contacts."""
    member, template = find(_mine(request), id), "settings/deactivate.html"
    others = _mine(request).filter(is_active=True).exclude(pk=member.pk).order_by("name", "pk")
    context = {"subject": member, "others": others, "contacts": members.contacts_of(member)}
    if request.method == "GET":
        return show(request, template, **context)
    to = request.POST.get("handOverTo", "")
    try:
        members.deactivate(member, request.member, find(others, to) if to else None)
    except Invalid as problem:
        return refused(request, template, problem, **context, to=to)
    return done(request, f"{member.name} is deactivated.", to=HERE, changed="member contact")


@require_http_methods(["GET", "POST"])
@admin_page
def reactivate(request: Visit, id: str) -> HttpResponse:
    """Let a member in again."""
    member = find(_mine(request), id)
    if request.method == "GET":
        return show(request, "settings/reactivate.html", subject=member)
    members.reactivate(member)
    return done(request, f"{member.name} can sign in again.", to=HERE, changed="member")


@sensitive_post_parameters("current")
@require_http_methods(["GET", "POST"])
@admin_page
def password_link(request: Visit, id: str) -> HttpResponse:
    """Make a link by which a member can set a new password, to be handed over."""
    member = find(_mine(request).filter(is_active=True), id)

    def make() -> HttpResponse:
        return show(request, "settings/password_link_made.html", subject=member, link=passwords.reset_link(member))

    return once_confirmed(request, "settings/password_link.html", make, subject=member)


@sensitive_post_parameters("current")
@require_http_methods(["GET", "POST"])
@admin_page
def second_factor(request: Visit, id: str) -> HttpResponse:
    """Remove the second factor of a member who lost it."""
    member = find(_mine(request), id)

    def remove() -> HttpResponse:
        second_factors.remove(member)
        return done(request, f"{member.name} is asked for no code any more.", to=HERE, changed="member")

    return once_confirmed(request, "settings/remove_second_factor.html", remove, subject=member)


def _mine(request: Visit) -> Any:
    return Member.objects.filter(organization=request.organization)


def _called(member: Member) -> str:
    return "an admin" if member.is_admin else "an agent"
