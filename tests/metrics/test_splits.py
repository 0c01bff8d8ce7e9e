import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from metrics.gaps import mixed_gap, score_gap
from metrics.memberships import adjusted, one_sided, two_sided
from metrics.splits import group_distances, groups_of, item_splits, what_predicts

RNG = np.random.default_rng


def test_spread_by_hand():
    # item 0: all of group 0 say 1, all of group 1 say 2: the groups tell all, 1 bit;
    # item 1: no difference, 0 bits; item 2: one group only, undefined
    answers = np.array([[1, 5, 1], [1, 6, 1], [2, 5, np.nan], [2, 6, np.nan]])
    found = item_splits(answers, [0, 0, 1, 1], rng=RNG(0), resamples=50)
    assert found.spread[:2] == pytest.approx([1, 0])
    assert np.isnan(found.spread[2])
    assert np.isnan(found.p_value[2])
    assert np.isnan(found.q_value[2])
    assert found.raters.tolist() == [4, 4, 2]
    assert found.order.tolist() == [0, 1, 2]


def test_distances_agree_with_scipy():
    rng = RNG(0)
    answers, groups = rng.integers(4, size=(30, 2)).astype(float), np.arange(30) % 3
    found = group_distances(answers, groups, rng=rng, resamples=20)
    shares = [
        [np.bincount(answers[groups == g, i].astype(int), minlength=4) for i in range(2)]
        for g in (0, 2)
    ]
    theirs = [jensenshannon(shares[0][i], shares[1][i], base=2) ** 2 for i in range(2)]
    assert found.divergence[0, 2] == pytest.approx(np.mean(theirs))
    assert found.divergence == pytest.approx(found.divergence.T)
    assert np.isnan(np.diag(found.p_value)).all()
    # the spread of two groups of one size is their divergence
    two = groups < 2
    spread = item_splits(answers[two], groups[two], rng=rng, resamples=1).spread
    assert found.divergence[0, 1] == pytest.approx(spread.mean())


def tastes(raters=60, items=8, split=(0,), seed=0):
    rng = RNG(seed)
    group = np.arange(raters) % 2
    answers = rng.integers(3, size=(raters, items)).astype(float)
    for item in split:
        answers[:, item] = np.where(rng.random(raters) < 0.8, group, answers[:, item])
    return answers, group


def test_the_item_that_splits_is_found():
    answers, group = tastes()
    found = item_splits(answers, group, rng=RNG(0), resamples=199)
    assert found.order[0] == 0
    assert found.q_value[0] < 0.05
    assert (found.q_value[1:] > 0.05).all()
    assert (found.by_chance > 0).all()  # small groups always differ a little
    assert found.p_value[0] == 1 / 200


def test_never_the_same_answer_is_one_bit():
    answers = np.repeat([[0.0], [1.0]], 15, axis=0)
    found = group_distances(answers, np.repeat([0, 1], 15), rng=RNG(0), resamples=99)
    assert found.divergence[0, 1] == pytest.approx(1)
    assert found.q_value[0, 1] == found.p_value[0, 1] == 0.01
    assert found.divergence[0, 0] == pytest.approx(0)


@settings(max_examples=10)
@given(st.permutations(range(60)))
def test_order_of_raters_does_not_matter(order):
    answers, group = tastes()
    moved = item_splits(answers[list(order)], group[list(order)], rng=RNG(0), resamples=1)
    here = item_splits(answers, group, rng=RNG(0), resamples=1)
    assert moved.spread == pytest.approx(here.spread)


def test_raters_in_no_group_count_nowhere():
    answers, group = tastes()
    out = np.where(np.arange(60) < 10, -1, group)
    found = item_splits(answers, out, rng=RNG(0), resamples=5)
    without = item_splits(answers[10:], group[10:], rng=RNG(0), resamples=5)
    assert found.spread == pytest.approx(without.spread)
    assert found.by_chance == pytest.approx(without.by_chance)


