"""The hours of a week as somebody may type them."""

from hypothesis import strategies as st

from relance.rules.weeks import DAY_KEYS


def _day_hours(cuts: set[int]) -> list[list[str]]:
    clocks = [f"{cut // 60:02}:{cut % 60:02}" for cut in sorted(cuts)]
    return [list(pair) for pair in zip(clocks[::2], clocks[1::2], strict=False)]


# Round times and the hours around midnight, where clocks change, are likelier than others.
cuts = st.integers(0, 1440) | st.integers(0, 48).map(lambda half_hours: half_hours * 30) | st.integers(0, 185)
day_hours = st.sets(cuts, max_size=6).map(_day_hours)
weeks = st.fixed_dictionaries(dict.fromkeys(DAY_KEYS, day_hours))
