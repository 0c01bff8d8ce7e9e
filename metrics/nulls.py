"""What conversations of the same size would show if nothing held them, or nothing lasted.

Two nulls: independent noise around a level (φ = 0), and a random walk with a trend (φ = 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.pooled_fit import noise_variance, pooled_moments
from metrics.turns import conversations_of
from metrics.uncertainty import LEVEL

CURVE_RUNS = 1000


@dataclass(frozen=True, slots=True)
class Band:
    """Where 95 % of the fits of a null lie."""

    low: float
    high: float


def null_band(
    means: NDArray[np.float64],
    noise: NDArray[np.float64],
    extra: NDArray[np.float64] | None,
    *,
    phi: float,
    simulation: tuple[np.random.Generator, int],
) -> Band:
    """Where φ lies when the truth is noise (φ = 0) or a walk with a trend (φ = 1).

    First turns are drawn from those seen; step and shocks are fitted with φ held at its null; the
    noise of sampled replies is added and then allowed for as in the fit itself.

    Args:
        means: (R, T).
        noise: (R, T) variance of each mean.
        extra: (R, T - 1) reminders, or None.
        phi: 0 or 1.
        simulation: random generator, and data sets to draw.
    """
    seen = _simulated(means, noise, extra, phi=phi, simulation=simulation)
    found = pooled_moments(seen, np.broadcast_to(noise, seen.shape), extra).persistences()
    low, high = np.nanquantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Band(float(low), float(high))


def null_curve(
    drift: ArrayLike, *, phi: float, rng: np.random.Generator, runs: int = CURVE_RUNS
) -> NDArray[np.float64]:
    """Where the mean over R conversations lies at each turn under a null.

    Args:
        drift: (R, T) or, with m sampled replies per turn, (R, T, m); T ≥ 2.
        phi: 0 for independent noise around a level, 1 for a random walk with a trend.
        rng: draws the data sets.
        runs: how many.

    Returns:
        (2, T): ends of the range that holds 95 % of the means of each turn alone.

    Raises:
        ValueError: as `metrics.turns.conversations_of`, or phi is neither 0 nor 1.
    """
    given = conversations_of(drift)
    if phi not in (0, 1):
        raise ValueError(f"Expected phi to be 0 or 1 but it was {phi}.")
    means = given if given.ndim == 2 else given.mean(axis=2)
    seen = _simulated(means, noise_variance(given), None, phi=phi, simulation=(rng, runs))
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    return np.asarray(np.quantile(seen.mean(axis=1), ends, axis=0))


def _simulated(
    means: NDArray[np.float64],
    noise: NDArray[np.float64],
    extra: NDArray[np.float64] | None,
    *,
    phi: float,
    simulation: tuple[np.random.Generator, int],
) -> NDArray[np.float64]:
    """(runs, R, T) drift under a null, the noise of sampled replies included."""
    rng, runs = simulation
    (count, turns), mean_noise = means.shape, float(noise.mean())
    steps = means[:, 1:] - phi * means[:, :-1]
    shift = _shift(steps, extra)
    variance = float(np.mean((steps - shift) ** 2)) - (1 + phi**2) * mean_noise
    start = means[rng.integers(count, size=(runs, count)), 0]
    level = means[:, 0].mean()
    start = level + (start - level) * _shrinkage(means[:, 0], mean_noise)
    drawn = rng.normal(0.0, np.sqrt(max(variance, 0.0)), (runs, count, turns - 1)) + shift
    simulated = np.empty((runs, count, turns))
    simulated[..., 0] = start
    for turn in range(turns - 1):
        simulated[..., turn + 1] = phi * simulated[..., turn] + drawn[..., turn]
    return simulated + rng.normal(0.0, 1.0, simulated.shape) * np.sqrt(noise)


def _shift(steps: NDArray[np.float64], extra: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Mean step with and without a reminder, (R, T - 1)."""
    if extra is None:
        return np.full(steps.shape, steps.mean())
    with_it, without = steps[extra == 1].mean(), steps[extra == 0].mean()
    return np.where(extra == 1, with_it, without)


def _shrinkage(first: NDArray[np.float64], noise: float) -> float:
    """Factor that takes the noise of sampled replies out of the spread of first turns."""
    seen = float(first.var(ddof=1))
    return float(np.sqrt(max(seen - noise, 0.0) / seen)) if seen > 0 else 0.0
