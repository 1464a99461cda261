"""The members page: who may do what, and that nobody locks everybody out."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from relance.models import Assignment, Contact, Invalid, Member, Role, members, second_factors, sign_ins
from tests import cast
from tests.engine.test_query_counts import counted
from tests.web.accounts import HTMX, browser, send, sign_in, signed_in, text, who, with_second_factor
from tests.web.follow_ups import visitor
from tests.web.test_invitations import path_of

VERBS = ["role", "deactivate", "reactivate", "password", "second-factor"]


def where(member: Member, verb: str) -> str:
    return f"/settings/members/{member.public_id}/{verb}"


@pytest.fixture
def maya(home: cast.House) -> Client:
    """The admin, signed in a moment ago."""
    return signed_in(home.admin)


class TestWhoseTheyAre:
    @pytest.mark.parametrize("verb", VERBS)
    def test_another_organizations_members_do_not_exist(
        self, home: cast.House, elsewhere: cast.House, maya: Client, verb: str
    ) -> None:
        for answer in (
            maya.get(where(elsewhere.worker, verb)),
            visitor(home.admin).post(where(elsewhere.worker, verb)),
        ):
            assert answer.status_code == 404
            assert elsewhere.worker.name not in answer.content.decode()
        elsewhere.worker.refresh_from_db()
        assert elsewhere.worker.is_active

    @pytest.mark.parametrize("verb", VERBS)
    def test_an_agent_may_nothing_even_to_themselves(self, home: cast.House, verb: str) -> None:
        tom = visitor(home.worker)
        for member in (home.worker, home.admin):
            assert tom.get(where(member, verb)).status_code == 403
            assert tom.post(where(member, verb), {"role": "admin"}).status_code == 403
        home.worker.refresh_from_db()
        assert home.worker.role == Role.AGENT

    @pytest.mark.parametrize("verb", VERBS)
    def test_nothing_happens_without_the_forms_token(self, home: cast.House, maya: Client, verb: str) -> None:
        assert maya.post(where(home.worker, verb), {"role": "admin"}).status_code == 403

    def test_the_list_names_those_of_the_organization(
        self, home: cast.House, elsewhere: cast.House, maya: Client
    ) -> None:
        with_second_factor(home.worker)
        said = text(maya.get("/settings/members"))
        for name in ("Maya Chen", "Tom Okafor", "Priya Nair", "Never", "On"):
            assert name in said
        assert elsewhere.admin.name not in said

    def test_many_members_cost_no_more_queries(self, home: cast.House, maya: Client) -> None:
        few, _ = counted(maya.get, "/settings/members")
        for number in range(20):
            with_second_factor(cast.member(home.organization, f"Member {number}", f"m{number}@brightwater.example"))
        assert counted(maya.get, "/settings/members")[0] == few


class TestRoles:
    def test_an_admin_makes_another_and_takes_it_back(self, home: cast.House, maya: Client) -> None:
        for role in ("admin", "agent"):
            assert send(maya, where(home.worker, "role"), HTMX, role=role).status_code == 204
            home.worker.refresh_from_db()
            assert home.worker.role == role

    def test_the_last_admin_stays_one(self, home: cast.House, maya: Client) -> None:
        answer = send(maya, where(home.admin, "role"), HTMX, role="agent")
        assert answer.status_code == 422
        assert "Maya Chen is the only admin." in text(answer)
        members.change_role(home.worker, Role.ADMIN)
        assert send(maya, where(home.admin, "role"), HTMX, role="agent").status_code == 204

    def test_one_that_is_deactivated_does_not_count_as_another(self, home: cast.House) -> None:
        members.change_role(home.worker, Role.ADMIN)
        members.deactivate(home.worker, home.admin)
        with pytest.raises(Invalid):
            members.change_role(home.admin, Role.AGENT)

    def test_there_are_two_roles(self, home: cast.House, maya: Client) -> None:
        answer = send(maya, where(home.worker, "role"), HTMX, role="owner")
        assert answer.status_code == 422
        assert 'id="error-role"' in answer.content.decode()


class TestDeactivating:
    def test_it_ends_sessions_and_lets_nobody_in(self, home: cast.House, maya: Client) -> None:
        tom, key = signed_in(home.worker), cast.key(home.worker)
        assert send(maya, where(home.worker, "deactivate"), HTMX).status_code == 204
        assert not who(tom)
        assert not sign_ins.standing(home.worker)
        assert sign_in(browser(), home.worker).status_code == 422
        assert Client().get("/api/contacts", headers={"Authorization": f"Bearer {key}"}).status_code == 401

    def test_their_contacts_go_to_whom_one_chooses(self, home: cast.House, maya: Client) -> None:
        shared = cast.contact(home.organization, "Both", home.worker, home.colleague)
        assert "Who works their 2 contacts then" in text(maya.get(where(home.worker, "deactivate")))
        to = home.colleague.public_id
        assert send(maya, where(home.worker, "deactivate"), HTMX, handOverTo=to).status_code == 204
        theirs = Contact.objects.visible_to(home.colleague)
        assert set(theirs) == {home.contact, home.others, shared}
        assert not Assignment.objects.filter(member=home.worker).exists()
        assert theirs.count() == 3

    def test_due_dates_go_with_them(self, home: cast.House) -> None:
        home.contact.edit({"nextFollowUpDate": "2026-12-01"})
        members.hand_over(home.worker, home.colleague)
        moved = Assignment.objects.get(member=home.colleague, contact=home.contact)
        assert str(moved.due_on) == "2026-12-01"

    def test_without_a_choice_they_stay_for_admins_to_see(self, home: cast.House, maya: Client) -> None:
        send(maya, where(home.worker, "deactivate"), HTMX)
        assert home.contact in Contact.objects.visible_to(home.admin)
        assert home.contact not in Contact.objects.visible_to(home.colleague)

    def test_only_to_another_active_member_of_the_organization(
        self, home: cast.House, elsewhere: cast.House, maya: Client
    ) -> None:
        home.colleague.is_active = False
        home.colleague.save()
        for to in (elsewhere.worker, home.colleague, home.worker):
            answer = send(maya, where(home.worker, "deactivate"), HTMX, handOverTo=to.public_id)
            assert answer.status_code == 404
            with pytest.raises(Invalid):
                members.hand_over(home.worker, to)
        home.worker.refresh_from_db()
        assert home.worker.is_active

    def test_nobody_does_it_to_themselves_nor_to_the_last_admin(self, home: cast.House, maya: Client) -> None:
        answer = send(maya, where(home.admin, "deactivate"), HTMX)
        assert answer.status_code == 422
        assert "You cannot deactivate yourself." in text(answer)
        with pytest.raises(Invalid, match="only admin"):
            members.deactivate(home.admin, home.worker)

    def test_who_is_reactivated_signs_in_again(self, home: cast.House, maya: Client) -> None:
        members.deactivate(home.worker, home.admin)
        assert "Deactivated" in text(maya.get("/settings/members"))
        assert send(maya, where(home.worker, "reactivate"), HTMX).status_code == 204
        assert sign_in(browser(), home.worker).status_code == 302


class TestHelpingThemIn:
    def test_a_link_to_hand_over_sets_a_new_password(self, home: cast.House, maya: Client) -> None:
        shown = send(maya, where(home.worker, "password"), HTMX)
        link = shown.context["link"]
        assert link in shown.content.decode()
        send(browser(), path_of(link), password="a quite new password")
        assert sign_in(browser(), home.worker, "a quite new password").status_code == 302

    def test_there_is_none_for_who_is_deactivated(self, home: cast.House, maya: Client) -> None:
        members.deactivate(home.worker, home.admin)
        assert maya.get(where(home.worker, "password")).status_code == 404

    def test_a_second_factor_that_was_lost_is_removed(self, home: cast.House, maya: Client) -> None:
        _, codes = with_second_factor(home.worker)
        assert send(maya, where(home.worker, "second-factor"), HTMX).status_code == 204
        assert not second_factors.is_on(home.worker)
        assert not second_factors.accept(home.worker, codes[0])
        assert sign_in(browser(), home.worker).headers["Location"] == "/"

    @pytest.mark.parametrize("verb", ["password", "second-factor"])
    def test_long_after_the_sign_in_the_admins_password_is_asked_for(self, home: cast.House, verb: str) -> None:
        with_second_factor(home.worker)
        client = visitor(home.admin)
        answer: Any = client.post(where(home.worker, verb))
        assert answer.status_code == 422
        assert second_factors.is_on(home.worker)
        assert client.post(where(home.worker, verb), {"current": cast.PASSWORD}).status_code in (200, 302)
