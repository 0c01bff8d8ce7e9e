from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.novelty import expected_utility, level_thresholds, utility_k, utility_levels


def test_utility_by_hand():
    # new are the first and third: (10 + 0.64 · 5) / (1 + 0.8 + 0.64)
    assert utility_k([4, 4, 7], [10, 9, 5]) == pytest.approx(13.2 / 2.44)
    # a less patient user: (10 + 0.25 · 5) / 1.75
    assert utility_k([4, 4, 7], [10, 9, 5], patience=0.5) == pytest.approx(11.25 / 1.75)


def test_extremes():
    assert utility_k(range(10), [10] * 10) == pytest.approx(10)
    # the floor of ten times the same at its best, 2.24
    assert utility_k([0] * 10, [10] * 10) == pytest.approx(2.24, abs=5e-3)
    assert expected_utility([0] * 30, [10] * 30) == pytest.approx(2.24, abs=5e-3)
    assert expected_utility(range(30), [10] * 30) == pytest.approx(10)


@pytest.mark.parametrize("k", [1, 2, 4, 5])
@pytest.mark.parametrize("patience", [0.3, 0.8])
def test_expectation_is_the_mean_over_all_orders(k, patience):
    labels, gains = np.array([0, 0, 1, 2, 0]), np.array([1.0, 9, 4, 6, 2])
    every = [
        utility_k(labels[list(rows)], gains[list(rows)], patience=patience)
        for rows in permutations(range(5), k)
    ]
    found = expected_utility(labels, gains, k=k, patience=patience)
    assert found == pytest.approx(np.mean(every))


@given(st.permutations(range(6)))
def test_order_does_not_matter_to_the_expectation(order):
    labels, gains = np.array([0, 0, 1, 2, 1, 3]), np.array([1.0, 9, 4, 6, 2, 5])
    moved = expected_utility(labels[list(order)] + 5, gains[list(order)], k=4)
    assert moved == pytest.approx(expected_utility(labels, gains, k=4))


def test_levels_by_hand():
    # on a threshold counts as below it, as bisect_left does
    assert utility_levels([-1, 0, 0.5, 2], [0, 1]).tolist() == [1, 1, 2, 3]
    assert np.isnan(utility_levels([np.nan], [0.0])).all()


def test_levels_of_a_pool_hold_equal_parts():
    pool = np.random.default_rng(0).standard_normal(1000)
    levels = utility_levels(pool, level_thresholds(pool))
    assert np.bincount(levels.astype(int))[1:].tolist() == [100] * 10
    assert len(level_thresholds(pool, levels=4)) == 3


def test_bad_input_is_refused():
    for measure in (utility_k, lambda *a, **o: expected_utility(*a, k=1, **o)):
        with pytest.raises(ValueError, match="one utility per answer"):
            measure([0, 1], [1])
        with pytest.raises(ValueError, match="one utility per answer"):
            measure([], [])
        with pytest.raises(ValueError, match="between 0 and 10"):
            measure([0], [11])
        with pytest.raises(ValueError, match="patience"):
            measure([0], [1], patience=1)
    with pytest.raises(ValueError, match="between 1 and the 2"):
        expected_utility([0, 1], [1, 1], k=3)
    with pytest.raises(ValueError, match="ascending"):
        utility_levels([0], [2, 1])
    with pytest.raises(ValueError, match="at least 10 scores"):
        level_thresholds([1, 2])
