from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import binom

from metrics.precision import (
    FLOOR,
    PRECISION,
    first_difference,
    identical_share,
    mean_by_position,
    mean_per_token,
    tokens_in_common,
)

SAME = [(1, 2, 3)] * 10


def mean(values, seed=0):
    return mean_per_token(values, rng=np.random.default_rng(seed))


def test_the_mean_counts_every_token_once():
    # Four answers of one token with 0.4 and four of three tokens with 0.2, 0.2, 0.5: the sums are
    # 4 · 0.4 + 4 · 0.9 = 5.2 over 4 + 12 = 16 tokens, so 0.325; of answers' means it would be 0.35.
    found = mean([[0.4]] * 4 + [[0.2, 0.2, 0.5]] * 4)
    assert found.value == pytest.approx(0.325)
    assert found.low < 0.325 < found.high
    assert found.n == 8


def test_the_interval_is_of_whole_answers():
    # Were tokens independent, a hundredfold of equal tokens would narrow the interval tenfold.
    short = [[0.1 * (k + 1)] for k in range(12)]
    long = [one * 100 for one in short]
    few, many = mean(short), mean(long)
    assert many.value == pytest.approx(few.value)
    assert (many.low, many.high) == pytest.approx((few.low, few.high))


def test_no_change_is_nothing_and_one_change_is_open_downwards():
    assert mean([[0.0, 0.0]] * 8).high == 0
    one = mean([[0.0, 0.0]] * 7 + [[1.0, 3.0]])
    assert (one.low, one.value, one.high) == (0, 0.25, 2)


@given(some.permutations(range(12)), some.floats(0.1, 10))
def test_neither_order_nor_scale_matters_to_the_mean(order, factor):
    values = [np.linspace(0.1, 1, k + 2) for k in range(12)]
    usual, changed = mean(values), mean([factor * values[i] for i in order])
    assert changed.value == pytest.approx(factor * usual.value)
    assert changed.high == pytest.approx(factor * usual.high)


def test_the_generator_chooses_the_resamples():
    values = [[0.1 * (k + 1) ** 2] for k in range(12)]
    assert mean(values) == mean(values)
    assert mean(values).high != mean(values, seed=1).high
    assert mean(values).value == mean(values, seed=1).value


def test_undefined_means():
    assert not mean([[1.0]] * 7 + [[]]).is_defined
    infinite = mean([[1.0]] * 8 + [[np.inf]])
    assert not infinite.is_defined
    assert "excludes" in infinite.reason
    with pytest.raises(ValueError, match="0 or more"):
        mean([[-0.1]] * 8)


def test_the_share_of_identical_draws():
    # 7 of 10; Clopper and Pearson's interval for 7 of 10 is 34.8 % to 93.3 %.
    found = identical_share(SAME, [*SAME[:7], (1, 2), (1, 2, 3, 4), (9,)])
    assert found.value == 0.7
    assert (found.low, found.high) == pytest.approx((0.348, 0.933), abs=5e-4)


def test_the_extremes_of_the_share_stay_open():
    all_same = identical_share(SAME, SAME)
    assert (all_same.value, all_same.high) == (1, 1)
    assert all_same.low == pytest.approx(0.025**0.1)  # the exact bound for n of n
    none = identical_share(SAME, [(9,)] * 10)
    assert (none.value, none.low) == (0, 0)
    assert not identical_share(SAME[:7], SAME[:7]).is_defined
    with pytest.raises(ValueError, match="10 and 9"):
        identical_share(SAME, SAME[:9])


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        ((1, 2, 3), (1, 2, 3), None),
        ((1, 2, 3), (1, 5, 3), 1),
        ((1, 2, 3), (1, 2), 2),
        ((), (1,), 0),
        ((), (), None),
    ],
)
def test_where_two_draws_part(first, second, common):
    assert first_difference(first, second) == common
    assert first_difference(second, first) == common


def test_the_median_of_common_tokens_and_its_order_statistics():
    # Ten pairs part after 0 … 9 tokens: the median is 4.5. P(B(10, ½) ≤ 1) = 11/1024 = 0.011 and
    # P(≤ 2) = 0.055, so one value may be left out at either end: from the 2nd to the 9th.
    whole = tuple(range(12))
    second = [(*whole[:k], 99) for k in range(10)]
    found = tokens_in_common([whole] * 12, [*second, whole, whole])
    assert (found.value, found.low, found.high, found.n) == (4.5, 1, 8, 10)
    assert not tokens_in_common(SAME, SAME).is_defined


@pytest.mark.parametrize("n", [8, 9, 16, 25, 64])
def test_the_order_statistics_cover_at_least_what_they_promise(n):
    whole = tuple(range(n + 1))
    found = tokens_in_common([whole] * n, [(*whole[:k], 99) for k in range(n)])
    left_out = round(found.low)
    assert found.high == n - 1 - left_out
    assert binom.cdf(left_out, n, 0.5) <= 0.025 < binom.cdf(left_out + 1, n, 0.5)


def test_the_curve_goes_as_far_as_enough_answers_reach():
    values = [[0.1 * (i + 1)] * (3 if i < FLOOR else 2) for i in range(10)]
    curve = mean_by_position(values)
    assert curve.position.tolist() == [1, 2, 3]
    assert curve.n.tolist() == [10, 10, 8]
    # 0.1 … 1.0: mean 0.55, s = 0.302765, so ± 2.262157 · 0.302765 / √10 = 0.216585.
    assert curve.mean[0] == pytest.approx(0.55)
    assert curve.high[0] == pytest.approx(0.55 + 0.216585, abs=1e-5)
    assert (curve.low >= 0).all()
    assert mean_by_position(values[:7]).position.size == 0
    assert mean_by_position([]).mean.size == 0


def test_every_measure_has_its_card():
    assert set(PRECISION) == {"kl", "js", "identical", "common"}
    assert all(m.floor == FLOOR and m.cannot_tell and m.references for m in PRECISION.values())
