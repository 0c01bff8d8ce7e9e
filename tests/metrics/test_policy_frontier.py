import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metrics.conversation_bootstrap import FLOOR, resampled_weights
from metrics.policy_frontier import hypervolume, hypervolume_estimate, non_dominated

NAN = float("nan")
points = arrays(float, st.tuples(st.integers(1, 6), st.just(2)), elements=st.floats(-1, 1))


def test_dominance_by_hand():
    given_points = [[0.5, 0.9], [0.9, 0.5], [0.4, 0.8], [0.9, 0.4], [NAN, 1.0]]
    assert non_dominated(given_points).tolist() == [True, True, False, False, False]
    assert non_dominated([[1, 1], [1, 1]]).tolist() == [True, True]


def test_hypervolume_by_hand():
    # 0.5 × 1 beside 0.5 × 0.4: an L of 0.5 + 0.2
    assert hypervolume([[0.5, 1], [1, 0.4]], reference=(0, 0)) == pytest.approx(0.7)
    assert hypervolume([[0.5, 1], [1, 0.4]]) == pytest.approx(1.5 * 2 + 0.5 * 1.4)


def test_extremes():
    assert hypervolume([[1, 1]]) == 4
    assert hypervolume([[-1, 1], [1, -1]]) == 0
    assert hypervolume([[-0.5, 0.9]], reference=(0, 0)) == 0
    assert np.isnan(hypervolume([[NAN, 1]]))


@given(points)
def test_area_is_the_share_of_a_fine_grid_that_is_dominated(given_points):
    centres = np.linspace(-1, 1, 41)[:-1] + 0.025
    grid = np.array(list(itertools.product(centres, centres)))
    covered = (grid[:, None] < given_points[None]).all(axis=2).any(axis=1)
    assert hypervolume(given_points) == pytest.approx(4 * covered.mean(), abs=0.2)


@given(points)
def test_only_the_frontier_counts_and_order_does_not(given_points):
    whole = hypervolume(given_points)
    assert hypervolume(given_points[non_dominated(given_points)]) == pytest.approx(whole)
    assert hypervolume(given_points[::-1]) == pytest.approx(whole)
    assert hypervolume(given_points[:, ::-1]) == pytest.approx(whole)
    assert hypervolume(np.vstack([given_points, given_points[:1] - 0.1])) == pytest.approx(whole)


def test_estimate_over_conversations():
    rng = np.random.default_rng(0)
    stability = np.array([[0.2], [0.8]]) + 0.1 * rng.standard_normal((2, 40))
    synchrony = np.array([[0.9], [0.3]]) + 0.1 * rng.standard_normal((2, 40))
    weights = resampled_weights(40, rng)
    found = hypervolume_estimate(stability, synchrony, weights)
    means = np.stack([stability.mean(axis=1), synchrony.mean(axis=1)], axis=1)
    assert found.value == pytest.approx(hypervolume(means))
    assert found.low < found.value < found.high
    assert found.n == 40
    each = [
        hypervolume(np.stack([stability @ w, synchrony @ w], axis=1) / 40) for w in weights[:300]
    ]
    assert found.low == pytest.approx(np.quantile(each, 0.025), abs=0.02)
    assert hypervolume_estimate(stability, synchrony, weights, reference=(0, 0)).value < found.value


def test_conversations_without_a_value_are_left_out():
    values = np.full((2, 12), 0.5)
    values[0, 3] = NAN
    found = hypervolume_estimate(values, values, resampled_weights(12, np.random.default_rng(0)))
    assert (found.value, found.n) == (pytest.approx(1.5**2), 11)
    few = values[:, : FLOOR - 1]
    weights = resampled_weights(FLOOR - 1, np.random.default_rng(0))
    assert "Too few" in hypervolume_estimate(few, few, weights).reason


@pytest.mark.parametrize("function", [non_dominated, hypervolume])
@pytest.mark.parametrize("wrong", [[1, 2], [[1, 2, 3]]])
def test_what_is_no_pair_is_refused(function, wrong):
    with pytest.raises(ValueError, match=r"shape \(p, 2\)"):
        function(wrong)
