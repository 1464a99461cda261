import re
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.rules import optout
from relance.rules.optout import Wish, channels, phrasebook, plain, read, refused
from tests.rules import optout_wishes as wishes
from tests.rules.optout_cases import DO_NOT_CALL, HELP, NEITHER, NOT_THIS_WAY, START, STOP
from tests.rules.optout_wishes import held_out, tuned_on

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


@pytest.mark.parametrize(("text", "channels"), NOT_THIS_WAY)
def test_who_refuses_some_channels_and_welcomes_another_keeps_the_others(text: str, channels: set[str]) -> None:
    assert (read(text), refused(text)) == (Wish.NOT_THIS_WAY, channels)


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("Stop calling me", {"call", "sms", "whatsapp", "email"}),
        ("Stop texting me", {"sms", "whatsapp", "email"}),
        ("Lose my number. Email is for spam like yours.", {"sms", "whatsapp", "email"}),
        ("START", set()),
        ("Please text me", set()),
        ("Text me, don't text me", set()),
    ],
)
def test_the_channels_refused_are_those_of_the_wish(text: str, channels: set[str]) -> None:
    assert refused(text) == channels


@pytest.mark.parametrize("text", ["sotp", "stpo texting me", "unsubscibe", "stop mesaging me", "no kiero mas mensjes"])
def test_a_slip_of_the_thumb_does_not_weaken_a_wish(text: str) -> None:
    assert read(text) is Wish.STOP


@pytest.mark.parametrize("text", ["spot on", "a numbered list", "llama y deja mensaje"])
def test_another_word_is_no_slip(text: str) -> None:
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


class Counted:
    """A pattern that notes how much it is given to look through."""

    def __init__(self, pattern: re.Pattern[str], given: list[int]) -> None:
        self.pattern, self.given = pattern, given

    def __getattr__(self, name: str) -> Any:
        def looks(*args: Any) -> Any:
            text, *start = [arg for arg in args if name != "sub" or arg is args[-1]]
            self.given.append(len(text) - (start[0] if start else 0))
            return getattr(self.pattern, name)(*args)

        return looks


def counting(known: Any, given: list[int]) -> Any:
    """`known` with every pattern in it counted."""
    if isinstance(known, re.Pattern):
        return Counted(known, given)
    if isinstance(known, tuple):
        return tuple(counting(one, given) for one in known)
    if isinstance(known, dict):
        return {name: counting(one, given) for name, one in known.items()}
    if is_dataclass(known) and not isinstance(known, type):
        return replace(known, **{field.name: counting(getattr(known, field.name), given) for field in fields(known)})
    return known


@pytest.fixture
def looked_through(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[int]]:
    """How many characters each pattern is given, one after the other, when a text is read."""
    given: list[int] = []
    counted = counting(phrasebook.book(), given)
    for module in (optout, channels):
        monkeypatch.setattr(module, "book", lambda: counted)

    def reading(text: str) -> list[int]:
        given.clear()
        assert read(text) in {None, *Wish}
        return list(given)

    return reading


GOING_ON = (
    "please stop by the ", "no me ", "dont ever ", "remove my ", "a", "stop all the ", "no me llame ", "no me llame, ",
    "call me but not ", "call me. but not, ", "stop calling me but call me ", "please ", "by phone or ", "a\n", "\n",
)  # fmt: skip


