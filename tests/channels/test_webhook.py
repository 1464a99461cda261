"""The webhook channel against a real receiver: what it sends, and what it makes of answers."""

from __future__ import annotations

import asyncio
import json
import math
import ssl
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks import Webhook, WebhookVerificationError

from relance import __version__
from relance.channels.base import Message, Outcome, Permanent, Success, Temporary
from relance.channels.webhook import WebhookChannel, channel
from relance.channels.webhook.answers import wait_wished
from relance.engine import ask
from tests.channels.contract import ANNA, ChannelContract
from tests.channels.receiver import SECRET, Receiver, WebhookScene, opened, order_to, unused_port

PREVIOUS = "whsec_cHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHA="


class TestWebhook(ChannelContract):
    def scene(self) -> AbstractAsyncContextManager[WebhookScene]:
        return opened()


def deliver(path: str = "/ok", receiver: Receiver | None = None, **changes: Any) -> tuple[Outcome, Receiver]:
    """Send one order to that path of a receiver; `changes` are the order's."""

    async def once() -> tuple[Outcome, Receiver]:
        async with opened(receiver) as scene:
            return await scene.channel.send(scene.to(path, **changes)), scene.receiver

    return asyncio.run(once())


def answer_to(path: str, **changes: Any) -> Outcome:
    return deliver(path, **changes)[0]


# What is sent


def test_the_event_is_what_the_contract_says() -> None:
    message = Message(notes="Prefers mornings", parameters={"offer": "Gràcia 12", "rooms": 3})
    _, receiver = deliver(message=message, number=3)
    assert json.loads(receiver.deliveries[0].body) == {
        "type": "followup.due",
        "timestamp": "2026-03-02T12:00:00Z",
        "data": {
            "followUpId": "followup_1",
            "attempt": 3,
            "contact": {
                "id": "person_1",
                "name": "Anna Keller",
                "phone": "+34911234567",
                "email": "anna@example.com",
                "timeZone": "Europe/Madrid",
                "doNotCall": False,
            },
            "notes": "Prefers mornings",
            "parameters": {"offer": "Gràcia 12", "rooms": 3},
        },
    }


def test_the_receiver_is_told_of_the_do_not_call_list() -> None:
    _, receiver = deliver(to=replace(ANNA, do_not_call=True))
    assert json.loads(receiver.deliveries[0].body)["data"]["contact"]["doNotCall"] is True


def test_the_headers_identify_sender_message_and_moment() -> None:
    _, receiver = deliver(idempotency_key="attempt-77")
    headers = receiver.deliveries[0].headers
    assert headers["webhook-id"] == "attempt-77"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 10
    assert headers["User-Agent"] == f"Relance/{__version__}"
    assert headers["Content-Type"] == "application/json"
    assert headers["Accept-Encoding"] == "identity"


