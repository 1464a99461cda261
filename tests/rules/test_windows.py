"""When a contact may be reached: the layers of hours, and the window they leave open.

The window is held against an oracle that knows nothing of spans, offsets or transitions: it walks from minute
to minute and reads what a clock on the wall shows.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance.rules.holidays import OwnClosures, PublicHolidays
from relance.rules.weeks import DAY_KEYS, Week
from relance.rules.windows import Closed, Layer, Window
from tests.rules.typed_weeks import weeks

MINUTE = timedelta(minutes=1)
DAYTIME = Week.every_day("08:00", "20:00")
OFFICE = Week.parse({day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in DAY_KEYS[:5]})

# Where clocks do something unusual, and the moments at which they do it.
CHANGES = {
    "Europe/Madrid": ["2026-03-29T01:00Z", "2026-10-25T01:00Z"],
    "America/New_York": ["2026-03-08T07:00Z", "2026-11-01T06:00Z"],
    "Australia/Lord_Howe": ["2026-04-04T15:00Z", "2026-10-03T15:30Z"],  # by half an hour
    "Antarctica/Troll": ["2026-03-29T01:00Z", "2026-10-25T01:00Z"],  # by two hours
    "America/St_Johns": ["2006-04-02T03:31Z", "2006-10-29T02:31Z"],  # at 00:01: autumn goes back to yesterday
    "America/Santiago": ["2026-04-05T03:00Z", "2026-09-06T04:00Z"],  # at midnight: a day without 00:00
    "Africa/Casablanca": ["2026-02-15T02:00Z", "2026-03-22T02:00Z"],  # for Ramadan
    "Pacific/Apia": ["2011-12-30T10:00Z", "2011-09-24T14:00Z"],  # 30 December 2011 never was
    "Pacific/Kiritimati": ["1994-12-31T10:00Z", "2026-01-01T00:00Z"],  # nor 31 December 1994
    "America/Noronha": ["2000-10-08T02:00Z", "2000-10-15T01:00Z"],  # there and back in a week
    "Pacific/Guam": ["2026-01-01T00:00Z"],
    "Asia/Kathmandu": ["2026-01-01T00:00Z"],
    "UTC": ["2024-02-29T00:00Z"],
}


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone), fold=fold)


def opening(window: Window, moment: datetime) -> datetime:
    found = window.next_opening(moment)
    assert found is not None
    return found


# --- the oracle ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A window, and the plain data it was made of."""

    zones: tuple[str, ...]
    hours: tuple[dict[str, list[list[str]]], ...]
    closures: tuple[frozenset[date], ...]

    @property
    def window(self) -> Window:
        layers = (
            Layer(f"layer {n}", Week.parse(hours), "", OwnClosures(frozenset((day, "Feast") for day in days)))
            for n, (hours, days) in enumerate(zip(self.hours, self.closures, strict=True))
        )
        return Window(self.zones, tuple(layers))

    def shows_open(self, moment: datetime) -> bool:
        for zone in self.zones:
            wall = moment.astimezone(ZoneInfo(zone))
            clock, weekday = wall.isoformat()[11:16], DAY_KEYS[wall.weekday()]
            for hours, days in zip(self.hours, self.closures, strict=True):
                if wall.date() in days or not any(a <= clock < b for a, b in hours[weekday]):
                    return False
        return True

    def first_open_minute(self, moment: datetime, within: timedelta) -> datetime | None:
        minute, end = moment, moment + within
        while minute < end:
            if self.shows_open(minute):
                return minute
            minute = minute.replace(second=0, microsecond=0) + MINUTE
        return None


