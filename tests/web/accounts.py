"""How tests sign in by the form, and what a device with a second factor shows."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pyotp
from django.test import Client
from django.utils import timezone

from relance.models import Member, second_factors
from tests import cast

HTMX = {"HX-Request": "true"}


def browser(**headers: str) -> Client:
    """A browser in which nobody has signed in; like a real one, it has to send the form's token."""
    return Client(enforce_csrf_checks=True, headers=headers)


def send(client: Client, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    """Fetch a form and send it with these fields."""
    client.get(path, headers=headers)
    token = client.cookies["csrftoken"].value
    return client.post(path, fields | {"csrfmiddlewaretoken": token}, headers=headers)


def sign_in(client: Client, member: Member, password: str = cast.PASSWORD, query: str = "") -> Any:
    """Send the form to sign in."""
    return send(client, f"/sign-in{query}", email=member.email, password=password)


def signed_in(member: Member, **headers: str) -> Client:
    """A browser in which `member` signed in by the form, a moment ago."""
    client = browser(**headers)
    assert sign_in(client, member).status_code == 302
    return client


def who(client: Client) -> str:
    """Whose page it is; empty for nobody's."""
    found = re.search(r'class="who-name">([^<]*)', client.get("/settings/profile").content.decode())
    return unescape(found[1]) if found else ""


def with_second_factor(member: Member) -> tuple[str, list[str]]:
    """Turn it on; returns the secret of the device and the recovery codes. The code of now is spent."""
    secret = second_factors.new_secret()
    return secret, second_factors.turn_on(member, secret, code(secret))


def code(secret: str, later: int = 0) -> str:
    """What the device shows, or will so many half minutes later."""
    device = pyotp.TOTP(secret)
    return device.generate_otp(device.timecode(timezone.now()) + later)


def text(answer: Any) -> str:
    """What an answer says, without its marks."""
    written = re.sub(r"<(script|template|datalist)\b.*?</\1>", "", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", written)).split())
