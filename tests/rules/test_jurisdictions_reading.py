"""Reading the table of laws: what a row says, and what is said of a row that is not right."""

from datetime import date

import pytest

from relance.rules.jurisdictions.reading import read
from relance.rules.weeks import DAY_KEYS, Week

ROW = {
    "code": '"US-ZZ"',
    "place": '"Zenith"',
    "channels": '["call"]',
    "hours": '{ mon-fri = [["09:00", "17:00"]] }',
    "citation": '"Zen. Stat. 1"',
}


def row(**changes: str | None) -> str:
    return "[[law]]\n" + "".join(f"{key} = {value}\n" for key, value in {**ROW, **changes}.items() if value)


def test_a_row_is_one_law_for_each_channel():
    read_laws = read(row(channels='["call", "sms"]', until="2030-01-01")).laws
    assert [(law.channel, law.channels) for law in read_laws] == [
        ("call", {"call", "sms"}),
        ("sms", {"call", "sms"}),
    ]
    assert read_laws[0].week == Week.parse({day: [["09:00", "17:00"]] for day in DAY_KEYS[:5]})


def test_a_law_no_longer_holds_on_the_day_of_its_end():
    (law,) = read(row(since="2026-01-01", until="2027-01-01")).laws
    assert not law.holds_on(date(2025, 12, 31))
    assert law.holds_on(date(2026, 1, 1))
    assert law.holds_on(date(2026, 12, 31))
    assert not law.holds_on(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (row(code='"us-zz"'), "law 1 (us-zz): code must be an ISO 3166 code such as FR or US-FL."),
        (row(place=None), "law 1 (US-ZZ): place must be given, as str, not None."),
        (row(citation='" "'), "law 1 (US-ZZ): citation must not be empty."),
        (row(channels="[]"), "law 1 (US-ZZ): channels must be some of call, sms, whatsapp, each once."),
        (
            row(channels='["email"]'),
            "law 1 (US-ZZ): channels must be some of call, sms, whatsapp, each once.",
        ),
        (
            row(channels='["call", "call"]'),
            "law 1 (US-ZZ): channels must be some of call, sms, whatsapp, each once.",
        ),
        (row(hours=None), "law 1 (US-ZZ): hours or caps must be given: it forbids nothing."),
        (
            row(hours='{ mon-fri = [["09:00", "08:00"]] }'),
            "law 1 (US-ZZ): Monday: 09:00 to 08:00 must end later than it starts.",
        ),
        (
            row(hours="{ weekend = [] }"),
            "law 1 (US-ZZ): hours has 'weekend': use a day or a run of days, such as sun or mon-sat.",
        ),
        (
            row(hours="{ fri-mon = [] }"),
            "law 1 (US-ZZ): hours has 'fri-mon': a run of days goes forward from mon to sun.",
        ),
        (row(hours="{ mon-fri = [], tue = [] }"), "law 1 (US-ZZ): hours gives tue twice."),
        (
            row(since="2026-01-01T00:00:00"),
            "law 1 (US-ZZ): since must be given, as date, not datetime.datetime(2026, 1, 1, 0, 0).",
        ),
        (row(since="2026-01-01", until="2026-01-01"), "law 1 (US-ZZ): until must be later than since."),
        (row(closed_on_holidays="1"), "law 1 (US-ZZ): closed_on_holidays must be given, as bool, not 1."),
        (
            row(rest_after_refusal_days="0"),
            "law 1 (US-ZZ): rest_after_refusal_days must be 1 or more, not 0.",
        ),
        (
            row(caps='[{ most = true, hours = 1, what = "calls" }]'),
            "caps 1: most must be given, as int, not True.",
        ),
        (row(caps='[{ most = 1, what = "calls" }]'), "caps 1: hours must be given, as int, not None."),
        (row(caps='[{ most = 1, hours = 1, days = 1, what = "calls" }]'), "caps 1: unknown hours."),
        (row(hour="1"), "law 1 (US-ZZ): unknown hour."),
        (row() + row(), "US-ZZ: two rows hold for call at once: end the first by until."),
        (
            row(until="2026-01-02") + row(since="2026-01-01"),
            "US-ZZ: two rows hold for call at once: end the first by until.",
        ),
        ("laws = 1", "The table: unknown laws."),
        ("law = [1]", "law 1: must be a table of its own."),
        ('[part_of]\nPR = "usa"', "part_of: ('PR', 'usa') must be two country codes such as PR and US."),
        (
            '[[preset]]\ncode = "x"\nname = "X"',
            "preset 1 (x): rest_after_conversation_days must be given, as int, not None.",
        ),
    ],
)
def test_a_mistake_in_the_file_is_refused_with_its_row_and_what_would_be_right(text, sentence):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        read(text)
    assert str(refusal.value) == sentence


def test_one_law_may_follow_another():
    text = row(until="2026-01-01") + row(since="2026-01-01", place='"New Zenith"')
    assert [law.place for law in read(text).laws if law.holds_on(date(2026, 11, 2))] == ["New Zenith"]


def test_a_later_row_for_another_channel_is_no_contradiction():
    assert len(read(row() + row(channels='["sms"]')).laws) == 2
