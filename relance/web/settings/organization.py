"""What holds for everybody in the organization."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods

from relance.channels.webhook import url_problem
from relance.models import Agent, Invalid, Organization, organizations
from relance.rules import jurisdictions
from relance.web import as_shown, hours
from relance.web.access import Visit, admin_page
from relance.web.answers import done, go, refused, show, toast
from relance.web.once import sent_once
from relance.web.settings import choices
from relance.web.settings.confirming import asks_password, once_confirmed

HERE = "/settings/organization"
TEMPLATE = "settings/organization.html"
POLICIES = {"everybody": "Everybody", "admins": "Admins only", "nobody": "Nobody"}
TEXTS = {
    "name": "name",
    "timeZone": "time_zone",
    "country": "country",
    "region": "region",
    "overridePolicy": "override_policy",
}
NUMBERS = {"callsPerDay": "calls_per_day", "leadDaysLeast": "lead_days_least", "leadDaysMost": "lead_days_most"}
FLAGS = {"observePublicHolidays": "observe_public_holidays", "requiresSecondFactor": "requires_second_factor"}
ADDRESS = {"country", "region"}
"""A region is one of its country: who changes either says both."""


@require_http_methods(["GET", "POST"])
@admin_page
def organization(request: Visit) -> HttpResponse:
    """All settings but those of webhooks, in one form. Only what the member changed is changed."""
    home = request.organization
    kept = _kept(home)
    was = as_shown.was(request, _written(kept))
    if request.method == "GET":
        return show(request, TEMPLATE, form=kept, was=was, **_choices(home))
    typed = _typed(request.POST)
    try:
        organizations.change(home, _values(home, typed, _changed(request, typed)))
    except Invalid as problem:
        return refused(request, TEMPLATE, problem, form=typed, was=was, **_choices(home))
    if not request.htmx:
        return go(request, f"{HERE}?saved")
    kept = _kept(home)
    answer = show(request, TEMPLATE, form=kept, was=json.dumps(_written(kept)), **_choices(home))
    return toast(answer, "The settings are saved.")


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

    def reveal() -> HttpResponse:
        return show(request, "settings/secret_shown.html", home=request.organization)

    return once_confirmed(request, "settings/secret.html", reveal) if asks_password(request) else reveal()


@require_http_methods(["GET", "POST"])
@admin_page
def rotate(request: Visit) -> HttpResponse:
    """Make a new signing secret; the one before signs too."""

    def renew() -> HttpResponse:
        home = organizations.rotate_webhook_secret(request.organization)
        return show(request, "settings/secret_shown.html", home=home)

    return once_confirmed(request, "settings/rotate.html", lambda: sent_once(request, renew))


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


def _written(form: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says, as JSON has it."""
    return {
        **form,
        **{field: str(form[field]) for field in NUMBERS},
        "hours": [day.text for day in form["hours"]],
        "closedDays": [list(row) for row in form["closedDays"]],
        "frequencyPresets": sorted(form["frequencyPresets"]),
    }


def _changed(request: Visit, typed: Mapping[str, Any]) -> set[str]:
    """The fields that the member changed."""
    changed = set(as_shown.differing(request, _written(typed)))
    return changed | (ADDRESS if changed & ADDRESS else set())


def _rows(post: QueryDict) -> list[tuple[str, str]]:
    """The closed days that were filled in."""
    pairs = zip(post.getlist("closedDay"), post.getlist("closedName"), strict=False)
    stripped = ((day.strip(), " ".join(name.replace("\0", "").split())) for day, name in pairs)
    return [(day, name) for day, name in stripped if day or name]


def _values(home: Organization, typed: Mapping[str, Any], changed: Collection[str]) -> dict[str, Any]:
    """The fields that were `changed`, by attribute. Raises `Invalid` for what cannot even be read."""
    same = {**TEXTS, **FLAGS, "frequencyPresets": "frequency_presets"}
    values: dict[str, Any] = {name: typed[field] for field, name in same.items() if field in changed}
    values |= {name: _whole(typed[field]) for field, name in NUMBERS.items() if field in changed}
    errors: list[tuple[str, str]] = []
    for field, (name, read) in READ.items():
        if field in changed:
            try:
                values[name] = read(home, typed[field])
            except Invalid as problem:
                errors += problem.errors
    if errors:
        raise Invalid(errors)
    return values


def _agent(home: Organization, id: str) -> Agent | None:
    agent = Agent.objects.filter(organization=home, pk=Agent.key_of(id) or 0).first()
    if id and agent is None:
        raise Invalid(defaultAgentId="Choose an agent of the list.")
    return agent


def _week(home: Organization, days: Sequence[hours.Day]) -> dict[str, list[list[str]]]:
    try:
        return hours.read(days)
    except hours.Unreadable as problem:
        raise Invalid(hours=str(problem)) from None


def _closed_days(home: Organization, rows: Sequence[tuple[str, str]]) -> dict[str, str]:
    if dayless := [name for day, name in rows if not day]:
        raise Invalid([("closedDays", f"Choose the day of “{name}”.") for name in dayless])
    return {day: name or "Closed" for day, name in rows}


def _whole(text: str) -> int | str:
    """The number; a text that is none as it is, for the check to refuse."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else text


READ: Mapping[str, tuple[str, Callable[[Organization, Any], Any]]] = {
    "defaultAgentId": ("default_agent", _agent),
    "hours": ("hours", _week),
    "closedDays": ("closed_days", _closed_days),
}
