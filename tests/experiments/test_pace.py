"""Turns start small and settle at what is fair to others without being slow for nothing."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from experiments.pace import FIRST, LARGEST, REMEMBERED, Pace


def sizes(cost, *, turns=12):
    """Sizes of successive turns where a turn of k draws takes cost(k) seconds."""
    pace, seen = Pace(), []
    for _ in range(turns):
        seen.append(pace())
        pace.observe(pace(), cost(pace()))
    return seen


def test_quick_turns_double_up_to_the_largest():
    assert sizes(lambda k: 0.001 * k)[:5] == [16, 32, 64, 128, 128]


def test_where_every_draw_costs_a_turn_takes_its_four_seconds():
    # 0.1 s each: 40 draws take 4 s.
    assert sizes(lambda k: 0.1 * k)[-1] == 40


def test_where_every_draw_is_dear_turns_stay_small_but_for_a_try_now_and_then():
    seen = sizes(lambda k: 1.0 * k, turns=20)
    assert set(seen) == {FIRST, 2 * FIRST}
    tries = [turn for turn, size in enumerate(seen) if size > FIRST]
    assert min(b - a for a, b in pairwise(tries)) >= REMEMBERED


def test_where_the_batch_costs_and_not_the_draw_turns_grow():
    # 8 s for any batch: small ones would be slower and no fairer.
    assert sizes(lambda k: 8.0)[-1] == LARGEST
    # 8 s and 0.1 s each: twice 8 s allow 80.
    assert sizes(lambda k: 8 + 0.1 * k)[-1] == 80


def test_a_turn_without_draws_teaches_nothing():
    pace = Pace()
    pace.observe(0, 5.0)
    assert pace() == FIRST


@given(st.lists(st.tuples(st.integers(0, 512), st.floats(0, 1e4))))
def test_it_stays_within_its_bounds_and_steps(observations):
    pace = Pace()
    for drawn, seconds in observations:
        before = pace()
        pace.observe(drawn, seconds)
        assert FIRST <= pace() <= LARGEST
        assert before // 2 <= pace() <= 2 * before
