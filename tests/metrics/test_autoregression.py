"""The fit of drift's dynamics: by hand, at its limits, and against what is true."""

import numpy as np
import pytest

from metrics.autoregression import (
    Band,
    Verdict,
    equilibrium_of,
    fit_dynamics,
    half_life_of,
    verdict_of,
)
from metrics.pooled_fit import Fit, noise_variance, pooled_moments, regressors
from metrics.reminder import reminder_effect
from metrics.uncertainty import Estimate


def walks(phi, *, count=32, turns=12, seed=0):
    rng = np.random.default_rng(seed)
    drift = rng.normal(0, 0.5, (count, turns))
    for turn in range(1, turns):
        drift[:, turn] = 2 * (1 - phi) + phi * drift[:, turn - 1] + rng.normal(0, 1, count)
    return drift


def fitted(drift, **options):
    return fit_dynamics(drift, rng=np.random.default_rng(1), null_runs=200, **options)


def test_half_life_by_hand():
    # φ = 1/2: half is gone after one turn; φ = 1/4 after half a turn; φ = 1 never.
    found = half_life_of(Estimate(0.5, 0.25, 1.0, 10))
    assert (found.value, found.low, found.high) == (1.0, 0.5, np.inf)


def test_fit_agrees_with_least_squares():
    drift = walks(0.6)
    moments = pooled_moments(drift, np.zeros_like(drift), None)
    slope, level = np.polyfit(drift[:, :-1].ravel(), drift[:, 1:].ravel(), 1)
    a, b = moments.squares.sum(axis=0), moments.products.sum(axis=0)
    assert np.linalg.solve(a, b) == pytest.approx([level, slope])


def test_equilibrium_by_hand():
    # c = 1, φ = 1/2: D* = 2. With φ known, half an interval of c, doubled: for ten conversations
    # t = 2.262157, so an error of 0.1 gives 2 ± 0.452431.
    exact = equilibrium_of(Fit(np.array([1.0, 0.5]), np.diag([0.01, 0.0]), 10))
    assert exact.value == 2
    assert (exact.low, exact.high) == pytest.approx((1.547569, 2.452431), abs=1e-6)


def test_ends_of_the_equilibrium_are_just_not_rejected():
    # Fieller: at both ends c − d (1 − φ) lies t errors from 0, and neither lies as far from D*.
    covariance = np.array([[0.02, -0.006], [-0.006, 0.01]])
    found = equilibrium_of(Fit(np.array([1.0, 0.5]), covariance, 10))
    for end in (found.low, found.high):
        weights = np.array([1.0, end])
        error = np.sqrt(weights @ covariance @ weights)
        assert abs(1.0 - end * 0.5) / error == pytest.approx(2.262157, abs=1e-6)
    assert found.high - 2 > 2 - found.low
    wide = Fit(np.array([1.0, 0.5]), np.diag([0.01, 0.05]), 10)  # φ ± 0.506 reaches 1
    assert not equilibrium_of(wide).is_defined
    assert wide.estimate(1).high > 1


def test_jackknife_is_leaving_out_by_hand():
    drift = walks(0.6, count=11, turns=7)

    def least_squares(rows):
        slope, level = np.polyfit(rows[:, :-1].ravel(), rows[:, 1:].ravel(), 1)
        return np.array([level, slope])

    without = np.array([least_squares(np.delete(drift, row, axis=0)) for row in range(11)])
    found = pooled_moments(drift, np.zeros_like(drift), None).fit()
    assert found.values == pytest.approx(11 * least_squares(drift) - 10 * without.mean(axis=0))
    assert found.covariance == pytest.approx(np.cov(without.T, ddof=0) * 10)


def test_a_reminder_is_told_from_the_way_back():
    # Each reminder takes 1.5 off; without a word of it, it looks like a lower level.
    rng, reminded = np.random.default_rng(5), np.arange(12) % 4 == 3
    drift = np.zeros((32, 12))
    for turn in range(1, 12):
        drift[:, turn] = 0.8 + 0.6 * drift[:, turn - 1] - 1.5 * reminded[turn]
        drift[:, turn] += rng.normal(0, 0.5, 32)
    found, unaware = fitted(drift, reminded=reminded), fitted(drift)
    assert found.reminder is not None
    assert unaware.reminder is None
    assert found.reminder.low < -1.5 < found.reminder.high < 0
    assert found.persistence.low < 0.6 < found.persistence.high
    assert found.equilibrium.low < 2 < found.equilibrium.high
    assert unaware.equilibrium.value < 1.6
    each = fitted(drift, reminded=np.tile(reminded, (32, 1)))
    assert each.reminder.value == pytest.approx(found.reminder.value)