open_weeks = st.just({day: [["00:00", "24:00"]] for day in DAY_KEYS})
zones = st.sampled_from(sorted(CHANGES))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Case, datetime]:
    """A window in up to two zones, and a moment within some hours of a change of the first one's clocks."""
    first = draw(zones)
    change = at(draw(st.sampled_from(CHANGES[first])))
    moment = change + draw(st.timedeltas(timedelta(hours=-30), timedelta(hours=30)) | st.just(timedelta()))
    days = st.frozensets(st.integers(-2, 3).map(lambda n: change.date() + timedelta(days=n)), max_size=3)
    hours = draw(st.lists(weeks | open_weeks, min_size=1, max_size=2))
    others = draw(st.lists(zones, max_size=1))
    return Case((first, *others), tuple(hours), tuple(draw(days) for _ in hours)), moment


# --- what must hold of every window -------------------------------------------------------------------------


@settings(max_examples=350, deadline=None)
@given(cases())
def test_the_next_opening_is_the_earliest_open_moment_and_none_only_where_there_is_none(given_case):
    case, moment = given_case
    within = timedelta(hours=40)

    found = case.window.next_opening(moment, within)

    assert found == case.first_open_minute(moment, within)
    assert found is None or (found >= moment and case.window.is_open(found))


@settings(max_examples=25, deadline=None)
@given(cases())
def test_the_next_opening_is_found_days_ahead_too(given_case):
    case, moment = given_case
    rare = Case(case.zones, tuple({**hours, "tue": [], "thu": [], "sat": []} for hours in case.hours), case.closures)
    within = timedelta(days=9)
    assert rare.window.next_opening(moment, within) == rare.first_open_minute(moment, within)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_a_moment_is_open_when_every_clock_on_the_wall_shows_open_hours(given_case):
    case, moment = given_case
    for minutes in range(0, 600, 7):
        later = moment + minutes * MINUTE
        assert case.window.is_open(later) == case.shows_open(later)


@settings(max_examples=200, deadline=None)
@given(cases())
def test_what_closes_a_moment_is_named_exactly_when_it_is_closed(given_case):
    case, moment = given_case
    window = case.window
    closed = window.closed_by(moment)

    assert (closed is None) == window.is_open(moment)
    if closed is not None:
        assert closed.layer in window.layers
        assert closed.zone in window.zones
        # In UTC, as to Python a repeated hour equals nothing in another zone.
        assert closed.local.astimezone(UTC) == moment
        assert not Window((closed.zone,), (closed.layer,)).is_open(moment)
        assert (closed.holiday is not None) == (closed.local.date() in case.closures[window.layers.index(closed.layer)])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["Europe/Madrid", "Asia/Kathmandu", "Pacific/Guam"]), weeks, st.integers(0, 20000))
def test_with_any_open_hour_in_the_week_and_no_closures_there_is_an_opening_within_eight_days(zone, hours, minutes):
    week, moment = Week.parse(hours), at("2026-11-01T00:00Z") + minutes * MINUTE
    found = Window((zone,), (Layer("hours", week),)).next_opening(moment)
    assert (found is None) == week.is_never
    assert found is None or found - moment < timedelta(days=8)


# --- what must hold of a few windows that people know -------------------------------------------------------


def daytime(zone: str, *, week: Week = DAYTIME) -> Window:
    return Window((zone,), (Layer("Agent", week),))


def test_hours_begin_with_their_first_minute_and_end_before_their_last():
    window = daytime("Europe/Madrid")
    assert not window.is_open(at("2026-11-18T07:59:59.999999", "Europe/Madrid"))
    assert window.is_open(at("2026-11-18T08:00", "Europe/Madrid"))
    assert window.is_open(at("2026-11-18T19:59:59.999999", "Europe/Madrid"))
    assert not window.is_open(at("2026-11-18T20:00", "Europe/Madrid"))


def test_an_open_moment_is_its_own_next_opening_to_the_microsecond_and_in_utc():
    moment = at("2026-11-18T10:30:15.000123", "Europe/Madrid")
    found = opening(daytime("Europe/Madrid"), moment)
    assert found == moment
    assert found.tzinfo is UTC


