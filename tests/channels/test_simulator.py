"""The simulator: what it does is decided by its settings and its seed, and by nothing else."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.channels.base import Kind, Order, Outcome, Pending, Permanent, Success, Temporary, Unknown, Unreached
from relance.channels.provider import PROVIDERS, Channels, Environment
from relance.channels.simulator import BEHAVIOURS, RINGS_FOR, Simulator, settings_problem, unattended
from tests.channels.contract import KINDS, ChannelContract, an_order

WHAT = {
    "success": "answered",
    "slow": "slow",
    "permanent": "invalid",
    "temporary": "error",
    "rate limited": "rate limited",
    "dies": "dies after accepting",
}


class SimulatedScene:
    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.channel = Simulator(kind)

    def order(self, what: str, **changes: Any) -> Order:
        settings = {"weights": {WHAT[what]: 1}, "slow_seconds": 0.1}
        return replace(an_order(self.kind, settings=settings), **changes)


class SimulatorContract(ChannelContract):
    kind: Kind

    @asynccontextmanager
    async def scene(self) -> AsyncIterator[SimulatedScene]:
        yield SimulatedScene(self.kind)


class TestSimulatedCall(SimulatorContract):
    kind = "call"


class TestSimulatedSms(SimulatorContract):
    kind = "sms"


class TestSimulatedWhatsapp(SimulatorContract):
    kind = "whatsapp"


class TestSimulatedEmail(SimulatorContract):
    kind = "email"


class TestSimulatedWebhook(SimulatorContract):
    kind = "webhook"


MIXED = {
    "seed": 7,
    "weights": {"answered": 6, "no answer": 2, "busy": 1, "voicemail": 1, "invalid": 1, "rate limited": 1, "error": 1},
}


def send(kind: Kind, **changes: Any) -> Outcome:
    return asyncio.run(Simulator(kind).send(an_order(kind, **changes)))


def send_all(settings: dict[str, Any], count: int = 400) -> list[Outcome]:
    async def all_of_them() -> list[Outcome]:
        simulator = Simulator("call")
        return [
            await simulator.send(an_order("call", settings=settings, follow_up=f"followup_{n}")) for n in range(count)
        ]

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("how", ["no answer", "busy", "voicemail"])
def test_a_call_that_reaches_nobody_says_how(how: str) -> None:
    outcome = send("call", settings={"weights": {how: 1}})
    assert isinstance(outcome, Unreached)
    assert outcome.how == how
    assert outcome.reference.startswith("SIM-")


@pytest.mark.parametrize("how", ["no answer", "busy", "voicemail"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "call"])
def test_a_message_needs_nobody_to_pick_up(kind: Kind, how: str) -> None:
    assert isinstance(send(kind, settings={"weights": {how: 1}}), Success)


@pytest.mark.parametrize("kind", KINDS)
def test_failures_are_worded_like_the_providers(kind: Kind) -> None:
    for behaviour, expected in {"invalid": Permanent, "rate limited": Temporary, "error": Temporary}.items():
        outcome = send(kind, settings={"weights": {behaviour: 1}})
        assert isinstance(outcome, expected)
        assert isinstance(outcome, Permanent | Temporary)
        assert any(char.isdigit() for char in outcome.detail)


def test_without_weights_everything_succeeds() -> None:
    assert set(map(type, send_all({}))) == {Success}


def test_a_replay_agrees_with_the_first_run() -> None:
    assert send_all(MIXED) == send_all(MIXED)


def test_another_seed_is_another_story() -> None:
    assert send_all(MIXED) != send_all({**MIXED, "seed": 8})


def test_the_next_try_is_drawn_anew() -> None:
    settings = {"weights": {"answered": 1, "busy": 1}}
    outcomes = [send("call", settings=settings, number=number) for number in range(1, 21)]
    assert set(map(type, outcomes)) == {Success, Unreached}


def test_the_choice_does_not_hang_on_the_key_but_the_reference_does() -> None:
    first, second = (send("call", idempotency_key=key) for key in ("a", "b"))
    assert isinstance(first, Success)
    assert isinstance(second, Success)
    assert first.reference != second.reference
    assert len(first.reference) == len("SIM-") + 12


def test_the_weights_are_kept_in_proportion() -> None:
    counts = Counter(map(type, send_all({"weights": {"answered": 3, "busy": 1}}, 2000)))
    assert 1400 < counts[Success] < 1600


def test_what_died_after_accepting_is_found_by_looking_up() -> None:
    order = an_order("call", settings={"weights": {"dies after accepting": 1}})
    simulator = Simulator("call")
    assert isinstance(asyncio.run(simulator.send(order)), Unknown)
    found = asyncio.run(simulator.look_up(order))
    assert isinstance(found, Success)
    assert found == asyncio.run(Simulator("call").look_up(order))


def test_looking_up_anything_else_says_nothing() -> None:
    assert asyncio.run(Simulator("call").look_up(an_order("call"))) is None


def test_slow_and_delay_are_waited_for() -> None:
    began = time.perf_counter()
    settings = {"weights": {"slow": 1}, "slow_seconds": 0.05, "delay_seconds": 0.05}
    assert isinstance(send("sms", settings=settings), Success)
    assert time.perf_counter() - began >= 0.1


def test_the_wish_to_wait_is_a_setting() -> None:
    outcome = send("sms", settings={"weights": {"rate limited": 1}, "retry_after_seconds": 90})
    assert isinstance(outcome, Temporary)
    assert outcome.retry_after == timedelta(seconds=90)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"weight": {}}, "weight"),
    ({"seed": "seven"}, "seed"),
    ({"seed": True}, "seed"),
    ({"weights": 3}, "weights"),
    ({"weights": None}, "weights"),
    ({"weights": {}}, "weights"),
    ({"weights": {"answered": 0}}, "weights"),
    ({"weights": {"asleep": 1}}, "weights"),
    ({"weights": {"busy": -1}}, "weights.busy"),
    ({"weights": {"busy": float("nan")}}, "weights.busy"),
    ({"weights": {"busy": 10**400}}, "weights.busy"),
    ({"delay_seconds": -1}, "delay_seconds"),
    ({"slow_seconds": "3"}, "slow_seconds"),
    ({"slow_seconds": float("inf")}, "slow_seconds"),
    ({"retry_after_seconds": 3601}, "retry_after_seconds"),
    ({"phone": 1}, "phone"),
]


@pytest.mark.parametrize(("settings", "field"), WRONG)
def test_wrong_settings_are_named_with_what_would_be_right(settings: dict[str, Any], field: str) -> None:
    problems = settings_problem(settings)
    assert [name for name, _ in problems] == [field]
    assert all(sentence.endswith(".") for _, sentence in problems)


def test_right_settings_have_no_problem() -> None:
    assert settings_problem({}) == []
    assert settings_problem({**MIXED, "delay_seconds": 0, "slow_seconds": 3, "retry_after_seconds": 60}) == []


@pytest.mark.parametrize(("settings", "field"), WRONG[1:])
def test_wrong_settings_are_a_permanent_outcome_when_they_got_through(settings: dict[str, Any], field: str) -> None:
    outcome = send("call", settings=settings)
    assert isinstance(outcome, Permanent)
    assert field in outcome.detail


PHONE = {"phone": True, "seed": 7, "weights": {"answered": 1, "no answer": 1}}


def test_a_phone_rings_for_a_while_and_messages_to_it_arrive_at_once() -> None:
    rings = send("call", settings=PHONE)
    assert isinstance(rings, Pending)
    assert rings.reference.startswith("SIM-")
    assert rings.within == RINGS_FOR
    for kind in (kind for kind in KINDS if kind != "call"):
        assert isinstance(send(kind, settings=PHONE), Success)


def test_a_phone_that_nobody_picked_up_has_rung_out_when_it_is_asked_about() -> None:
    order = an_order("call", settings=PHONE)
    rang = asyncio.run(Simulator("call").send(order))
    assert isinstance(rang, Pending)
    assert asyncio.run(Simulator("call").look_up(order)) == Unreached("no answer", rang.reference)
    assert isinstance(asyncio.run(Simulator("call").look_up(replace(order, answered=True))), Success)


def test_a_phone_that_nobody_can_look_at_ends_by_its_seed() -> None:
    ends = [unattended(an_order("call", settings=PHONE, follow_up=f"followup_{n}")) for n in range(40)]
    assert ends == [unattended(an_order("call", settings=PHONE, follow_up=f"followup_{n}")) for n in range(40)]
    assert set(map(type, ends)) == {Success, Unreached}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(BEHAVIOURS) | st.text(), inner),
)
fields = st.sampled_from(["seed", "weights", "phone"])


@given(settings=st.dictionaries(fields, anything), follow_up=st.text(), key=st.text())
def test_no_settings_make_it_raise(settings: dict[str, Any], follow_up: str, key: str) -> None:
    order = an_order("call", settings=settings, follow_up=follow_up, idempotency_key=key)
    settled = {"slow_seconds": 0, **settings}
    assert isinstance(asyncio.run(Simulator("call").send(replace(order, settings=settled))), get_args(Outcome))


def test_every_kind_has_its_simulator_and_only_the_webhook_knows_keys() -> None:
    channels = Channels(Environment())
    assert {kind: channels.idempotent(kind, "simulator") for kind in KINDS} == {
        "call": False,
        "sms": False,
        "whatsapp": False,
        "email": False,
        "webhook": True,
    }


def test_every_provider_can_be_made_used_once_and_closed() -> None:
    async def use() -> None:
        channels = Channels(Environment())
        for kind, provider in PROVIDERS:
            assert channels.of(kind, provider) is channels.of(kind, provider)
            await channels.of(kind, provider).send(an_order(kind))
        await channels.close()
        await channels.close()

    asyncio.run(use())


def test_an_unknown_provider_is_refused_with_those_there_are() -> None:
    with pytest.raises(LookupError, match=r"no provider 'pigeon' for webhook: use simulator or http"):
        Channels(Environment()).of("webhook", "pigeon")
    with pytest.raises(LookupError):
        Channels(Environment()).idempotent("webhook", "pigeon")
