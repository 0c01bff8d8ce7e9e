"""Curves over turns: by hand, at their limits, and what they refuse."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from metrics.turns import (
    conversations_of,
    mean_estimate,
    running_curve,
    turn_curve,
    turn_means,
)

DRIFT = np.random.default_rng(0).gamma(2.0, size=(12, 5))


def test_mean_by_hand():
    # Five times 0 and five times 1: mean 1/2, s² = 10/4/9 = 5/18, error √(s²/10) = 1/6, and
    # t(0.975; 9) = 2.262157, so half of the interval is 0.377026.
    found = mean_estimate([0.0, 1.0] * 5)
    assert (found.value, found.n) == (0.5, 10)
    assert (found.low, found.high) == pytest.approx((0.5 - 0.377026, 0.5 + 0.377026), abs=1e-6)


def test_interval_is_that_of_the_t_test():
    found, other = mean_estimate(DRIFT[:, 0]), ttest_1samp(DRIFT[:, 0], 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((other.low, other.high))


def test_all_alike_stays_open_where_limits_are_known():
    # 1 − 0.05^(1/10) = 0.258866 of unseen conversations may lie at the other end.
    ones, zeros = (
        mean_estimate(np.ones(10), limits=(0, 1)),
        mean_estimate(np.zeros(10), limits=(0, 1)),
    )
    assert (ones.value, ones.low, ones.high) == pytest.approx((1, 1 - 0.258866, 1), abs=1e-6)
    assert (zeros.value, zeros.low, zeros.high) == pytest.approx((0, 0, 0.258866), abs=1e-6)
    free = mean_estimate(np.ones(10))
    assert (free.low, free.high) == (1, 1)


def test_limits_cut_the_interval():
    found = mean_estimate([0.0] * 9 + [1.0], limits=(0, 1))
    assert found.low == 0 < found.value == pytest.approx(0.1)
    assert mean_estimate([0.0] * 9 + [1.0]).low < 0


def test_fewer_than_the_floor_are_undefined_with_a_reason():
    found = mean_estimate(np.arange(4.0), least=5, units="questions")
    assert not found.is_defined
    assert (found.n, found.reason) == (4, "4 questions are too few: at least 5 are needed.")
    assert mean_estimate(np.arange(5.0), least=5).is_defined
    assert not mean_estimate(np.arange(9.0)).is_defined


def test_curves_by_hand():
    # Turns 1, 3, 8 in every conversation: so far 1, (1 + 3)/2 = 2, (1 + 3 + 8)/3 = 4.
    values = np.tile([1.0, 3.0, 8.0], (10, 1))
    assert [turn.value for turn in turn_curve(values)] == [1, 3, 8]
    assert [turn.value for turn in running_curve(values)] == [1, 2, 4]


def test_order_of_conversations_and_of_replies_does_not_matter():
    values = np.random.default_rng(1).normal(size=(10, 3, 4))
    turned = values[::-1, :, ::-1]
    for first, second in zip(turn_curve(values), turn_curve(turned), strict=True):
        assert (second.value, second.low) == pytest.approx((first.value, first.low))
    assert turn_means(values) == pytest.approx(values.mean(axis=2))


def test_replies_of_a_turn_do_not_count_as_conversations():
    once, thrice = turn_curve(DRIFT), turn_curve(np.repeat(DRIFT[..., None], 3, axis=2))
    for first, second in zip(once, thrice, strict=True):
        assert (second.low, second.high, second.n) == pytest.approx((first.low, first.high, 12))


def test_bad_input():
    with pytest.raises(ValueError, match="shape"):
        conversations_of(np.ones(3))
    with pytest.raises(ValueError, match="shape"):
        conversations_of(np.ones((0, 3)))
    holed = np.ones((3, 4))
    holed[2, 1] = np.inf
    with pytest.raises(ValueError, match="turn 1 of conversation 2"):
        conversations_of(holed)
    with pytest.raises(ValueError, match="shape"):
        mean_estimate(np.ones((10, 2)))
    with pytest.raises(ValueError, match="outside"):
        mean_estimate(np.full(10, 1.5), limits=(0, 1))