def test_what_predicts_answers():
    answers, group = tastes(split=(0, 1, 2))
    attributes = {
        "noise": RNG(3).integers(2, size=60).astype(str),
        "town": np.where(group, "north", "south"),
        "rare": np.r_[["x"] * 9, [""] * 51],
    }
    found = what_predicts(answers, attributes, rng=RNG(0), resamples=199)
    assert found[0].name == "town"
    assert found[0].q_value < 0.05 < found[1].p_value
    assert found[0].value > 0.1 > abs(found[1].value)
    rare = next(one for one in found if one.name == "rare")
    assert np.isnan(rare.value)
    assert rare.hidden == ("x",)


def test_groups_below_ten_are_hidden():
    labels, names, hidden = groups_of(["b"] * 10 + ["a"] * 11 + ["c"] * 9 + [""])
    assert names == ("a", "b")
    assert hidden == ("c",)
    assert np.bincount(labels + 1).tolist() == [10, 11, 10]


def test_p_values_by_hand():
    # 3 of 9 shuffles reach the value: 4/10; 7 lie at or below: min(4, 8)·2/10 = 0.8
    chance = np.array([0, 0, 0, 0, 0, 0, 5, 6, 7.0])
    assert one_sided(5, chance) == pytest.approx(0.4)
    assert two_sided(5, chance) == pytest.approx(0.8)
    # Benjamini–Hochberg: .01·3/1, .02·3/2, .04·3/3, then the smallest from above
    assert adjusted([0.04, 0.01, np.nan, 0.02])[[0, 1, 3]] == pytest.approx([0.04, 0.03, 0.03])


def scored(raters=30, items=10, gap=1.0, seed=0):
    rng = RNG(seed)
    side = np.arange(raters) % 2
    scores = rng.normal(size=(raters, 1)) + 2 * rng.normal(size=items) + gap * side[:, None]
    return scores + 0.5 * rng.normal(size=(raters, items)), side


def test_gap_by_hand():
    # item means 3 − 1 = 2 and 5 − 5 = 0; the third item has one side only: (2 + 0)/2
    scores = np.repeat([[3, 5, 9.0], [1, 5, np.nan]], 10, axis=0)
    found = score_gap(scores, np.repeat([1, 0], 10), rng=RNG(0), resamples=50)
    assert found.value == pytest.approx(1)
    assert found.n == 10
    assert found.low < 1 < found.high


def test_both_ways_find_the_same_gap():
    scores, side = scored()
    boot = score_gap(scores, side, rng=RNG(0), resamples=300)
    who, what = np.indices(scores.shape)
    mixed = mixed_gap(scores.ravel(), who.ravel(), what.ravel(), side[who.ravel()])
    assert mixed.value == pytest.approx(boot.value, abs=0.05)
    assert mixed.high - mixed.low == pytest.approx(boot.high - boot.low, rel=0.25)
    assert mixed.n == boot.n == 15
    plain = scores[side == 1].mean() - scores[side == 0].mean()
    assert boot.value == pytest.approx(plain)
    assert score_gap(scores, 1 - side, rng=RNG(0), resamples=9).value == pytest.approx(-plain)


def test_rows_of_one_rater_are_not_independent():
    scores, side = scored(gap=0)
    many = np.tile(scores, 4)  # every answer four times
    one, four = (score_gap(s, side, rng=RNG(0), resamples=200) for s in (scores, many))
    assert four.high - four.low == pytest.approx(one.high - one.low, rel=0.2)


def test_gaps_are_refused_in_words():
    scores, side = scored(raters=18)
    assert "Fewer than 10" in score_gap(scores, side, rng=RNG(0)).reason
    apart = np.array([[1, np.nan]] * 10 + [[np.nan, 2]] * 10)
    assert "No item" in score_gap(apart, np.repeat([1, 0], 10), rng=RNG(0)).reason
    who, what = np.indices(scores.shape)
    assert "Fewer" in mixed_gap(scores.ravel(), who.ravel(), what.ravel(), side[who.ravel()]).reason
    rows = np.arange(20_001)
    large = mixed_gap(rows % 7, rows % 100, rows // 100, rows % 100 % 2)
    assert "20,000 rows" in large.reason


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="raters, items"):
        item_splits([1, 2], [0, 1], rng=RNG(0))
    with pytest.raises(ValueError, match="two groups"):
        item_splits(np.ones((2, 2)), [0, 0], rng=RNG(0))
    with pytest.raises(ValueError, match="2 labels"):
        group_distances(np.ones((2, 2)), [0, 1, 1], rng=RNG(0))
