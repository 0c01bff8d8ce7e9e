"""Distance to examples of a persona: by hand, at its limits, and what it refuses."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from metrics.anchors import anchor_distance, anchor_spread, style_distance

RNG = np.random.default_rng(0)
REPLIES, ANCHORS = RNG.normal(size=(7, 5)), RNG.normal(size=(4, 5))


def test_distance_and_spread_by_hand():
    # Distances of (1, 0) to (1, 0) and (0, 1) are 0 and 1; of (−1, 0) 2 and 1. The two anchors
    # are 1 apart.
    anchors = [[1.0, 0.0], [0.0, 1.0]]
    assert anchor_distance([[1.0, 0.0], [-1.0, 0.0]], anchors) == pytest.approx([0.5, 1.5])
    assert anchor_spread(anchors) == pytest.approx(1)


def test_extremes():
    same = np.ones((3, 4))
    assert anchor_distance(same, same) == pytest.approx(np.zeros(3), abs=1e-12)
    assert anchor_distance(-same, same) == pytest.approx(np.full(3, 2.0))
    assert anchor_spread(same) == pytest.approx(0, abs=1e-12)
    assert anchor_spread([[1.0, 0.0], [-2.0, 0.0]]) == pytest.approx(2)
    assert np.isnan(anchor_spread([[1.0, 0.0]]))


def test_agrees_with_scipy_and_ignores_lengths():
    other = cdist(REPLIES, ANCHORS, "cosine").mean(axis=1)
    assert anchor_distance(REPLIES, ANCHORS) == pytest.approx(other)
    assert anchor_distance(3 * REPLIES, 7 * ANCHORS[::-1]) == pytest.approx(other)
    assert anchor_spread(ANCHORS) == pytest.approx(pdist(ANCHORS, "cosine").mean())


def test_style_by_hand():
    # Anchors 0 and 2: mean 1, deviation √2. A reply of 3 is 2/√2 = √2 away. A second feature in
    # which it agrees halves the mean square: √(2/2) = 1.
    assert style_distance([[3.0]], [[0.0], [2.0]]) == pytest.approx([np.sqrt(2)])
    assert style_distance([[3.0, 5.0]], [[0.0, 4.0], [2.0, 6.0]]) == pytest.approx([1])


def test_style_has_no_unit():
    scale, shift = np.array([1, 10, 0.1, 1000, 1]), np.arange(5.0)
    found = style_distance(REPLIES * scale + shift, ANCHORS * scale + shift)
    assert found == pytest.approx(style_distance(REPLIES, ANCHORS))


def test_features_without_a_unit_are_left_out():
    nan = np.nan
    base = np.array([[0.0, 7.0, 1.0, nan], [2.0, 7.0, nan, nan]])
    assert style_distance([[3.0, 9.0, 5.0, 1.0]], base) == pytest.approx([np.sqrt(2)])
    assert np.isnan(style_distance([[nan, 9.0, 5.0, 1.0]], base)).all()
    assert np.isnan(style_distance([[1.0], [2.0]], [[7.0], [7.0]])).all()


def test_replies_like_the_anchors_score_about_1():
    rng = np.random.default_rng(3)
    found = style_distance(rng.normal(size=(500, 20)), rng.normal(size=(200, 20)))
    assert found.mean() == pytest.approx(1, abs=0.05)


def test_bad_input():
    with pytest.raises(ValueError, match="width"):
        anchor_distance(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(ValueError, match="row 1 was all zeros"):
        anchor_distance([[1.0], [0.0]], [[1.0]])
    with pytest.raises(ValueError, match="shape"):
        anchor_spread(np.ones(3))
    for features, anchors in [
        (np.ones((1, 2)), np.ones((3, 1))),
        (np.ones((1, 2)), np.ones((1, 2))),
    ]:
        with pytest.raises(ValueError, match="two or more anchors"):
            style_distance(features, anchors)
    with pytest.raises(ValueError, match="infinite"):
        style_distance([[np.inf]], [[0.0], [1.0]])
