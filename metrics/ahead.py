"""How a curve of meanings goes on beyond the answers drawn, without breaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.arrays import positive_counts
from metrics.extrapolation import Curve
from metrics.uncertainty import half_width, possible_unseen_share
from metrics.unseen import FreshSamples


def extrapolated_distinct(counts: ArrayLike, *, further: int) -> float:
    """Expected number of different meanings after further draws.

    Chao1's unseen meanings are taken to be equally rare. The curve has no breaks and never falls,
    where the Good–Toulmin series, unbiased as it is, swings up and down near twice the draws.

    Args:
        counts: (meanings,) draws per meaning.
        further: draws beyond the n, ≥ 0.

    Returns:
        S + f̂0 [1 − (1 − f1 / (n f̂0 + f1))^further], with f̂0 = (n − 1)/n · f1 (f1 − 1)/(2 (f2 + 1));
        S where nothing seems to be missing.

    Raises:
        ValueError: counts are empty, negative or not whole; further is negative.

    References:
        Colwell et al. 2012, equation 9; Chao et al. 2014.
    """
    seen = positive_counts(counts)
    if further < 0:
        raise ValueError(f"Expected further to be at least 0 but it was {further}.")
    return float(len(seen) + _to_come(seen[None, :], int(seen.sum()), further)[0])


def extrapolation_curve(counts: ArrayLike, fresh: FreshSamples, *, sizes: Sequence[int]) -> Curve:
    """`extrapolated_distinct` with intervals, for several numbers of answers.

    Args:
        counts: (meanings,) draws per meaning.
        fresh: samples of n draws from `estimated_assemblage(counts)`.
        sizes: answers in all, each at least n. Up to 2n is trustworthy; beyond it, bias grows.

    Returns:
        At n the value and its interval are those of `rarefaction_curve`.

    Raises:
        ValueError: counts are empty, negative or not whole; a size is below n.

    References:
        Chao et al. 2014: intervals by the same estimate from samples of the estimated assemblage.
    """
    seen = positive_counts(counts)
    n = int(seen.sum())
    values = np.array([extrapolated_distinct(seen, further=size - n) for size in sizes])
    found = np.count_nonzero(fresh.counts, axis=1)
    spread = [np.std(found + _to_come(fresh.counts, n, size - n), ddof=1) for size in sizes]
    half = np.array([half_width(float(deviation), units=n) for deviation in spread])
    m = np.asarray(sizes, dtype=np.int64)
    high = np.maximum(values + half, values + 1 - (1 - possible_unseen_share(n)) ** m)
    return Curve(m, values, np.clip(values - half, 1, values), np.minimum(high, m), n)


def _to_come(rows: NDArray[np.integer], n: int, further: int) -> NDArray[np.float64]:
    """New meanings in further draws, for each row of counts."""
    once = np.sum(rows == 1, axis=1).astype(float)
    twice = np.sum(rows == 2, axis=1)
    unseen = (n - 1) / n * once * (once - 1) / (2 * (twice + 1))
    share = np.divide(once, n * unseen + once, out=np.zeros_like(once), where=once > 0)
    return np.asarray(unseen * (1 - (1 - share) ** further))
