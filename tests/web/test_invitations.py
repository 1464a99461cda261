"""Invitations: a link makes one member, once, in the organization that made it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.utils import timezone

from relance.models import Conflict, Invalid, Invitation, Member, Role, invitations, members
from tests import cast
from tests.web.accounts import HTMX, browser, send, signed_in, text, who

ANA = "ana@example.com"
PASSWORD = "a long enough password"


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def invited(house: cast.House, email: str = ANA, role: str = Role.AGENT) -> tuple[Invitation, str]:
    invitation, link = invitations.invite(house.admin, email, role)
    return invitation, path_of(link)


def ids_of(answer: Any) -> set[str]:
    return set(re.findall(r"invitation_\d+", answer.content.decode()))


class TestInviting:
    def test_the_link_is_shown_once_and_makes_a_member_who_is_signed_in(self, home: cast.House) -> None:
        admin = signed_in(home.admin)
        shown = send(admin, "/settings/members/invite", email=" ANA@example.com", role="admin")
        link = shown.context["link"]
        assert link in shown.content.decode()
        assert link not in admin.get("/settings/members").content.decode()
        client = browser()
        assert "Maya Chen invites you" in text(client.get(path_of(link)))
        assert send(client, path_of(link), name=" Ana  Ruiz ", password=PASSWORD).headers["Location"] == "/"
        ana = Member.objects.get(email=ANA)
        assert (ana.name, ana.role, ana.organization) == ("Ana Ruiz", "admin", home.organization)
        assert who(client) == "Ana Ruiz"

    def test_it_is_mailed_where_there_is_mail(self, home: cast.House, settings: Any) -> None:
        settings.MAIL_CONFIGURED = True
        shown = send(signed_in(home.admin), "/settings/members/invite", email=ANA, role="agent")
        [message] = mail.outbox
        assert message.to == [ANA]
        assert shown.context["link"] in message.body
        assert "on its way to ana@example.com" in text(shown)

    def test_a_mail_that_does_not_go_is_told_and_the_link_is_shown(self, home: cast.House, settings: Any) -> None:
        settings.MAIL_CONFIGURED = True
        with mock.patch("relance.web.mails.send_mail", side_effect=ConnectionRefusedError("refused")):
            shown = send(signed_in(home.admin), "/settings/members/invite", email=ANA, role="agent")
        assert "The mail could not be sent." in text(shown)
        assert invitations.of_token(shown.context["link"].rsplit("/", 1)[1])

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"email": "ana"}, "email"),
            ({"email": ""}, "email"),
            ({"email": f"{'a' * 300}@example.com"}, "email"),
            ({"email": "tom@brightwater.example"}, "email"),
            ({"role": "owner"}, "role"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, home: cast.House, fields: dict[str, str], field: str) -> None:
        answer = send(signed_in(home.admin), "/settings/members/invite", **({"email": ANA, "role": "agent"} | fields))
        assert answer.status_code == 422
        assert f'id="error-{field}"' in answer.content.decode()
        assert not Invitation.objects.exists()

    def test_whether_an_address_signs_in_elsewhere_is_not_told(self, home: cast.House, elsewhere: cast.House) -> None:
        invitation, path = invited(home, elsewhere.worker.email)
        assert invitation.pk
        refused = send(browser(), path, name="Pablo", password=PASSWORD)
        assert refused.status_code == 422
        assert "This invitation cannot be accepted." in text(refused)
        assert "signs in" not in text(refused)

    def test_only_a_hash_is_kept(self, home: cast.House) -> None:
        invitation, path = invited(home)
        assert path.rsplit("/", 1)[1] not in repr(Invitation.objects.values().get(pk=invitation.pk))


class TestTheLink:
    def test_it_is_good_once(self, home: cast.House) -> None:
        _, path = invited(home)
        send(browser(), path, name="Ana", password=PASSWORD)
        assert browser().get(path).status_code == 404
        with pytest.raises(Conflict):
            invitations.accept(path.rsplit("/", 1)[1], "Ana", PASSWORD)
        assert Member.objects.filter(email=ANA).count() == 1

    def test_it_is_good_for_seven_days(self, home: cast.House) -> None:
        invitation, path = invited(home)
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        over = browser().get(path)
        assert over.status_code == 404
        assert "holds no more" in text(over)
        with pytest.raises(Conflict):
            invitations.accept(path.rsplit("/", 1)[1], "Ana", PASSWORD)
        assert "Expired" in text(signed_in(home.admin).get("/settings/members"))
        assert invitation.expires_at - timezone.now() <= timedelta(days=7)

    def test_another_one_ends_it(self, home: cast.House) -> None:
        invitation, path = invited(home)
        admin = signed_in(home.admin)
        shown = send(admin, f"/settings/members/invitations/{invitation.public_id}/renew")
        assert browser().get(path).status_code == 404
        assert browser().get(path_of(shown.context["link"])).status_code == 200

    def test_inviting_again_is_another_one_with_the_role_of_now(self, home: cast.House) -> None:
        _, path = invited(home)
        again, _ = invited(home, ANA.upper(), Role.ADMIN)
        assert browser().get(path).status_code == 404
        assert (Invitation.objects.count(), again.role) == (1, "admin")

    def test_it_can_be_revoked_once(self, home: cast.House) -> None:
        invitation, path = invited(home)
        admin = signed_in(home.admin)
        where = f"/settings/members/invitations/{invitation.public_id}/revoke"
        assert send(admin, where, HTMX).status_code == 204
        assert browser().get(path).status_code == 404
        assert admin.get(where).status_code == 404
        with pytest.raises(Conflict):
            invitations.revoke(invitation)
        with pytest.raises(Conflict):
            invitations.renew(invitation, home.admin)

    def test_it_ends_with_who_sent_it(self, home: cast.House) -> None:
        members.change_role(home.worker, Role.ADMIN)
        invitation, link = invitations.invite(home.worker, ANA, Role.ADMIN)
        members.deactivate(home.worker, home.admin)
        assert browser().get(path_of(link)).status_code == 404
        assert not Invitation.objects.pending().filter(pk=invitation.pk).exists()

    def test_it_ends_when_who_sent_it_is_an_admin_no_more(self, home: cast.House) -> None:
        members.change_role(home.worker, Role.ADMIN)
        _, link = invitations.invite(home.worker, ANA, Role.ADMIN)
        members.change_role(home.worker, Role.AGENT)
        assert browser().get(path_of(link)).status_code == 404

    @pytest.mark.parametrize("token", ["x", "x" * 500, "%00", "ñ"])
    def test_one_that_was_made_up_holds_not(self, home: cast.House, token: str) -> None:
        assert browser().get(f"/invitations/{token}").status_code == 404

    @pytest.mark.parametrize("name", [" ", "n" * 201])
    def test_what_cannot_be_is_told_at_its_field_and_it_stays_good(self, home: cast.House, name: str) -> None:
        _, path = invited(home)
        refused = send(browser(), path, name=name, password="short")
        assert refused.status_code == 422
        for field in ("name", "password"):
            assert f'id="error-{field}"' in refused.content.decode()
        assert send(browser(), path, name="Ana", password=PASSWORD).status_code == 302

    def test_who_joins_an_organization_that_asks_for_it_sets_a_second_factor_up(self, home: cast.House) -> None:
        home.organization.requires_second_factor = True
        home.organization.save()
        _, path = invited(home)
        client = browser()
        assert send(client, path, name="Ana", password=PASSWORD).headers["Location"] == "/sign-in/second-factor"
        assert not who(client)


class TestWhoseTheyAre:
    def test_another_organizations_do_not_exist(self, home: cast.House, elsewhere: cast.House) -> None:
        invitation, path = invited(home)
        lucia = signed_in(elsewhere.admin)
        assert not ids_of(lucia.get("/settings/members"))
        for verb in ("renew", "revoke"):
            where = f"/settings/members/invitations/{invitation.public_id}/{verb}"
            assert lucia.get(where).status_code == 404
            token = lucia.cookies["csrftoken"].value
            assert lucia.post(where, {"csrfmiddlewaretoken": token}).status_code == 404
        assert browser().get(path).status_code == 200

    def test_one_address_may_be_invited_by_two(self, home: cast.House, elsewhere: cast.House) -> None:
        _, here = invited(home)
        _, there = invited(elsewhere)
        assert browser().get(here).status_code == browser().get(there).status_code == 200

    def test_an_agent_invites_nobody(self, home: cast.House) -> None:
        tom = signed_in(home.worker)
        assert tom.get("/settings/members/invite").status_code == 403
        token = tom.cookies["csrftoken"].value
        asked = {"email": ANA, "role": "admin", "csrfmiddlewaretoken": token}
        assert tom.post("/settings/members/invite", asked).status_code == 403
        assert not Invitation.objects.exists()

    def test_an_invitation_needs_a_role(self, home: cast.House) -> None:
        with pytest.raises(Invalid):
            invitations.invite(home.admin, ANA, "")
