"""Charts of columns: no bar leaves its box, heights are as the counts are, and lines stand at round numbers."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from relance.web.charts import ABOVE, BASE, LEAST, MOST_LINES, TALLEST, Chart, Column, Series, drawn

SERIES = tuple(Series(name, name.title()) for name in ("completed", "cancelled", "expired", "failed"))
COUNTS = st.integers(0, 9) | st.integers(0, 2_000_000)
STACKS = st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[COUNTS] * n), min_size=1, max_size=24))


def chart_of(stacks: list[tuple[int, ...]]) -> Chart:
    columns = [Column(f"{n:02}:00", "", "", counts) for n, counts in enumerate(stacks)]
    return drawn(SERIES[: len(stacks[0])], columns)


@given(STACKS)
def test_no_bar_leaves_the_box_nor_lies_upon_another(stacks: list[tuple[int, ...]]) -> None:
    chart = chart_of(stacks)
    for place in chart.places:
        assert all(ABOVE <= bar.top < bar.bottom <= BASE for bar in place.bars)
        assert all(lower.top > upper.bottom for lower, upper in pairwise(place.bars))
        assert 0 <= place.left <= place.middle <= place.left + place.width <= 100
        assert 0 < place.figure < BASE
    assert all(here.left < after.left for here, after in pairwise(chart.places))


@given(STACKS)
def test_what_is_counted_is_drawn_in_its_order_and_what_is_not_is_left_out(stacks: list[tuple[int, ...]]) -> None:
    for place in chart_of(stacks).places:
        assert [bar.series for bar in place.bars] == [
            one.name for one, n in zip(SERIES, place.column.counts, strict=False) if n
        ]


@given(st.lists(COUNTS, min_size=1, max_size=24))
def test_heights_are_as_the_counts_are(counts: list[int]) -> None:
    chart = chart_of([(n,) for n in counts])
    for place, n in zip(chart.places, counts, strict=True):
        height = sum(bar.bottom - bar.top for bar in place.bars)
        exact = n * TALLEST / chart.lines[0].count
        assert abs(height - exact) <= 0.5 or (0 < exact < LEAST and height == LEAST)


@given(STACKS)
def test_a_stack_is_as_high_as_all_of_it_but_for_what_the_smallest_need_to_be_seen(
    stacks: list[tuple[int, ...]],
) -> None:
    chart = chart_of(stacks)
    for place in chart.places:
        height = BASE - min((bar.top for bar in place.bars), default=BASE)
        exact = place.total * TALLEST / chart.lines[0].count
        assert abs(height - exact) <= LEAST * len(place.bars)


@given(STACKS)
def test_few_lines_at_round_numbers_reach_from_nothing_to_the_most(stacks: list[tuple[int, ...]]) -> None:
    chart = chart_of(stacks)
    most = max(sum(counts) for counts in stacks)
    top, *_, base = chart.lines
    assert (base.count, base.at, top.at) == (0, BASE, ABOVE)
    assert most <= top.count
    assert len(chart.lines) <= MOST_LINES + 1
    steps = {here.count - after.count for here, after in pairwise(chart.lines)}
    assert len(steps) == 1
    assert f"{steps.pop()}".rstrip("0") in {"1", "2", "5"}
    assert all(line.at % 4 == 0 for line in chart.lines)


def test_one_of_them_is_not_as_high_as_the_chart() -> None:
    assert [line.count for line in chart_of([(1,), (0,)]).lines] == [4, 2, 0]