def test_an_independent_library_accepts_the_signature_and_no_other() -> None:
    _, receiver = deliver()
    sent = receiver.deliveries[0]
    assert Webhook(SECRET).verify(sent.body, dict(sent.headers))["type"] == "followup.due"
    with pytest.raises(WebhookVerificationError):
        Webhook(PREVIOUS).verify(sent.body, dict(sent.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(sent.body + b" ", dict(sent.headers))


def test_during_a_rotation_either_secret_verifies() -> None:
    _, receiver = deliver(settings={"secret": SECRET, "previous_secret": PREVIOUS})
    sent = receiver.deliveries[0]
    assert len(sent.headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, PREVIOUS):
        assert Webhook(secret).verify(sent.body, dict(sent.headers))


@pytest.mark.parametrize("secret", [None, "", "whsec_", "whsec_not base64!", 7])
def test_without_a_usable_secret_nothing_is_sent(secret: Any) -> None:
    outcome, receiver = deliver(settings={"secret": secret})
    assert isinstance(outcome, Permanent)
    assert "rotate" in outcome.detail
    assert receiver.deliveries == []


def test_no_cookies_are_kept_and_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port()}")

    async def twice() -> Receiver:
        async with opened() as scene:
            for _ in range(2):
                await scene.channel.send(scene.to("/status/200?Set-Cookie=visit%3D1"))
            return scene.receiver

    deliveries = asyncio.run(twice()).deliveries
    assert len(deliveries) == 2
    assert "Cookie" not in deliveries[1].headers


def test_connections_are_used_again() -> None:
    async def twice() -> Receiver:
        async with opened() as scene:
            for _ in range(2):
                await scene.channel.send(scene.order("success"))
            return scene.receiver

    first, second = asyncio.run(twice()).deliveries
    assert first.connection is second.connection


# What answers mean


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_2xx_is_success(status: int) -> None:
    assert isinstance(answer_to(f"/status/{status}"), Success)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
def test_a_4xx_is_permanent_with_the_receivers_words(status: int) -> None:
    outcome = answer_to(f"/status/{status}?text=unknown+contact")
    assert isinstance(outcome, Permanent)
    assert str(status) in outcome.detail
    assert outcome.detail.endswith(": unknown contact")


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_temporary(status: int) -> None:
    outcome = answer_to(f"/status/{status}")
    assert isinstance(outcome, Temporary)
    assert str(status) in outcome.detail


@pytest.mark.parametrize("status", [429, 503])
def test_the_wished_delay_may_be_a_date(status: int) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True).replace(" ", "+")
    outcome = answer_to(f"/status/{status}?Retry-After={until}")
    assert isinstance(outcome, Temporary)
    assert outcome.retry_after is not None
    assert timedelta(minutes=9) < outcome.retry_after <= timedelta(minutes=10)


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("0", timedelta()),
        (" 120 ", timedelta(minutes=2)),
        ("9" * 5000, timedelta(days=7)),
        ("Mon, 02 Mar 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Mon, 02 Mar 2026 12:01:00 -0000", timedelta(minutes=1)),
        ("Mon, 02 Mar 2026 11:00:00 GMT", timedelta()),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=7)),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_a_retry_after_is_read_leniently_and_bounded(header: str, wait: timedelta | None) -> None:
    assert wait_wished(header, NOON) == wait


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_words_say_what_to_do(status: int) -> None:
    outcome, receiver = deliver(f"/redirect?status={status}&to=/ok")
    assert isinstance(outcome, Permanent)
    assert "redirects are not followed: give the final address, maybe /ok." in outcome.detail
    assert len(receiver.deliveries) == 1


def test_the_receivers_words_are_kept_short_and_printable() -> None:
    outcome = answer_to("/words")
    assert isinstance(outcome, Success)
    assert outcome.detail.startswith("line one [31m line two")
    assert outcome.detail.isprintable()
    assert len(outcome.detail) == 500


def test_an_answer_without_end_is_cut_off() -> None:
    async def once() -> Outcome:
        async with opened() as scene:
            outcome = await scene.channel.send(scene.to("/endless"))
            await asyncio.wait_for(scene.receiver.leaving.wait(), 5)  # the receiver saw us hang up
            return outcome

    outcome = asyncio.run(once())
    assert isinstance(outcome, Success)
    assert len(outcome.detail) == 500


def test_a_compressed_answer_is_not_inflated() -> None:
    assert answer_to("/bomb") == Success()


def test_a_connection_lost_in_the_middle_of_a_2xx_is_still_success() -> None:
    assert isinstance(answer_to("/half"), Success)


# What silence means


async def in_short_time(path: str) -> Outcome:
    async with opened(timeout=0.2) as scene:
        return await scene.channel.send(scene.to(path))


def test_a_receiver_that_hangs_is_temporary_and_may_have_heard() -> None:
    outcome = asyncio.run(in_short_time("/hang"))
    assert isinstance(outcome, Temporary)
    assert "did not answer in time" in outcome.detail
    assert "may have received" in outcome.detail


def test_a_receiver_that_stalls_after_a_2xx_has_accepted() -> None:
    assert asyncio.run(in_short_time("/stall")) == Success(detail="taken")


def test_a_receiver_that_hangs_up_is_temporary_and_acts_once_on_the_repetition() -> None:
    async def twice() -> tuple[Outcome, Outcome, Receiver]:
        async with opened() as scene:
            first = await scene.channel.send(scene.to("/drop"))
            return first, await scene.channel.send(scene.to("/ok", number=2)), scene.receiver

    first, second, receiver = asyncio.run(twice())
    assert isinstance(first, Temporary)
    assert "may have received" in first.detail
    assert isinstance(second, Success)
    assert len(receiver.deliveries) == 2
    assert len(receiver.effects) == 1


def test_an_answer_that_is_no_http_is_temporary() -> None:
    outcome = answer_to("/garbage")
    assert isinstance(outcome, Temporary)
    assert "no valid HTTP" in outcome.detail


