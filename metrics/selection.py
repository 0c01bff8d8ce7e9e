"""Choosing k of n answers that were drawn anyway.

Every selection spends n answers to keep k: compare it at the tokens of all n, and against
`random_choice` from the same n. Each returns indices in the order in which they were chosen; of
equals the first is taken.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.vq import kmeans2

from metrics.arrays import unit_rows

ROUNDS = 300  # of k-means


def random_choice(n: int, k: int, *, rng: np.random.Generator) -> NDArray[np.intp]:
    """Different indices, all sets equally likely: what every selection must beat.

    Args:
        n: answers there are.
        k: answers to keep, 1 ≤ k ≤ n.
        rng: draws them.

    Raises:
        ValueError: k is outside 1 … n.
    """
    return rng.permutation(n)[: _checked_size(k, n)]


def marginal_relevance(
    embeddings: ArrayLike, query: ArrayLike, k: int, *, diversity: float = 0.8
) -> NDArray[np.intp]:
    """Answers close to the query and far from those chosen before (MMR).

    The first is the closest to the query; each next one maximises
    (1 − d) · sim(query) − d · max sim(chosen), with cosine similarities.

    Args:
        embeddings: (n, d) of the answers; their length does not matter.
        query: (d,) embedding of what was asked.
        k: answers to keep, 1 ≤ k ≤ n.
        diversity: weight d in [0, 1]; 0 ranks by closeness alone.

    Raises:
        ValueError: embeddings are not as described, k is outside 1 … n, or d outside 0 … 1.

    References:
        Carbonell and Goldstein 1998; the default weight as in KeyBERT.
    """
    rows = unit_rows(embeddings)
    _checked_size(k, len(rows))
    if not 0 <= diversity <= 1:
        raise ValueError(f"Expected diversity to be in 0 … 1 but it was {diversity}.")
    relevance = rows @ unit_rows(np.atleast_2d(np.asarray(query)))[0]
    chosen = [int(np.argmax(relevance))]
    nearest = rows @ rows[chosen[0]]
    while len(chosen) < k:
        score = (1 - diversity) * relevance - diversity * nearest
        score[chosen] = -np.inf
        chosen.append(int(np.argmax(score)))
        nearest = np.maximum(nearest, rows @ rows[chosen[-1]])
    return np.array(chosen, dtype=np.intp)


def farthest_first(embeddings: ArrayLike, k: int, *, rng: np.random.Generator) -> NDArray[np.intp]:
    """Answers each as far as can be from those chosen before: openings for a debate.

    Args:
        embeddings: (n, d) of the answers; their length does not matter.
        k: answers to keep, 1 ≤ k ≤ n.
        rng: draws the first.

    Returns:
        (k,) indices; each next one has the smallest largest cosine to those before.

    Raises:
        ValueError: embeddings are not as described, or k is outside 1 … n.

    References:
        Gonzalez 1985; as debate initialisation reconstructed from DMAD, whose code is not released.
    """
    rows = unit_rows(embeddings)
    _checked_size(k, len(rows))
    chosen = [int(rng.integers(len(rows)))]
    nearest = rows @ rows[chosen[0]]
    while len(chosen) < k:
        nearest[chosen[-1]] = np.inf
        chosen.append(int(np.argmin(nearest)))
        nearest = np.maximum(nearest, rows @ rows[chosen[-1]])
    return np.array(chosen, dtype=np.intp)


def cluster_choice(
    embeddings: ArrayLike, k: int, *, rng: np.random.Generator, quality: ArrayLike | None = None
) -> NDArray[np.intp]:
    """One answer out of each of k groups of embeddings (k-means), better ones more often.

    Args:
        embeddings: (n, d) of the answers; their length does not matter.
        k: answers to keep, 1 ≤ k ≤ n.
        rng: draws the first centres, and the answers.
        quality: (n,) scores; an answer's chance in its group is ∝ exp(score). Equal if not given.

    Returns:
        (k,) indices. Where answers coincide and groups stay empty, the rest is drawn from all.

    Raises:
        ValueError: embeddings or quality are not as described, or k is outside 1 … n.

    References:
        Lloyd 1982; Yu et al. 2024, iterative data selection.
    """
    rows = unit_rows(embeddings)
    _checked_size(k, len(rows))
    scores = np.zeros(len(rows)) if quality is None else np.asarray(quality, dtype=np.float64)
    if scores.shape != (len(rows),) or not np.isfinite(scores).all():
        raise ValueError(f"Expected quality to be {len(rows)} finite scores.")
    start = rows[farthest_first(rows, k, rng=rng)]
    _, groups = kmeans2(rows, start, iter=ROUNDS, minit="matrix", missing="warn", rng=rng)
    chosen = [_by_quality(np.flatnonzero(groups == g), scores, rng) for g in np.unique(groups)]
    while len(chosen) < k:
        rest = np.setdiff1d(np.arange(len(rows)), chosen)
        chosen.append(_by_quality(rest, scores, rng))
    return np.array(chosen, dtype=np.intp)


def elliptical_choice(
    states: ArrayLike, k: int, *, rng: np.random.Generator, ridge: float = 1.0
) -> NDArray[np.intp]:
    """Answers whose hidden states the chosen ones explain least (elliptical bonus).

    The first is drawn; each next one maximises hᵀ Σ⁻¹ h, Σ = λI + Σ_chosen h hᵀ. That is the same
    as making log det Σ as large as one step can.

    Args:
        states: (n, d) of the answers, the mean over their tokens say; their length matters.
        k: answers to keep, 1 ≤ k ≤ n.
        rng: draws the first.
        ridge: λ > 0; a large one lets long vectors win, a small one new directions.

    Raises:
        ValueError: states are not (n, d) or not finite, k is outside 1 … n, or λ is not positive.

    References:
        Tuyls et al. 2025, representation-based exploration. Reconstructed: of the paper's
        selection only summaries were found.
    """
    rows = np.asarray(states, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0 or not np.isfinite(rows).all():
        raise ValueError(
            f"Expected states to be finite and (n, d) but their shape was {rows.shape}."
        )
    _checked_size(k, len(rows))
    if not ridge > 0:
        raise ValueError(f"Expected ridge to be positive but it was {ridge}.")
    inverse = np.eye(rows.shape[1]) / ridge
    chosen = [int(rng.integers(len(rows)))]
    while len(chosen) < k:
        turned = inverse @ rows[chosen[-1]]
        # Sherman and Morrison 1950: the inverse after one more state.
        inverse -= np.outer(turned, turned) / (1 + rows[chosen[-1]] @ turned)
        bonus = np.einsum("nd,de,ne->n", rows, inverse, rows)
        bonus[chosen] = -np.inf
        chosen.append(int(np.argmax(bonus)))
    return np.array(chosen, dtype=np.intp)


def sparse_projection(
    states: ArrayLike, dimensions: int, *, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Fewer dimensions that keep lengths and angles on average: (n, d) to (n, dimensions).

    Args:
        states: (n, d).
        dimensions: ≥ 1; where d is no larger, the states are returned.
        rng: draws the matrix.

    Raises:
        ValueError: states are not (n, d), or dimensions < 1.

    References:
        Achlioptas 2003: entries √(3/dimensions) · {+1, 0, −1} with chances 1/6, 2/3, 1/6.
    """
    rows = np.asarray(states, dtype=np.float64)
    if rows.ndim != 2 or dimensions < 1:
        raise ValueError(f"Expected (n, d) states and dimensions ≥ 1 but had {rows.shape}.")
    if rows.shape[1] <= dimensions:
        return rows
    signs = rng.choice([1.0, 0.0, -1.0], (rows.shape[1], dimensions), p=[1 / 6, 2 / 3, 1 / 6])
    return rows @ signs * np.sqrt(3 / dimensions)


def _by_quality(
    members: NDArray[np.intp], scores: NDArray[np.float64], rng: np.random.Generator
) -> int:
    weights = np.exp(scores[members] - scores[members].max())
    return int(rng.choice(members, p=weights / weights.sum()))


def _checked_size(k: int, n: int) -> int:
    if not 1 <= k <= n:
        raise ValueError(f"Expected k to be between 1 and the {n} answers but it was {k}.")
    return k
