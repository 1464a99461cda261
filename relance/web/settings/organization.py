"""What holds for everybody in the organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods

from relance.channels.webhook import url_problem
from relance.models import Agent, Invalid, Organization, organizations
from relance.rules import jurisdictions
from relance.web import hours
from relance.web.access import Visit, admin_page
from relance.web.answers import done, refused, show
from relance.web.settings import choices
from relance.web.settings.confirming import asks_password, confirm

HERE = "/settings/organization"
TEMPLATE = "settings/organization.html"
POLICIES = {"everybody": "Everybody", "admins": "Admins only", "nobody": "Nobody"}
TEXTS = {
    "name": "name",
    "timeZone": "time_zone",
    "country": "country",
    "region": "region",
    "overridePolicy": "override_policy",
    "senderName": "sender_name",
    "meetingLink": "meeting_link",
}
NUMBERS = {"callsPerDay": "calls_per_day", "leadDaysLeast": "lead_days_least", "leadDaysMost": "lead_days_most"}
FLAGS = {"observePublicHolidays": "observe_public_holidays", "requiresSecondFactor": "requires_second_factor"}


@require_http_methods(["GET", "POST"])
@admin_page
def organization(request: Visit) -> HttpResponse:
    """All settings but those of webhooks, in one form."""
    home = request.organization
    if request.method == "GET":
        return show(request, TEMPLATE, form=_kept(home), **_choices(home))
    typed = _typed(request.POST)
    try:
        organizations.change(home, _values(home, typed))
    except Invalid as problem:
        return refused(request, TEMPLATE, problem, form=typed, **_choices(home))
    return done(request, "The settings are saved.", to=f"{HERE}?saved", changed="organization")


@require_http_methods(["GET", "POST"])
@admin_page
def webhook(request: Visit) -> HttpResponse:
    """Where webhook follow-ups go that name no address."""
    home, template = request.organization, "settings/webhook.html"
    if request.method == "GET":
        return show(request, template, url=home.webhook_url)
    url = request.POST.get("url", "").strip()
    problem = url_problem(url, settings.WEBHOOK_ALLOW_PRIVATE) if url else None
    if problem:
        return refused(request, template, Invalid(url=problem), url=url)
    organizations.set_webhook(home, url)
    return done(request, "The webhook address is saved.", to=HERE, changed="webhook")


@require_http_methods(["GET", "POST"])
@admin_page
def secret(request: Visit) -> HttpResponse:
    """Show the signing secret."""
    template, context = "settings/secret.html", {"asks_password": asks_password(request)}
    if request.method == "GET" and context["asks_password"]:
        return show(request, template, **context)
    try:
        confirm(request)
    except Invalid as problem:
        return refused(request, template, problem, **context)
    return show(request, "settings/secret_shown.html", home=request.organization)


@require_http_methods(["GET", "POST"])
@admin_page
def rotate(request: Visit) -> HttpResponse:
    """Make a new signing secret; the one before signs too."""
    template, context = "settings/rotate.html", {"asks_password": asks_password(request)}
    if request.method == "GET":
        return show(request, template, **context)
    try:
        confirm(request)
    except Invalid as problem:
        return refused(request, template, problem, **context)
    return show(request, "settings/secret_shown.html", home=organizations.rotate_webhook_secret(request.organization))


def _choices(home: Organization) -> dict[str, Any]:
    return {
        "home": home,
        "zones": choices.zones(),
        "countries": choices.countries(),
        "policies": POLICIES,
        "agents": Agent.objects.filter(organization=home).order_by("name", "pk"),
        "presets": jurisdictions.presets(),
        "numbers": organizations.NUMBERS,
    }


def _kept(home: Organization) -> dict[str, Any]:
    """The settings by the names of the form's fields."""
    same = {**TEXTS, **NUMBERS, **FLAGS, "frequencyPresets": "frequency_presets"}
    return {field: getattr(home, name) for field, name in same.items()} | {
        "defaultAgentId": home.default_agent.public_id if home.default_agent else "",
        "hours": hours.written(home.hours),
        "closedDays": sorted(home.closed_days.items()),
    }


def _typed(post: QueryDict) -> dict[str, Any]:
    """What was typed, by the same names."""
    return (
        {field: post.get(field, "").replace("\0", "").strip() for field in (*TEXTS, *NUMBERS, "defaultAgentId")}
        | {field: field in post for field in FLAGS}
        | {
            "frequencyPresets": post.getlist("frequencyPresets"),
            "hours": hours.typed({name: str(value) for name, value in post.items()}),
            "closedDays": _rows(post),
        }
    )


def _rows(post: QueryDict) -> list[tuple[str, str]]:
    """The closed days that were filled in."""
    pairs = zip(post.getlist("closedDay"), post.getlist("closedName"), strict=False)
    stripped = ((day.strip(), " ".join(name.replace("\0", "").split())) for day, name in pairs)
    return [(day, name) for day, name in stripped if day or name]


def _values(home: Organization, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What to change, by attribute. Raises `Invalid` for what cannot even be read."""
    errors = [("closedDays", f"Choose the day of “{name}”.") for day, name in typed["closedDays"] if not day]
    agents = Agent.objects.filter(organization=home)
    agent = agents.filter(pk=Agent.key_of(typed["defaultAgentId"]) or 0).first()
    if typed["defaultAgentId"] and agent is None:
        errors.append(("defaultAgentId", "Choose an agent of the list."))
    try:
        week = hours.read(typed["hours"])
    except hours.Unreadable as problem:
        errors.append(("hours", str(problem)))
    if errors:
        raise Invalid(errors)
    return (
        {name: typed[field] for field, name in {**TEXTS, **FLAGS}.items()}
        | {name: _whole(typed[field]) for field, name in NUMBERS.items()}
        | {"frequency_presets": typed["frequencyPresets"], "hours": week, "default_agent": agent}
        | {"closed_days": {day: name or "Closed" for day, name in typed["closedDays"]}}
    )


def _whole(text: str) -> int | str:
    """The number; a text that is none as it is, for the check to refuse."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else text
