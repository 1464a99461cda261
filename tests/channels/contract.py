"""What every provider must do, real or simulated: each inherits `ChannelContract` and says how to bring things about.

A provider's own oddities are tested in its own file; what stands here the engine relies on for all of them.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, get_args

import pytest

from relance.channels.base import (
    Channel,
    Kind,
    Message,
    Order,
    Outcome,
    Permanent,
    Recipient,
    Success,
    Temporary,
    Unknown,
)

KINDS: tuple[Kind, ...] = get_args(Kind)

ANNA = Recipient("person_1", "Anna Keller", "+34911234567", "anna@example.com", "Europe/Madrid")
NASTY = "\x00\x1b[2J\r\nX-Evil: 1\u202e\ud800 '\"<script>\N{COLLISION SYMBOL}"


def an_order(kind: Kind, **changes: Any) -> Order:
    """The first try of a follow-up with Anna, due at noon, with a key of its own."""
    order = Order(
        attempt_id=1,
        follow_up="followup_1",
        number=1,
        idempotency_key="attempt-1",
        kind=kind,
        to=ANNA,
        message=Message(subject="Your viewing", body="Hello Anna", notes="Prefers mornings"),
        due_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
    )
    return replace(order, **changes)


def hostile(order: Order) -> dict[str, Order]:
    """Return the order with what people, importers and attackers put into its fields."""
    to, message = order.to, order.message
    empty = Recipient("", "", "", "", "")
    return {
        "a name of 10,000 characters": replace(order, to=replace(to, name="N" * 10_000)),
        "control characters": replace(order, to=replace(to, name=NASTY, phone=NASTY, email=NASTY)),
        "hostile words": replace(order, message=replace(message, subject=NASTY, body=NASTY, notes=NASTY)),
        "empty fields": replace(order, to=empty, message=Message(url=message.url)),
        "nested parameters": replace(
            order, message=replace(message, parameters={NASTY: [{"a": None}, 1.5, "ü", NASTY]})
        ),
        "parameters beyond JSON": replace(order, message=replace(message, parameters={"when": object()})),
        "an address that is none": replace(order, message=replace(message, url=NASTY)),
        "no address": replace(order, message=replace(message, url="")),
        "no settings": replace(order, settings={}),
    }


class Scene(Protocol):
    """An open channel, and a way to order from it each thing that can happen."""

    @property
    def channel(self) -> Channel: ...

    def order(self, what: str, **changes: Any) -> Order:
        """An order that ends in `what`: success, slow, permanent, temporary, rate limited (60 s), or dies.

        "slow" takes a tenth of a second and succeeds; "dies" is taken by the provider, which then falls silent.
        """


class ChannelContract:
    """Inherit as `Test…` and implement `scene`."""

    def scene(self) -> AbstractAsyncContextManager[Scene]:
        raise NotImplementedError

    def ask(self, what: str, **changes: Any) -> Outcome:
        async def once() -> Outcome:
            async with self.scene() as scene:
                return await scene.channel.send(scene.order(what, **changes))

        return asyncio.run(once())

    def test_success_carries_the_reference_of_the_provider(self) -> None:
        outcome = self.ask("success")
        assert isinstance(outcome, Success)
        assert outcome.reference

    def test_what_is_slow_still_succeeds(self) -> None:
        assert isinstance(self.ask("slow"), Success)

    def test_what_will_never_work_is_permanent_and_says_why(self) -> None:
        outcome = self.ask("permanent")
        assert isinstance(outcome, Permanent)
        assert outcome.detail

    def test_what_may_work_later_is_temporary_and_says_why(self) -> None:
        outcome = self.ask("temporary")
        assert isinstance(outcome, Temporary)
        assert outcome.detail
        assert outcome.retry_after is None

    def test_the_wish_to_be_asked_later_is_passed_on(self) -> None:
        outcome = self.ask("rate limited")
        assert isinstance(outcome, Temporary)
        assert outcome.retry_after == timedelta(seconds=60)

    def test_a_death_after_accepting_is_neither_success_nor_failure(self) -> None:
        async def twice() -> tuple[bool, Outcome]:
            async with self.scene() as scene:
                return scene.channel.idempotent, await scene.channel.send(scene.order("dies"))

        idempotent, outcome = asyncio.run(twice())
        assert isinstance(outcome, Unknown | Temporary if idempotent else Unknown)

    def test_the_same_order_twice_is_one_effect_where_idempotent(self) -> None:
        async def twice() -> tuple[bool, Outcome, Outcome]:
            async with self.scene() as scene:
                order = scene.order("success")
                first = await scene.channel.send(order)
                return scene.channel.idempotent, first, await scene.channel.send(replace(order, number=2))

        idempotent, first, second = asyncio.run(twice())
        if idempotent:
            assert isinstance(first, Success)
            assert isinstance(second, Success)
            assert first.reference == second.reference

    def test_two_keys_are_two_effects(self) -> None:
        async def two() -> list[Outcome]:
            async with self.scene() as scene:
                orders = [scene.order("success", idempotency_key=key) for key in ("attempt-1", "attempt-2")]
                return [await scene.channel.send(order) for order in orders]

        first, second = asyncio.run(two())
        assert isinstance(first, Success)
        assert isinstance(second, Success)
        assert first.reference != second.reference

    @pytest.mark.parametrize("name", hostile(an_order("sms")))
    def test_a_hostile_order_has_an_outcome_like_any_other(self, name: str) -> None:
        async def send() -> Outcome:
            async with self.scene() as scene:
                return await scene.channel.send(hostile(scene.order("success"))[name])

        outcome = asyncio.run(send())
        assert isinstance(outcome, Success | Permanent)

    def test_five_hundred_at_once_all_arrive(self) -> None:
        async def many() -> list[Outcome]:
            async with self.scene() as scene:
                orders = [
                    scene.order("success", follow_up=f"followup_{n}", idempotency_key=f"attempt-{n}")
                    for n in range(500)
                ]
                return await asyncio.gather(*(scene.channel.send(order) for order in orders))

        outcomes = asyncio.run(many())
        assert len({outcome.reference for outcome in outcomes if isinstance(outcome, Success)}) == 500

    def test_a_cancelled_send_is_cancelled_and_the_next_one_works(self) -> None:
        async def cancel_one() -> Outcome:
            async with self.scene() as scene:
                task = asyncio.create_task(scene.channel.send(scene.order("slow")))
                await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                return await scene.channel.send(scene.order("success"))

        assert isinstance(asyncio.run(cancel_one()), Success)

    def test_a_look_up_never_contradicts_what_happened(self) -> None:
        async def look_up(what: str) -> Outcome | None:
            async with self.scene() as scene:
                order = scene.order(what)
                await scene.channel.send(order)
                return await scene.channel.look_up(order)

        assert isinstance(asyncio.run(look_up("success")), Success | None)
        assert isinstance(asyncio.run(look_up("dies")), Success | None)
        assert not isinstance(asyncio.run(look_up("permanent")), Success)

    def test_closing_twice_is_harmless_and_a_send_afterwards_still_answers(self) -> None:
        async def close_twice() -> Outcome:
            async with self.scene() as scene:
                await scene.channel.send(scene.order("success"))
                await scene.channel.close()
                await scene.channel.close()
                return await scene.channel.send(scene.order("success"))

        assert isinstance(asyncio.run(close_twice()), Success | Temporary)

    def test_closing_in_the_middle_of_a_send_ends_it_with_an_outcome(self) -> None:
        async def close_during() -> Outcome:
            async with self.scene() as scene:
                task = asyncio.create_task(scene.channel.send(scene.order("slow")))
                await asyncio.sleep(0.02)
                await scene.channel.close()
                return await task

        assert isinstance(asyncio.run(close_during()), Success | Temporary | Unknown)
