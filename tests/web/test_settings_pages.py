"""Settings: who has which page, and what each of the small ones keeps."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from relance.models import ApiKey, Member, SignIn, second_factors
from relance.models.due import today_of
from tests import cast
from tests.engine.test_query_counts import counted
from tests.web.accounts import HTMX, browser, code, send, sign_in, signed_in, text, who, with_second_factor
from tests.web.follow_ups import visitor

NEW = "a quite new password"
EVERYBODYS = [
    "/settings/profile",
    "/settings/profile/calendar",
    "/settings/profile/calendar/revoke",
    "/settings/security",
    "/settings/security/password",
    "/settings/security/recovery-codes",
    "/settings/security/second-factor",
    "/settings/security/second-factor/off",
    "/settings/security/sessions",
    "/settings/keys",
    "/settings/keys/new",
]
ADMINS = [
    "/settings/organization",
    "/settings/organization/rotate",
    "/settings/organization/secret",
    "/settings/organization/webhook",
    "/settings/members",
    "/settings/members/invite",
]


class TestWhoseTheyAre:
    @pytest.mark.parametrize("path", [*EVERYBODYS, *ADMINS])
    def test_nobodys_without_signing_in(self, home: cast.House, path: str) -> None:
        assert visitor().get(path).headers["Location"] == f"/sign-in?next={path}"
        assert visitor().post(path).headers["Location"] == f"/sign-in?next={path}"

    @pytest.mark.parametrize("path", ADMINS)
    def test_an_agent_has_none_of_the_admins(self, home: cast.House, path: str) -> None:
        tom = visitor(home.worker)
        for answer in (tom.get(path), tom.post(path), tom.get(path, headers=HTMX)):
            assert answer.status_code == 403
        assert f'href="{path}"' not in tom.get("/settings/profile").content.decode()

    @pytest.mark.parametrize("path", EVERYBODYS)
    def test_everybody_has_their_own(self, home: cast.House, path: str) -> None:
        assert visitor(home.worker).get(path).status_code == 200

    @pytest.mark.parametrize("path", [*EVERYBODYS, *ADMINS])
    def test_nothing_is_written_without_the_forms_token(self, home: cast.House, path: str) -> None:
        assert signed_in(home.admin).post(path, {}).status_code == 403

    @pytest.mark.parametrize("path", [*EVERYBODYS, *ADMINS])
    def test_no_style_and_no_script_stands_in_a_page(self, home: cast.House, path: str) -> None:
        for headers in ({}, HTMX):
            page = visitor(home.admin).get(path, headers=headers).content.decode()
            assert "style=" not in page
            assert "<style" not in page
            assert "<script>" not in page
            assert "onclick" not in page

    def test_settings_begin_with_the_profile(self, home: cast.House) -> None:
        assert visitor(home.worker).get("/settings").headers["Location"] == "/settings/profile"

    @pytest.mark.parametrize("path", [*EVERYBODYS, *ADMINS])
    def test_a_page_costs_few_queries(self, home: cast.House, path: str) -> None:
        client = visitor(home.admin)
        many, _ = counted(client.get, path)
        assert many <= 15


class TestTheProfile:
    def test_what_is_said_is_kept(self, home: cast.House) -> None:
        said = {"name": " Tom  Okafor-Lee ", "timeZone": "Europe/Madrid", "language": "es", "notifyByEmail": "on"}
        assert send(signed_in(home.worker), "/settings/profile", HTMX, **said).status_code == 204
        home.worker.refresh_from_db()
        tom = home.worker
        assert (tom.name, tom.time_zone, tom.language) == ("Tom Okafor-Lee", "Europe/Madrid", "es")
        assert tom.notify_by_email
        assert tom.zone == "Europe/Madrid"

    def test_an_empty_zone_is_the_organizations(self, home: cast.House) -> None:
        client = signed_in(home.worker)
        send(client, "/settings/profile", name="Tom", timeZone="", language="en")
        home.worker.refresh_from_db()
        assert home.worker.zone == "America/New_York"
        assert "Your profile is saved." in text(client.get("/settings/profile?saved"))

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": " "}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"timeZone": "Mars/Olympus"}, "timeZone"),
            ({"language": "tlh"}, "language"),
        ],
    )
    def test_what_cannot_be_is_told_at_its_field_and_stays_in_the_form(
        self, home: cast.House, wrong: dict[str, str], field: str
    ) -> None:
        said = {"name": "Thomas", "timeZone": "Europe/Paris", "language": "es"} | wrong
        answer = send(signed_in(home.worker), "/settings/profile", HTMX, **said)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert f'id="error-{field}"' in page
        assert f'value="{said["timeZone"]}"' in page
        home.worker.refresh_from_db()
        assert home.worker.name == "Tom Okafor"


class TestTheDigest:
    PROFILE: dict[str, str] = {"name": "Tom", "timeZone": "", "language": "en"}  # noqa: RUF012

    def chosen(self, home: cast.House, **fields: str) -> Any:
        return send(signed_in(home.worker), "/settings/profile", HTMX, **self.PROFILE | fields)

    def test_it_is_off_until_it_is_chosen(self, home: cast.House) -> None:
        page = visitor(home.worker).get("/settings/profile").content.decode()
        assert home.worker.digest_at is None
        assert '<input type="checkbox" name="digest">' in page
        self.chosen(home)
        home.worker.refresh_from_db()
        assert home.worker.digest_at is None

    def test_its_time_is_kept_and_shown_and_can_be_taken_back(self, home: cast.House) -> None:
        assert self.chosen(home, digest="on", digestAt="07:30").status_code == 204
        home.worker.refresh_from_db()
        assert home.worker.digest_at == time(7, 30)
        page = visitor(home.worker).get("/settings/profile").content.decode()
        assert '<input type="checkbox" name="digest" checked>' in page
        assert 'value="07:30"' in page
        self.chosen(home, digestAt="07:30")
        home.worker.refresh_from_db()
        assert home.worker.digest_at is None

    @pytest.mark.parametrize("written", ["", "noon", "25:00", "08:00:00", "٠٨:٠٠ "])
    def test_what_is_no_time_is_told_at_its_field(self, home: cast.House, written: str) -> None:
        answer = self.chosen(home, digest="on", digestAt=written)
        assert answer.status_code == 422
        assert 'id="error-digestAt"' in answer.content.decode()

    def test_who_chooses_it_after_its_time_has_the_first_on_the_next_day(self, home: cast.House) -> None:
        self.chosen(home, digest="on", digestAt="00:00")
        home.worker.refresh_from_db()
        assert home.worker.digest_sent_on == today_of(home.worker)

    def test_another_time_takes_no_day_away(self, home: cast.House) -> None:
        Member.objects.update(digest_at=time(23, 59))
        self.chosen(home, digest="on", digestAt="00:00")
        home.worker.refresh_from_db()
        assert home.worker.digest_sent_on is None

    def test_it_says_where_no_mail_is_sent(self, home: cast.House, settings: Any) -> None:
        said = "This instance sends no mail at present."
        assert said in text(visitor(home.worker).get("/settings/profile"))
        settings.MAIL_CONFIGURED = True
        assert said not in text(visitor(home.worker).get("/settings/profile"))


class TestThePassword:
    def test_another_one_ends_the_other_sessions_and_not_this_one(self, home: cast.House) -> None:
        here, there = signed_in(home.worker), signed_in(home.worker)
        key = here.cookies["sessionid"].value
        answer = send(here, "/settings/security/password", HTMX, current=cast.PASSWORD, password=NEW)
        assert answer.status_code == 204
        assert who(here) == "Tom Okafor"
        assert not who(there)
        assert here.cookies["sessionid"].value != key
        assert [s.session_key for s in SignIn.objects.all()] == [here.cookies["sessionid"].value]
        assert sign_in(browser(), home.worker, NEW).status_code == 302

    def test_the_one_until_now_is_asked_for_and_guessing_it_waits(self, home: cast.House) -> None:
        client = signed_in(home.worker)
        for _ in range(5):
            answer = send(client, "/settings/security/password", HTMX, current="wrong", password=NEW)
            assert answer.status_code == 422
            assert "This is not your password." in text(answer)
        waits = send(client, "/settings/security/password", HTMX, current=cast.PASSWORD, password=NEW)
        assert "There were too many tries." in text(waits)
        assert sign_in(browser(), home.worker).status_code == 302

    def test_a_weak_one_is_refused_at_its_field(self, home: cast.House) -> None:
        client = signed_in(home.worker)
        answer = send(client, "/settings/security/password", HTMX, current=cast.PASSWORD, password="short")
        assert 'id="error-password"' in answer.content.decode()


class TestTheSecondFactor:
    def test_it_is_on_once_the_device_has_shown_a_code(self, home: cast.House) -> None:
        client, path = signed_in(home.worker), "/settings/security/second-factor"
        secret = client.get(path).context["secret"].replace(" ", "")
        assert send(client, path, HTMX, code="000000").status_code == 422
        assert not second_factors.is_on(home.worker)
        shown = send(client, path, HTMX, code=code(secret))
        assert len(set(shown.context["codes"])) == 10
        assert second_factors.is_on(home.worker)
        for one in shown.context["codes"]:
            assert one in shown.content.decode()
            assert one not in client.get("/settings/security").content.decode()

    def test_another_device_takes_the_place_of_the_one_before(self, home: cast.House) -> None:
        old, codes = with_second_factor(home.worker)
        client, path = signed_in_with(home.worker, old), "/settings/security/second-factor"
        secret = client.get(path).context["secret"].replace(" ", "")
        assert secret != old
        send(client, path, HTMX, code=code(secret))
        assert not second_factors.accept(home.worker, code(old, 1))
        assert not second_factors.accept(home.worker, codes[0])

    def test_it_can_be_turned_off_but_not_where_the_organization_asks_for_it(self, home: cast.House) -> None:
        secret, codes = with_second_factor(home.worker)
        client, path = signed_in_with(home.worker, secret), "/settings/security/second-factor/off"
        home.organization.requires_second_factor = True
        home.organization.save()
        assert "Your organization asks for a second factor." in text(send(client, path, HTMX))
        home.organization.requires_second_factor = False
        home.organization.save()
        assert send(client, path, HTMX).status_code == 204
        assert not second_factors.is_on(home.worker)
        assert not second_factors.accept(home.worker, codes[0])

    def test_new_recovery_codes_end_those_before(self, home: cast.House) -> None:
        secret, codes = with_second_factor(home.worker)
        client = signed_in_with(home.worker, secret)
        shown = send(client, "/settings/security/recovery-codes", HTMX)
        assert not second_factors.accept(home.worker, codes[0])
        assert second_factors.accept(home.worker, shown.context["codes"][0])
        assert "9 recovery codes left" in text(client.get("/settings/security"))

    def test_without_it_there_are_no_recovery_codes(self, home: cast.House) -> None:
        answer = send(signed_in(home.worker), "/settings/security/recovery-codes", HTMX)
        assert answer.status_code == 422

    @pytest.mark.parametrize("path", ["second-factor", "second-factor/off", "recovery-codes"])
    def test_long_after_the_sign_in_the_password_is_asked_for(self, home: cast.House, path: str) -> None:
        secret, _ = with_second_factor(home.worker)
        client = signed_in_with(home.worker, secret)
        kept = client.session
        kept["signed_in_at"] -= 901
        kept.save()
        where = f"/settings/security/{path}"
        shown = client.get(where)
        new = code(shown.context["secret"].replace(" ", "")) if path == "second-factor" else ""
        assert 'name="current"' in shown.content.decode()
        assert send(client, where, HTMX, code=new).status_code == 422
        assert second_factors.recovery_codes_left(home.worker) == 10
        assert send(client, where, HTMX, code=new, current=cast.PASSWORD).status_code in (200, 204)


class TestWhereOneIsSignedIn:
    def test_it_lists_ones_own_sessions_with_their_browsers(self, home: cast.House) -> None:
        signed_in(home.worker, **{"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"})
        signed_in(home.admin, **{"User-Agent": "Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1"})
        said = text(signed_in(home.worker).get("/settings/security"))
        assert "Firefox on Windows" in said
        assert "Safari on iPhone" not in said
        assert said.count("This one") == 1

    def test_everywhere_else_can_be_ended(self, home: cast.House) -> None:
        here, there, hers = signed_in(home.worker), signed_in(home.worker), signed_in(home.admin)
        assert send(here, "/settings/security/sessions", HTMX).status_code == 204
        assert (who(here), who(there), who(hers)) == ("Tom Okafor", "", "Maya Chen")
        assert Session.objects.count() >= 2


class TestKeys:
    def test_a_key_is_shown_once_and_works(self, home: cast.House) -> None:
        client = signed_in(home.worker)
        made = send(client, "/settings/keys/new", HTMX, name="CRM", scope="read")
        key = made.context["text"]
        assert key in made.content.decode()
        assert key not in client.get("/settings/keys").content.decode()
        holder = ApiKey.holder(key)
        assert holder
        assert (holder.member, holder.name, holder.scope) == (home.worker, "CRM", "read")

    @pytest.mark.parametrize(
        ("wrong", "field"), [({"name": ""}, "name"), ({"name": "x" * 101}, "name"), ({"scope": "owner"}, "scope")]
    )
    def test_what_cannot_be_is_told_at_its_field(self, home: cast.House, wrong: dict[str, str], field: str) -> None:
        answer = send(signed_in(home.worker), "/settings/keys/new", HTMX, **({"name": "CRM", "scope": "read"} | wrong))
        assert answer.status_code == 422
        assert f'id="error-{field}"' in answer.content.decode()
        assert not ApiKey.objects.exists()

    def test_long_after_the_sign_in_the_password_is_asked_for(self, home: cast.House) -> None:
        client = visitor(home.worker)
        said = {"name": "CRM", "scope": "read"}
        assert client.post("/settings/keys/new", said).status_code == 422
        assert client.post("/settings/keys/new", said | {"current": "wrong"}).status_code == 422
        assert not ApiKey.objects.exists()
        assert client.post("/settings/keys/new", said | {"current": cast.PASSWORD}).status_code == 200

    def test_one_sees_and_ends_ones_own_and_an_admin_all(self, home: cast.House, elsewhere: cast.House) -> None:
        hers, _ = ApiKey.issue(home.admin, "Of Maya")
        his, _ = ApiKey.issue(home.worker, "Of Tom")
        theirs, _ = ApiKey.issue(elsewhere.admin, "Of Lucía")
        tom, maya = visitor(home.worker), visitor(home.admin)
        seen = text(tom.get("/settings/keys"))
        assert "Of Tom" in seen
        assert "Of Maya" not in seen
        assert "Of Lucía" not in text(maya.get("/settings/keys"))
        for client, key, status in ((tom, hers, 404), (tom, theirs, 404), (maya, theirs, 404), (maya, his, 204)):
            where = f"/settings/keys/{key.public_id}/revoke"
            assert client.get(where).status_code == (404 if status == 404 else 200)
            assert client.post(where, headers=HTMX).status_code == status
        assert ApiKey.objects.filter(revoked_at=None).count() == 2
        assert maya.get(f"/settings/keys/{his.public_id}/revoke").status_code == 404

    def test_many_keys_cost_no_more_queries(self, home: cast.House) -> None:
        client = visitor(home.admin)
        ApiKey.issue(home.worker, "One")
        few, _ = counted(client.get, "/settings/keys")
        for number in range(20):
            ApiKey.issue(home.colleague, f"Key {number}")
        assert counted(client.get, "/settings/keys")[0] == few


def signed_in_with(member, secret):
    """A browser in which a member who has a second factor signed in."""
    client = browser()
    sign_in(client, member)
    assert send(client, "/sign-in/code", code=code(secret, 1)).status_code == 302
    return client
