"""Where a webhook may not go: by form, by literal, by name, by rebinding, by redirect."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from ipaddress import IPv4Address, IPv6Address
from typing import Any, TypeVar

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from relance.channels.base import Outcome, Permanent, Success, Temporary
from relance.channels.provider import Channels, Environment
from relance.channels.webhook import url_problem
from relance.channels.webhook.addresses import PRIVATE, is_public
from tests.channels.receiver import Receiver, opened, order_to

PUBLIC, PUBLIC_IPV6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

T = TypeVar("T")


class SmallInternet(asyncio.SelectorEventLoop):
    """An event loop whose public addresses all lead to the loopback, and which remembers where it connected."""

    def __init__(self) -> None:
        super().__init__()
        self.connected: list[str] = []

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        host, port = address[:2]
        self.connected.append(host)
        if host == PUBLIC_IPV6:
            raise ConnectionRefusedError(111, "refused")
        await super().sock_connect(sock, ("127.0.0.1", port) if host == PUBLIC else address)


class Names(AbstractResolver):
    """A name server under an attacker's control: each question gets the next answer."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.answers.pop(0)
        ]

    async def close(self) -> None:
        pass


def on_small_internet(work: Coroutine[Any, Any, T]) -> tuple[T, list[str]]:
    loop = SmallInternet()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work), loop.connected


async def send_to(host: str, names: Names | None = None, path: str = "/ok") -> tuple[Outcome, Receiver]:
    async with opened(allow_private=False, resolver=names) as scene:
        return await scene.channel.send(order_to(scene.receiver.url(path, host))), scene.receiver


LITERALS = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "0.0.0.0",  # noqa: S104
    "0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "localhost",
    "LocalHost.",
    "app.localhost",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::1]",
    "[100::1]",
    "[2001::1]",
    "[2001:2::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[3fff::1]",
    "[5f00::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[2606:2800::1%25lo]",
    "[fec0::1]",
    "[ff02::1]",
]


@pytest.mark.parametrize("host", LITERALS)
def test_no_spelling_of_a_private_address_is_accepted(host: str) -> None:
    assert url_problem(f"http://{host}:8080/hook", allow_private=False)


