"""What the law says of calling and texting, place by place."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from relance.rules.jurisdictions import Cap, Law, laws, layer, presets
from relance.rules.weeks import DAY_KEYS, Week
from relance.rules.windows import Window

TODAY = date(2026, 11, 2)
FEDERAL = "United States: calls from 8:00 to 21:00"
WEEKDAYS, SATURDAY, SUNDAY = DAY_KEYS[:5], ("sat",), ("sun",)


def hours(*parts: tuple[tuple[str, ...], list[list[str]]]) -> Week:
    return Week.parse({day: spans for days, spans in parts for day in days})


def only(country: str, region: str | None, channel: str = "call", on: date = TODAY) -> Law:
    """The one law of the place itself."""
    found = laws(country, region, channel, on)
    assert [law.code for law in found[:-1]] == (["US"] if region else [])
    return found[-1]


# --- the table ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["call", "sms", "whatsapp"])
@pytest.mark.parametrize(
    ("country", "region", "place", "week", "cited"),
    [
        ("US", None, "United States", Week.every_day("08:00", "21:00"), "47 CFR 64.1200(c)(1)"),
        ("US", "FL", "Florida", Week.every_day("08:00", "20:00"), "Fla. Stat. 501.616(6)"),
        ("US", "OK", "Oklahoma", Week.every_day("08:00", "20:00"), "Okla. Stat."),
        ("US", "MD", "Maryland", Week.every_day("08:00", "20:00"), "Md. Code"),
        ("US", "MA", "Massachusetts", Week.every_day("08:00", "20:00"), "Mass. Gen. Laws"),
        ("US", "CT", "Connecticut", Week.every_day("09:00", "20:00"), "Conn. Gen. Stat."),
        ("US", "NV", "Nevada", Week.every_day("09:00", "20:00"), "Nev. Rev. Stat."),
        ("US", "KY", "Kentucky", Week.every_day("10:00", "21:00"), "Ky. Rev. Stat."),
        (
            "US",
            "TX",
            "Texas",
            hours((WEEKDAYS + SATURDAY, [["09:00", "21:00"]]), (SUNDAY, [["12:00", "21:00"]])),
            "Tex. Bus. & Com. Code",
        ),
        ("US", "AL", "Alabama", hours((WEEKDAYS + SATURDAY, [["08:00", "20:00"]])), "Ala. Admin. Code"),
        ("US", "LA", "Louisiana", hours((WEEKDAYS + SATURDAY, [["08:00", "20:00"]])), "La. R.S."),
        (
            "CA",
            None,
            "Canada",
            hours((WEEKDAYS, [["09:00", "21:30"]]), (SATURDAY + SUNDAY, [["10:00", "18:00"]])),
            "CRTC Unsolicited Telecommunications Rules",
        ),
        (
            "FR",
            None,
            "France",
            hours((WEEKDAYS, [["10:00", "13:00"], ["14:00", "20:00"]])),
            "Code de la consommation L223-1, D223-9",
        ),
    ],
)
def test_the_hours_of_a_place_and_where_they_are_written(country, region, place, week, cited, channel):
    law = only(country, region, channel)
    assert (law.place, law.week) == (place, week)
    assert cited in law.citation


@pytest.mark.parametrize(
    ("country", "region", "channel", "caps"),
    [
        ("US", "FL", "call", [(3, timedelta(hours=24))]),
        ("US", "OK", "call", [(3, timedelta(hours=24))]),
        ("US", "MD", "sms", [(3, timedelta(hours=24))]),
        ("US", "ME", "call", [(1, timedelta(hours=8))]),
        ("FR", None, "call", [(4, timedelta(days=30))]),
        ("US", "MA", "call", []),
        ("US", "TX", "call", []),
        ("CA", None, "call", []),
    ],
)
def test_how_often_a_place_lets_a_contact_be_tried(country, region, channel, caps):
    assert [(cap.most, cap.within) for cap in only(country, region, channel).caps] == caps


def test_only_alabama_louisiana_and_france_rest_on_holidays():
    places = [
        ("US", "AL"),
        ("US", "LA"),
        ("FR", None),
        ("US", "FL"),
        ("US", "TX"),
        ("US", None),
        ("CA", None),
    ]
    assert [only(*place).closed_on_holidays for place in places] == [
        True,
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_maine_limits_automated_calls_and_not_messages():
    assert only("US", "ME").sentence == "Maine: no more than 1 automated call in 8 hours"
    assert only("US", "ME").citation == "Me. Rev. Stat. tit. 10, § 1498(3)"
    assert [law.code for law in laws("US", "ME", "sms", TODAY)] == ["US"]


def test_france_rests_sixty_days_after_a_refusal_and_asks_for_opt_in_since_august_2026():
    france = only("FR", None)
    assert france.rest_after_refusal == timedelta(days=60)
    assert france.needs_opt_in_since == date(2026, 8, 11)
    assert only("US", "FL").rest_after_refusal is None
    assert only("US", "FL").needs_opt_in_since is None


@pytest.mark.parametrize(
    ("region", "channel", "first_day"),
    [
        ("TX", "sms", date(2025, 9, 1)),
        ("TX", "whatsapp", date(2025, 9, 1)),
        ("FL", "call", date(2021, 7, 1)),
        ("OK", "call", date(2022, 11, 1)),
        ("CT", "call", date(2023, 10, 1)),
        ("MD", "call", date(2024, 1, 1)),
    ],
)
def test_a_law_holds_from_its_first_day_on(region, channel, first_day):
    assert [law.code for law in laws("US", region, channel, first_day - timedelta(days=1))] == ["US"]
    assert only("US", region, channel, first_day).since == first_day


def test_texas_kept_calls_to_their_hours_before_it_did_texts():
    before = date(2025, 8, 31)
    assert only("US", "TX", "call", before).place == "Texas"
    assert [law.code for law in laws("US", "TX", "sms", before)] == ["US"]


def test_every_law_is_cited_and_forbids_something():
    for country, region in [("US", "FL"), ("US", "ME"), ("US", "TX"), ("CA", None), ("FR", None)]:
        for law in laws(country, region, "call", TODAY):
            assert law.citation
            assert law.week or law.caps


# --- which laws apply ---------------------------------------------------------------------------------------


def test_federal_and_state_law_apply_together_federal_first():
    assert [law.sentence for law in laws("US", "FL", "call", TODAY)] == [
        FEDERAL,
        "Florida: calls from 8:00 to 20:00",
    ]


def test_the_stricter_of_federal_and_state_law_stands():
    kentucky = [law.week for law in laws("US", "KY", "call", TODAY)]
    assert kentucky[0].intersect(kentucky[1]) == Week.every_day("10:00", "21:00")


@pytest.mark.parametrize("region", [None, "", "NY", "ZZ", "PR"])
def test_a_region_without_a_law_of_its_own_has_the_countrys(region):
    assert [law.sentence for law in laws("US", region, "call", TODAY)] == [FEDERAL]


@pytest.mark.parametrize("territory", ["PR", "GU", "VI", "AS", "MP", "UM", "pr"])
def test_federal_law_holds_in_a_territory_that_is_given_as_a_country(territory):
    assert [law.sentence for law in laws(territory, None, "call", TODAY)] == [FEDERAL]
    assert [law.sentence for law in laws(territory, territory, "call", TODAY)] == [FEDERAL]


@pytest.mark.parametrize("department", ["GF", "GP", "MQ", "RE", "YT"])
def test_french_law_holds_in_the_departments_overseas(department):
    assert [law.code for law in laws(department, None, "call", TODAY)] == ["FR"]


def test_codes_are_read_in_any_case():
    assert laws("us", "fl", "call", TODAY) == laws("US", "FL", "call", TODAY)


@pytest.mark.parametrize(("country", "region"), [("ES", "MD"), ("DE", None), ("XX", "FL"), ("", None)])
def test_elsewhere_there_is_no_law(country, region):
    assert laws(country, region, "call", TODAY) == ()


@pytest.mark.parametrize("channel", ["email", "webhook"])
def test_mail_and_webhooks_have_no_law(channel):
    assert laws("US", "FL", channel, TODAY) == ()


# --- for people ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "region", "channel", "sentence"),
    [
        ("US", "FL", "call", "Florida: calls from 8:00 to 20:00"),
        ("US", "FL", "sms", "Florida: texts from 8:00 to 20:00"),
        ("US", "FL", "whatsapp", "Florida: WhatsApp messages from 8:00 to 20:00"),
        ("US", "TX", "call", "Texas: calls from 9:00 to 21:00 Mon–Sat, and from 12:00 to 21:00 Sun"),
        ("US", "AL", "call", "Alabama: calls from 8:00 to 20:00 Mon–Sat, not on public holidays"),
        (
            "FR",
            None,
            "call",
            "France: calls from 10:00 to 13:00 and 14:00 to 20:00 Mon–Fri, not on public holidays",
        ),
    ],
)
def test_a_law_is_told_in_a_sentence(country, region, channel, sentence):
    assert only(country, region, channel).sentence == sentence


@pytest.mark.parametrize(
    ("cap", "words"),
    [
        (Cap(3, timedelta(hours=24), "calls"), "no more than 3 calls in 24 hours"),
        (Cap(4, timedelta(days=30), "calls"), "no more than 4 calls in 30 days"),
        (Cap(2, timedelta(hours=36), "calls"), "no more than 2 calls in 36 hours"),
    ],
)
def test_a_cap_is_told_in_hours_up_to_a_day_and_then_in_days(cap, words):
    assert cap.describe() == words


def test_debt_collection_is_a_preset_of_seven_calls_in_seven_days_and_seven_days_rest():
    (preset,) = presets()
    assert [(cap.most, cap.within) for cap in preset.caps] == [(7, timedelta(days=7))]
    assert preset.rest_after_conversation == timedelta(days=7)
    assert preset.citation == "12 CFR 1006.14(b)(2)"
    assert preset.sentence == (
        "US debt collection: no more than 7 calls about one debt in 7 days, none within 7 days of a conversation"
    )


# --- as hours of a window -----------------------------------------------------------------------------------


def first_call(country: str, region: str | None, zone: str, local: str) -> str:
    """When a contact there may first be called from this local time on, in their local time."""
    window = Window((zone,), tuple(layer(law) for law in laws(country, region, "call", TODAY)))
    found = window.next_opening(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))
    assert found is not None
    return found.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("country", "region", "zone", "local", "opens"),
    [
        ("US", "FL", "America/New_York", "2026-11-18T20:00", "2026-11-19 08:00"),
        ("US", "NY", "America/New_York", "2026-11-18T20:00", "2026-11-18 20:00"),
        ("US", "ME", "America/New_York", "2026-11-18T21:00", "2026-11-19 08:00"),
        ("US", "TX", "America/Chicago", "2026-11-21T21:00", "2026-11-22 12:00"),
        ("US", "LA", "America/Chicago", "2026-02-16T20:00", "2026-02-18 08:00"),  # Mardi Gras
        (
            "US",
            "AL",
            "America/Chicago",
            "2026-02-16T20:00",
            "2026-02-17 08:00",
        ),  # a holiday in Louisiana only
        ("US", "AL", "America/Chicago", "2026-11-21T20:00", "2026-11-23 08:00"),
        ("FR", None, "Europe/Paris", "2026-07-13T20:00", "2026-07-15 10:00"),
        ("FR", None, "Europe/Paris", "2026-11-18T13:00", "2026-11-18 14:00"),
        ("RE", None, "Indian/Reunion", "2026-07-13T20:00", "2026-07-15 10:00"),
        ("CA", "QC", "America/Toronto", "2026-11-21T18:00", "2026-11-22 10:00"),
        ("PR", None, "America/Puerto_Rico", "2026-11-18T05:00", "2026-11-18 08:00"),
    ],
)
def test_the_next_moment_the_law_allows_a_call(country, region, zone, local, opens):
    assert first_call(country, region, zone, local) == opens


def test_a_layer_carries_the_sentence_and_the_citation_of_its_law():
    florida = layer(only("US", "FL"))
    assert (florida.label, florida.citation) == ("Florida: calls from 8:00 to 20:00", "Fla. Stat. 501.616(6)")


def test_a_law_without_hours_leaves_every_hour_open():
    assert layer(only("US", "ME")).week == Week.ALWAYS
