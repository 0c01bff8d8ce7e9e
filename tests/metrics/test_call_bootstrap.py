import numpy as np
import pytest
from scipy.stats import ttest_ind

from metrics.call_bootstrap import (
    STILL,
    bootstrap_difference,
    groups_of_calls,
    jackknife_estimate,
    pseudo_values,
    resampled_weights,
)

ANY = (-np.inf, np.inf)


def mean_parts(values):
    left_out = (np.sum(values) - values) / (len(values) - 1)
    return pseudo_values(float(np.mean(values)), left_out, n=len(values))


def drawn(groups, seed, resamples=4000):
    return resampled_weights(groups, rng=np.random.default_rng(seed), resamples=resamples)


def difference(a, b, seed=0):
    first, second = mean_parts(a), mean_parts(b)
    weights = drawn(len(a), [seed, 0]), drawn(len(b), [seed, 1])
    return bootstrap_difference(first, second, weights=weights)


def test_pseudo_values_of_a_mean_are_the_values():
    values = np.array([1.0, 2.0, 6.0])
    found = mean_parts(values)
    assert found.parts == pytest.approx(values)
    # variance 7 (of 1, 2, 6 around 3: (4 + 1 + 9)/2) over three
    assert found.error == pytest.approx(np.sqrt(7 / 3))


def test_interval_of_a_mean_is_students():
    values = np.random.default_rng(0).standard_normal(20)
    found = jackknife_estimate(mean_parts(values), limits=ANY)
    # 2.093: the 97.5 % point of Student's t with 19 degrees of freedom
    half = 2.0930 * values.std(ddof=1) / np.sqrt(20)
    assert (found.low, found.high) == pytest.approx(
        (values.mean() - half, values.mean() + half), 1e-3
    )
    assert jackknife_estimate(mean_parts(values), limits=(0, 0.1)).high <= 0.1


def test_no_spread_and_no_value_are_said():
    assert jackknife_estimate(mean_parts(np.ones(9)), limits=ANY).reason == STILL
    nothing = jackknife_estimate(mean_parts(np.append(np.ones(8), np.nan)), limits=ANY)
    assert "Too few" in nothing.reason
    assert difference(np.ones(9), np.ones(9)).reason == STILL
    assert "Too few" in difference(np.full(9, np.nan), np.arange(9.0)).reason
    lone = np.append(np.ones(20), 2.0)  # a resample without it has no spread: more than 1 in 20
    assert "Nearly all" in difference(lone, np.ones(9)).reason


def test_agrees_with_welch_on_means():
    rng = np.random.default_rng(3)
    for shift in (0.0, 0.5, 1.0):
        a, b = rng.standard_normal(40) + shift, 2 * rng.standard_normal(30)
        found = difference(a, b)
        welch = ttest_ind(a, b, equal_var=False)
        assert found.value == pytest.approx(a.mean() - b.mean())
        assert found.p_value == pytest.approx(welch.pvalue, abs=0.03)
        assert found.low == pytest.approx(welch.confidence_interval().low, abs=0.15)


def test_clear_exactly_when_the_interval_leaves_zero_out():
    rng = np.random.default_rng(5)
    seen = set()
    for shift in np.linspace(0, 1.5, 12):
        found = difference(rng.standard_normal(24) + shift, rng.standard_normal(24))
        assert found.is_clear == (found.low > 0 or found.high < 0)
        seen.add(found.is_clear)
    assert seen == {True, False}


def test_turning_it_round_changes_the_sign():
    a, b = np.random.default_rng(1).standard_normal((2, 20))
    forth, back = difference(a, b), difference(b, a)
    assert forth.value == -back.value
    assert forth.p_value == pytest.approx(back.p_value, abs=0.03)


def test_false_alarms_are_as_rare_as_promised():
    rng = np.random.default_rng(8)
    clear = [
        difference(rng.exponential(size=20), rng.exponential(size=20)).is_clear for _ in range(150)
    ]
    assert np.mean(clear) < 0.1  # 0.05, and three standard deviations


def test_groups_hold_whole_calls():
    calls = np.repeat(np.arange(50), 3)
    found = groups_of_calls(calls, rng=np.random.default_rng(0), most=10)
    assert {len(set(found[calls == call])) for call in range(50)} == {1}
    assert np.bincount(found).tolist() == [15] * 10
    few = groups_of_calls(np.array([0, 1, 1, 2]), rng=np.random.default_rng(0))
    assert few.tolist() == [0, 1, 1, 2]


def test_weights_are_resamples():
    found = drawn(5, 0, resamples=1000)
    assert found.sum(axis=1) == pytest.approx(1)
    assert set(np.unique((found * 5).round(9))) <= {0, 1, 2, 3, 4, 5}
    assert found.mean(axis=0) == pytest.approx(0.2, abs=0.02)