def test_the_same_seed_gives_the_same_nulls():
    first, second = fitted(walks(0.6)), fitted(walks(0.6))
    assert (first.noise, first.walk) == (second.noise, second.walk)
    assert first.noise.low < 0 < first.noise.high < first.walk.low < first.walk.high
    other = fit_dynamics(walks(0.6), rng=np.random.default_rng(9), null_runs=200)
    assert other.walk != first.walk
    assert other.persistence == first.persistence


def test_truth_is_held_and_scale_does_not_matter():
    found, scaled = fitted(walks(0.6)), fitted(10 * walks(0.6))
    assert found.verdict is Verdict.REVERTING
    assert found.persistence.low < 0.6 < found.persistence.high
    assert found.equilibrium.low < 2 < found.equilibrium.high
    assert scaled.persistence.value == pytest.approx(found.persistence.value)
    assert scaled.equilibrium.value == pytest.approx(10 * found.equilibrium.value)


def test_noise_and_walk_are_not_called_reverting():
    assert fitted(walks(0.0)).verdict is Verdict.NO_MEMORY
    walk = fitted(walks(1.0))
    assert walk.verdict is Verdict.NO_EQUILIBRIUM
    assert not walk.equilibrium.is_defined


def test_noise_of_replies_is_taken_out():
    rng = np.random.default_rng(2)
    replies = walks(0.6, count=200)[..., None] + rng.normal(0, 2, (200, 12, 4))
    assert noise_variance(replies).mean() == pytest.approx(1, abs=0.1)  # 2² / 4
    with_replies, means = fitted(replies), fitted(replies.mean(axis=2))
    assert with_replies.persistence.value > means.persistence.value + 0.1
    assert with_replies.persistence.low < 0.6 < with_replies.persistence.high


@pytest.mark.parametrize(("shape", "word"), [((9, 12), "conversations"), ((10, 5), "turns")])
def test_too_little_is_refused_with_a_reason(shape, word):
    found = fitted(np.random.default_rng(0).normal(size=shape))
    assert found.verdict is Verdict.REFUSED
    assert word in found.reason
    assert fitted(np.ones((12, 8))).verdict is Verdict.REFUSED


def test_verdicts_by_hand():
    noise, walk = Band(-0.2, 0.2), Band(0.8, 1.1)
    assert verdict_of(Estimate(0.5, 0.4, 1.0, 10), noise, walk) is Verdict.NO_EQUILIBRIUM
    assert verdict_of(Estimate(-0.5, -0.7, 0.0, 10), noise, walk) is Verdict.OVERSHOOTING
    assert verdict_of(Estimate(0.1, -0.5, 1.2, 10), noise, walk) is Verdict.UNDECIDED


def test_reminders_by_hand():
    # Late turns of four are 2 and 3: their change is -1 in every pair.
    plain = np.random.default_rng(0).normal(size=(10, 4))
    effect = reminder_effect(plain, plain - np.array([0, 0, 1, 1]))
    assert effect.late == (2, 3)
    assert effect.effect.value == pytest.approx(-1)
    all_turns = reminder_effect(plain, plain - np.array([0, 0, 1, 1]), late_from=0)
    assert all_turns.effect.value == pytest.approx(-0.5)
    assert [turn.value for turn in effect.by_turn] == pytest.approx([0, 0, -1, -1])
    assert not reminder_effect(plain[:9], plain[:9]).effect.is_defined


def test_bad_input():
    with pytest.raises(ValueError, match="shape"):
        fitted(np.ones(5))
    with pytest.raises(ValueError, match="finite"):
        fitted(np.full((10, 6), np.nan))
    with pytest.raises(ValueError, match="some of the turns"):
        fitted(walks(0.6), reminded=np.zeros(12, bool))
    with pytest.raises(ValueError, match="some of the turns"):
        fitted(walks(0.6), reminded=np.arange(12) == 0)
    with pytest.raises(ValueError, match="true or false"):
        regressors(np.full(12, 0.5), (32, 12))
    with pytest.raises(ValueError, match="shape"):
        regressors(np.ones(11, bool), (32, 12))
    with pytest.raises(ValueError, match="at least 100"):
        fit_dynamics(walks(0.6), rng=np.random.default_rng(0), null_runs=99)
    with pytest.raises(ValueError, match="late_from"):
        reminder_effect(np.ones((10, 6)), np.ones((10, 6)), late_from=6)
    with pytest.raises(ValueError, match="finite"):
        reminder_effect(np.full((10, 6), np.inf), np.ones((10, 6)))
    with pytest.raises(ValueError, match="pairs"):
        reminder_effect(np.ones((10, 6)), np.ones((10, 7)))
