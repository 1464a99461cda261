"""Days on which nobody is followed up."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from time import sleep

import pytest

from relance.rules import holidays
from relance.rules.holidays import OwnClosures, PublicHolidays, holiday_name


@pytest.mark.parametrize(
    ("country", "region", "day", "name"),
    [
        ("US", None, date(2026, 11, 26), "Thanksgiving Day"),
        ("US", "LA", date(2026, 2, 17), "Mardi Gras"),
        ("US", None, date(2026, 2, 17), None),
        ("US", "AL", date(2026, 7, 3), "Independence Day (observed)"),
        ("FR", None, date(2026, 7, 14), "National Day"),
        ("FR", None, date(2026, 4, 3), None),
        ("FR", "57", date(2026, 4, 3), "Good Friday"),
        ("PR", None, date(2026, 1, 6), "Epiphany"),
        ("CA", "QC", date(2026, 6, 24), "Saint John the Baptist Day"),
        ("US", "FL", date(2026, 11, 18), None),
    ],
)
def test_a_public_holiday_has_its_english_name_where_it_is_one(country, region, day, name):
    assert holiday_name(country, region, day) == name


def test_codes_are_read_in_any_case():
    assert holiday_name("us", "la", date(2026, 2, 17)) == "Mardi Gras"


@pytest.mark.parametrize("region", ["ZZ", "", None])
def test_an_unknown_region_has_the_holidays_of_its_country(region):
    assert holiday_name("US", region, date(2026, 12, 25)) == "Christmas Day"


@pytest.mark.parametrize("country", ["XX", "", "nowhere"])
def test_an_unknown_country_has_no_holidays(country):
    assert holiday_name(country, "FL", date(2026, 12, 25)) is None


def test_each_year_has_its_own_holidays():
    thanksgivings = {date(year, 11, day) for year in (2025, 2026, 2027) for day in range(1, 31)}
    named = {day for day in thanksgivings if holiday_name("US", None, day) == "Thanksgiving Day"}
    assert named == {date(2025, 11, 27), date(2026, 11, 26), date(2027, 11, 25)}


def test_a_year_the_library_knows_in_part_is_answered_without_its_warning():
    assert holiday_name("IN", None, date(2036, 1, 26)) == "Republic Day"


def test_two_threads_that_ask_at_once_leave_the_warning_filters_as_they_were(monkeypatch):
    def slow_library(country: str, **_: object) -> dict[date, str]:
        sleep({"X1": 0.05, "X2": 0.1}[country])
        return {}

    monkeypatch.setattr(holidays, "country_holidays", slow_library)
    filters = list(warnings.filters)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda country: holiday_name(country, None, date(2026, 1, 1)), ["X1", "X2"]))
    assert list(warnings.filters) == filters


def test_public_holidays_close_with_their_name_and_can_be_a_key():
    closures = PublicHolidays("US", "AL")
    assert closures.why_closed(date(2026, 11, 26)) == "Thanksgiving Day"
    assert closures.why_closed(date(2026, 11, 27)) is None
    assert {closures: 1}[PublicHolidays("US", "AL")] == 1
    assert closures != PublicHolidays("US")


def test_an_organization_closes_on_its_own_days_with_the_names_it_gave():
    closures = OwnClosures(frozenset({(date(2026, 8, 14), "Summer break"), (date(2026, 12, 24), "Christmas Eve")}))
    assert closures.why_closed(date(2026, 12, 24)) == "Christmas Eve"
    assert closures.why_closed(date(2026, 12, 25)) is None
    assert {closures: 1}[OwnClosures(frozenset(closures.days))] == 1


def test_a_day_closed_under_two_names_always_shows_the_same_one():
    names = [(date(2026, 8, 14), "Assumption eve"), (date(2026, 8, 14), "Summer break")]
    assert OwnClosures(frozenset(names)).why_closed(date(2026, 8, 14)) == "Assumption eve"
