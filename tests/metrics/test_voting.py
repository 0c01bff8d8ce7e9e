import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.voting import (
    borda,
    condorcet_winner,
    copeland,
    cyclic_triads,
    exploitability,
    has_cycle,
    margins,
    maximal_lottery,
    nash_mirror_prox,
    resampled_share,
    schulze,
    smith_set,
)

GOLDENS = json.loads((Path(__file__).parents[1] / "goldens" / "voting.json").read_text())
PROFILES = pytest.mark.parametrize("golden", GOLDENS["profiles"])
CIRCLE = np.array([[0, 2, 1], [1, 0, 2], [2, 1, 0]])  # 0 beats 1 beats 2 beats 0, 2 to 1 each


def winners(scores):
    return np.flatnonzero(scores == scores.max()).tolist()


@PROFILES
def test_agrees_with_pref_voting(golden):
    margin = margins(golden["wins"])
    assert condorcet_winner(margin) == golden["condorcet"]
    assert smith_set(margin).tolist() == golden["smith"]
    assert winners(borda(margin)) == golden["borda"]
    assert winners(copeland(margin)) == golden["copeland"]
    assert winners(schulze(golden["wins"])) == golden["schulze"]
    lottery = maximal_lottery(margin)
    assert (margin.T @ lottery >= -1e-6).all()  # no item beats it
    assert lottery == pytest.approx(golden["lottery"], abs=1e-4)


def test_a_circle():
    margin = margins(CIRCLE)
    assert condorcet_winner(margin) is None
    assert smith_set(margin).tolist() == [0, 1, 2]
    assert has_cycle(margin)
    assert cyclic_triads(margin) == 1
    assert copeland(margin).tolist() == borda(margin).tolist() == [0, 0, 0]
    assert maximal_lottery(margin) == pytest.approx([1 / 3] * 3)


def test_a_clear_order():
    # 0 > 1 > 2 by all three
    margin = margins([[0, 3, 3], [0, 0, 3], [0, 0, 0]])
    assert condorcet_winner(margin) == 0
    assert not has_cycle(margin)
    assert cyclic_triads(margin) == 0  # 1 − C(2,2) − C(1,2) − C(0,2)
    assert borda(margin).tolist() == [6, 0, -6]
    assert schulze([[0, 3, 3], [0, 0, 3], [0, 0, 0]]).tolist() == [0, -1, -2]
    assert maximal_lottery(margin) == pytest.approx([1, 0, 0], abs=1e-9)


def test_ties_are_no_cycle():
    nothing = np.zeros((3, 3))
    assert smith_set(nothing).tolist() == [0, 1, 2]
    assert not has_cycle(nothing)
    assert np.isnan(cyclic_triads(nothing))


def test_a_cycle_below_the_best_is_not_one_among_the_best():
    wins = np.zeros((4, 4))
    wins[0, 1:] = 3
    wins[1:, 1:] = CIRCLE
    assert not has_cycle(margins(wins))
    assert cyclic_triads(margins(wins)) == 1


def uneven_circle():
    """0 beats 1 by .8, 1 beats 2 by .7, 2 beats 0 by .6."""
    table = np.full((3, 3), 0.5)
    table[0, 1], table[1, 2], table[2, 0] = 0.8, 0.7, 0.6
    table[1, 0], table[2, 1], table[0, 2] = 0.2, 0.3, 0.4
    return table


def test_mirror_prox_comes_to_the_lottery():
    # margins .6, .4, .2 in the circle: the lottery plays each by the margin of the other two:
    # 0 by .4, 1 by .2, 2 by .6, that is ⅓, ⅙, ½
    table = uneven_circle()
    assert maximal_lottery(2 * table - 1) == pytest.approx([1 / 3, 1 / 6, 1 / 2])
    found = nash_mirror_prox(table)
    assert found.shares == pytest.approx([1 / 3, 1 / 6, 1 / 2], abs=0.005)  # β draws it to the even
    assert 0 <= found.exploitability < 0.002
    assert exploitability(table, [1, 0, 0]) == pytest.approx(0.1)


def test_options_of_mirror_prox_matter():
    table = uneven_circle()
    even = np.full(3, 1 / 3)
    near = nash_mirror_prox(table, beta=10).shares
    assert np.abs(near - even).max() < 0.02
    pulled = nash_mirror_prox(table, beta=10, reference=[0.8, 0.1, 0.1]).shares
    assert pulled[0] > 0.75
    assert nash_mirror_prox(table, steps=1).exploitability > 0.01
    slow = nash_mirror_prox(table, rate=0.01, steps=50).shares
    assert np.abs(slow - even).max() < np.abs(nash_mirror_prox(table).shares - even).max()


@settings(max_examples=20)
@given(st.permutations(range(5)), st.integers(0, 30))
def test_names_do_not_matter(order, seed):
    wins = np.random.default_rng(seed).integers(0, 9, size=(5, 5))
    np.fill_diagonal(wins, 0)
    order = list(order)
    moved = wins[np.ix_(order, order)]
    assert (schulze(moved) == schulze(wins)[order]).all()
    assert sorted(np.array(order)[smith_set(margins(moved))]) == smith_set(margins(wins)).tolist()
    assert has_cycle(margins(moved)) == has_cycle(margins(wins))


def test_how_often_a_cycle_stands():
    # 30 raters each for the three rankings of a circle: nearly always; one ranking alone: never
    rankings = [
        np.triu(np.ones((3, 3)), 1)[np.ix_(o, o)] for o in ([0, 1, 2], [1, 2, 0], [2, 0, 1])
    ]
    rng = np.random.default_rng(0)
    often = resampled_share(np.repeat(rankings, 30, axis=0), has_cycle, rng=rng, resamples=200)
    assert often.value > 0.9
    assert often.low < often.value <= often.high
    assert often.n == 90
    never = resampled_share(np.repeat(rankings[:1], 30, axis=0), has_cycle, rng=rng, resamples=200)
    assert never.value == 0
    assert 0 <= never.low < never.high < 0.03


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="table of wins"):
        margins(np.ones((2, 3)))
    with pytest.raises(ValueError, match="finite"):
        margins([[0, -1], [1, 0]])
    with pytest.raises(ValueError, match="P \\+ Pᵀ"):
        nash_mirror_prox(np.ones((2, 2)))
    with pytest.raises(ValueError, match="beta"):
        nash_mirror_prox(uneven_circle(), beta=-1)
