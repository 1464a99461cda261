"""Which column holds what: by the headers that people's systems export, or as they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.contacts_csv.columns import find, parse_mapping, plain
from relance.models import Invalid


def found(header: str, **mapping: str) -> dict[str, list[str]]:
    columns = find(header.split(","), mapping)
    return {field: [column.header for column in those] for field, those in columns.by_field.items()}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(
            "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Contact owner,Lead Status,"
            "State/Region,Postal Code,Country/Region,Time Zone,Company Name,Unsubscribed from all email",
            {
                "externalId": ["Record ID"],
                "firstName": ["First Name"],
                "lastName": ["Last Name"],
                "email": ["Email"],
                "phone": ["Phone Number", "Mobile Phone Number"],
                "assignees": ["Contact owner"],
                "leadQuality": ["Lead Status"],
                "region": ["State/Region"],
                "postalCode": ["Postal Code"],
                "country": ["Country/Region"],
                "timeZone": ["Time Zone"],
                "company": ["Company Name"],
                "emailOptOut": ["Unsubscribed from all email"],
            },
            id="HubSpot",
        ),
        pytest.param(
            "Contact ID,First Name,Last Name,Account Name,Phone,Mobile,Email,Mailing State/Province,"
            "Mailing Zip/Postal Code,Mailing Country,Do Not Call,Email Opt Out,Rating",
            {
                "externalId": ["Contact ID"],
                "firstName": ["First Name"],
                "lastName": ["Last Name"],
                "company": ["Account Name"],
                "phone": ["Phone", "Mobile"],
                "email": ["Email"],
                "region": ["Mailing State/Province"],
                "postalCode": ["Mailing Zip/Postal Code"],
                "country": ["Mailing Country"],
                "doNotCall": ["Do Not Call"],
                "emailOptOut": ["Email Opt Out"],
                "leadQuality": ["Rating"],
            },
            id="Salesforce",
        ),
        pytest.param(
            "Person - ID,Person - Name,Person - Email - Work,Person - Phone - Mobile,Person - Organization",
            {
                "externalId": ["Person - ID"],
                "name": ["Person - Name"],
                "email": ["Person - Email - Work"],
                "phone": ["Person - Phone - Mobile"],
                "company": ["Person - Organization"],
            },
            id="Pipedrive",
        ),
        pytest.param(
            "Record Id,Full Name,Email,Phone,Mobile,State,Zip Code,Lead Status",
            {
                "externalId": ["Record Id"],
                "name": ["Full Name"],
                "email": ["Email"],
                "phone": ["Phone", "Mobile"],
                "region": ["State"],
                "postalCode": ["Zip Code"],
                "leadQuality": ["Lead Status"],
            },
            id="Zoho",
        ),
        pytest.param(
            "First Name,Middle Name,Last Name,Organization Name,E-mail 1 - Value,Phone 1 - Value,Address 1 - Region",
            {
                "firstName": ["First Name"],
                "middleName": ["Middle Name"],
                "lastName": ["Last Name"],
                "company": ["Organization Name"],
                "email": ["E-mail 1 - Value"],
                "phone": ["Phone 1 - Value"],
                "region": ["Address 1 - Region"],
            },
            id="Google Contacts",
        ),
        pytest.param(
            "First Name,Last Name,Company,Business Phone,Mobile Phone,E-mail Address,Business Postal Code",
            {
                "firstName": ["First Name"],
                "lastName": ["Last Name"],
                "company": ["Company"],
                "phone": ["Mobile Phone", "Business Phone"],
                "email": ["E-mail Address"],
                "postalCode": ["Business Postal Code"],
            },
            id="Outlook",
        ),
        pytest.param(
            "ID,Name,First Name,Last Name,Email 1,Phone 1,Assigned To",
            {
                "externalId": ["ID"],
                "name": ["Name"],
                "firstName": ["First Name"],
                "lastName": ["Last Name"],
                "email": ["Email 1"],
                "phone": ["Phone 1"],
                "assignees": ["Assigned To"],
            },
            id="Follow Up Boss",
        ),
        pytest.param(
            "Contact Id,First Name,Last Name,Business Name,Phone,Email,DND",
            {
                "externalId": ["Contact Id"],
                "firstName": ["First Name"],
                "lastName": ["Last Name"],
                "company": ["Business Name"],
                "phone": ["Phone"],
                "email": ["Email"],
                "doNotContact": ["DND"],
            },
            id="GoHighLevel",
        ),
        pytest.param(
            "Nombre,Apellidos,Teléfono móvil,Correo electrónico,Empresa,País,Provincia,Código postal,Zona horaria,"
            "Próximo seguimiento,No llamar,Acepta SMS",
            {
                "firstName": ["Nombre"],
                "lastName": ["Apellidos"],
                "phone": ["Teléfono móvil"],
                "email": ["Correo electrónico"],
                "company": ["Empresa"],
                "country": ["País"],
                "region": ["Provincia"],
                "postalCode": ["Código postal"],
                "timeZone": ["Zona horaria"],
                "nextFollowUpDate": ["Próximo seguimiento"],
                "doNotCall": ["No llamar"],
                "smsOptIn": ["Acepta SMS"],
            },
            id="Spanish",
        ),
        pytest.param(
            "Facility ID,Facility Name,State,ZIP Code,County Name,Phone Number,Hospital overall rating",
            {
                "externalId": ["Facility ID"],
                "name": ["Facility Name"],
                "region": ["State"],
                "postalCode": ["ZIP Code"],
                "phone": ["Phone Number"],
            },
            id="any other list of names",
        ),
    ],
)
def test_an_export_maps_by_itself(header: str, expected: dict[str, list[str]]) -> None:
    assert found(header) == expected


def test_estado_is_a_state_beside_an_address_only() -> None:
    assert "region" in found("Nombre,Teléfono,Ciudad,Estado")
    assert "region" not in found("Nombre,Teléfono,Estado")


def test_a_name_of_something_else_is_no_name() -> None:
    assert "name" not in found("Campaign Name,Owner Name,Phone")


def test_columns_that_say_nothing_are_listed() -> None:
    assert find(["Name", "Phone", "Shoe size", "", "Pet"]).ignored == ["Shoe size", "Pet"]


def test_what_is_said_goes_before_what_is_guessed() -> None:
    header = "Facility Name,Contact Name,Phone,Fax"
    assert found(header, **{"Facility Name": "name", "fax": "phone"}) == {
        "name": ["Facility Name"],
        "phone": ["Fax"],
    }
    assert found(header, Phone="", Fax="phone")["phone"] == ["Fax"]
    assert "phone" not in found("Name,Phone,Email", Phone="ignore")


@pytest.mark.parametrize("spelling", ["postalCode", "postal_code", "Postal Code", "ZIP"])
def test_a_field_may_be_named_in_any_spelling(spelling: str) -> None:
    assert found("Phone,Where", Where=spelling)["postalCode"] == ["Where"]


def test_two_columns_of_the_same_name_are_both_looked_at() -> None:
    assert [c.index for c in find(["Phone", "Name", "Phone"]).by_field["phone"]] == [0, 2]


def test_a_mapping_that_names_nothing_says_what_there_is() -> None:
    with pytest.raises(Invalid) as problem:
        found("Name,Phone", Handy="phone", Phone="shoeSize")
    assert [field for field, _ in problem.value.errors] == ["mapping", "mapping"]
    assert "The file has: Name, Phone" in str(problem.value)
    assert "Use one of" in str(problem.value)


@pytest.mark.parametrize("header", ["Address,City", "Name,City", "Facility Name,County Name"])
def test_a_file_that_tells_nobody_is_refused_with_what_to_do(header: str) -> None:
    with pytest.raises(Invalid) as problem:
        found(header)
    assert header.split(",")[0] in str(problem.value)
    assert "Name, Phone, Email" in str(problem.value)


def test_a_mapping_is_read_as_a_command_line_has_it() -> None:
    assert parse_mapping(["Facility Name=name", "A=B=phone", "Fax="]) == {
        "Facility Name": "name",
        "A=B": "phone",
        "Fax": "",
    }
    with pytest.raises(Invalid, match="HEADER=field"):
        parse_mapping(["Facility Name"])


@given(st.lists(st.text(max_size=20), max_size=8))
def test_any_header_maps_or_is_refused(header: list[str]) -> None:
    try:
        columns = find(header)
    except Invalid:
        return
    held = [column.index for those in columns.by_field.values() for column in those]
    assert len(held) == len(set(held))


@given(st.text())
def test_a_spelling_is_settled_at_once(text: str) -> None:
    assert plain(plain(text)) == plain(text)
