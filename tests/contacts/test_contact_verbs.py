"""What people and programs may write of a contact, and what each verb leaves behind."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.models import Assignment, Contact, Invalid, Member, Organization, Role
from relance.models.contact_fields import check

pytestmark = pytest.mark.django_db


@pytest.fixture
def casa() -> Organization:
    return Organization.objects.create(name="Casa Clara", time_zone="Europe/Madrid", country="ES")


@pytest.fixture
def acme() -> Organization:
    return Organization.objects.create(name="Acme Care", time_zone="America/New_York", country="US")


@pytest.fixture
def admin(acme: Organization) -> Member:
    return Member.objects.create_member(acme, "nora@acme.example", "a long password", name="Nora", role=Role.ADMIN)


@pytest.fixture
def agent(acme: Organization) -> Member:
    return Member.objects.create_member(acme, "theo@acme.example", "a long password", name="Theo")


def problems_of(problem: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return dict(problem.value.errors)


def test_a_contact_is_kept_in_one_spelling(acme: Organization) -> None:
    contact = Contact.objects.add(
        acme,
        {
            "name": "  Ana\tMaría\u0000 Ruiz ",
            "phone": "(212) 555-0100",
            "email": " Ana.Ruiz@Example.COM ",
            "region": "new york",
            "leadQuality": "hot",
            "nextFollowUpDate": "2026-11-25",
            "cadenceDays": 14,
        },
    )
    contact.refresh_from_db()
    assert (contact.name, contact.phone, contact.email) == ("Ana María Ruiz", "+12125550100", "ana.ruiz@example.com")
    assert (contact.country, contact.region, contact.zones) == ("US", "NY", ["America/New_York"])
    assert (contact.lead_quality, contact.status) == ("HOT", "ACTIVE")
    assert (contact.next_follow_up_date, contact.cadence_days) == (date(2026, 11, 25), 14)


def test_a_number_without_a_country_code_is_of_the_contacts_country_else_of_the_organizations(
    casa: Organization,
) -> None:
    assert Contact.objects.add(casa, {"name": "Lía", "phone": "911 555 010"}).phone == "+34911555010"
    abroad = Contact.objects.add(casa, {"name": "Ann", "phone": "212 555 0100", "country": "us"})
    assert (abroad.phone, abroad.zones) == ("+12125550100", ["America/New_York"])
    abroad.edit({"phone": "(305) 555-0100"})
    assert abroad.phone == "+13055550100"


def test_everything_that_is_wrong_is_said_at_once_by_field(acme: Organization) -> None:
    with pytest.raises(Invalid) as problem:
        Contact.objects.add(
            acme,
            {
                "name": " ",
                "phone": "12",
                "email": "ana@",
                "timeZone": "Mars/Base",
                "country": "Spain",
                "leadQuality": "LUKEWARM",
                "status": "",
                "nextFollowUpDate": "2026-02-30",
                "cadenceDays": 0,
                "assignees": ["member_999999", "me"],
                "company": "x" * 301,
                "shoeSize": 42,
            },
        )
    said = problems_of(problem)
    assert said.keys() == {
        "name", "phone", "email", "timeZone", "country", "leadQuality", "status", "nextFollowUpDate", "cadenceDays",
        "assignees", "company", "shoeSize",
    }  # fmt: skip
    assert "HOT, WARM, COLD or NURTURE" in said["leadQuality"]
    assert "YYYY-MM-DD" in said["nextFollowUpDate"]
    assert "such as ana@example.com" in said["email"]
    assert "at most 300" in said["company"]
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"country": "US", "region": "Texass"}, "region"),
        ({"phone": "+1 212 555 0100", "region": "Atlantis"}, "region"),
        ({"nextFollowUpDate": "20261125"}, "nextFollowUpDate"),
        ({"nextFollowUpDate": 20261125}, "nextFollowUpDate"),
        ({"cadenceDays": True}, "cadenceDays"),
        ({"cadenceDays": "7"}, "cadenceDays"),
        ({"cadenceDays": 3651}, "cadenceDays"),
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({"email": "a b@example.com"}, "email"),
        ({"assignees": "me"}, "assignees"),
    ],
)
def test_a_wrong_value_is_refused(acme: Organization, fields: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as problem:
        Contact.objects.add(acme, {"name": "Ana", **fields})
    assert [name for name, _ in problem.value.errors] == [field]


def test_a_region_settles_the_country_where_numbers_are_shared(acme: Organization) -> None:
    across = Contact.objects.add(acme, {"name": "Ana", "phone": "+1 418 555 0100", "region": "NY"})
    assert (across.country, across.region, across.zones) == ("US", "NY", ["America/New_York"])
    canadian = Contact.objects.add(acme, {"name": "Luc", "phone": "+1 212 555 0100", "region": "Québec"})
    assert (canadian.country, canadian.region) == ("CA", "QC")
    at_home = Contact.objects.add(acme, {"name": "Zoe", "email": "zoe@example.com", "postalCode": "94105"})
    assert (at_home.country, at_home.region, at_home.zones) == ("US", "CA", ["America/Los_Angeles"])


def test_an_edit_changes_what_it_names_and_nothing_else(acme: Organization) -> None:
    contact = Contact.objects.add(acme, {"name": "Ana", "phone": "212 555 0100", "company": "Oak"})
    contact.edit({"company": None, "leadQuality": "WARM"})
    contact.refresh_from_db()
    assert (contact.name, contact.phone, contact.company, contact.lead_quality) == ("Ana", "+12125550100", "", "WARM")


def test_a_refused_edit_changes_nothing(acme: Organization) -> None:
    contact = Contact.objects.add(acme, {"name": "Ana"})
    with pytest.raises(Invalid) as problem:
        contact.edit({"name": "Bea", "email": "nowhere"})
    assert problems_of(problem).keys() == {"email"}
    contact.refresh_from_db()
    assert contact.name == "Ana"


def test_a_new_number_takes_the_region_of_the_old_one_with_it(acme: Organization) -> None:
    contact = Contact.objects.add(acme, {"name": "Ana", "phone": "+1 305 555 0100"})
    assert (contact.region, contact.zones) == ("FL", ["America/New_York"])
    contact.edit({"phone": "+1 415 555 0100"})
    assert (contact.country, contact.region, contact.zones) == ("US", "CA", ["America/Los_Angeles"])
    contact.edit({"phone": "+34 911 555 010"})
    assert (contact.country, contact.region, contact.zones) == ("ES", "", ["Europe/Madrid"])


def test_a_new_postal_code_takes_the_region_of_the_old_one_with_it(acme: Organization) -> None:
    contact = Contact.objects.add(acme, {"name": "Ana", "country": "US", "postalCode": "10001"})
    contact.edit({"postalCode": "94105"})
    assert (contact.region, contact.zones) == ("CA", ["America/Los_Angeles"])


def test_a_region_that_was_given_outlasts_the_number(acme: Organization) -> None:
    contact = Contact.objects.add(acme, {"name": "Ana", "phone": "+1 305 555 0100", "region": "TX"})
    contact.edit({"phone": "+1 415 555 0100"})
    assert contact.region == "TX"


def test_the_contacts_own_zone_outweighs_its_address(acme: Organization) -> None:
    contact = Contact.objects.add(acme, {"name": "Ana", "phone": "+1 305 555 0100", "timeZone": "Europe/Paris"})
    assert contact.zones == ["Europe/Paris"]
    contact.edit({"timeZone": ""})
    assert contact.zones == ["America/New_York"]


def test_an_agent_works_whom_they_add_and_an_admin_says_who_does(
    acme: Organization, admin: Member, agent: Member
) -> None:
    own = Contact.objects.add(acme, {"name": "Ana"}, by=agent)
    given = Contact.objects.add(acme, {"name": "Bea", "assignees": [agent.public_id, "me"]}, by=admin)
    nobody = Contact.objects.add(acme, {"name": "Cleo"}, by=admin)
    assert set(own.assignments.values_list("member", flat=True)) == {agent.pk}
    assert set(given.assignments.values_list("member", flat=True)) == {agent.pk, admin.pk}
    assert not nobody.assignments.exists()
    given.edit({"assignees": []})
    assert not given.assignments.exists()


def test_nobody_of_another_organization_can_be_assigned(acme: Organization, casa: Organization) -> None:
    stranger = Member.objects.create_member(casa, "eva@casa.example", "a long password", name="Eva")
    contact = Contact.objects.add(acme, {"name": "Ana"})
    with pytest.raises(Invalid):
        contact.edit({"assignees": [stranger.public_id]})
    with pytest.raises(Invalid):
        contact.assign([stranger])
    assert Contact.objects.assign([contact.pk], stranger) == 0
    assert not Assignment.objects.exists()


def test_assigning_replaces_for_one_and_adds_for_many(acme: Organization, admin: Member, agent: Member) -> None:
    contacts = [Contact.objects.add(acme, {"name": f"Contact {n}", "nextFollowUpDate": "2026-11-25"}) for n in range(3)]
    contacts[0].assign([agent])
    contacts[0].assign([admin])
    assert list(contacts[0].assignments.values_list("member", flat=True)) == [admin.pk]
    contacts[2].remove()
    assert Contact.objects.assign([c.pk for c in contacts], agent) == 2
    assert Contact.objects.assign([c.pk for c in contacts], agent) == 0
    assert contacts[0].assignments.count() == 2
    assert set(Assignment.objects.values_list("due_on", flat=True)) == {date(2026, 11, 25)}


def test_a_removed_contact_is_out_of_sight_and_its_row_stays(acme: Organization, admin: Member) -> None:
    contact = Contact.objects.add(acme, {"name": "Ana"})
    contact.remove()
    assert contact not in Contact.objects.visible_to(admin)
    contact.refresh_from_db()
    assert contact.name == "Ana"
    assert contact.deleted_at is not None


FIELDS = ["name", "phone", "email", "company", "timeZone", "country", "region", "postalCode", "leadQuality", "status",
          "nextFollowUpDate", "cadenceDays", "externalId"]  # fmt: skip
ANYTHING = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)


@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING))
def test_whatever_is_written_either_fits_or_is_told(fields: dict[str, object]) -> None:
    values, problems = check(fields, default_country="US")
    assert all(sentence.strip() for _, sentence in problems)
    for value in values.values():
        if isinstance(value, str):
            assert "\0" not in value
            value.encode()
