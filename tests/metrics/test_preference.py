import choix
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.choices import pair_choices, ranking_choices, top_choices, win_matrix
from metrics.preference import comparable_parts, luce_strengths, rank_centrality


def simulated(theta, *, raters=60, pairs=12, seed=0, spread=0.0):
    """Pairs by raters whose own strengths vary around theta."""
    rng = np.random.default_rng(seed)
    n, m = len(theta), raters * pairs
    own = theta + spread * rng.standard_normal((raters, n))
    who = np.repeat(np.arange(raters), pairs)
    first = rng.integers(n, size=m)
    second = (first + rng.integers(1, n, size=m)) % n
    gap = own[who, first] - own[who, second]
    won = (rng.random(m) < 1 / (1 + np.exp(-gap))).astype(float)
    return pair_choices(first, second, won, who, items=n)


def as_pairs(choices):
    return [tuple(row) for row in choices.sets.tolist()]


def test_two_items_by_hand():
    # 3 of 4 prefer item 0: θ0 − θ1 = ln 3 = 1.0986, so ±0.5493
    choices = pair_choices([0] * 4, [1] * 4, [1, 1, 1, 0], range(4), items=2)
    found = luce_strengths(choices, ridge=0)
    assert found.values == pytest.approx([0.5493, -0.5493], abs=1e-4)
    assert found.log_likelihood == pytest.approx(3 * np.log(0.75) + np.log(0.25))
    # each rater's score is ±(1 − p): Σ = 3·(1/4)² + (3/4)² = 3/4 for the gap; information 4·3/16;
    # variance 4/3 · (3/4)/(3/4)² = 16/9, so the gap's error is 4/3 and θ's half of it
    assert (found.high - found.values)[0] == pytest.approx(2 / 3 * 3.1824, rel=1e-4)


def test_agrees_with_choix_on_pairs_and_rankings():
    choices = simulated(np.array([1.0, 0.5, 0, -0.5, -1]))
    theirs = choix.ilsr_pairwise(5, as_pairs(choices), alpha=0)
    assert luce_strengths(choices, ridge=0).values == pytest.approx(theirs, abs=1e-5)
    rng = np.random.default_rng(1)
    rankings = [tuple(int(i) for i in rng.permutation(4)) for _ in range(40)]
    ours = ranking_choices([[(i,) for i in row] for row in rankings], range(40), items=4)
    theirs = choix.ilsr_rankings(4, rankings, alpha=0)
    assert luce_strengths(ours, ridge=0).values == pytest.approx(theirs, abs=1e-5)


def test_agrees_with_choix_on_top_choices():
    rng = np.random.default_rng(2)
    sets = np.array([rng.permutation(6)[:4] for _ in range(200)])
    theirs = choix.ilsr_top1(6, [(int(row[0]), row[1:].tolist()) for row in sets], alpha=0)
    ours = luce_strengths(top_choices(sets, np.arange(200), items=6), ridge=0)
    assert ours.values == pytest.approx(theirs, abs=1e-5)


def test_one_who_always_wins_is_held_by_the_ridge():
    choices = pair_choices([0, 0, 1], [1, 2, 2], [1, 1, 1], [0, 1, 2], items=3)
    weak, strong = luce_strengths(choices), luce_strengths(choices, ridge=1)
    assert np.isfinite(weak.values).all()
    assert weak.values[0] > strong.values[0] > 0


def test_all_ties_are_no_preference():
    choices = pair_choices([0, 1], [1, 2], [0.5, 0.5], [0, 1], items=3)
    assert luce_strengths(choices).values == pytest.approx(0, abs=1e-9)


def test_parts_that_never_met_are_told_apart():
    # 0–1–2 are joined, 3–4 too, 5 was never compared
    choices = pair_choices([0, 1, 3], [1, 2, 4], [1, 1, 0], [0, 1, 2], items=6)
    assert comparable_parts(choices).tolist() == [0, 0, 0, 1, 1, -1]
    found = luce_strengths(choices)
    assert not found.connected
    assert np.isnan(found.values[5])
    assert found.values[:3].sum() == pytest.approx(0)
    assert found.values[3:5].sum() == pytest.approx(0)
    assert "never compared" in _many(found).estimate(5).reason
    assert luce_strengths(choices.of([True, True, False])).connected


