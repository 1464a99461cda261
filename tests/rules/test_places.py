import tomllib
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
import zipcodes
from hypothesis import given
from hypothesis import strategies as st

from relance.rules.phones import Phone, parse
from relance.rules.places import Whereabouts, distinct, infer, normalise_region, zone_error

HOME = "Europe/Madrid"
PHOENIX, DENVER = "America/Phoenix", "America/Denver"
EASTERN, CENTRAL, PACIFIC = "America/New_York", "America/Chicago", "America/Los_Angeles"


def place(
    own_zone: str = "", country: str = "US", region: str = "", postal_code: str = "", phone: str = ""
) -> Whereabouts:
    return infer(
        own_zone=own_zone,
        country=country,
        region=region,
        postal_code=postal_code,
        phone=parse(phone, "US") if phone else None,
        organization_zone=HOME,
    )


def test_a_contacts_own_zone_outweighs_everything() -> None:
    known = place(own_zone="Asia/Tokyo", region="AZ", postal_code="85001", phone="(305) 555-0142")
    assert (known.zones, known.basis, known.region) == (("Asia/Tokyo",), "own", "AZ")
    assert known.sentence == "Time zone from the contact’s own setting"


def test_an_own_zone_that_does_not_exist_is_passed_over() -> None:
    assert place(own_zone="Mars/Olympus", region="CA").zones == (PACIFIC,)


@pytest.mark.parametrize(
    ("code", "zone", "region"),
    [
        ("86503", DENVER, "AZ"),
        ("85001", PHOENIX, "AZ"),
        ("86042", PHOENIX, "AZ"),
        ("32501", CENTRAL, "FL"),
        ("33101", EASTERN, "FL"),
        ("79901", DENVER, "TX"),
        ("97901", "America/Boise", "OR"),
        ("83801", PACIFIC, "ID"),
        ("99546", "America/Adak", "AK"),
        ("96701", "Pacific/Honolulu", "HI"),
        ("96910", "Pacific/Guam", "GU"),
        ("00901", "America/Puerto_Rico", "PR"),
        ("96799", "Pacific/Pago_Pago", "AS"),
    ],
)
def test_a_zip_code_tells_zone_and_state(code: str, zone: str, region: str) -> None:
    for written in (code, f" {code}-0001 ", f"{code}0001"):
        known = place(postal_code=written, phone="(212) 555-0142")
        assert (known.zones, known.basis, known.region) == ((zone,), "postal code", region)
    assert known.sentence == f"Time zone from ZIP {code}"


@pytest.mark.parametrize(
    ("code", "zones"),
    [
        ("86003", (PHOENIX,)),
        ("86040", (PHOENIX, DENVER)),
        ("86045", (PHOENIX, DENVER)),
        ("89883", (DENVER,)),
        ("96941", ("Pacific/Pohnpei",)),
        ("96942", ("Pacific/Chuuk",)),
    ],
)
def test_zip_codes_known_to_be_wrong_or_on_a_border_are_put_right(code: str, zones: tuple[str, ...]) -> None:
    assert place(postal_code=code).zones == zones


def test_a_zip_code_on_a_border_says_that_it_is() -> None:
    assert place(postal_code="86045").sentence == "Could be in any of 2 zones by ZIP 86045"


def test_a_zip_code_outside_the_state_leaves_both_open() -> None:
    known = place(region="AZ", postal_code="33101")
    assert (known.zones, known.basis, known.region) == ((PHOENIX, DENVER, EASTERN), "region", "AZ")
    assert known.sentence == "Could be in any of 3 zones by its state AZ and ZIP 33101, which disagree"


@pytest.mark.parametrize("code", ["", "00000", "8650", "865033", "ABCDE", "M5V 3L9", "09001", "96201", "٨٦٥٠٣"])
def test_a_zip_code_that_says_nothing_leaves_it_to_the_state(code: str) -> None:
    known = place(region="CA", postal_code=code)
    assert (known.zones, known.basis) == ((PACIFIC,), "region")


def test_a_zip_code_whose_zone_does_not_exist_still_tells_the_state() -> None:
    known = place(postal_code="99634")
    assert (known.zones, known.basis, known.region) == (
        ("America/Anchorage", "America/Adak"),
        "region",
        "AK",
    )
    assert place(region="HI", postal_code="99634").zones == ("Pacific/Honolulu", *known.zones)


