"""How far apart answers lie: mean and nearest-neighbour distance, within a set and between two."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.arrays import subsample_size, unit_rows
from metrics.pairs import cosine_sums
from metrics.unseen import chance_seen

_BLOCK = 1024  # rows whose distances to all others are held at once


def mean_cosine_distance(embeddings: ArrayLike) -> float:
    """Mean of 1 − cosine over the n (n − 1) ordered pairs of different texts.

    Higher is more diverse: 0 when all texts coincide, 1 when they are orthogonal. One minus it is
    the intra-model similarity of Artificial Hivemind.

    Args:
        embeddings: (n, d) vectors, n ≥ 2.

    Returns:
        Mean distance in [0, n / (n − 1)].

    Raises:
        ValueError: fewer than two embeddings, not finite, or a row of zeros.

    References:
        Jiang et al. 2025. `diversity`'s remote clique counts each text's zero distance to itself
        too, which makes it (n − 1)/n of this.
    """
    return 1 - cosine_sums(embeddings).mean


def inter_similarity(first: ArrayLike, second: ArrayLike) -> float:
    """Mean cosine between the texts of one set and those of another.

    Higher is less diverse: 1 when both sets say one and the same, and no higher than what either
    says within itself unless the sets lie closer to each other than to themselves.

    Args:
        first: (n, d) vectors of one model or condition.
        second: (m, d) vectors of another, by the same embedder.

    Returns:
        Mean cosine in [−1, 1].

    Raises:
        ValueError: either is empty, not finite, or has a row of zeros; they differ in d.

    References:
        Jiang et al. 2025, Artificial Hivemind; the formula is inferred from its description.
    """
    a, b = unit_rows(first), unit_rows(second)
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"Expected embeddings of one size but they had {a.shape[1]} and {b.shape[1]} columns."
        )
    return float(a.mean(axis=0) @ b.mean(axis=0))


def nearest_neighbour_distance(embeddings: ArrayLike, *, m: int | None = None) -> float:
    """Mean cosine distance to the nearest other text, among m of the n.

    Higher is more diverse: 0 when every text has a twin. The more texts there are the closer the
    nearest is, so sets are compared at one m: the expectation over all subsets of m texts.

    Args:
        embeddings: (n, d) vectors, n ≥ 2.
        m: texts to compare at, 2 ≤ m ≤ n; all n if not given.

    Returns:
        Mean distance in [0, 2].

    Raises:
        ValueError: fewer than two embeddings, not finite, or a row of zeros; m outside 2 … n.

    References:
        Cox et al. 2021 (Chamfer distance, as `diversity` computes it, m = n); the expectation for
        m < n is ours.
    """
    return float(nearest_by_text(embeddings, m=m).mean())


def nearest_by_text(embeddings: ArrayLike, *, m: int | None = None) -> NDArray[np.float64]:
    """Expected distance of each text to the nearest of m − 1 others, (n,).

    Raises:
        ValueError: as `nearest_neighbour_distance`.
    """
    rows = unit_rows(embeddings)
    n = len(rows)
    if n < 2:
        raise ValueError(f"Expected at least two embeddings but there were {n}.")
    m = subsample_size(m, n)
    if m < 2:
        raise ValueError(f"Expected m to be at least 2 but it was {m}.")
    # The nearest of m − 1 is the r-th of all if the first r − 1 stay out and it is in.
    return _nearest(rows, np.diff(chance_seen(n - 1, m - 1)))


def _nearest(rows: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Σ_r weight_r · distance to the r-th neighbour; the last one looked at takes the rest."""
    needed = min(int(np.searchsorted(np.cumsum(weights), 1 - 1e-12)) + 1, len(weights))
    kept = weights[:needed].copy()
    kept[-1] += 1 - kept.sum()
    expected = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        distances = 1 - rows[block] @ rows.T
        own = np.arange(len(distances))
        distances[own, start + own] = np.inf
        nearest = np.partition(distances, needed - 1, axis=1)
        expected[block] = np.sort(nearest[:, :needed], axis=1) @ kept
    return np.maximum(expected, 0)