def test_the_break_at_midday_ends_when_the_afternoon_begins():
    assert opening(daytime("Europe/Paris", week=OFFICE), at("2026-11-18T13:00:30", "Europe/Paris")) == at(
        "2026-11-18T14:00", "Europe/Paris"
    )


def test_friday_evening_waits_for_monday_morning():
    assert opening(daytime("Asia/Kathmandu", week=OFFICE), at("2026-11-20T18:00", "Asia/Kathmandu")) == at(
        "2026-11-23T09:00", "Asia/Kathmandu"
    )


def test_a_span_that_begins_in_the_hour_that_is_skipped_opens_when_the_gap_ends():
    window = daytime("Europe/Madrid", week=Week.every_day("02:30", "04:00"))
    assert opening(window, at("2026-03-29T00:00", "Europe/Madrid")) == at("2026-03-29T03:00", "Europe/Madrid")


def test_a_span_that_lies_wholly_in_the_skipped_hour_is_closed_that_day():
    window = daytime("Europe/Madrid", week=Week.every_day("02:10", "02:50"))
    assert opening(window, at("2026-03-29T00:00", "Europe/Madrid")) == at("2026-03-30T02:10", "Europe/Madrid")


def test_a_moment_written_in_the_skipped_hour_is_the_real_moment_it_stands_for():
    window = daytime("Europe/Madrid", week=Week.every_day("02:10", "02:50"))
    never_was = at("2026-03-29T02:30", "Europe/Madrid")
    assert not window.is_open(never_was)
    assert opening(window, never_was) == at("2026-03-30T02:10", "Europe/Madrid")


def test_both_passes_of_a_repeated_hour_are_open():
    window = daytime("Europe/Madrid", week=Week.every_day("02:00", "02:30"))
    first, second = (at("2026-10-25T02:00", "Europe/Madrid", fold).astimezone(UTC) for fold in (0, 1))
    assert opening(window, first) == first
    assert opening(window, first + 30 * MINUTE) == second
    assert second - first == timedelta(hours=1)


def test_half_past_one_is_passed_twice_by_half_an_hour_on_lord_howe():
    window = daytime("Australia/Lord_Howe", week=Week.every_day("01:30", "01:45"))
    first = at("2026-04-04T14:30Z")
    assert opening(window, first) == first
    assert opening(window, first + 15 * MINUTE) == at("2026-04-04T15:00Z")


def test_a_clock_that_goes_back_over_midnight_opens_yesterdays_last_hour_again():
    window = daytime("America/St_Johns", week=Week.every_day("23:30", "24:00"))
    assert opening(window, at("2006-10-29T02:30Z")) == at("2006-10-29T03:00Z")


def test_clocks_that_change_there_and_back_within_a_week_are_followed_both_times():
    window = daytime("America/Noronha", week=Week.every_day("23:00", "23:30"))
    assert opening(window, at("2000-10-15T00:45Z")) == at("2000-10-15T01:00Z")


def test_a_day_the_zone_left_out_is_passed_over():
    fridays = Week.parse({"fri": [["09:00", "17:00"]]})
    assert opening(daytime("Pacific/Apia", week=fridays), at("2011-12-29T12:00", "Pacific/Apia")) == at(
        "2012-01-06T09:00", "Pacific/Apia"
    )


def test_of_several_zones_all_must_be_open():
    coast_to_coast = Window(("America/New_York", "America/Los_Angeles"), (Layer("Agent", DAYTIME),))
    assert opening(coast_to_coast, at("2026-11-18T09:00", "America/New_York")) == at(
        "2026-11-18T08:00", "America/Los_Angeles"
    )
    assert not coast_to_coast.is_open(at("2026-11-18T17:30", "America/Los_Angeles"))


def test_zones_whose_days_never_meet_have_no_opening():
    apart = Window(("Asia/Tokyo", "America/Sao_Paulo"), (Layer("Agent", Week.every_day("09:00", "18:00")),))
    assert apart.next_opening(at("2026-11-18T12:00Z")) is None


