"""Turns start small and settle at a length that others can wait for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from experiments.pace import FIRST, LARGEST, SMALLEST, TARGET_S, Pace


def after(*observations):
    pace = Pace()
    for drawn, seconds in observations:
        pace.observe(drawn, seconds)
    return pace()


def test_it_doubles_or_halves_at_most():
    assert after() == FIRST
    assert after((16, 0.01)) == 2 * FIRST
    assert after((16, 60)) == FIRST // 2


def test_it_settles_at_the_target():
    # 10 answers a second: turns of 2 s hold 20.
    assert after((16, 1.6), (20, 2.0)) == 10 * TARGET_S


def test_a_turn_without_draws_teaches_nothing():
    assert after((0, 5), (4, 0)) == FIRST


@given(st.lists(st.tuples(st.integers(0, 512), st.floats(0, 1e4))))
def test_it_stays_within_its_bounds(observations):
    assert SMALLEST <= after(*observations) <= LARGEST
