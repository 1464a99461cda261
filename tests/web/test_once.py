"""Forms that make something: sent twice they make it once, and the second is answered as the first was."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Model
from django.test import Client

from relance.models import (
    Activity,
    ApiKey,
    Consent,
    Contact,
    ContactImport,
    FollowUp,
    IdempotentRequest,
    Organization,
    WrongTry,
    scheduling,
)
from tests import cast
from tests.web.follow_ups import HTMX, visitor

ID = re.compile(r'name="once" value="([0-9a-f-]{36})"')
CALL = {"type": "call", "scheduledAt": "tomorrow at 15:00", "priority": "normal", "maxAttempts": "3"}


@dataclass(frozen=True)
class Form:
    """A form by the address where it stands, what it makes, and what is typed into it."""

    at: str
    makes: type[Model]
    said: Callable[[cast.House], dict[str, Any]]
    to: str = ""
    asked: Callable[[cast.House], dict[str, Any]] = lambda house: {}

    def id(self, client: Client, house: cast.House) -> str:
        """The id that the form holds when it is opened."""
        at = self.at.format(contact=house.contact.public_id)
        [found] = set(ID.findall(client.get(at, self.asked(house), headers=HTMX).content.decode()))
        return str(found)

    def send(self, client: Client, house: cast.House, id: str, **said: Any) -> Any:
        to = (self.to or self.at).format(contact=house.contact.public_id)
        return client.post(to, self.said(house) | {"once": id} | said, headers=HTMX)


def _file(house: cast.House) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("people.csv", b"Name,Phone\nAda,+12125550199\n", content_type="text/csv")}


SCHEDULE = Form("/contacts/{contact}/follow-ups/new", FollowUp, lambda house: CALL)
KEY = Form(
    "/settings/keys/new", ApiKey, lambda house: {"name": "CRM", "scope": "read", "current": cast.PASSWORD}
)  # fmt: skip
FORMS = {
    "follow-up": SCHEDULE,
    "follow-ups": Form(
        "/contacts/bulk/follow-ups/new", FollowUp, lambda house: CALL | {"ids": [house.contact.public_id]},
        asked=lambda house: {"ids": house.contact.public_id},
    ),
    "call-tomorrow": Form(
        "/contacts/{contact}/due/more", FollowUp, lambda house: {}, to="/contacts/{contact}/due/call-tomorrow"
    ),
    "contact": Form("/contacts/new", Contact, lambda house: {"name": "Ada", "phone": "+12125550199"}),
    "note": Form("/contacts/{contact}/notes", Activity, lambda house: {"text": "Prefers mornings."}),
    "answer": Form(
        "/contacts/{contact}/consents", Consent,
        lambda house: {"action": "granted", "kinds": "sms", "source": "form", "quote": "Yes, please."},
    ),
    "import": Form("/contacts/import", ContactImport, _file),
    "key": KEY,
}  # fmt: skip


@pytest.fixture
def house(home: cast.House) -> cast.House:
    """Sarah Lee is worked by the admin too, who may use every form."""
    home.contact.assign([home.admin, home.worker])
    return home


@pytest.fixture
def maya(house: cast.House) -> Client:
    return visitor(house.admin)


@pytest.mark.parametrize("name", FORMS)
def test_sent_twice_it_makes_one_thing_and_answers_the_same(house: cast.House, maya: Client, name: str) -> None:
    form, before = FORMS[name], FORMS[name].makes.objects.count()
    id = form.id(maya, house)
    first, again = form.send(maya, house, id), form.send(maya, house, id)
    assert first.status_code < 400
    assert form.makes.objects.count() == before + 1
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for told in ("HX-Trigger", "HX-Redirect", "Location", "Content-Type"):
        assert again.headers.get(told) == first.headers.get(told)


@pytest.mark.parametrize("name", FORMS)
def test_opened_anew_it_makes_another(house: cast.House, maya: Client, name: str) -> None:
    form, before = FORMS[name], FORMS[name].makes.objects.count()
    ids = {form.id(maya, house) for _ in range(2)}
    assert len(ids) == 2
    for id in ids:
        assert form.send(maya, house, id).status_code < 400
    assert form.makes.objects.count() == before + 2


def test_without_scripts_the_second_leads_where_the_first_led(house: cast.House, maya: Client) -> None:
    said = CALL | {"once": SCHEDULE.id(maya, house)}
    to = f"/contacts/{house.contact.public_id}"
    answers = [maya.post(f"{to}/follow-ups/new", said) for _ in range(2)]
    assert [answer.headers["Location"] for answer in answers] == [to, to]
    assert FollowUp.objects.count() == 1


def test_what_was_refused_may_be_corrected_and_sent_again(house: cast.House, maya: Client) -> None:
    id = SCHEDULE.id(maya, house)
    assert SCHEDULE.send(maya, house, id, scheduledAt="soonish").status_code == 422
    assert SCHEDULE.send(maya, house, id).status_code == 204
    assert FollowUp.objects.count() == 1


def test_what_was_changed_after_it_was_done_is_not_said_to_be_done(house: cast.House, maya: Client) -> None:
    id = SCHEDULE.id(maya, house)
    SCHEDULE.send(maya, house, id)
    answer = SCHEDULE.send(maya, house, id, notes="Ask about the garden.")
    assert answer.status_code == 409
    assert answer.content.decode().startswith("This form was sent before")
    assert FollowUp.objects.get().notes == ""


def test_another_file_under_the_same_id_is_not_said_to_be_taken(house: cast.House, maya: Client) -> None:
    form = FORMS["import"]
    id = form.id(maya, house)
    form.send(maya, house, id)
    other = SimpleUploadedFile("people.csv", b"Name,Phone\nBob,+12125550198\n", content_type="text/csv")
    assert form.send(maya, house, id, file=other).status_code == 409
    assert "Ada" in ContactImport.objects.get().content


def test_members_do_not_share_ids(house: cast.House, maya: Client) -> None:
    id = SCHEDULE.id(maya, house)
    for client in (maya, visitor(house.worker)):
        assert SCHEDULE.send(client, house, id).status_code == 204
    assert FollowUp.objects.count() == 2


def test_a_failure_of_ours_makes_nothing_and_may_be_tried_again(
    house: cast.House, maya: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, one = SCHEDULE.id(maya, house), scheduling.schedule_one

    def fails(*args: Any, **kwargs: Any) -> None:
        one(*args, **kwargs)
        raise RuntimeError("a bug")

    maya.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(scheduling, "schedule_one", fails)
        assert SCHEDULE.send(maya, house, id).status_code == 500
    assert not FollowUp.objects.exists()
    assert not IdempotentRequest.objects.exists()
    assert SCHEDULE.send(maya, house, id).status_code == 204


def test_a_secret_is_rotated_once(house: cast.House, maya: Client) -> None:
    """Twice would end the one that receivers know."""
    form = Form("/settings/organization/rotate", Organization, lambda house: {"current": cast.PASSWORD})
    id = form.id(maya, house)
    before = house.organization.webhook_secret
    first, again = form.send(maya, house, id), form.send(maya, house, id)
    assert (first.status_code, again.content) == (200, first.content)
    assert Organization.objects.get(pk=house.organization.pk).webhook_secret_previous == before


def test_wrong_passwords_count_whatever_the_id(house: cast.House, maya: Client) -> None:
    id = KEY.id(maya, house)
    for _ in range(3):
        assert KEY.send(maya, house, id, current="guessed").status_code == 422
    assert WrongTry.objects.count() == 3


def test_nothing_that_is_shown_once_is_kept_in_clear(house: cast.House, maya: Client) -> None:
    shown = KEY.send(maya, house, KEY.id(maya, house)).content.decode()
    [secret] = re.findall(r'value="(relance_[^"]+)"', shown)
    assert secret.encode() not in bytes(IdempotentRequest.objects.get().body)


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_the_same_moment_it_calls_once() -> None:
    house = cast.brightwater()
    id, start = SCHEDULE.id(visitor(house.admin), house), threading.Barrier(5)
    answers: list[Any] = []

    def press() -> None:
        client = visitor(house.admin)
        start.wait()
        answers.append(SCHEDULE.send(client, house, id))
        connection.close()

    presses = [threading.Thread(target=press) for _ in range(5)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    assert [answer.status_code for answer in answers] == [204] * 5
    assert len({answer.headers["HX-Trigger"] for answer in answers}) == 1
    assert FollowUp.objects.count() == 1
