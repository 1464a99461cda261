import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optout_cases import DO_NOT_CALL, HELP, NEITHER, START, STOP

from relance.rules.optout import Wish, read

OPT_OUTS = {Wish.STOP, Wish.DO_NOT_CALL}
KEYWORDS = [
    *("stop", "quit", "end", "revoke", "opt out", "optout", "cancel", "unsubscribe", "stopall"),
    *("arret", "baja", "parar", "alto"),
]


@pytest.mark.parametrize("text", STOP)
def test_who_asks_for_messages_to_end_is_understood(text: str) -> None:
    assert read(text) is Wish.STOP


@pytest.mark.parametrize("text", DO_NOT_CALL)
def test_who_asks_for_calls_or_all_contact_to_end_goes_on_the_do_not_call_list(text: str) -> None:
    assert read(text) is Wish.DO_NOT_CALL


@pytest.mark.parametrize("text", NEITHER)
def test_what_only_looks_like_it_changes_nothing(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("text", START)
def test_start_brings_a_contact_back(text: str) -> None:
    assert read(text) is Wish.START


@pytest.mark.parametrize("text", HELP)
def test_help_asks_for_help(text: str) -> None:
    assert read(text) is Wish.HELP


def test_the_corpus_is_large_and_without_repeats() -> None:
    asking = STOP + DO_NOT_CALL
    assert min(len(set(asking)), len(set(NEITHER))) >= 300
    assert len({*asking, *NEITHER}) == len(asking) + len(NEITHER)


@given(
    st.sampled_from(KEYWORDS),
    st.sampled_from([str.upper, str.lower, str.title, str.swapcase]),
    st.text(st.sampled_from(" \t\n.,!?*\"'“”-_…🛑🙏🏽❤️\u200b\u00a0"), max_size=6),
    st.text(st.sampled_from(" \t\n.,!?*\"'“”-_…🛑🙏🏽❤️\u200b\u00a0"), max_size=6),
)
def test_a_word_alone_means_it_whatever_its_case_and_trimmings(keyword, case, before, after) -> None:
    assert read(before + case(keyword) + after) is Wish.STOP


@pytest.mark.parametrize("keyword", KEYWORDS)
@pytest.mark.parametrize("signature", ["Sent from my iPhone", "Enviado desde mi teléfono", "Get Outlook for iOS"])
def test_a_telephones_signature_does_not_weaken_a_word(keyword: str, signature: str) -> None:
    assert read(f"{keyword}\n\n{signature}") is Wish.STOP


@given(st.sampled_from(KEYWORDS), st.integers(1, 30))
def test_insisting_does_not_weaken_a_word(keyword: str, times: int) -> None:
    assert read(" ".join([keyword] * times)) is Wish.STOP


@given(st.text())
def test_no_text_at_all_is_too_much(text: str) -> None:
    assert read(text) in {None, *Wish}


@given(st.lists(st.sampled_from(" ".join(STOP + NEITHER).split()), max_size=40).map(" ".join))
def test_no_mixture_of_such_words_is_too_much(text: str) -> None:
    assert read(text) in {None, *Wish}


@given(st.sampled_from([text for text in STOP + DO_NOT_CALL if " " in text]))
def test_capitals_accents_and_spacing_do_not_matter(text: str) -> None:
    plain = text.translate(str.maketrans("áéíóúÁÉÍÓÚ’", "aeiouAEIOU'"))
    assert read(text.upper()) is read(plain) is read(f"\n  {text.replace(' ', '  ')}\t") is read(text)


def test_the_words_of_ours_that_a_contact_quotes_are_not_theirs() -> None:
    assert read("Sounds good!\n\nOn Tue, 2 Jun 2026, Anna wrote:\n> Reply STOP to unsubscribe") is None
    assert read("Perfecto\nEl mar, 2 jun 2026, Anna escribió:\n> no me escriban más") is None
    assert read("ok\n> stop texting me") is None
    assert read("It says reply STOP to opt out of these messages, right?") is None


def test_what_a_contact_writes_above_a_quotation_is_theirs() -> None:
    assert read("Unsubscribe\n\nOn Tue, Jun 2, 2026 at 9:00 Anna wrote:\n> See you soon!") is Wish.STOP


def test_both_messages_and_calls_is_the_wider_wish() -> None:
    assert read("Stop texting me. And don't call me again!") is Wish.DO_NOT_CALL


def test_asking_to_stop_outweighs_other_words_of_the_same_message() -> None:
    assert read("I want to start fresh. Please remove me from your list.") is Wish.STOP


def test_a_very_long_message_is_read_at_once() -> None:
    began = time.perf_counter()
    for filler in ("please stop by the ", "no me ", "dont ever ", "remove my ", "a", "stop all the "):
        read(filler * 500_000)
    assert time.perf_counter() - began < 3


def test_every_opt_out_survives_a_greeting_and_a_thank_you() -> None:
    lost = [text for text in STOP if read(f"Hello, {text}. Thank you!") not in OPT_OUTS and " " in text]
    assert len(lost) <= len(STOP) // 20, lost
