import math

import numpy as np
import pytest
from scipy.stats import bootstrap, ttest_1samp, ttest_ind, ttest_rel

from metrics.conversation_bootstrap import (
    FLOOR,
    equivalence,
    mean_estimate,
    mean_estimates,
    paired_difference,
    paired_equivalence,
    resampled_means,
    resampled_weights,
)

NAN = float("nan")


def draws(conversations, seed=0, count=4000):
    return resampled_weights(conversations, np.random.default_rng(seed), draws=count)


def test_weights_draw_as_many_conversations_as_there_are():
    weights = draws(7)
    assert weights.shape == (4000, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.1)
    for wrong in ((0, 5), (5, 0)):
        with pytest.raises(ValueError, match="at least 1"):
            resampled_weights(wrong[0], np.random.default_rng(0), draws=wrong[1])


def test_resampled_means_by_hand():
    weights = np.array([[2.0, 1, 0], [0, 0, 3]])
    found = resampled_means([[1, 4, NAN], [0, 3, 6]], weights)
    # (1 + 1 + 4) / 3; only the undefined one was drawn
    assert found[0].tolist() == [2, 1]
    assert found[1] == pytest.approx([NAN, 6], nan_ok=True)


def test_interval_is_that_of_another_bootstrap():
    values = np.random.default_rng(1).exponential(size=60)
    found = mean_estimate(values, draws(60))
    other = bootstrap(
        (values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((other.low, other.high), abs=0.02)
    assert (found.value, found.n) == (pytest.approx(values.mean()), 60)


def test_intervals_hold_the_truth():
    rng, hits = np.random.default_rng(3), 0
    for _ in range(300):
        found = mean_estimate(rng.standard_normal(30), resampled_weights(30, rng, draws=400))
        hits += found.low <= 0 <= found.high
    assert 0.89 <= hits / 300 <= 0.98  # percentile intervals of 30 cover a little less than 95 %


def test_below_the_floor_and_without_values_there_is_no_number():
    few = mean_estimate([1.0] * (FLOOR - 1) + [NAN] * 5, draws(FLOOR + 4))
    assert math.isnan(few.value)
    assert few.n == FLOOR - 1
    assert "Too few conversations: 7 of at least 8" in few.reason
    assert mean_estimate([1.0, 3.0], draws(2), floor=2).value == 2


def test_pairs_cancel_what_conversations_share():
    rng = np.random.default_rng(4)
    shared = rng.standard_normal(40) * 5
    a, b = shared + 1, shared + 0.1 * rng.standard_normal(40)
    found = paired_difference(a, b, draws(40))
    assert found.low > 0.9
    assert mean_estimate(a, draws(40)).high > 2
    assert paired_difference(b, a, draws(40)).value == pytest.approx(-found.value)


def test_tost_is_the_larger_of_two_t_tests():
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal(25), rng.standard_normal(40) * 2 + 0.1
    found = equivalence(a, b, margin=0.5)
    one_sided = [
        ttest_ind(a + 0.5, b, equal_var=False, alternative="greater").pvalue,
        ttest_ind(a - 0.5, b, equal_var=False, alternative="less").pvalue,
    ]
    assert found.p_value == pytest.approx(max(one_sided))
    interval = ttest_ind(a, b, equal_var=False).confidence_interval(0.90)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.n == 25
    c = a + 0.1 * rng.standard_normal(25) + 0.05
    paired = paired_equivalence(a, c, margin=0.1)
    expected = max(
        ttest_rel(a + 0.1, c, alternative="greater").pvalue,
        ttest_rel(a - 0.1, c, alternative="less").pvalue,
    )
    assert paired.p_value == pytest.approx(expected)
    interval = ttest_1samp(a - c, 0).confidence_interval(0.90)
    assert (paired.low, paired.high) == pytest.approx((interval.low, interval.high))


def test_equivalence_is_shown_and_not_assumed():
    rng = np.random.default_rng(6)
    a, b = rng.standard_normal((2, 400))
    assert equivalence(a, b, margin=0.3).is_equivalent
    assert not equivalence(a[:10], b[:10], margin=0.3).is_equivalent  # too few to tell
    assert not equivalence(a, b + 1, margin=0.3).is_equivalent
    assert not equivalence(a, b, margin=0.01).is_equivalent


def test_the_interval_within_the_margin_is_the_test():
    rng = np.random.default_rng(7)
    for _ in range(200):
        a, b = rng.standard_normal((2, 20))
        found = paired_equivalence(a, b, margin=0.6)
        assert found.is_equivalent == (max(abs(found.low), abs(found.high)) < 0.6)


def test_equal_values_have_no_width():
    same = paired_equivalence(np.ones(9), np.ones(9), margin=0.1)
    assert (same.value, same.low, same.p_value) == (0, 0, 0)
    assert paired_equivalence(np.ones(9) * 2, np.ones(9), margin=0.1).p_value == 1


def test_too_few_and_no_margin():
    assert np.isnan(equivalence(np.ones(20), np.ones(3), margin=1).p_value)
    assert not paired_equivalence([1, NAN], [1, 2], margin=1).is_equivalent
    for margin in (0, -1, NAN):
        with pytest.raises(ValueError, match="margin to be positive"):
            paired_equivalence(np.ones(9), np.zeros(9), margin=margin)
        with pytest.raises(ValueError, match="margin to be positive"):
            equivalence([1], [2], margin=margin)


def test_many_rows_together_give_what_each_gives_alone():
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((2, 3, 20))
    rows[0, 1, :5] = NAN
    rows[1, 2, 2:] = NAN  # two are left: below the floor
    weights = draws(20)
    found = mean_estimates(rows, weights)
    assert found.shape == (2, 3)
    for place in np.ndindex(2, 3):
        alone = mean_estimate(rows[place], weights)
        assert (found[place].n, found[place].reason) == (alone.n, alone.reason)
        assert np.allclose(
            [found[place].value, found[place].low, found[place].high],
            [alone.value, alone.low, alone.high],
            equal_nan=True,
        )
    # By hand: percentiles of the resampled means, with numpy's own.
    means = weights @ rows[0, 0] / weights.sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    assert found[0, 0].low == pytest.approx(low)
    assert found[0, 0].high == pytest.approx(high)


def test_resamples_without_a_value_do_not_spoil_an_interval():
    values = np.full(12, NAN)
    values[:3] = [1.0, 2.0, 3.0]
    found = mean_estimates(values[None], draws(12), floor=3)[0]
    assert 1 <= found.low < found.value == 2 < found.high <= 3
