"""The frontier between stability and synchrony: which policies no other one beats at both."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.conversation_bootstrap import FLOOR, resampled_means
from metrics.uncertainty import LEVEL, Estimate

WORST = (-1.0, -1.0)  # the least stability and synchrony that cosines allow


def non_dominated(points: ArrayLike) -> NDArray[np.bool_]:
    """Which points no other one reaches on both axes and beats on one.

    Args:
        points: (p, 2) stability and synchrony, higher is better; NaN is dominated.

    Returns:
        (p,) True on the frontier. Equal points don't dominate each other.

    Raises:
        ValueError: points isn't (p, 2).
    """
    given = _checked(points)
    at_least = (given[:, None] >= given[None]).all(axis=-1)
    better = (given[:, None] > given[None]).any(axis=-1)
    beaten = np.asarray((at_least & better).any(axis=0))
    return ~beaten & np.isfinite(given).all(axis=1)


def hypervolume(points: ArrayLike, *, reference: tuple[float, float] = WORST) -> float:
    """Area that the points dominate, above a reference: how good the choice among them is.

    Args:
        points: (p, 2) stability and synchrony, higher is better; points that don't exceed the
            reference on both axes add nothing.
        reference: the worst that counts; moving it changes every value, so compare at one.

    Returns:
        Area ≥ 0; at most 4 above (−1, −1). NaN when no point is defined.

    Raises:
        ValueError: points isn't (p, 2).

    References:
        Zitzler and Thiele 1999.
    """
    given = _checked(points)
    given = given[np.isfinite(given).all(axis=1)]
    if not len(given):
        return float("nan")
    return float(_areas(given[None], reference)[0])


def hypervolume_estimate(
    stability: ArrayLike,
    synchrony: ArrayLike,
    weights: NDArray[np.float64],
    *,
    reference: tuple[float, float] = WORST,
) -> Estimate:
    """Hypervolume with a percentile bootstrap over conversations.

    Args:
        stability: (p, m) per policy and conversation.
        synchrony: (p, m) likewise.
        weights: (draws, m) from `metrics.conversation_bootstrap.resampled_weights`.
        reference: as `hypervolume`.

    Returns:
        Estimate whose n is the number of conversations in which everything is defined; others are
        left out. Too few of them leave it undefined.
    """
    both = np.stack([np.asarray(stability, float), np.asarray(synchrony, float)])  # (2, p, m)
    whole = np.isfinite(both).all(axis=(0, 1))
    n = int(whole.sum())
    if n < FLOOR:
        return Estimate.undefined(n, f"Too few conversations: {n} of at least {FLOOR}.")
    both[:, :, ~whole] = np.nan
    value = hypervolume(np.nanmean(both, axis=-1).T, reference=reference)
    draws = resampled_means(both, weights)  # (draws, 2, p)
    areas = _areas(draws[np.isfinite(draws).all(axis=(1, 2))].transpose(0, 2, 1), reference)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(areas, [tail, 1 - tail])
    return Estimate(value, float(low), float(high), n)


def _areas(points: NDArray[np.float64], reference: tuple[float, float]) -> NDArray[np.float64]:
    """Area above the reference of each set of points: (sets, p, 2) → (sets,).

    From the most stable point to the least, each adds a strip as high as the best synchrony so far
    and as wide as the gap in stability to the next.
    """
    above = np.maximum(points - np.array(reference), 0.0)
    order = np.argsort(-above[..., 0], axis=1)
    x, y = (np.take_along_axis(above[..., axis], order, axis=1) for axis in (0, 1))
    best = np.maximum.accumulate(y, axis=1)
    widths = x - np.concatenate([x[:, 1:], np.zeros((len(x), 1))], axis=1)
    return (best * widths).sum(axis=1)


def _checked(points: ArrayLike) -> NDArray[np.float64]:
    given = np.asarray(points, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != 2:
        raise ValueError(f"Expected points with shape (p, 2) but it was {given.shape}.")
    return given
