"""Members who owe touches, for the tests of the hub: each has a list that no other test changes."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from playwright.sync_api import Locator, Page, expect

from relance.models import Contact, Member, due
from tests import cast
from tests.browser.instance import Instance

_numbers = count(1)


def a_member(instance: Instance, name: str = "Noor Haddad") -> Member:
    """Somebody new at Brightwater who owes nobody anything yet."""
    organization = instance.member("maya@brightwater.example").organization
    email = f"{name.split()[0].lower()}.{next(_numbers)}@brightwater.example"
    return Member.objects.create(organization=organization, name=name, email=email, password="!")


def owe(name: str, *members: Member, days: int = 0, quality: str = "", **fields: object) -> Contact:
    """A contact whom these members owe a touch since so many days."""
    contact = cast.contact(members[0].organization, name, *members, phone=f"+1212555{3000 + next(_numbers):04}")
    day = due.today_of(members[0]) - timedelta(days=days)
    Contact.objects.filter(pk=contact.pk).update(next_follow_up_date=day, lead_quality=quality, **fields)
    contact.refresh_from_db()
    return contact


def a_morning(member: Member) -> list[Contact]:
    """Six, in the order of the hub: hot and overdue, hot, overdue for four days and for one, and two due today."""
    return [
        owe("Ada Both", member, days=2, quality="HOT"),
        owe("Ben Hot", member, quality="HOT"),
        owe("Cora Long", member, days=4, quality="WARM"),
        owe("Dario Late", member, days=1),
        owe("Edda Today", member, quality="COLD"),
        owe("Finn Today", member, quality="NURTURE"),
    ]


def rows(page: Page) -> Locator:
    """The rows that stand there."""
    return page.locator("#owed-rows [data-row]")


def row(page: Page, contact: Contact) -> Locator:
    """The contact's row."""
    return page.locator(f"#owed-rows #{contact.public_id}[data-row]")


def expect_names(page: Page, *names: str) -> None:
    """Wait until the rows are those of these contacts, in this order."""
    expect(rows(page).locator("[data-open]")).to_have_text(list(names))


def expect_counts(page: Page, all: int, overdue: int, today: int, hot: int) -> None:
    """Wait until all the counts say so: those of the tabs, of the sidebar, and of the switch."""
    for group, number in {"all": all, "overdue": overdue, "today": today, "hot": hot}.items():
        expect(page.locator(f"#owed-tabs [data-owed-count={group}]")).to_have_text(str(number))
    expect(page.locator("#follow-up-views [data-owed-count=all]")).to_have_text(str(all))
    expect_sidebar(page, all)


def expect_sidebar(page: Page, number: int) -> None:
    """Wait until the sidebar counts so many; of none it says nothing."""
    badge = page.locator(".places [data-owed-count]:visible")
    if number:
        expect(badge).to_have_text(str(number))
    else:
        expect(badge).to_have_count(0)


def undo(page: Page) -> Locator:
    """The newest toast's button."""
    return page.locator("#toasts").get_by_role("button", name="Undo").last
