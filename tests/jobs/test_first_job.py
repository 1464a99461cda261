"""The main job: a list of institutions comes in, one request schedules a call to each, and each is called once, in
its own hours. On a list of the tests' own making, and on the real one where RELANCE_CONTACTS_CSV names it."""

from __future__ import annotations

import csv
import os
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest

from tests.jobs import institutions
from tests.jobs.installation import started

EASTERN = ZoneInfo("America/New_York")
NINE_TO_SIX = [["09:00", "18:00"]]
AGENT = {"name": "Ava", "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat"), NINE_TO_SIX)}

# What the law leaves of 9:00 to 18:00, Monday to Saturday, written down here a second time by hand.
OPENS = defaultdict(lambda: time(9), KY=time(10))
CLOSED_ON_HOLIDAYS = {"AL", "LA"}


def real_list() -> list[Path]:
    named = os.environ.get("RELANCE_CONTACTS_CSV")
    return [Path(named).resolve()] if named else []


def next_saturday() -> datetime:
    """10:30 Eastern on a Saturday that is no holiday next to one, at least a day ahead."""
    day = datetime.now(EASTERN).date() + timedelta(days=2)
    while day.weekday() != 5 or any(_holiday("AL", day + timedelta(days=d)) for d in (0, 1, 2, 3)):
        day += timedelta(days=1)
    return datetime.combine(day, time(10, 30), EASTERN)


def _holiday(state: str, day: date) -> bool:
    return day in holidays.country_holidays("US", subdiv=state)


@pytest.fixture(params=["the tests' own", *real_list()], ids=str)
def contacts_csv(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if isinstance(request.param, Path):
        copy = tmp_path / request.param.name  # rejected rows are written beside the file
        copy.write_bytes(request.param.read_bytes())
        return copy
    path = tmp_path / "institutions.csv"
    institutions.write_csv(path)
    return path


@pytest.mark.timeout(300)
def test_everybody_on_the_list_is_called_once_in_their_own_hours(contacts_csv: Path, tmp_path: Path) -> None:
    with contacts_csv.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with started(tmp_path / "data") as instance:
        said = instance.relance("import", "contacts", str(contacts_csv), "--member", "owner@example.com")
        assert f"{len(rows):,} created" in said
        at = next_saturday()
        people = {person["id"]: person for person in instance.all("/contacts")}
        assert len(people) == len(rows)
        assert Counter(p["region"] for p in people.values()) == Counter(row["State"] for row in rows)

        wanted = {"filter": {}, "type": "call", "scheduledAt": at.isoformat(), "maxAttempts": 1}
        wanted["agentId"] = instance.call("POST", "/agents", AGENT)["id"]
        promised = instance.call("POST", "/follow-ups/bulk", wanted | {"dryRun": True})
        made = instance.call("POST", "/follow-ups/bulk", wanted)
        assert promised["total"] == promised["now"] + promised["waiting"] + promised["stopped"] == len(rows)
        assert len(made["created"]) + len(made["skipped"]) == len(rows)
        assert len(made["skipped"]) == promised["stopped"]

        instance.relance("clock", "--to", (at + timedelta(days=3)).astimezone(UTC).isoformat())
        calls = instance.all("/calls")
        assert Counter(c["contactId"] for c in calls) == {c["contactId"]: 1 for c in made["created"]}
        assert {f["status"] for f in instance.all("/follow-ups")} == {"completed"}
        assert_each_in_their_own_hours(calls, people, at)
        assert_as_promised(calls, people, promised)


def assert_each_in_their_own_hours(calls: list[dict[str, Any]], people: dict[str, Any], at: datetime) -> None:
    for call in calls:
        person, started_at = people[call["contactId"]], datetime.fromisoformat(call["startedAt"])
        assert at <= started_at
        assert person["zones"], person
        for zone in person["zones"]:
            local = started_at.astimezone(ZoneInfo(zone))
            assert local.weekday() < 6, (person, local)
            assert OPENS[person["region"]] <= local.time() < time(18), (person, local)
            if person["region"] in CLOSED_ON_HOLIDAYS:
                assert not _holiday(person["region"], local.date())


def assert_as_promised(calls: list[dict[str, Any]], people: dict[str, Any], promised: dict[str, Any]) -> None:
    """The dry run's numbers and times, by region, are what then happened."""
    happened: dict[str, list[datetime]] = defaultdict(list)
    for call in calls:
        happened[people[call["contactId"]]["region"]].append(datetime.fromisoformat(call["startedAt"]))
    for region in promised["byRegion"]:
        times = sorted(happened.pop(region["region"]))
        assert len(times) == region["now"] + region["waiting"]
        for said, did in ((region["firstAt"], times[0]), (region["lastAt"], times[-1])):
            late = did - datetime.fromisoformat(said)
            assert timedelta() <= late < timedelta(minutes=1), region
    assert not happened


@pytest.mark.django_db
def test_the_list_of_the_tests_own_making_lies_where_the_tests_know_it_to_lie(tmp_path: Path) -> None:
    from relance.rules import phones, places

    for state, area, code, zone in institutions.places():
        number = phones.parse(f"({area}) 555-0100", "US")
        found = places.infer(
            own_zone="", country="US", region=state, postal_code=code, phone=number, organization_zone="UTC"
        )
        assert found.region == state
        assert places.distinct((*found.zones, zone)) == found.zones, (state, found.zones, zone)
