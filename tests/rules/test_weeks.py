"""The hours of a week: as they are typed, stored, joined and told."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relance.rules.weeks import DAY_KEYS, Week
from tests.rules.typed_weeks import weeks

parsed_weeks = weeks.map(Week.parse)


def covers(week: Week, weekday: int, minute: int) -> bool:
    return any(start <= minute < end for start, end in week.days[weekday])


@settings(max_examples=150, deadline=None)
@given(parsed_weeks, parsed_weeks, st.lists(st.integers(0, 1439), min_size=30, max_size=30))
def test_the_hours_common_to_two_weeks_are_those_open_in_both(mine, theirs, minutes):
    both = mine.intersect(theirs)
    edges = {edge % 1440 for week in (mine, theirs) for spans in week.days for span in spans for edge in span}
    for weekday in range(7):
        for minute in edges.union(minutes):
            in_both = covers(mine, weekday, minute) and covers(theirs, weekday, minute)
            assert covers(both, weekday, minute) == in_both


@settings(max_examples=150, deadline=None)
@given(parsed_weeks, parsed_weeks)
def test_common_hours_do_not_depend_on_the_order_and_a_week_has_itself_in_common_with_itself(mine, theirs):
    assert mine.intersect(theirs) == theirs.intersect(mine)
    assert mine.intersect(mine) == mine
    assert mine.intersect(Week.ALWAYS) == mine


@settings(max_examples=150, deadline=None)
@given(parsed_weeks)
def test_a_week_is_read_back_as_it_was_stored(week):
    assert Week.parse(week.to_json()) == week


@settings(max_examples=100, deadline=None)
@given(weeks)
@example({day: [["00:00", "24:00"]] for day in DAY_KEYS})
def test_what_was_typed_is_what_is_stored(hours):
    assert Week.parse(hours).to_json() == hours


def test_a_missing_day_is_closed():
    assert Week.parse({"sat": [["10:00", "24:00"]]}).days == ((), (), (), (), (), ((600, 1440),), ())


def test_a_week_without_hours_is_never_open():
    assert Week.parse({}).is_never
    assert not Week.parse({"sun": [["23:59", "24:00"]]}).is_never


def test_hours_that_touch_are_in_order():
    assert Week.parse({"mon": [["09:00", "13:00"], ["13:00", "18:00"]]}).days[0] == ((540, 780), (780, 1080))


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        ({"monday": []}, "'monday' is not a day: use mon, tue, wed, thu, fri, sat, sun."),
        ({"tue": [["18:00", "09:00"]]}, "Tuesday: 18:00 to 09:00 must end later than it starts."),
        ({"tue": [["09:00", "09:00"]]}, "Tuesday: 09:00 to 09:00 must end later than it starts."),
        (
            {"wed": [["09:00", "13:00"], ["12:59", "18:00"]]},
            "Wednesday: 12:59 to 18:00 must start at 13:00 or later: write the hours in order and without overlaps.",
        ),
        (
            {"thu": [["14:00", "18:00"], ["09:00", "13:00"]]},
            "Thursday: 09:00 to 13:00 must start at 18:00 or later: write the hours in order and without overlaps.",
        ),
        (
            {"fri": [["9:00", "18:00"]]},
            "Friday: '9:00' is not a time of day: write it as HH:MM, from 00:00 to 24:00.",
        ),
        (
            {"fri": [["09:00", "24:01"]]},
            "Friday: '24:01' is not a time of day: write it as HH:MM, from 00:00 to 24:00.",
        ),
        (
            {"fri": [["09:60", "18:00"]]},
            "Friday: '09:60' is not a time of day: write it as HH:MM, from 00:00 to 24:00.",
        ),
        (
            {"fri": [["٠٩:00", "18:00"]]},
            "Friday: '٠٩:00' is not a time of day: write it as HH:MM, from 00:00 to 24:00.",
        ),
        (
            {"fri": [["09:00", "18:00h"]]},
            "Friday: '18:00h' is not a time of day: write it as HH:MM, from 00:00 to 24:00.",
        ),
        ({"fri": [[9, 18]]}, "Friday: 9 is not a time of day: write it as HH:MM, from 00:00 to 24:00."),
        ({"fri": [["24:00", "24:00"]]}, "Friday: 24:00 to 24:00 must end later than it starts."),
        ({"sat": "09:00"}, 'Saturday: write the hours as a list such as [["09:00", "18:00"]].'),
        ({"sat": None}, 'Saturday: write the hours as a list such as [["09:00", "18:00"]].'),
        ({"sun": ["09:00-18:00"]}, 'Sunday: each opening is a start and an end, such as ["09:00", "18:00"].'),
        ({"sun": [["09:00"]]}, 'Sunday: each opening is a start and an end, such as ["09:00", "18:00"].'),
        ([], 'The hours of a week look like {"mon": [["09:00", "18:00"]]}.'),
    ],
)
def test_bad_hours_are_refused_with_the_day_and_what_would_be_right(stored, sentence):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        Week.parse(stored)
    assert str(refusal.value) == sentence


def test_a_week_has_seven_days():
    with pytest.raises(ValueError, match="seven days, not 1"):
        Week(((),))


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({day: [["09:00", "18:00"]] for day in DAY_KEYS[:6]}, "9:00–18:00 Mon–Sat"),
        (
            {day: [["10:00", "13:00"], ["14:00", "20:00"]] for day in DAY_KEYS[:5]},
            "10:00–13:00 and 14:00–20:00 Mon–Fri",
        ),
        ({day: [["08:05", "20:00"]] for day in DAY_KEYS}, "8:05–20:00"),
        ({day: [["09:00", "12:00"]] for day in ("mon", "tue", "fri")}, "9:00–12:00 Mon–Tue, Fri"),
        (
            {**{day: [["09:00", "21:00"]] for day in DAY_KEYS[:6]}, "sun": [["12:00", "21:00"]]},
            "9:00–21:00 Mon–Sat; 12:00–21:00 Sun",
        ),
        ({day: [["00:00", "24:00"]] for day in DAY_KEYS}, "at any time"),
        ({"sun": [["00:00", "24:00"]]}, "0:00–24:00 Sun"),
        ({}, "never"),
    ],
)
def test_a_week_is_described_in_a_few_words(stored, words):
    assert Week.parse(stored).describe() == words