@pytest.mark.parametrize("filler", GOING_ON)
def test_twice_as_long_a_message_is_at_most_twice_the_work(
    looked_through: Callable[[str], list[int]], filler: str
) -> None:
    """With what is looked through for each phrase that is found, as with a clause without end, it would be four times
    as much."""
    short, long = (looked_through(filler * (size // len(filler))) for size in (4_000, 8_000))
    assert sum(long) <= 2.3 * sum(short)  # parts of long clauses overlap
    assert max(long, default=0) <= 610


@pytest.mark.parametrize("filler", GOING_ON)
def test_of_a_message_without_end_only_the_beginning_is_read(
    looked_through: Callable[[str], list[int]], filler: str
) -> None:
    assert looked_through(filler * 100_000) == looked_through((filler * 100_000)[:10_000])


@pytest.mark.parametrize("words", [0, *range(65, 110), 300])
@pytest.mark.parametrize("asked", ["stop texting me", "por favor no me escriban mas"])
def test_who_never_ends_a_sentence_is_read_to_its_end(words: int, asked: str) -> None:
    assert read(f"{'banana ' * words}{asked} {'banana ' * 200}") is Wish.STOP


@pytest.mark.parametrize("words", range(70, 110))
def test_where_a_long_sentence_is_cut_none_ends_or_begins(words: int) -> None:
    assert read(f"{'banana ' * words}please stop by the house {'banana ' * 200}") is None


@pytest.mark.parametrize(("blank", "begins"), [("\n" * 50, 50), ("\n \t", 1)])
def test_blank_lines_are_no_part_of_what_a_contact_quotes(blank: str, begins: int) -> None:
    """Taken for its beginning, thousands of them would be gone through again from each."""
    quoted = plain._QUOTED.search(f"{blank}> Please call me never again")
    assert quoted
    assert quoted.start() == begins


def test_every_opt_out_survives_a_greeting_and_a_thank_you() -> None:
    lost = [text for text in STOP if read(f"Hello, {text}. Thank you!") not in OPT_OUTS and " " in text]
    assert len(lost) <= len(STOP) // 20, lost


def recall(sentences: Sequence[str]) -> float:
    return sum(read(text) in OPT_OUTS for text in sentences) / len(sentences)


def right_channels(sentences: Sequence[tuple[str, set[str]]]) -> float:
    return sum(refused(text) == channels for text, channels in sentences) / len(sentences)


def false_alarms(sentences: Sequence[str]) -> int:
    return sum(read(text) is not None for text in sentences)


def test_what_the_rules_were_made_with_is_read_as_meant() -> None:
    assert recall(tuned_on(wishes.ENGLISH_ENOUGH + wishes.SPANISH_ENOUGH)) == 1
    assert right_channels(tuned_on(wishes.ENGLISH_CHANNELS + wishes.SPANISH_CHANNELS)) == 1
    assert false_alarms(tuned_on(wishes.ENGLISH_NEITHER + wishes.SPANISH_NEITHER)) == 0


def test_what_was_held_back_is_read_nearly_as_well() -> None:
    """Reached: recall 98 %, channels 100 %, no false alarm. That flatters: one hand wrote these and the rules."""
    assert recall(held_out(wishes.ENGLISH_ENOUGH) + held_out(wishes.SPANISH_ENOUGH)) >= 0.95
    assert right_channels(held_out(wishes.ENGLISH_CHANNELS) + held_out(wishes.SPANISH_CHANNELS)) == 1
    assert false_alarms(held_out(wishes.ENGLISH_NEITHER) + held_out(wishes.SPANISH_NEITHER)) == 0


def test_later_rounds_hold_what_they_reached_once_the_rules_were_mended_by_them() -> None:
    """Reached: recall 98 %, channels 96 %, 2 of 95 false alarms; before the mending see `optout_wishes`."""
    assert recall(wishes.SECOND_ENOUGH + wishes.THIRD_ENOUGH) >= 0.95
    assert right_channels(wishes.SECOND_CHANNELS + wishes.THIRD_CHANNELS) >= 0.95
    assert false_alarms(wishes.SECOND_NEITHER + wishes.THIRD_NEITHER) <= 2


def test_of_words_never_seen_before_four_in_five_are_understood() -> None:
    """What to expect of real people. Reached: recall 82 % (English 72 %, Spanish 92 %), the right channels 80 %,
    1 false alarm in 40. The reader before this one, on the same sentences: 68 %, 0 % and none."""
    assert recall(wishes.LAST_ENOUGH) >= 0.80
    assert right_channels(wishes.LAST_CHANNELS) >= 0.80
    assert false_alarms(wishes.LAST_NEITHER) <= 1
