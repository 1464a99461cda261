"""A password that was forgotten: links that are good once, and answers that tell nobody who is a member."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.utils import timezone

from relance.models import passwords
from relance.web import mails
from tests import cast
from tests.web.accounts import browser, send, sign_in, signed_in, text, who, with_second_factor

NEW = "a quite new password"


class AtOnce:
    """A thread that does its work where it is started, so that nothing has to be waited for."""

    def __init__(self, target: Callable[..., object], args: list[Any], daemon: bool) -> None:
        self._work = lambda: target(*args)

    def start(self) -> None:
        self._work()


@pytest.fixture
def by_mail(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MAIL_CONFIGURED = True
    monkeypatch.setattr(mails.threading, "Thread", AtOnce)


def link_in(message: Any) -> str:
    found = re.search(r"https?://[^/\s]+(/password/new/\S+)", message.body)
    assert found
    return found[1]


class TestAskingForALink:
    @pytest.mark.usefixtures("by_mail")
    def test_it_comes_by_mail_and_leads_to_a_new_password(self, home: cast.House) -> None:
        answer = send(browser(), "/password/forgotten", email="TOM@brightwater.example")
        assert "a link is on its way" in text(answer)
        [message] = mail.outbox
        assert message.to == [home.worker.email]
        client = browser()
        assert send(client, link_in(message), password=NEW).headers["Location"] == "/sign-in?set"
        assert sign_in(client, home.worker, NEW).status_code == 302
        assert sign_in(browser(), home.worker).status_code == 422

    @pytest.mark.usefixtures("by_mail")
    def test_the_answer_is_the_same_for_addresses_that_nobody_has(self, home: cast.House) -> None:
        home.colleague.is_active = False
        home.colleague.save()
        said = {
            text(send(browser(), "/password/forgotten", email=email)).replace(email, "…")
            for email in (home.worker.email, home.colleague.email, "nobody@example.com")
        }
        assert len(said) == 1
        assert [message.to for message in mail.outbox] == [[home.worker.email]]

    @pytest.mark.usefixtures("by_mail")
    def test_nobodys_mailbox_is_filled(self, home: cast.House) -> None:
        for _ in range(10):
            assert send(browser(), "/password/forgotten", email=home.worker.email).status_code == 200
        assert len(mail.outbox) == 3

    @pytest.mark.usefixtures("by_mail")
    def test_a_client_that_asks_on_and_on_waits(self, home: cast.House) -> None:
        answers = [send(browser(), "/password/forgotten", email=f"{n}@example.com").status_code for n in range(21)]
        assert answers == [200] * 20 + [429]

    @pytest.mark.usefixtures("by_mail")
    def test_a_link_leads_to_this_instance_whatever_host_was_asked_for(self, home: cast.House, settings: Any) -> None:
        settings.ALLOWED_HOSTS = ["*"]
        send(browser(Host="evil.example"), "/password/forgotten", email=home.worker.email)
        assert settings.BASE_URL in mail.outbox[0].body
        assert "evil" not in mail.outbox[0].body

    def test_without_mail_one_is_told_whom_to_ask(self, home: cast.House) -> None:
        said = text(browser().get("/password/forgotten"))
        assert "Ask an admin of your organization" in said
        assert send(browser(), "/password/forgotten", email=home.worker.email).status_code == 200
        assert not mail.outbox


class TestTheLink:
    def test_it_is_good_once(self, home: cast.House) -> None:
        path = f"/password/new/{passwords.reset_token(home.worker)}"
        assert send(browser(), path, password=NEW).status_code == 302
        over = browser().get(path)
        assert over.status_code == 404
        assert "This link holds no more" in text(over)

    def test_whoever_used_it_is_told_that_api_keys_still_work(self, home: cast.House) -> None:
        path = f"/password/new/{passwords.reset_token(home.worker)}"
        page = browser().get(send(browser(), path, password=NEW).headers["Location"])
        assert "Your API keys still work" in text(page)
        assert 'href="/settings/keys"' in page.content.decode()
        assert "API keys" not in text(browser().get("/sign-in"))

    def test_it_is_good_for_an_hour(self, home: cast.House) -> None:
        token = passwords.reset_token(home.worker)
        for minutes, held in ((59, home.worker), (61, None)):
            with mock.patch.object(
                passwords._tokens,
                "_now",
                return_value=(timezone.now() + timedelta(minutes=minutes)).replace(tzinfo=None),
            ):
                assert passwords.of_token(token) == held

    def test_it_is_over_after_a_sign_in_and_for_who_is_deactivated(self, home: cast.House) -> None:
        token, other = passwords.reset_token(home.worker), passwords.reset_token(home.colleague)
        signed_in(home.worker)
        home.colleague.is_active = False
        home.colleague.save()
        assert passwords.of_token(token) is None
        assert passwords.of_token(other) is None

    @pytest.mark.parametrize("token", ["x", "1.x", "99999999999999999999.x", "1.", ".", "٣.x", "1.abc-def"])
    def test_one_that_was_made_up_holds_not(self, home: cast.House, token: str) -> None:
        assert browser().get(f"/password/new/{token}").status_code == 404

    def test_it_is_nobody_elses(self, home: cast.House) -> None:
        _, rest = passwords.reset_token(home.worker).split(".")
        assert passwords.of_token(f"{home.admin.pk}.{rest}") is None

    @pytest.mark.parametrize("password", ["short", "password123", "x" * 1001, ""])
    def test_a_password_that_is_none_is_refused_at_its_field_and_the_link_stays_good(
        self, home: cast.House, password: str
    ) -> None:
        path = f"/password/new/{passwords.reset_token(home.worker)}"
        refused = send(browser(), path, password=password)
        assert refused.status_code == 422
        assert 'id="error-password"' in refused.content.decode()
        assert send(browser(), path, password=NEW).status_code == 302

    def test_it_ends_every_session(self, home: cast.House) -> None:
        client = signed_in(home.worker)
        home.worker.refresh_from_db()
        path = f"/password/new/{passwords.reset_token(home.worker)}"
        send(browser(), path, password=NEW)
        assert not who(client)

    def test_the_second_factor_is_asked_for_all_the_same(self, home: cast.House) -> None:
        with_second_factor(home.worker)
        client = browser()
        send(client, f"/password/new/{passwords.reset_token(home.worker)}", password=NEW)
        assert sign_in(client, home.worker, NEW).headers["Location"] == "/sign-in/code"
