"""Signing in: who gets in, who waits, and that nothing is told to those who do not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth import hashers
from django.contrib.sessions.models import Session
from django.test import Client

from relance.models import SignIn, WrongTry, second_factors, sql
from relance.models.throttle import BY_ADDRESS, BY_ADDRESS_AND_CLIENT, BY_CLIENT
from tests import cast
from tests.web.accounts import browser, code, send, sign_in, signed_in, text, who, with_second_factor

WRONG = "wrong wrong wrong"


def later(**time: float) -> None:
    """Let so much time go by for the wrong tries."""
    for row in WrongTry.objects.all():
        row.at -= timedelta(**time)
        row.save()


class TestThePassword:
    def test_the_right_one_lets_in_and_leads_where_one_wanted_to_go(self, home: cast.House) -> None:
        client = browser()
        asked = client.get("/settings/profile")
        assert asked.headers["Location"] == "/sign-in?next=/settings/profile"
        answer = sign_in(client, home.worker, query="?next=/settings/profile")
        assert answer.headers["Location"] == "/settings/profile"
        assert who(client) == "Tom Okafor"

    def test_the_address_counts_whatever_its_case(self, home: cast.House) -> None:
        answer = send(browser(), "/sign-in", email=" TOM@Brightwater.example ", password=cast.PASSWORD)
        assert answer.status_code == 302

    @pytest.mark.parametrize("email", ["tom@brightwater.example", "nobody@brightwater.example", "", "\0", "x" * 5000])
    def test_a_wrong_one_is_refused_in_the_same_words_for_everybody(self, home: cast.House, email: str) -> None:
        client = browser()
        answer = send(client, "/sign-in", email=email, password=WRONG)
        assert answer.status_code == 422
        assert "This address and password do not go together." in text(answer)
        assert not who(client)

    def test_an_unknown_address_costs_as_much_as_a_known_one(self, home: cast.House) -> None:
        hashed = []
        for email in (home.worker.email, "nobody@brightwater.example"):
            hasher = hashers.get_hasher()
            with mock.patch.object(type(hasher), "encode", autospec=True, side_effect=type(hasher).encode) as encode:
                send(browser(), "/sign-in", email=email, password=WRONG)
            hashed.append(encode.call_count)
        assert hashed[0] == hashed[1] == 1

    def test_who_is_deactivated_is_refused_like_anybody(self, home: cast.House) -> None:
        home.worker.is_active = False
        home.worker.save()
        answer = sign_in(browser(), home.worker)
        assert answer.status_code == 422
        assert "do not go together" in text(answer)

    def test_without_the_forms_token_nobody_gets_in(self, home: cast.House) -> None:
        client = browser()
        answer = client.post("/sign-in", {"email": home.worker.email, "password": cast.PASSWORD})
        assert answer.status_code == 403
        assert not who(client)


class TestWhereItLeads:
    @pytest.mark.parametrize(
        "there",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "\\\\evil.example",
            "javascript:alert(1)",
            "http:evil.example",
            "/%0d%0aSet-Cookie:x=1//evil",
            "contacts",
        ],
    )
    def test_never_to_another_place(self, home: cast.House, there: str) -> None:
        answer = send(browser(), f"/sign-in?next={there}", email=home.worker.email, password=cast.PASSWORD)
        assert answer.status_code == 302
        led = answer.headers["Location"]
        assert led == "/" or (led.startswith("/") and not led.startswith(("//", "/\\")))
        assert "\r" not in led
        assert signed_in(home.admin).get(f"/sign-in?next={there}").headers["Location"] == led


class TestTheSession:
    def test_its_key_is_one_that_nobody_knew_before(self, home: cast.House) -> None:
        client = browser()
        planted = client.session
        planted["x"] = 1
        planted.save()
        client.cookies["sessionid"] = planted.session_key
        sign_in(client, home.worker)
        assert client.cookies["sessionid"].value != planted.session_key
        assert not Session.objects.filter(session_key=planted.session_key).exists()

    def test_nor_is_it_between_password_and_code(self, home: cast.House) -> None:
        secret, _ = with_second_factor(home.worker)
        client = browser()
        planted = client.session
        planted["x"] = 1
        planted.save()
        client.cookies["sessionid"] = planted.session_key
        sign_in(client, home.worker)
        between = client.cookies["sessionid"].value
        assert between != planted.session_key
        send(client, "/sign-in/code", code=code(secret, 1))
        assert client.cookies["sessionid"].value not in (planted.session_key, between)
        assert not Session.objects.filter(session_key=between).exists()

    def test_signing_out_ends_it(self, home: cast.House) -> None:
        client = signed_in(home.worker)
        key = client.cookies["sessionid"].value
        assert client.get("/sign-out").status_code == 405
        token = client.cookies["csrftoken"].value
        assert client.post("/sign-out", {"csrfmiddlewaretoken": token}).headers["Location"] == "/sign-in"
        assert not Session.objects.filter(session_key=key).exists()
        assert not who(client)

    def test_it_does_not_go_on_unlisted_while_somebody_else_is_asked_for_a_code(
        self, home: cast.House, elsewhere: cast.House
    ) -> None:
        with_second_factor(elsewhere.admin)
        client = signed_in(home.worker)
        token = client.cookies["csrftoken"].value
        given = {"email": elsewhere.admin.email, "password": cast.PASSWORD, "csrfmiddlewaretoken": token}
        assert client.post("/sign-in", given).headers["Location"] == "/sign-in/code"
        assert not who(client)

    def test_what_has_ended_is_forgotten_at_the_next_sign_in(self, home: cast.House) -> None:
        signed_in(home.worker)
        Session.objects.update(expire_date="2020-01-01T00:00:00Z")
        signed_in(home.admin)
        assert [s.member for s in SignIn.objects.all()] == [home.admin]
        assert Session.objects.count() == 1


def browser_at(client: str) -> Client:
    """A browser that connects from there."""
    return Client(enforce_csrf_checks=True, REMOTE_ADDR=client)


class TestGuessing:
    def test_after_five_wrong_tries_an_address_waits_even_with_the_right_password(self, home: cast.House) -> None:
        for _ in range(BY_ADDRESS_AND_CLIENT.most):
            assert sign_in(browser(), home.worker, WRONG).status_code == 422
        waits = sign_in(browser(), home.worker)
        assert waits.status_code == 429
        assert "There were too many tries. Try again in 10 minutes." in text(waits)
        assert sign_in(browser(), home.admin).status_code == 302

    def test_an_address_that_nobody_has_waits_likewise(self, home: cast.House) -> None:
        told = []
        for _ in range(BY_ADDRESS_AND_CLIENT.most + 1):
            answer = send(browser(), "/sign-in", email="nobody@brightwater.example", password=WRONG)
            told.append(answer.status_code)
        assert told == [422] * BY_ADDRESS_AND_CLIENT.most + [429]

    def test_it_ends_by_itself_and_pressing_on_does_not_draw_it_out(self, home: cast.House) -> None:
        for _ in range(BY_ADDRESS_AND_CLIENT.most + 10):
            sign_in(browser(), home.worker, WRONG)
        later(minutes=10)
        assert sign_in(browser(), home.worker).status_code == 302

    def test_the_sentence_says_how_long(self, home: cast.House) -> None:
        for _ in range(BY_ADDRESS_AND_CLIENT.most):
            sign_in(browser(), home.worker, WRONG)
        later(minutes=6.5)
        assert "Try again in 4 minutes." in text(sign_in(browser(), home.worker))

    def test_the_right_password_forgives_those_before(self, home: cast.House) -> None:
        for _ in range(3):
            for _ in range(BY_ADDRESS_AND_CLIENT.most - 1):
                sign_in(browser(), home.worker, WRONG)
            assert sign_in(browser(), home.worker).status_code == 302

    def test_whoever_guesses_elsewhere_keeps_nobody_out(self, home: cast.House) -> None:
        for _ in range(BY_ADDRESS_AND_CLIENT.most + 1):
            guessed = sign_in(browser_at("203.0.113.9"), home.worker, WRONG)
        assert guessed.status_code == 429
        assert sign_in(browser_at("198.51.100.7"), home.worker).status_code == 302
        assert sign_in(browser_at("203.0.113.9"), home.worker).status_code == 429

    def test_many_who_guess_together_wait_together(self, home: cast.House) -> None:
        told = [
            sign_in(browser_at(f"203.0.113.{n // 4}"), home.worker, WRONG).status_code
            for n in range(BY_ADDRESS.most + 1)
        ]
        assert told == [422] * BY_ADDRESS.most + [429]
        assert sign_in(browser_at("198.51.100.7"), home.admin).status_code == 302

    def test_one_client_waits_whatever_addresses_it_tries(self, home: cast.House) -> None:
        for number in range(BY_CLIENT.most):
            send(browser(), "/sign-in", email=f"{number}@brightwater.example", password=WRONG)
        assert sign_in(browser(), home.worker).status_code == 429
        elsewhere = Client(REMOTE_ADDR="203.0.113.9")
        assert sign_in(elsewhere, home.worker).status_code == 302

    def test_what_is_typed_is_not_kept(self, home: cast.House) -> None:
        send(browser(), "/sign-in", email="my-password-by-mistake", password=WRONG)
        assert "mistake" not in repr(list(WrongTry.objects.values()))


class TestTheSecondFactor:
    def test_a_password_alone_lets_nobody_in(self, home: cast.House) -> None:
        with_second_factor(home.worker)
        client = browser()
        assert sign_in(client, home.worker).headers["Location"] == "/sign-in/code"
        assert not who(client)

    def test_the_code_lets_in_and_leads_on(self, home: cast.House) -> None:
        secret, _ = with_second_factor(home.worker)
        client = browser()
        sign_in(client, home.worker, query="?next=/settings/security")
        answer = send(client, "/sign-in/code", code=f" {code(secret, 1)[:3]} {code(secret, 1)[3:]} ")
        assert answer.headers["Location"] == "/settings/security"
        assert who(client) == "Tom Okafor"

    def test_a_code_is_good_once(self, home: cast.House) -> None:
        secret, _ = with_second_factor(home.worker)
        first, second = browser(), browser()
        for client in (first, second):
            sign_in(client, home.worker)
        seen = code(secret, 1)
        assert send(first, "/sign-in/code", code=seen).status_code == 302
        again = send(second, "/sign-in/code", code=seen)
        assert again.status_code == 422
        assert "was used already" in text(again)
        assert not who(second)

    def test_nor_is_one_that_is_older_than_the_last(self, home: cast.House) -> None:
        secret, _ = with_second_factor(home.worker)
        assert not second_factors.accept(home.worker, code(secret))
        assert not second_factors.accept(home.worker, code(secret, -1))
        assert second_factors.accept(home.worker, code(secret, 1))

    def test_a_recovery_code_is_good_once(self, home: cast.House) -> None:
        _, codes = with_second_factor(home.worker)
        for written, status in ((codes[0].upper(), 302), (codes[0], 422), (codes[1].replace("-", " "), 302)):
            client = browser()
            sign_in(client, home.worker)
            assert send(client, "/sign-in/code", code=written).status_code == status

    def test_it_is_nobody_elses(self, home: cast.House) -> None:
        secret, codes = with_second_factor(home.admin)
        with_second_factor(home.worker)
        client = browser()
        sign_in(client, home.worker)
        for theirs in (code(secret, 1), codes[0]):
            assert send(client, "/sign-in/code", code=theirs).status_code == 422

    def test_guessing_codes_waits_too(self, home: cast.House) -> None:
        secret, _ = with_second_factor(home.worker)
        for _ in range(5):
            client = browser()
            sign_in(client, home.worker)
            assert send(client, "/sign-in/code", code="000000").status_code == 422
        client = browser()
        sign_in(client, home.worker)
        assert send(client, "/sign-in/code", code=code(secret, 1)).status_code == 429
        assert not who(client)

    def test_the_page_for_the_code_is_nobodys_without_the_password(self, home: cast.House) -> None:
        assert browser().get("/sign-in/code").headers["Location"] == "/sign-in"
        assert browser().get("/sign-in/second-factor").headers["Location"] == "/sign-in"

    def test_it_is_too_late_after_ten_minutes_and_after_another_password(self, home: cast.House) -> None:
        secret, _ = with_second_factor(home.worker)
        client = browser()
        sign_in(client, home.worker)
        kept = client.session
        kept["entering"] = kept["entering"] | {"at": kept["entering"]["at"] - 601}
        kept.save()
        assert client.get("/sign-in/code").status_code == 302
        sign_in(client, home.worker)
        home.worker.set_password("quite another one")
        home.worker.save()
        client.get("/sign-in")
        token = client.cookies["csrftoken"].value
        answer = client.post("/sign-in/code", {"code": code(secret, 1), "csrfmiddlewaretoken": token})
        assert answer.headers["Location"] == "/sign-in"
        assert not who(client)

    def test_secret_and_codes_are_not_in_the_database_as_they_are(self, home: cast.House, db: None) -> None:
        secret, codes = with_second_factor(home.worker)
        kept = repr(sql.rows("SELECT secret FROM relance_secondfactor"))
        kept += repr([bytes(row[0]) for row in sql.rows("SELECT digest FROM relance_recoverycode")])
        assert secret not in kept
        assert not any(one in kept or one.replace("-", "") in kept for one in codes)


class TestAnOrganizationThatAsksForIt:
    @pytest.fixture(autouse=True)
    def asks(self, home: cast.House) -> None:
        home.organization.requires_second_factor = True
        home.organization.save()

    def test_who_has_none_sets_it_up_before_being_let_in(self, home: cast.House) -> None:
        client = browser()
        assert (
            sign_in(client, home.worker, query="?next=/settings/keys").headers["Location"] == "/sign-in/second-factor"
        )
        assert not who(client)
        shown = client.get("/sign-in/second-factor")
        secret = shown.context["secret"].replace(" ", "")
        assert "<svg" in shown.content.decode()
        assert "style=" not in shown.content.decode()
        assert send(client, "/sign-in/second-factor", code="000000").status_code == 422
        done = send(client, "/sign-in/second-factor", code=code(secret))
        assert len(done.context["codes"]) == 10
        assert 'href="/settings/keys"' in done.content.decode()
        assert who(client) == "Tom Okafor"

    def test_who_has_one_cannot_set_up_another_with_the_password_alone(self, home: cast.House) -> None:
        with_second_factor(home.worker)
        client = browser()
        sign_in(client, home.worker)
        assert client.get("/sign-in/second-factor").headers["Location"] == "/sign-in"


class TestTheDemo:
    def test_everybody_who_is_there_signs_in_with_one_press(self, home: cast.House, settings: Any) -> None:
        settings.DEMO = True
        home.colleague.is_active = False
        home.colleague.save()
        page = browser().get("/sign-in")
        assert [member.name for member in page.context["demo_members"]] == ["Maya Chen", "Tom Okafor"]

    def test_elsewhere_nobody_is_named(self, home: cast.House, settings: Any) -> None:
        settings.DEMO = False
        told = browser().get("/sign-in").content.decode()
        assert "demo" not in told
        assert home.worker.email not in told
