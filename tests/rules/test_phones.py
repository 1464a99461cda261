import tomllib
from importlib.resources import files

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.rules.phones import Phone, PhoneError, beginnings, parse


@pytest.mark.parametrize(
    ("text", "country", "e164"),
    [
        ("(928) 555-0101", "US", "+19285550101"),
        ("928.555.0101", "US", "+19285550101"),
        ("9285550101", "us", "+19285550101"),
        ("1-928-555-0101", "US", "+19285550101"),
        ("  928 \u00a0555\t0101 ", "US", "+19285550101"),
        ("\u202a+1 928 555 0101\u202c", "ES", "+19285550101"),
        ("９２８ 555 0101", "US", "+19285550101"),
        ("tel:+1-928-555-0101", "", "+19285550101"),
        ("+44 20 7946 0958", "US", "+442079460958"),
        ("+44 (0)20 7946 0958", "US", "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("07700 900123", "GB", "+447700900123"),
        ("001 928 555 0101", "GB", "+19285550101"),
        ("001 928 555 0101", "US", "+19285550101"),
        ("0044 20 7946 0958", "US", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("0011 44 20 7946 0958", "AU", "+442079460958"),
        ("(02) 5550 0123", "AU", "+61255500123"),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, country: str, e164: str) -> None:
    assert parse(text, country).e164 == e164


@pytest.mark.parametrize(
    ("area", "region", "zone"),
    [
        ("671", "GU", "Pacific/Guam"),
        ("787", "PR", "America/Puerto_Rico"),
        ("939", "PR", "America/Puerto_Rico"),
        ("340", "VI", "America/St_Thomas"),
        ("684", "AS", "Pacific/Pago_Pago"),
        ("670", "MP", "Pacific/Saipan"),
        ("808", "HI", "Pacific/Honolulu"),
        ("305", "FL", "America/New_York"),
        ("602", "AZ", "America/Phoenix"),
    ],
)
def test_states_and_territories_are_told_by_their_area_code(area: str, region: str, zone: str) -> None:
    phone = parse(f"({area}) 555-0142", "US")
    assert (phone.country, phone.region, phone.zones) == ("US", region, (zone,))


def test_a_mobile_of_a_territory_keeps_its_zone() -> None:
    assert parse("684 733 0100", "US").zones == ("Pacific/Pago_Pago",)


@pytest.mark.parametrize(
    ("text", "country", "region"),
    [
        ("+1 416 555 0142", "CA", "ON"),
        ("+1 902 555 0142", "CA", ""),
        ("+1 867 555 0142", "CA", ""),
        ("+1 876 555 0142", "JM", ""),
        ("+44 20 7946 0958", "GB", ""),
        ("+691 320 0142", "FM", ""),
        ("+800 0000 0142", "", ""),
    ],
)
def test_the_country_is_the_numbers_and_the_region_only_where_certain(text, country, region) -> None:
    phone = parse(text, "US")
    assert (phone.country, phone.region) == (country, region)


def test_a_toll_free_number_may_lie_anywhere() -> None:
    phone = parse("800 555 0142", "US")
    assert (phone.toll_free, phone.region, phone.country) == (True, "", "US")
    assert {"America/New_York", "Pacific/Honolulu", "Pacific/Guam"} <= set(phone.zones)
    assert not parse("928 555 0142", "US").toll_free


def test_abroad_a_mobile_may_lie_anywhere_in_its_country() -> None:
    assert set(parse("+34 600 000 000", "US").zones) == {"Europe/Madrid", "Atlantic/Canary"}
    assert parse("+44 20 7946 0958", "US").zones == ("Europe/London",)


def test_a_number_not_in_use_lies_where_its_digits_say() -> None:
    drama = parse("07700 900123", "GB")
    assert not drama.valid
    assert "Europe/London" in drama.zones


def test_a_possible_number_is_taken_and_its_validity_known() -> None:
    assert parse("928 555 0142", "US").valid
    unassigned = parse("+1 555 555 0142", "CA")
    assert (unassigned.valid, unassigned.country) == (False, "CA")
    assert parse("+1 555 555 0142", "ES").country == "US"


def test_a_number_of_no_place_has_no_zone() -> None:
    assert parse("+800 0000 0142", "US").zones == ()


def test_a_phone_reads_as_its_number() -> None:
    assert f"{parse('928 555 0142', 'US')}" == "+19285550142"


@pytest.mark.parametrize(
    ("text", "country", "says"),
    [
        ("", "US", "No phone number given"),
        (" \t\n", "US", "No phone number given"),
        ("1-928-555-CALL", "US", "has letters in it"),
        ("ask for Anna", "US", "has letters in it"),
        ("tel:anna", "US", "has letters in it"),
        ("+1 928 555 0142 or +1 928 555 0143", "US", "has letters in it"),
        ("928 555 0142 x123", "US", "has an extension, which cannot be dialled. Give a direct number"),
        ("928 555 0142 ext. 5", "US", "has an extension"),
        ("555 0142", "US", "lacks its area code"),
        ("928 555 014", "US", "too short"),
        ("911", "US", "too short"),
        ("12", "US", "too short"),
        ("928 555 0142 / 0143", "US", "too long for its country"),
        ("1" * 20, "US", "too long"),
        ("1" * 41, "US", "too long. Give one phone number"),
        ("+999 555 0142 00", "US", "unknown country code"),
        ("+", "US", "not a phone number"),
        ("--", "US", "not a phone number"),
        ("928 555 0142", "XX", "Unknown country “XX”. Use its two-letter code"),
        ("928 555 0142", "", "has no country. Start it with +"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(text: str, country: str, says: str) -> None:
    with pytest.raises(PhoneError) as caught:
        parse(text, country)
    assert says in str(caught.value)
    assert str(caught.value).endswith(".")


areas = st.sampled_from(["928", "671", "787", "416", "800", "212", "305", "555"])


@given(areas, st.integers(0, 99), st.sampled_from(["({}) 555-01{:02}", "{}.555.01{:02}", "1{}55501{:02}"]))
def test_the_one_spelling_of_a_number_reads_back_as_itself(area: str, line: int, written: str) -> None:
    phone = parse(written.format(area, line), "US")
    assert parse(phone.e164, "ES" if area != "555" else "US") == phone


@given(st.text(max_size=60), st.sampled_from(["US", "ES", "GB", "", "XX", "??"]))
def test_any_text_is_a_number_or_an_explained_refusal(text: str, country: str) -> None:
    try:
        phone = parse(text, country)
    except PhoneError:
        return
    assert parse(phone.e164, country).e164 == phone.e164


@given(
    st.text(st.sampled_from("+0123456789 ()-./x"), min_size=1, max_size=24),
    st.sampled_from(["US", "GB", "DE"]),
)
def test_digits_in_any_order_are_a_number_or_an_explained_refusal(text: str, country: str) -> None:
    test_any_text_is_a_number_or_an_explained_refusal.hypothesis.inner_test(text, country)


def test_every_area_code_of_a_us_state_is_known() -> None:
    unknown = [
        area
        for area in range(200, 1000)
        for phone in [parse(f"+1{area}5550142", "")]
        if phone.country == "US" and phone.valid and not phone.toll_free and not phone.region
    ]
    assert all(_is_personal(area) for area in unknown), unknown


def _is_personal(area: int) -> bool:
    number = phonenumbers.parse(f"+1{area}5550142")
    return phonenumbers.number_type(number) in {
        phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
    }


def test_no_area_code_stands_under_two_regions() -> None:
    source = files("relance.rules").joinpath("data/area_codes.toml").read_text(encoding="utf-8")
    regions = [codes for country in tomllib.loads(source).values() for codes in country.values()]
    numbers = [code for codes in regions for code in codes]
    assert len(numbers) == len(set(numbers)) > 400


def test_thousands_are_read() -> None:
    phones = {parse(f"({200 + n % 790}) 555-{n:04}", "US") for n in range(5000) if (200 + n % 790) % 10 > 1}
    assert all(isinstance(phone, Phone) for phone in phones)


@pytest.mark.parametrize(
    ("typed", "country", "digits"),
    [
        ("212", "US", ("212", "1212")),
        ("(212) 555-01", "US", ("21255501", "121255501")),
        ("+1 212", "US", ("1212",)),
        ("00 34 911", "US", ("34911",)),
        ("0911 55", "DE", ("091155", "4991155")),
        ("911 555", "", ("911555",)),
        ("12", "US", ()),
        ("212 Main", "US", ()),
        ("", "US", ()),
    ],
)
def test_what_a_number_that_is_being_typed_may_begin_with(typed: str, country: str, digits: tuple[str, ...]) -> None:
    assert beginnings(typed, country) == digits
