"""What each gate must hold back, and that their order cannot be talked around (SPEC section 2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.rules.facts import BY_PHONE, PERSONAL, Facts, Hold, Limit, OptIn, Rest
from relance.rules.gates import GATES, Go, Stop, Wait, decide, explain, foresee
from relance.rules.states import Status
from relance.rules.weeks import Week
from relance.rules.windows import Layer, Window

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday
KINDS = ("call", "sms", "whatsapp", "email", "webhook")


def sarah(kind: str = "call", **known: object) -> Facts:
    """A contact whom nothing forbids to reach."""
    plain = Facts(
        kind=kind,
        scheduled_at=NOON,
        created_at=NOON - timedelta(days=1),
        phone="+12125550123",
        email="sarah.lee@example.com",
        url="https://hooks.example.com/relance",
        consents={"sms": "granted", "whatsapp": "granted", "email": "granted"},
    )
    return replace(plain, **known)


def stopped(facts: Facts, at: datetime = NOON) -> tuple[str, Status]:
    found = decide(facts, at)
    assert found is not None
    gate, answer = found
    assert isinstance(answer, Stop)
    return gate, answer.status


def waits(facts: Facts, at: datetime = NOON) -> tuple[str, Wait]:
    found = decide(facts, at)
    assert found is not None
    gate, answer = found
    assert isinstance(answer, Wait)
    return gate, answer


@pytest.mark.parametrize("kind", KINDS)
def test_a_contact_whom_nothing_forbids_to_reach_is_reached(kind: str) -> None:
    assert decide(sarah(kind), NOON) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_contact_who_is_gone_fails(kind: str) -> None:
    assert stopped(sarah(kind, contact_exists=False)) == ("contact", Status.FAILED)


@pytest.mark.parametrize(
    ("kind", "lacking"),
    [("call", "phone"), ("sms", "phone"), ("whatsapp", "phone"), ("email", "email"), ("webhook", "url")],
)
def test_a_channel_without_its_address_fails(kind: str, lacking: str) -> None:
    assert stopped(sarah(kind, **{lacking: ""})) == ("contact", Status.FAILED)


@pytest.mark.parametrize("kind", sorted(PERSONAL))
def test_the_do_not_call_list_cancels_whatever_else_is_allowed(kind: str) -> None:
    facts = sarah(kind, listed_as="+12125550123", allow_out_of_window=True, purpose="missed_call")
    assert stopped(facts) == ("doNotCall", Status.CANCELLED)


def test_a_webhook_reaches_no_person_and_goes_to_a_listed_contact() -> None:
    assert decide(sarah("webhook", listed_as="+12125550123"), NOON) is None


@pytest.mark.parametrize("kind", ["sms", "whatsapp", "email"])
def test_a_message_without_consent_fails_and_says_what_to_do(kind: str) -> None:
    found = decide(sarah(kind, consents={}), NOON)
    assert found is not None
    assert found[0] == "consent"
    assert "Record their consent" in found[1].because
    assert stopped(sarah(kind, consents={})) == ("consent", Status.FAILED)


@pytest.mark.parametrize("kind", sorted(PERSONAL))
def test_a_revoked_consent_cancels_calls_too(kind: str) -> None:
    assert stopped(sarah(kind, consents={kind: "revoked"})) == ("consent", Status.CANCELLED)


def test_calls_need_no_recorded_consent() -> None:
    assert decide(sarah("call", consents={}), NOON) is None


def test_calls_need_consent_where_the_law_asks_for_opt_in() -> None:
    law = OptIn("France: calls need the contact's consent.", "Code de la consommation L223-1")
    assert stopped(sarah("call", consents={}, opt_in=law)) == ("consent", Status.FAILED)
    assert decide(sarah("call", consents={"call": "granted"}, opt_in=law), NOON) is None


def test_the_missed_call_email_needs_no_consent_but_honours_a_revoked_one() -> None:
    assert decide(sarah("email", purpose="missed_call", consents={}), NOON) is None
    refused = sarah("email", purpose="missed_call", consents={"email": "revoked"})
    assert stopped(refused) == ("consent", Status.CANCELLED)


def test_a_post_call_follow_up_goes_once_per_contact_and_channel() -> None:
    assert stopped(sarah("sms", purpose="post_call", already_sent=True)) == ("onceOnly", Status.CANCELLED)
    assert decide(sarah("sms", already_sent=True), NOON) is None


@pytest.mark.parametrize(("hours_after", "cancels"), [(1, True), (-1, False), (0, False)])
def test_a_reply_since_it_was_made_cancels_only_what_says_so(hours_after: int, cancels: bool) -> None:
    facts = sarah("sms", cancel_on_reply=True)
    facts = replace(facts, replied_at=facts.created_at + timedelta(hours=hours_after))
    assert (decide(facts, NOON) is not None) == cancels
    assert decide(replace(facts, cancel_on_reply=False), NOON) is None


NINE_TO_SIX = Window(
    ("America/New_York",), (Layer("The hours of Ava", Week.every_day("09:00", "18:00"), "house rule 7"),)
)


def test_outside_the_window_it_waits_until_the_next_opening_and_names_the_rule() -> None:
    gate, answer = waits(sarah(window=NINE_TO_SIX))
    assert gate == "callingWindow"
    assert answer.until == datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert "The hours of Ava" in answer.because
    assert answer.citation == "house rule 7"


def test_the_override_lets_it_go_outside_the_window_and_nothing_else() -> None:
    outside = sarah(window=NINE_TO_SIX, allow_out_of_window=True)
    assert decide(outside, NOON) is None
    assert stopped(replace(outside, listed_as="+12125550123")) == ("doNotCall", Status.CANCELLED)


def test_hours_that_never_meet_fail_instead_of_waiting_for_ever() -> None:
    never = Window(
        ("UTC",), (Layer("One", Week.every_day("09:00", "10:00")), Layer("Two", Week.every_day("11:00", "12:00")))
    )
    assert stopped(sarah(window=never)) == ("callingWindow", Status.FAILED)


THREE_A_DAY = Limit(3, timedelta(days=1), frozenset({"call"}), "No more than 3 calls in 24 hours")


def test_the_fourth_call_in_a_day_waits_until_the_first_is_a_day_old() -> None:
    tries = tuple(("call", NOON - timedelta(hours=h)) for h in (23, 10, 1))
    gate, answer = waits(sarah(tries=tries, limits=(THREE_A_DAY,)))
    assert gate == "frequency"
    assert timedelta(hours=1) < answer.until - NOON < timedelta(hours=1, seconds=1)
    assert decide(sarah(tries=tries, limits=(THREE_A_DAY,)), answer.until) is None


def test_only_tries_of_the_limits_own_channels_count() -> None:
    tries = tuple(("sms", NOON - timedelta(hours=h)) for h in (3, 2, 1))
    assert decide(sarah(tries=tries, limits=(THREE_A_DAY,)), NOON) is None


def test_a_contact_rests_after_a_refusal() -> None:
    rest = Rest(NOON + timedelta(days=60), BY_PHONE, "France: 60 days' rest after a refusal", "L223-1")
    gate, answer = waits(sarah(rests=(rest,)))
    assert (gate, answer.until) == ("frequency", NOON + timedelta(days=60))
    assert decide(sarah("email", rests=(rest,)), NOON) is None


def test_what_is_full_is_waited_for_until_the_last_of_it_is_free() -> None:
    holds = (Hold(NOON + timedelta(minutes=1), "busy"), Hold(NOON + timedelta(minutes=5), "paused"))
    gate, answer = waits(sarah(holds=holds))
    assert (gate, answer.until, answer.because) == ("capacity", NOON + timedelta(minutes=5), "paused")
    assert decide(sarah(holds=holds), NOON + timedelta(minutes=5)) is None


def test_every_gate_explains_itself_in_the_order_of_the_specification() -> None:
    verdicts = explain(sarah(window=NINE_TO_SIX, listed_as="+12125550123"), NOON)
    assert [v.gate for v in verdicts] == [
        "contact", "doNotCall", "consent", "onceOnly", "replied", "callingWindow", "frequency", "capacity",
    ]  # fmt: skip
    assert all(v.answer.because for v in verdicts)
    assert [type(v.answer) for v in verdicts[:3]] == [Go, Stop, Go]


def test_foreseeing_follows_one_wait_into_the_next() -> None:
    tries = tuple(("call", NOON + timedelta(hours=h)) for h in (-20, -19, -18))
    forecast = foresee(sarah(window=NINE_TO_SIX, tries=tries, limits=(THREE_A_DAY,)), NOON)
    assert forecast.held is not None
    assert forecast.held.gate == "callingWindow"
    assert forecast.goes_at is not None
    assert forecast.goes_at > datetime(2026, 11, 24, 16, tzinfo=UTC)


moments = st.integers(0, 730 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
flags = st.booleans()
standing = st.dictionaries(st.sampled_from(KINDS[:4]), st.sampled_from(["granted", "revoked"]))
all_tries = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 72)), max_size=6)


@st.composite
def any_facts(draw: st.DrawFn) -> tuple[Facts, datetime]:
    at = draw(moments)
    tries = sorted((at - timedelta(hours=h), kind) for kind, h in draw(all_tries))
    facts = sarah(
        draw(st.sampled_from(KINDS)),
        created_at=at - timedelta(hours=draw(st.integers(0, 99))),
        contact_exists=draw(flags),
        phone=draw(st.sampled_from(["", "+12125550123"])),
        email=draw(st.sampled_from(["", "sarah.lee@example.com"])),
        listed_as=draw(st.sampled_from(["", "+12125550123"])),
        consents=draw(standing),
        purpose=draw(st.sampled_from(["general", "post_call", "missed_call"])),
        already_sent=draw(flags),
        cancel_on_reply=draw(flags),
        replied_at=draw(st.none() | st.just(at)),
        allow_out_of_window=draw(flags),
        window=draw(st.none() | st.just(NINE_TO_SIX)),
        tries=tuple((kind, start) for start, kind in tries),
        limits=(THREE_A_DAY,),
        holds=draw(st.just(()) | st.just((Hold(at + timedelta(minutes=3), "busy"),))),
    )
    return facts, at


@given(any_facts())
def test_nobody_on_the_list_or_with_a_revoked_consent_ever_gets_through(known: tuple[Facts, datetime]) -> None:
    facts, at = known
    suppressed = facts.kind in PERSONAL and (facts.listed_as or facts.consents.get(facts.kind) == "revoked")
    if suppressed:
        found = decide(facts, at)
        assert found is not None
        assert isinstance(found[1], Stop)


@given(any_facts())
def test_no_message_goes_without_consent_but_the_missed_call_email(known: tuple[Facts, datetime]) -> None:
    facts, at = known
    if decide(facts, at) is None and facts.kind in {"sms", "whatsapp", "email"}:
        assert facts.consents.get(facts.kind) == "granted" or facts.purpose == "missed_call"


@given(any_facts())
def test_a_wait_always_lies_ahead_and_ends_in_a_moment_at_which_it_goes(known: tuple[Facts, datetime]) -> None:
    facts, at = known
    found = decide(facts, at)
    if found and isinstance(found[1], Wait):
        assert found[1].until > at
    forecast = foresee(facts, at)
    if forecast.goes_at is not None:
        assert forecast.goes_at >= at
        assert decide(facts, forecast.goes_at) is None


@given(any_facts())
def test_the_decision_is_the_first_gate_that_does_not_say_go(known: tuple[Facts, datetime]) -> None:
    facts, at = known
    held = [v for v in explain(facts, at) if not isinstance(v.answer, Go)]
    found = decide(facts, at)
    assert (found is None) == (not held)
    if found:
        assert (found[0], found[1]) == (held[0].gate, held[0].answer)
    assert [name for name, *_ in GATES] == [v.gate for v in explain(facts, at)]


def test_what_is_paused_with_no_end_in_sight_is_foreseen_as_such_also_for_a_later_day() -> None:
    forecast = foresee(sarah("whatsapp", holds=(Hold(None, "The template is paused."),)), NOON + timedelta(days=2))
    assert forecast.goes_at is None
    assert forecast.held is not None
    assert isinstance(forecast.held.answer, Wait)


def test_what_would_wait_beyond_its_expiry_is_foreseen_to_expire() -> None:
    forecast = foresee(sarah(window=NINE_TO_SIX, expires_at=NOON + timedelta(minutes=30)), NOON)
    assert forecast.goes_at is None
    assert forecast.held is not None
    assert isinstance(forecast.held.answer, Stop)
    assert forecast.held.answer.status is Status.EXPIRED


def test_a_try_that_began_after_the_moment_of_the_decision_counts_against_the_cap() -> None:
    tries = tuple(("call", NOON + timedelta(milliseconds=ms)) for ms in (-9, -5, 1))
    assert waits(sarah(tries=tries, limits=(THREE_A_DAY,)))[0] == "frequency"