def test_a_misspelt_state_does_not_make_a_zip_code_wrong() -> None:
    known = place(region="Floridda", postal_code="33101")
    assert (known.zones, known.basis, known.region) == ((EASTERN,), "postal code", "FL")


def test_another_countrys_postal_code_is_no_zip_code() -> None:
    assert place(country="ES", postal_code="33101").basis == "organization"


@pytest.mark.parametrize(
    ("region", "zones"),
    [
        ("AZ", {PHOENIX, DENVER}),
        ("FL", {EASTERN, CENTRAL}),
        ("IN", {"America/Indiana/Indianapolis", CENTRAL}),
        ("KY", {EASTERN, CENTRAL}),
        ("TN", {EASTERN, CENTRAL}),
        ("TX", {CENTRAL, DENVER}),
        ("ND", {CENTRAL, DENVER}),
        ("SD", {CENTRAL, DENVER}),
        ("NE", {CENTRAL, DENVER}),
        ("KS", {CENTRAL, DENVER}),
        ("OR", {PACIFIC, "America/Boise"}),
        ("ID", {PACIFIC, "America/Boise"}),
        ("NV", {PACIFIC, DENVER}),
        ("MI", {"America/Detroit", "America/Menominee"}),
        ("AK", {"America/Anchorage", "America/Adak"}),
        ("HI", {"Pacific/Honolulu"}),
        ("PR", {"America/Puerto_Rico"}),
        ("GU", {"Pacific/Guam"}),
        ("VI", {"America/St_Thomas"}),
        ("AS", {"Pacific/Pago_Pago"}),
        ("MP", {"Pacific/Saipan"}),
        ("FM", {"Pacific/Chuuk", "Pacific/Pohnpei"}),
        ("MH", {"Pacific/Majuro"}),
        ("PW", {"Pacific/Palau"}),
    ],
)
def test_a_state_spans_all_its_zones_whatever_the_number(region: str, zones: set[str]) -> None:
    known = place(region=region, phone="(212) 555-0142")
    assert (set(known.zones), known.basis, known.region) == (zones, "region", region)


def test_a_canadian_province_spans_all_its_zones() -> None:
    known = place(country="CA", region="Québec")
    assert (known.region, known.zones) == (
        "QC",
        ("America/Toronto", "America/Halifax", "America/Blanc-Sablon"),
    )
    assert known.sentence == "Could be in any of 3 zones by its province"
    assert place(region="Florida").sentence == "Could be in any of 2 zones by its state"
    assert place(region="CA").sentence == "Time zone from its state"


@pytest.mark.parametrize("territory", ["PR", "GU", "VI", "AS", "MP"])
def test_a_territory_given_as_a_country_is_us_soil(territory: str) -> None:
    known = place(country=territory)
    assert (known.country, known.region, known.basis) == ("US", territory, "region")


def test_an_associated_state_stays_a_country() -> None:
    known = place(country="FM", region="Kosrae", postal_code="96944")
    assert (known.country, known.region, known.zones) == ("FM", "FM", ("Pacific/Pohnpei",))
    assert place(country="PW").sentence == "Time zone from its country"


def test_without_an_address_the_number_speaks() -> None:
    known = place(country="", phone="(808) 555-0142")
    assert (known.zones, known.basis) == (("Pacific/Honolulu",), "phone number")
    assert (known.country, known.region) == ("US", "HI")
    assert known.sentence == "Time zone from its phone number"


def test_a_numbers_zone_that_this_system_does_not_know_is_passed_over() -> None:
    phone = Phone("+16715550142", "US", "GU", ("Pacific/Nowhere", "Pacific/Guam"), toll_free=False)
    known = infer(own_zone="", country="", region="", postal_code="", phone=phone, organization_zone=HOME)
    assert known.zones == ("Pacific/Guam",)


def test_a_number_from_elsewhere_says_nothing_of_the_region() -> None:
    known = place(country="ES", phone="(808) 555-0142")
    assert (known.country, known.region, known.zones) == ("ES", "", ("Pacific/Honolulu",))


def test_a_toll_free_number_counts_each_behaviour_once() -> None:
    known = place(phone="800 555 0142")
    assert 10 < len(known.zones) < len(parse("800 555 0142", "US").zones)
    assert known.sentence == f"Could be in any of {len(known.zones)} zones by its phone number"


def test_without_anything_the_organizations_zone_is_assumed_and_said_so() -> None:
    known = place(country="")
    assert (known.zones, known.basis) == ((HOME,), "organization")
    assert known.sentence == "Time zone unknown: the organization’s, Europe/Madrid, is assumed"


