"""Who is in which group, as a table that sums over raters, and the same with labels shuffled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import false_discovery_control


def memberships(labels: ArrayLike, groups: int) -> NDArray[np.float64]:
    """(groups, raters) 1 where a rater is in a group; label −1 is in none."""
    return (np.asarray(labels) == np.arange(groups)[:, None]).astype(np.float64)


def shuffled(
    labels: NDArray[np.int64], groups: int, *, rng: np.random.Generator, resamples: int
) -> Iterator[NDArray[np.float64]]:
    """Memberships with whole raters changing groups; those in none stay out."""
    inside = np.flatnonzero(labels >= 0)
    for _ in range(resamples):
        moved = labels.copy()
        moved[inside] = rng.permutation(labels[inside])
        yield memberships(moved, groups)


def checked_labels(labels: ArrayLike, raters: int) -> tuple[NDArray[np.int64], int]:
    """Labels as whole numbers, and how many groups there are.

    Raises:
        ValueError: a different number than raters, or fewer than two groups.
    """
    codes = np.asarray(labels, dtype=np.int64)
    if len(codes) != raters:
        raise ValueError(f"Expected {raters} labels but there were {len(codes)}.")
    groups = int(codes.max(initial=-1)) + 1
    if len(np.unique(codes[codes >= 0])) < 2:
        raise ValueError("Expected two groups or more but there was one at most.")
    return codes, groups


def two_sided(observed: ArrayLike, chance: ArrayLike) -> NDArray[np.float64]:
    """Permutation p-values: twice the smaller tail, (1 + count)/(N + 1), at most 1.

    Args:
        observed: (…) statistics; NaN gives NaN.
        chance: (N, …) the same with labels shuffled.
    """
    value, null = np.asarray(observed, dtype=np.float64), np.asarray(chance, dtype=np.float64)
    above = 1 + np.sum(null >= value - 1e-12, axis=0)
    below = 1 + np.sum(null <= value + 1e-12, axis=0)
    p = np.minimum(1, 2 * np.minimum(above, below) / (len(null) + 1))
    return np.where(np.isnan(value), np.nan, p)


def one_sided(observed: ArrayLike, chance: ArrayLike) -> NDArray[np.float64]:
    """Permutation p-values for large values, (1 + count)/(N + 1); as `two_sided`."""
    value, null = np.asarray(observed, dtype=np.float64), np.asarray(chance, dtype=np.float64)
    p = (1 + np.sum(null >= value - 1e-12, axis=0)) / (len(null) + 1)
    return np.where(np.isnan(value), np.nan, p)


def adjusted(p_values: ArrayLike) -> NDArray[np.float64]:
    """q-values that keep the false discovery rate (Benjamini and Hochberg 1995); NaN stays."""
    p = np.asarray(p_values, dtype=np.float64)
    q = np.full(p.shape, np.nan)
    known = ~np.isnan(p)
    if known.any():
        q[known] = false_discovery_control(p[known])
    return q
