"""How many meanings more answers will show: a Bayesian forecast that few answers can bear.

Good–Toulmin and Chao lean on the numbers of meanings seen once and twice, which are a handful after
thirty answers. Here all counts speak, through a model of how new kinds keep turning up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from metrics.arrays import positive_counts
from metrics.uncertainty import LEVEL, Estimate

FLOOR = 16  # answers
_DISCOUNTS = np.linspace(0, 0.95, 20)
_STRENGTHS = np.geomspace(0.05, 50, 25)


def forecast_distinct(
    counts: ArrayLike,
    *,
    further: int,
    rng: np.random.Generator,
    slope: float = 1.0,
    paths: int = 2000,
) -> Estimate:
    """Number of meanings among the answers so far and `further` more, as it will turn out.

    The next answer is new with chance (θ + σK)/(θ + n) after n answers with K meanings. Strength θ
    and discount σ are weighed by how well they explain the counts, over a grid with prior
    (1 − σ)^slope, even in ln θ.

    Args:
        counts: (meanings,) answers per meaning; the answers are independent.
        further: answers to come, ≥ 0.
        rng: plays the paths.
        slope: ≥ 0; 0 holds endless growth for as likely as none.
        paths: futures played.

    Returns:
        Median and central 95 % of the futures: a prediction interval, the noise of the answers to
        come included. Undefined below `FLOOR` answers.

    Raises:
        ValueError: counts are empty, negative or not whole; further or slope is negative.

    References:
        Pitman and Yor 1997; Lijoi, Mena and Prünster 2007 (forecast of new species).
    """
    if further < 0 or slope < 0:
        raise ValueError(f"Expected further and slope ≥ 0 but they were {further} and {slope}.")
    seen = positive_counts(counts)
    n = int(seen.sum())
    if n < FLOOR:
        return Estimate.undefined(n, f"Too few answers: {n} of at least {FLOOR}.")
    discount, strength = (grid.ravel() for grid in np.meshgrid(_DISCOUNTS, _STRENGTHS))
    log = _log_likelihood(seen, discount, strength) + slope * np.log1p(-discount)
    weights = np.exp(log - log.max())
    drawn = rng.choice(len(log), size=paths, p=weights / weights.sum())
    kinds = np.full(paths, float(len(seen)))
    for step in range(further):
        new = (strength[drawn] + discount[drawn] * kinds) / (strength[drawn] + n + step)
        kinds += rng.random(paths) < new
    low, value, high = np.quantile(kinds, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    return Estimate(float(value), float(low), float(high), n)


def _log_likelihood(
    seen: NDArray[np.int64], discount: NDArray[np.float64], strength: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Of these counts in any order of answers, for each pair of parameters."""
    n, kinds = int(seen.sum()), np.arange(1, len(seen))
    opened = np.log(strength[:, None] + discount[:, None] * kinds).sum(axis=1)
    joined = (gammaln(seen - discount[:, None]) - gammaln(1 - discount[:, None])).sum(axis=1)
    return opened + joined - gammaln(strength + n) + gammaln(strength + 1)