def _many(found):
    return type(found)(found.values, found.low, found.high, found.parts, 10, 0.0)


def test_below_ten_raters_nothing_is_shown():
    few = luce_strengths(simulated(np.zeros(3), raters=9))
    assert np.isnan(few.estimate(0).value)
    many = luce_strengths(simulated(np.zeros(3), raters=10)).estimate(0)
    assert many.low < many.value < many.high
    assert many.n == 10


def test_raters_who_repeat_themselves_don_t_narrow_the_interval():
    once = simulated(np.array([1.0, 0, -1]), raters=40, pairs=3)
    sets, weights = np.tile(once.sets, (5, 1)), np.tile(once.weights, 5)
    five = type(once)(sets, weights, np.tile(once.raters, 5), 3)
    narrow, wide = luce_strengths(once, ridge=1e-9), luce_strengths(five, ridge=1e-9)
    assert wide.values == pytest.approx(narrow.values, abs=1e-6)
    assert wide.high == pytest.approx(narrow.high, abs=1e-5)


def test_one_rater_has_no_interval():
    assert np.isnan(luce_strengths(simulated(np.zeros(3), raters=1)).low).all()


@settings(max_examples=15)
@given(st.permutations(range(5)))
def test_names_of_items_do_not_matter(order):
    choices = simulated(np.array([1.0, 0.5, 0, -0.5, -1]), raters=20)
    renamed = type(choices)(
        np.array(order)[choices.sets], choices.weights, choices.raters, choices.items
    )
    there, here = luce_strengths(renamed), luce_strengths(choices)
    assert there.values[list(order)] == pytest.approx(here.values, abs=1e-8)
    assert there.low[list(order)] == pytest.approx(here.low, abs=1e-6)


def test_rank_centrality_by_hand_and_against_choix():
    # wins 3:1 with pseudo 0: to 0 with p 3/4, to 1 with 1/4; n − 1 = 1, so shares 3/4, 1/4
    assert rank_centrality([[0, 3], [1, 0]], pseudo=0) == pytest.approx([0.75, 0.25])
    # with one win more each way 4:2
    assert rank_centrality([[0, 3], [1, 0]]) == pytest.approx([2 / 3, 1 / 3])
    choices = simulated(np.array([1.0, 0.5, 0, -0.5, -1]), raters=100)
    theirs = np.exp(choix.rank_centrality(5, as_pairs(choices), alpha=0))
    ours = rank_centrality(win_matrix(choices), pseudo=0)
    assert ours == pytest.approx(theirs / theirs.sum(), abs=1e-8)


def test_each_pair_is_divided_by_its_own_comparisons():
    # the known defect of dividing by another pair's: with n = 4, and pairs of very unequal counts,
    # a table of exact Bradley–Terry shares must give back shares in proportion to its strengths
    strength = np.array([8.0, 4, 2, 1])
    counts = np.array([[0, 5, 50, 500], [5, 0, 7, 70], [50, 7, 0, 11], [500, 70, 11, 0]])
    wins = counts * strength[:, None] / (strength[:, None] + strength)
    assert rank_centrality(wins, pseudo=0) == pytest.approx(strength / 15)


def test_bad_input_is_refused():
    choices = simulated(np.zeros(3), raters=2)
    with pytest.raises(ValueError, match="there were none"):
        luce_strengths(choices.of([False, False]))
    with pytest.raises(ValueError, match="ridge ≥ 0"):
        luce_strengths(choices, ridge=-1)
    with pytest.raises(ValueError, match="table of wins"):
        rank_centrality(np.ones((2, 3)))
    with pytest.raises(ValueError, match="reachable"):
        rank_centrality([[0, 1, 0], [1, 0, 0], [0, 0, 0]], pseudo=0)
