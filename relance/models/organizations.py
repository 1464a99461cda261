"""An organization's settings: what they may be, and changing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from relance.models import changes
from relance.models.accounts import Organization, OverridePolicy, new_webhook_secret
from relance.models.base import Invalid
from relance.models.contact_fields import check as check_address
from relance.models.contacts import Contact
from relance.rules import jurisdictions, places
from relance.rules.weeks import Week

CALLS_PER_DAY = (1, 100)
LEAD_DAYS_LEAST = (0, 365)
LEAD_DAYS_MOST = (0, 730)
MOST_CLOSED_DAYS = 400
LONGEST = {"name": 200, "region": 100, "sender_name": 100, "meeting_link": 2000}
NUMBERS = {"calls_per_day": CALLS_PER_DAY, "lead_days_least": LEAD_DAYS_LEAST, "lead_days_most": LEAD_DAYS_MOST}


def change(home: Organization, values: Mapping[str, Any]) -> None:
    """Set `values`, by attribute. Raises `Invalid` with all that is wrong, by the name that each has in the API."""
    address, errors = _address(values, home)
    if errors := [*errors, *_problems(values, home)]:
        raise Invalid(errors)
    moved = values.get("time_zone", home.time_zone) != home.time_zone
    changed = {**values, **address}
    for name, value in changed.items():
        setattr(home, name, value)
    with transaction.atomic():
        home.save(update_fields=list(changed))
        if moved:
            _move_those_of_unknown_zone(home)
        changes.announce(home.pk, "organization", [home.pk])


def set_webhook(home: Organization, url: str) -> None:
    """Where webhook follow-ups go that name no address. Whoever calls has checked it."""
    home.webhook_url = url
    home.save(update_fields=["webhook_url"])


def rotate_webhook_secret(home: Organization) -> Organization:
    """A new signing secret. The one before signs too, so that receivers can change over. Returns it as it is now."""
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=home.pk)
        locked.webhook_secret_previous = locked.webhook_secret
        locked.webhook_secret = new_webhook_secret()
        locked.save(update_fields=["webhook_secret", "webhook_secret_previous"])
    return locked


def _problems(values: Mapping[str, Any], home: Organization) -> Iterator[tuple[str, str]]:
    yield from _texts(values)
    if "time_zone" in values and (problem := places.zone_error(values["time_zone"])):
        yield "timeZone", problem
    if "hours" in values and (problem := _hours_problem(values["hours"])):
        yield "hours", problem
    yield from _closed_days(values.get("closed_days", {}))
    if values.get("override_policy", OverridePolicy.EVERYBODY) not in OverridePolicy.values:
        yield "overridePolicy", "Choose who may allow it."
    known = {preset.code for preset in jurisdictions.presets()}
    if unknown := set(values.get("frequency_presets", ())) - known:
        yield "frequencyPresets", f"Unknown: {', '.join(sorted(unknown))}. Use {', '.join(sorted(known))}."
    yield from _numbers(values, home)


def _texts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, longest in LONGEST.items():
        if len(values.get(name, "")) > longest:
            yield _field(name), f"Use at most {longest:,} characters."
    if "name" in values and not values["name"].strip():
        yield "name", "Give the organization a name."
    link = values.get("meeting_link", "")
    if link and not link.startswith(("https://", "http://")):
        yield "meetingLink", "Write the whole address, such as https://meet.example.com/maya."


def _address(values: Mapping[str, Any], home: Organization) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Country and region as they are kept, and what is wrong with them."""
    said = {name: values[name] for name in ("country", "region") if values.get(name)}
    address, problems = check_address(said, country=values.get("country", home.country))
    if "country" in values and not values["country"]:
        problems.append(("country", "Choose a country."))
    return address, problems


def _hours_problem(hours: Any) -> str:
    try:
        never = Week.parse(hours).is_never
    except ValueError as problem:
        return str(problem)
    return "Choose at least one day on which people may be reached." if never else ""


def _closed_days(days: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if len(days) > MOST_CLOSED_DAYS:
        yield "closedDays", f"Give at most {MOST_CLOSED_DAYS} days."
    for day, reason in days.items():
        if not _is_day(day):
            yield "closedDays", f"“{day}” is no day. Write it as 2026-12-24."
        elif len(reason) > 100:
            yield "closedDays", "Use at most 100 characters for each name."


def _numbers(values: Mapping[str, Any], home: Organization) -> Iterator[tuple[str, str]]:
    wrong = False
    for name, (least, most) in NUMBERS.items():
        value = values.get(name, least)
        if not isinstance(value, int) or not least <= value <= most:
            wrong = True
            yield _field(name), f"Give a whole number from {least} to {most}."
    first = values.get("lead_days_least", home.lead_days_least)
    if not wrong and first > values.get("lead_days_most", home.lead_days_most):
        yield "leadDaysLeast", "This must not be more than the latest day."


def _move_those_of_unknown_zone(home: Organization) -> None:
    """Contacts of whom nothing tells where they are count as being where the organization is."""
    unknown = Contact.objects.filter(organization=home, zone_basis="organization")
    locked = list(unknown.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    where = places.Whereabouts((home.time_zone,), "organization", "", "", "")
    Contact.objects.filter(pk__in=locked).update(zones=[home.time_zone], zone_evidence=where.sentence)


def _is_day(written: str) -> bool:
    try:
        return date.fromisoformat(written).isoformat() == written
    except ValueError:
        return False


def _field(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