@pytest.mark.parametrize("host", LITERALS)
def test_no_spelling_of_a_private_address_is_connected_to(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also not with the first check out of the way: the gate at the connection stands by itself."""
    monkeypatch.setattr("relance.channels.webhook.channel.url_problem", lambda url, allow_private: None)
    (outcome, receiver), connected = on_small_internet(send_to(host))
    assert not isinstance(outcome, Success)
    assert connected == []
    assert receiver.deliveries == []


def test_the_words_name_the_operators_setting() -> None:
    (outcome, _), _ = on_small_internet(send_to("127.0.0.1"))
    assert outcome == Permanent(PRIVATE)
    assert "RELANCE_WEBHOOK_ALLOW_PRIVATE=1" in PRIVATE


@pytest.mark.parametrize("private", ["127.0.0.1", "10.0.0.7", "::1", "::ffff:127.0.0.1", "fd00::1"])
def test_a_name_that_leads_to_a_private_address_is_refused(private: str) -> None:
    (outcome, receiver), connected = on_small_internet(send_to("hooks.example.com", Names([private])))
    assert outcome == Permanent(PRIVATE)
    assert connected == []
    assert receiver.deliveries == []


def test_several_private_addresses_are_refused_alike() -> None:
    names = Names(["127.0.0.1", "::1", "10.0.0.7"])
    (outcome, _), connected = on_small_internet(send_to("hooks.example.com", names))
    assert outcome == Permanent(PRIVATE)
    assert connected == []


def test_of_several_addresses_only_the_public_ones_are_used() -> None:
    names = Names(["127.0.0.1", PUBLIC])
    (outcome, receiver), connected = on_small_internet(send_to("hooks.example.com", names))
    assert isinstance(outcome, Success)
    assert connected == [PUBLIC]
    assert len(receiver.deliveries) == 1


def test_a_public_address_that_refuses_opens_no_way_to_a_private_one() -> None:
    names = Names([PUBLIC_IPV6, "127.0.0.1"])
    (outcome, receiver), connected = on_small_internet(send_to("hooks.example.com", names))
    assert isinstance(outcome, Permanent | Temporary)
    assert set(connected) == {PUBLIC_IPV6}
    assert receiver.deliveries == []


def test_a_name_that_changes_from_public_to_private_is_refused_at_the_second_connection() -> None:
    names = Names([PUBLIC], ["127.0.0.1"])

    async def twice() -> tuple[Outcome, Outcome]:
        first, _ = await send_to("hooks.example.com", names)
        second, receiver = await send_to("hooks.example.com", names)
        assert receiver.deliveries == []
        return first, second

    (first, second), connected = on_small_internet(twice())
    assert isinstance(first, Success)
    assert second == Permanent(PRIVATE)
    assert connected == [PUBLIC]


def test_a_redirect_to_a_private_address_is_not_followed() -> None:
    path = "/redirect?status=307&to=http://169.254.169.254/latest/meta-data"
    (outcome, _), connected = on_small_internet(send_to("hooks.example.com", Names([PUBLIC]), path))
    assert isinstance(outcome, Permanent)
    assert "redirects are not followed" in outcome.detail
    assert connected == [PUBLIC]


def test_a_connection_that_does_not_come_about_is_temporary_and_nothing_was_sent() -> None:
    class BlackHole(SmallInternet):
        async def sock_connect(self, sock: socket.socket, address: Any) -> None:
            await asyncio.Event().wait()

    async def once() -> Outcome:
        async with opened(connect_timeout=0.05) as scene:
            return await scene.channel.send(scene.to("/ok"))

    with asyncio.Runner(loop_factory=BlackHole) as runner:
        outcome = runner.run(once())
    assert outcome == Temporary("No connection to the receiver came about in time; nothing was sent.")


def test_closing_during_a_name_look_up_is_an_outcome_and_no_cancellation() -> None:
    class SlowNames(Names):
        asked = asyncio.Event()

        async def resolve(self, *question: Any, **more: Any) -> list[ResolveResult]:
            self.asked.set()
            await asyncio.Event().wait()
            return []

    async def once() -> list[Outcome]:
        names = SlowNames()
        async with opened(resolver=names) as scene:
            order = order_to(scene.receiver.url("/ok", "hooks.example.com"))
            tasks = [asyncio.create_task(scene.channel.send(order)) for _ in range(2)]
            await names.asked.wait()
            await scene.channel.close()
            return list(await asyncio.gather(*tasks))

    assert {type(outcome) for outcome in asyncio.run(once())} == {Temporary}


def test_only_the_operator_lets_webhooks_into_private_networks() -> None:
    async def once(allowed: bool) -> Outcome:
        channels = Channels(Environment(webhook_allow_private=allowed))
        async with Receiver() as receiver:
            outcome = await channels.of("webhook", "http").send(order_to(receiver.url()))
            await channels.close()
            return outcome

    assert asyncio.run(once(False)) == Permanent(PRIVATE)
    assert isinstance(asyncio.run(once(True)), Success)


def test_an_ipv4_address_mapped_into_ipv6_is_judged_as_what_it_is() -> None:
    assert is_public(f"::ffff:{PUBLIC}")
    assert not is_public("::ffff:10.0.0.1")


@given(st.ip_addresses())
def test_what_python_knows_to_be_special_is_not_public(address: IPv4Address | IPv6Address) -> None:
    special = address.is_private or address.is_multicast or address.is_reserved or address.is_link_local
    mapped = isinstance(address, IPv6Address) and address.ipv4_mapped
    assert not (is_public(str(address)) and special and not mapped)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://example.com:8080/hooks/relance?team=7#top",
        "https://münchen.example/ü",
        "https://my_host.example./",
        f"https://{PUBLIC}/",
        f"https://[{PUBLIC_IPV6}]:443/",
    ],
)
def test_a_public_web_address_has_no_problem(url: str) -> None:
    assert url_problem(url, allow_private=False) is None


@pytest.mark.parametrize(
    "url", ["http://localhost:9000/", "http://127.0.0.1:1/", "http://[::1]/", "http://192.168.1.7/"]
)
def test_a_private_address_has_no_problem_where_the_operator_allows_it(url: str) -> None:
    assert url_problem(url, allow_private=True) is None
    assert url_problem(url, allow_private=False) == PRIVATE


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "Give the address"),
        ("https://example.com/" + "x" * 2000, "too long"),
        ("https://example.com/a b", "blank"),
        ("https://exa\tmple.com/", "blank"),
        ("https://example.com/\x00", "invisible"),
        ("https://example.com/\ud800", "invisible"),
        ("example.com/hook", "must begin with"),
        ("ftp://example.com/", "must begin with"),
        ("file:///etc/passwd", "must begin with"),
        ("javascript:alert(1)", "must begin with"),
        ("https://", "no host"),
        ("https:///hook", "no host"),
        ("https://user:secret@example.com/", "user name"),
        ("https://user@example.com/", "user name"),
        ("https://example.com:0/", "port"),
        ("https://example.com:99999/", "not a web address"),
        ("https://example.com\\@127.0.0.1/", "not a web address"),
        ("https://[::1", "not a web address"),
        ("https://a..b/", "host name"),
        (f"https://{'a' * 64}.example/", "host name"),
        (f"https://{'a.' * 130}example/", "host name"),
        ("https://%31%32%37.0.0.1.example/", "host name"),
        ("https://2130706433/", "usual form"),
    ],
)
def test_a_wrong_address_is_answered_with_a_sentence(url: str, word: str) -> None:
    for allow_private in (False, True):
        problem = url_problem(url, allow_private)
        assert problem is not None
        assert word in problem
        assert problem.endswith(".")


@given(st.text() | st.from_regex(r"https?://[^/]{0,40}/?"), st.booleans())
def test_no_text_makes_the_check_raise(url: str, allow_private: bool) -> None:
    assert url_problem(url, allow_private) is None or url_problem(url, allow_private)
