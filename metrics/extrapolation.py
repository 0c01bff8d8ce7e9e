"""How the number of meanings grows with the answers: rarefied, extrapolated, and in the limit.

Everything here needs independent draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, norm

from metrics.arrays import positive_counts
from metrics.floors import too_few
from metrics.uncertainty import LEVEL, Estimate, half_width, possible_unseen_share
from metrics.unseen import FreshSamples, chance_seen, chao1, rarefied_distinct


@dataclass(frozen=True)
class Curve:
    """Values with their 95 % interval at several numbers of answers.

    Attributes:
        sizes: (points,) numbers of answers.
        values: (points,) expected number of meanings among them.
        low: (points,) lower ends.
        high: (points,) upper ends.
        n: draws they rest on.
    """

    sizes: NDArray[np.int64]
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: int


def rarefaction_curve(counts: ArrayLike, fresh: FreshSamples, *, sizes: Sequence[int]) -> Curve:
    """Expected number of meanings among m of the n answers, for several m.

    Args:
        counts: (meanings,) draws per meaning.
        fresh: samples of n draws from `estimated_assemblage(counts)`.
        sizes: m, each 1 ≤ m ≤ n.

    Returns:
        Values with intervals as the panel's number of different answers has them.

    Raises:
        ValueError: counts are empty, negative or not whole; a size is outside 1 … n.

    References:
        Hurlbert 1971; Chao et al. 2014 (intervals from the estimated assemblage).
    """
    seen = positive_counts(counts)
    n = int(seen.sum())
    values = np.array([rarefied_distinct(seen, m=m) for m in sizes])
    spread = [np.std(chance_seen(n, m)[fresh.counts].sum(axis=1), ddof=1) for m in sizes]
    half = np.array([half_width(float(deviation), units=n) for deviation in spread])
    m = np.asarray(sizes, dtype=np.int64)
    high = np.maximum(values + half, values + 1 - (1 - possible_unseen_share(n)) ** m)
    low = np.minimum(np.maximum(values - half, 1), values)  # rounding at m = 1
    return Curve(m, values, low, np.maximum(np.minimum(high, m), values), n)


def good_toulmin(counts: ArrayLike, *, t: float, smoothed: bool = True) -> float:
    """Expected number of new meanings among t · n further answers.

    Args:
        counts: (meanings,) draws per meaning.
        t: ≥ 0, how many times the n answers again.
        smoothed: for t > 1, each term is weighed by P(L ≥ k), L binomial with ½ log₂(n t²/(t − 1))
            trials of chance 2/(2 + t); the plain series then has no bound on its error. Up to
            t = 1 both are the same.

    Returns:
        −Σ_k (−t)^k f_k w_k, f_k the meanings drawn k times; estimates below 0 become 0.

    Raises:
        ValueError: counts are empty, negative or not whole; t is negative or not finite.

    References:
        Good and Toulmin 1956; Orlitsky et al. 2016 (binomial smoothing of chance 2/(2 + t)).
    """
    seen = positive_counts(counts)
    return max(0.0, float(_series(np.bincount(seen)[None, :], int(seen.sum()), t, smoothed)[0]))


def good_toulmin_estimate(
    counts: ArrayLike,
    fresh: FreshSamples,
    *,
    t: float,
    smoothed: bool = True,
    floor: int | None = None,
) -> Estimate:
    """`good_toulmin` with an interval from fresh samples of the estimated assemblage.

    Args:
        counts: (meanings,) draws per meaning.
        fresh: samples of n draws from `estimated_assemblage(counts)`.
        t: as `good_toulmin`; beyond ln n no estimator is known to work, so it is undefined.
        smoothed: as `good_toulmin`.
        floor: draws below which it is undefined; the catalogue's by default.

    Returns:
        The interval holds the spread of the estimate around its mean, and reaches up to what one
        unseen kind of answer could add.

    Raises:
        ValueError: as `good_toulmin`.
    """
    seen = positive_counts(counts)
    n = int(seen.sum())
    value = good_toulmin(seen, t=t, smoothed=smoothed)
    if refused := too_few("ahead", n, floor=floor):
        return refused
    if t > np.log(max(n, 1)):
        return Estimate.undefined(n, f"Too far ahead for {n} answers.")
    prevalence = np.array([np.bincount(row, minlength=n + 1) for row in fresh.counts])
    prevalence[:, 0] = 0
    error = float(np.std(_series(prevalence, n, t, smoothed), ddof=1))
    half = half_width(error, units=n)
    one = 1 - (1 - possible_unseen_share(n)) ** (t * n)
    return Estimate(value, max(value - half, 0.0), max(value + half, value + one), n)


def chao1_estimate(counts: ArrayLike, *, floor: int | None = None) -> Estimate:
    """`chao1` with its log-normal interval: a lower bound for the number of meanings.

    Args:
        counts: (meanings,) draws per meaning.
        floor: draws below which it is undefined; the catalogue's by default.

    Returns:
        The interval starts at what was seen. Without singletons it is that of Chao's Poisson form.

    Raises:
        ValueError: counts are empty, negative or not whole.

    References:
        Chao 1987; Colwell's EstimateS, equations 6, 7, 13 and 14, as scikit-bio has them.
    """
    seen = positive_counts(counts)
    n, found = int(seen.sum()), len(seen)
    if refused := too_few("chao1", n, floor=floor):
        return refused
    f1, f2 = float(np.sum(seen == 1)), float(np.sum(seen == 2))
    value, z = chao1(seen), float(norm.ppf((1 + LEVEL) / 2))
    missing = value - found
    if missing > 0:
        factor = np.exp(z * np.sqrt(np.log1p(_chao1_variance(f1, f2, value) / missing**2)))
        return Estimate(value, found + missing / factor, found + missing * factor, n)
    if f1:  # one singleton: the estimate is what was seen, and says nothing of its error
        return Estimate(value, value, value + 1 - (1 - possible_unseen_share(n)) ** n, n)
    absent = np.exp(-n / found)
    centre, half = found / (1 - absent), z * np.sqrt(found * absent / (1 - absent))
    return Estimate(value, max(found, centre - half), max(value, centre + half), n)


def _chao1_variance(f1: float, f2: float, value: float) -> float:
    if not f2:
        return f1 * (f1 - 1) / 2 + f1 * (2 * f1 - 1) ** 2 / 4 - f1**4 / (4 * value)
    pairs = f1 * (f1 - 1) / (2 * (f2 + 1))
    cubes = f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2)
    return pairs + cubes + f1**2 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4)


def _series(prevalence: NDArray[np.int64], n: int, t: float, smoothed: bool) -> NDArray[np.float64]:
    """−Σ_k (−t)^k f_k w_k for each row of f_0, f_1, …; f_0 is not counted."""
    if not (t >= 0 and np.isfinite(t)):
        raise ValueError(f"Expected t to be finite and at least 0 but it was {t}.")
    k = np.arange(1, prevalence.shape[1])
    weights = np.ones(len(k))
    if smoothed and t > 1:
        trials = int(np.ceil(0.5 * np.log2(max(n * t**2 / (t - 1), 1))))
        weights = binom.sf(k - 1, trials, 2 / (2 + t))
    used = weights > 0
    return prevalence[:, 1:][:, used] @ (-((-t) ** k[used].astype(float)) * weights[used])