texts = st.one_of(st.text(max_size=12), st.sampled_from(["AZ", "FL", "ON", "86503", "33101", "US", "CA", "FM"]))


@given(
    own_zone=texts,
    country=st.sampled_from(["", "US", "us ", "CA", "ES", "PR", "FM", "??"]),
    region=texts,
    postal_code=texts,
    phone=st.sampled_from(["", "(928) 555-0142", "800 555 0142", "+34 600 000 000", "+800 0000 0142"]),
)
def test_whatever_is_known_there_is_a_zone_and_a_sentence(own_zone, country, region, postal_code, phone) -> None:
    known = place(own_zone, country, region, postal_code, phone)
    assert known.zones
    assert not [zone for zone in known.zones if zone_error(zone)]
    assert distinct(known.zones) == known.zones
    assert known.sentence


def clocks(zones: tuple[str, ...]) -> set[tuple[timedelta | None, ...]]:
    days = [datetime(2027, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
    return {tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in days) for zone in zones}


def test_no_zip_code_lies_outside_the_zones_of_its_state() -> None:
    found = {(row["state"], row["timezone"]) for row in zipcodes.list_all()}
    checked = [(state, zone) for state, zone in found if zone_error(zone) is None]
    assert len({state for state, _ in checked}) == 59
    assert [(s, z) for s, z in checked if not clocks((z,)) <= clocks(place(region=s).zones)] == []


REGIONS = [
    (country, code)
    for country, regions in tomllib.loads(
        files("relance.rules").joinpath("data/regions.toml").read_text(encoding="utf-8")
    ).items()
    for code in regions
]


def test_all_59_regions_with_zip_codes_and_13_provinces_are_listed() -> None:
    assert len(REGIONS) == 59 + 13


@pytest.mark.parametrize(("country", "code"), REGIONS)
def test_every_state_and_province_is_known_and_lists_each_behaviour_once(country: str, code: str) -> None:
    known = place(country=country, region=code.lower())
    assert (known.basis, known.region) == ("region", code)
    assert len(clocks(known.zones)) == len(known.zones)


@pytest.mark.parametrize(
    ("country", "text", "code"),
    [
        ("US", "Florida", "FL"),
        ("US", " florida ", "FL"),
        ("us", "fl", "FL"),
        ("US", "US-FL", "FL"),
        ("US", "Washington, D.C.", "DC"),
        ("US", "District of Columbia", "DC"),
        ("US", "Washington", "WA"),
        ("US", "west  virginia", "WV"),
        ("US", "Puerto Rico", "PR"),
        ("US", "US Virgin Islands", "VI"),
        ("CA", "Québec", "QC"),
        ("CA", "quebec", "QC"),
        ("CA", "newfoundland", "NL"),
        ("CA", "Prince Edward Island", "PE"),
        ("US", " Floridda ", "FLORIDDA"),
        ("US", "Ontario", "ONTARIO"),
        ("ES", "Cataluña ", "CATALUÑA"),
        ("", "florida", "FLORIDA"),
        ("US", "", ""),
    ],
)
def test_a_region_is_known_by_its_code_or_name(country: str, text: str, code: str) -> None:
    assert normalise_region(country, text) == code


@given(st.text(max_size=20), st.sampled_from(["US", "CA", "ES", ""]))
def test_a_code_is_its_own_name(text: str, country: str) -> None:
    code = normalise_region(country, text)
    if len(code) == 2:
        assert normalise_region(country, code) == code


def test_an_unknown_zone_is_named_with_a_good_example() -> None:
    expected = "Unknown time zone “Mars/Olympus”. Use an IANA name such as Europe/Madrid."
    assert zone_error("Mars/Olympus") == expected
    assert zone_error("Europe/Madrid") is None
    assert zone_error("UTC") is None
    for bad in ("", "localtime", "Factory", "../etc/passwd", "europe/madrid", "GMT+1"):
        assert zone_error(bad) is not None


def test_zones_that_always_show_the_same_count_once() -> None:
    assert distinct(("America/Detroit", EASTERN, CENTRAL)) == ("America/Detroit", CENTRAL)
    assert distinct((PHOENIX, DENVER)) == (PHOENIX, DENVER)
    assert distinct((EASTERN, EASTERN)) == (EASTERN,)


def test_zones_that_differ_for_an_hour_a_year_are_told_apart() -> None:
    assert len(distinct((EASTERN, "America/Havana"))) == 2
