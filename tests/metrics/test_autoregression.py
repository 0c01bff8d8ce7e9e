"""The fit of drift's dynamics: by hand, at its limits, and against what is true."""

import numpy as np
import pytest

from metrics.autoregression import Band, Verdict, fit_dynamics, half_life_of, verdict_of
from metrics.pooled_fit import noise_variance, pooled_moments
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


def test_bad_input():
    with pytest.raises(ValueError, match="shape"):
        fitted(np.ones(5))
    with pytest.raises(ValueError, match="finite"):
        fitted(np.full((10, 6), np.nan))
    with pytest.raises(ValueError, match="some of the turns"):
        fitted(walks(0.6), reminded=np.zeros(12, bool))
    with pytest.raises(ValueError, match="pairs"):
        reminder_effect(np.ones((10, 6)), np.ones((10, 7)))
