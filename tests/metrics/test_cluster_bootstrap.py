"""The bootstrap-t of a mean over tokens: by a slow road, at its limits, and how often it covers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap

from metrics.cluster_bootstrap import log_ratio_interval
from metrics.conversation_bootstrap import resampled_weights


def interval(sums, sizes, seed=0, **options):
    arrays = (np.asarray(each, dtype=float) for each in (sums, sizes))
    return log_ratio_interval(*arrays, np.random.default_rng(seed), **options)


def slow_error(sums, sizes):
    """Of the logarithm of the ratio: residuals of whole clusters, Cochran's formula."""
    n, ratio = len(sums), sum(sums) / sum(sizes)
    residuals = [s - ratio * t for s, t in zip(sums, sizes, strict=True)]
    variance = sum(r * r for r in residuals) / (n - 1)
    return np.sqrt(n * variance) / sum(sizes) / ratio


def test_the_linearised_error_by_hand():
    # Sums 1, 3 over sizes 1, 1: ratio 2, residuals −1 and 1, variance 2, so √(2 · 2)/2/2 = 0.5.
    assert slow_error([1, 3], [1, 1]) == pytest.approx(0.5)


def test_it_agrees_with_clusters_repeated_one_by_one():
    sums, sizes = [1.0, 2.0, 2.5, 7.0, 9.0], [3.0, 4.0, 9.0, 5.0, 8.0]
    draws = 199
    counts = resampled_weights(5, np.random.default_rng(3), draws=draws).astype(int)
    shifts = []
    for row in counts:
        drawn = [(sums[i], sizes[i]) for i in range(5) for _ in range(row[i])]
        s, t = zip(*drawn, strict=True)
        shift = np.log(sum(s) / sum(t) / (sum(sums) / sum(sizes)))
        error = slow_error(s, t)
        shifts.append(shift / error if error > 1e-9 else np.sign(shift) * np.inf)
    # 199 resamples: the 5th from either end (inverse of the step function at 0.025 and 0.975).
    least, most = sorted(shifts)[4], sorted(shifts)[194]
    ratio, error = sum(sums) / sum(sizes), slow_error(sums, sizes)
    low, high = interval(sums, sizes, seed=3, draws=draws)
    assert low == pytest.approx(ratio * np.exp(-most * error))
    assert high == pytest.approx(min(ratio * np.exp(-least * error), 7 / 5))


def test_in_large_samples_it_is_the_usual_bootstrap():
    rng = np.random.default_rng(0)
    sums = rng.gamma(20, 1, 600)
    other = bootstrap((sums,), np.mean, rng=rng, n_resamples=1999).confidence_interval
    assert interval(sums, np.ones(600)) == pytest.approx((other.low, other.high), rel=5e-3)


def test_clusters_that_agree_leave_no_doubt():
    low, high = interval([1.0, 2.0, 3.0], [10, 20, 30])
    assert (low, high) == pytest.approx((0.1, 0.1))


def test_an_end_that_resamples_leave_open_is_the_largest_cluster():
    # Two of eight clusters hold anything: 10 % of resamples have neither, so no upper end is seen.
    low, high = interval([0.0] * 6 + [1.0, 2.0], [2.0] * 8)
    assert high == 1.0
    assert 0 <= low < 3 / 16


def test_neither_order_nor_scale_matters():
    sums, sizes = np.array([1.0, 4.0, 2.0, 9.0, 3.0]), np.array([3.0, 3.0, 5.0, 4.0, 6.0])
    low, high = interval(sums, sizes)
    assert interval(sums[::-1], sizes[::-1]) == pytest.approx((low, high))
    assert interval(10 * sums, sizes) == pytest.approx((10 * low, 10 * high))


def test_the_number_of_resamples_changes_the_answer():
    assert interval([1, 4, 2, 9, 3], [3] * 5) != interval([1, 4, 2, 9, 3], [3] * 5, draws=99)


@pytest.mark.parametrize(("sigma", "least"), [(0.5, 0.90), (1.0, 0.86), (2.0, 0.74)])
def test_coverage_for_16_lognormal_clusters(sigma, least):
    rng = np.random.default_rng(4)
    truth = np.exp(sigma**2 / 2)
    hits = 0
    for _ in range(300):
        sizes = rng.integers(5, 41, 16).astype(float)
        low, high = log_ratio_interval(sizes * rng.lognormal(0, sigma, 16), sizes, rng, draws=499)
        hits += low <= truth <= high
    assert least <= hits / 300 <= 0.985