def send_to(url: str) -> Outcome:
    async def once() -> Outcome:
        async with opened() as scene:
            return await scene.channel.send(order_to(url))

    return asyncio.run(once())


def test_a_refused_connection_is_temporary_and_nothing_was_sent() -> None:
    outcome = send_to(f"http://127.0.0.1:{unused_port()}/")
    assert outcome == Temporary("The receiver could not be reached (Connection refused); nothing was sent.")


def test_a_host_that_is_not_found_is_temporary_and_nothing_was_sent() -> None:
    outcome = send_to("http://nowhere.invalid/")
    assert outcome == Temporary("The receiver's host name was not found; nothing was sent.")


def test_a_host_that_hangs_leaves_connections_for_the_others() -> None:
    async def crowd() -> tuple[Outcome, list[Outcome]]:
        async with opened(timeout=1) as scene:
            hanging = [asyncio.create_task(scene.channel.send(scene.to("/hang"))) for _ in range(150)]
            await scene.receiver.wait_for(100)
            elsewhere = await scene.channel.send(order_to(scene.receiver.url("/ok", host="localhost")))
            assert len(scene.receiver.deliveries) == 101
            return elsewhere, await asyncio.gather(*hanging)

    elsewhere, crowded = asyncio.run(crowd())
    assert isinstance(elsewhere, Success)
    assert {type(outcome) for outcome in crowded} == {Temporary}


def test_who_waits_for_a_connection_to_a_slow_host_has_its_whole_time_once_it_has_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel, "CONNECTIONS_PER_HOST", 1)

    async def queue() -> list[Outcome]:
        async with opened(timeout=1) as scene:
            return await asyncio.gather(*(scene.channel.send(scene.order("slow")) for _ in range(15)))

    assert {type(outcome) for outcome in asyncio.run(queue())} == {Success}


def test_who_gets_no_connection_in_time_was_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "CONNECTIONS_PER_HOST", 1)

    async def behind_one_that_hangs() -> tuple[Outcome, Receiver]:
        async with opened(room_timeout=0.2) as scene:
            hanging = asyncio.create_task(scene.channel.send(scene.to("/hang")))
            await scene.receiver.wait_for(1)
            outcome = await scene.channel.send(scene.to("/ok"))
            hanging.cancel()
            return outcome, scene.receiver

    outcome, receiver = asyncio.run(behind_one_that_hangs())
    assert outcome == Temporary("No connection to the receiver came about in time; nothing was sent.")
    assert len(receiver.deliveries) == 1


def test_a_receiver_that_never_falls_silent_and_never_ends_is_cut_off() -> None:
    async def once() -> Outcome:
        async with opened(timeout=0.5, room_timeout=0.5) as scene:
            return await asyncio.wait_for(scene.channel.send(scene.to("/drip")), 10)

    assert isinstance(asyncio.run(once()), Success)


def test_a_send_ends_before_the_engine_loses_patience() -> None:
    total = WebhookChannel()._timeout.total
    assert total is not None
    assert math.ceil(total) + 1 < ask.PATIENCE, "aiohttp rounds up to the next full second"


def self_signed(directory: Path) -> ssl.SSLContext:
    """A server's TLS context with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = directory / "receiver.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_a_certificate_that_cannot_be_trusted_is_temporary_and_nothing_was_sent(tmp_path: Path) -> None:
    outcome, receiver = deliver("/ok", Receiver(self_signed(tmp_path)))
    assert isinstance(outcome, Temporary)
    assert "certificate cannot be trusted (self-signed certificate)" in outcome.detail
    assert receiver.deliveries == []


def test_a_receiver_without_tls_is_temporary_and_nothing_was_sent() -> None:
    async def once() -> tuple[Outcome, Receiver]:
        async with opened() as scene:
            url = scene.receiver.url().replace("http:", "https:")
            return await scene.channel.send(order_to(url)), scene.receiver

    outcome, receiver = asyncio.run(once())
    assert isinstance(outcome, Temporary)
    assert "TLS" in outcome.detail
    assert receiver.deliveries == []


def test_an_unforeseen_fault_is_an_outcome_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    outcome = answer_to("/ok", idempotency_key="a\nb")
    assert isinstance(outcome, Temporary)
    assert "fault of its own" in outcome.detail
    assert SECRET not in caplog.text
    assert caplog.records
