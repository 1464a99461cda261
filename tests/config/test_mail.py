"""How mail is sent is read from the environment, and what cannot be is refused with a sentence."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from relance.config.mail import NO_SENDER, WRONG, Mail, from_environment


def read(monkeypatch: pytest.MonkeyPatch, url: str, sender: str = "") -> Mail:
    monkeypatch.setenv("RELANCE_MAIL_URL", url)
    monkeypatch.setenv("RELANCE_MAIL_FROM", sender)
    return from_environment()


def test_without_an_address_none_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, "") == Mail()


@pytest.mark.parametrize(
    ("url", "port", "starttls"),
    [
        ("smtp://me%40example.com:p%3Aw@mail.example.com", 587, True),
        ("smtp://me%40example.com:p%3Aw@mail.example.com:2525", 2525, True),
        ("smtps://me%40example.com:p%3Aw@mail.example.com", 465, False),
    ],
)
def test_a_server_with_who_signs_in_there(monkeypatch: pytest.MonkeyPatch, url: str, port: int, starttls: bool) -> None:
    mail = read(monkeypatch, url)
    assert (mail.host, mail.port, mail.starttls) == ("mail.example.com", port, starttls)
    assert (mail.user, mail.password, mail.sender) == ("me@example.com", "p:w", "me@example.com")


def test_a_relay_on_the_same_machine_needs_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = read(monkeypatch, "smtp://localhost:25", "Relance <relance@example.com>")
    assert (mail.host, mail.port, mail.starttls, mail.user) == ("localhost", 25, False, "")
    assert mail.sender == "Relance <relance@example.com>"


@pytest.mark.parametrize("url", ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:port"])
def test_what_is_no_server_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read(monkeypatch, url, "relance@example.com")
    assert str(refused.value) == WRONG


@pytest.mark.parametrize("url", ["smtp://localhost", "smtp://user:password@mail.example.com"])
def test_without_an_address_that_it_comes_from_it_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read(monkeypatch, url)
    assert str(refused.value) == NO_SENDER