def test_zones_that_meet_only_after_the_clocks_change_open_then():
    # Nine in New York is three in Madrid, but two in the weeks between the two zones' changes.
    window = Window(
        ("America/New_York", "Europe/Madrid"),
        (Layer("Agent", Week.every_day("09:00", "14:30")),),
    )
    assert opening(window, at("2026-11-18T12:00Z")) == at("2027-03-14T13:00Z")


def test_a_holiday_closes_the_whole_local_day_and_gives_its_name():
    agent, law = (
        Layer("Agent", DAYTIME),
        Layer("Alabama", DAYTIME, "Ala. Admin. Code", PublicHolidays("US", "AL")),
    )
    window = Window(("America/Chicago",), (agent, law))
    thanksgiving = at("2026-11-26T10:00", "America/Chicago")

    closed = window.closed_by(thanksgiving)

    assert closed == Closed(law, "America/Chicago", thanksgiving, "Thanksgiving Day")
    assert closed.local.isoformat() == "2026-11-26T10:00:00-06:00"
    assert closed.reason == "Thanksgiving Day"
    assert opening(window, thanksgiving) == at("2026-11-27T08:00", "America/Chicago")


def test_a_holiday_is_named_even_at_an_hour_that_is_closed_anyway():
    window = Window(("America/Chicago",), (Layer("Alabama", DAYTIME, "", PublicHolidays("US", "AL")),))
    closed = window.closed_by(at("2026-11-26T23:00", "America/Chicago"))
    assert closed is not None
    assert closed.reason == "Thanksgiving Day"


def test_a_year_of_closures_leaves_no_opening_and_the_day_after_them_does():
    first = date(2026, 1, 1)
    days = frozenset((first + timedelta(days=n), "Sabbatical") for n in range(390))
    window = Window(("UTC",), (Layer("Organization", DAYTIME, "", OwnClosures(days)),))
    assert window.next_opening(at("2026-01-01T00:00Z"), timedelta(days=390)) is None
    assert window.next_opening(at("2026-01-01T00:00Z")) == at("2027-01-26T08:00Z")


def test_the_first_layer_in_the_first_zone_that_closes_a_moment_is_named_with_its_hours():
    agent, organization = Layer("Agent", Week.every_day("00:00", "24:00")), Layer("Organization", OFFICE)
    window = Window(("Europe/Madrid", "Asia/Kathmandu"), (agent, organization, Layer("Law", DAYTIME)))
    closed = window.closed_by(at("2026-11-18T22:00", "Asia/Kathmandu"))
    assert closed is not None
    assert (closed.layer, closed.zone) == (organization, "Asia/Kathmandu")
    assert closed.reason == "outside 9:00–13:00 and 14:00–18:00 Mon–Fri"


def test_a_layer_without_hours_says_so():
    closed = daytime("UTC", week=Week.parse({})).closed_by(at("2026-11-18T12:00Z"))
    assert closed is not None
    assert closed.reason == "no open hours"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../Europe/Madrid", "America"])
def test_an_unknown_zone_is_refused_with_an_example(zone):
    with pytest.raises(ValueError, match=r"Unknown time zone .*Europe/Madrid"):
        Window((zone,), ())


def test_a_window_without_zones_is_refused():
    with pytest.raises(ValueError, match="at least one time zone"):
        Window((), (Layer("Agent", DAYTIME),))


@pytest.mark.parametrize("ask", [Window.is_open, Window.closed_by, Window.next_opening])
def test_a_moment_without_zone_is_refused(ask):
    with pytest.raises(ValueError, match="aware"):
        ask(daytime("UTC"), datetime(2026, 11, 18, 12))  # noqa: DTZ001


def test_equal_windows_are_one_key():
    one, other = (
        Window(("UTC",), (Layer("Agent", Week.every_day("08:00", "20:00"), "", PublicHolidays("US")),)) for _ in "ab"
    )
    assert {one: "cached"}[other] == "cached"
