"""NoveltyBench's utility: how much a patient user gains from answers that are new and good."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

PATIENCE = 0.8  # a user asks for another answer with this probability
BEST = 10.0  # the highest utility of one answer


def utility_k(labels: ArrayLike, utilities: ArrayLike, *, patience: float = PATIENCE) -> float:
    """Gain from a sequence of k answers, those that repeat a meaning counting nothing.

    Higher is better: 10 when all k are new and of utility 10. Even when all are the same it is
    not zero: the first is new, and ten times the same at 10 gives 2.24.

    Args:
        labels: (k,) meaning of each answer, in the order they came.
        utilities: (k,) quality of each, 1 to 10.
        patience: 0 < p < 1, with which one more answer is asked for.

    Returns:
        Σ p^(i−1) u_i [meaning i is new] / Σ p^(i−1), in [0, 10].

    Raises:
        ValueError: no answers, labels and utilities differ in length, a utility is outside
            0 … 10, or patience outside (0, 1).

    References:
        Zhang et al. 2025, NoveltyBench.
    """
    kinds, gains = _checked(labels, utilities, patience)
    new = np.zeros(len(kinds))
    new[np.unique(kinds, return_index=True)[1]] = 1
    weights = patience ** np.arange(len(kinds))
    return float(np.sum(weights * gains * new) / weights.sum())


def expected_utility(
    labels: ArrayLike, utilities: ArrayLike, *, k: int = 10, patience: float = PATIENCE
) -> float:
    """Utility_k expected of k answers taken from the n in random order.

    At position i stands each answer with probability 1/n, and its meaning is new there if none of
    the n_c − 1 others that share it came before: C(n − n_c, i − 1) / C(n − 1, i − 1).

    Args:
        labels: (n,) meaning of each answer.
        utilities: (n,) quality of each, 1 to 10.
        k: answers a user sees at most, 1 ≤ k ≤ n.
        patience: 0 < p < 1, with which one more answer is asked for.

    Returns:
        The mean of `utility_k` over all sequences of k, in [0, 10].

    Raises:
        ValueError: as `utility_k`, or k outside 1 … n.

    References:
        Zhang et al. 2025, NoveltyBench, whose k first answers this averages over.
    """
    kinds, gains = _checked(labels, utilities, patience)
    n = len(kinds)
    if not 1 <= k <= n:
        raise ValueError(f"Expected k to be between 1 and the {n} answers but it was {k}.")
    _, which, sizes = np.unique(kinds, return_inverse=True, return_counts=True)
    earlier = np.arange(k)[:, None]
    new = np.exp(_log_choose(n - sizes, earlier) - _log_choose(np.array(n - 1), earlier))
    weights = patience ** np.arange(k)
    per_class = np.bincount(which, weights=gains)
    return float(weights @ new @ per_class / (n * weights.sum()))


def utility_levels(scores: ArrayLike, thresholds: ArrayLike) -> NDArray[np.float64]:
    """Scores of any reward model as NoveltyBench's levels 1 to 10.

    Args:
        scores: (n,) from a reward model.
        thresholds: (9,) ascending; NoveltyBench's belong to its own reward model alone, of another
            take `level_thresholds` of a pool of your own.

    Returns:
        (n,) 1 + the number of thresholds below each score; NaN where the score is.

    Raises:
        ValueError: thresholds are not ascending, or not one-dimensional.
    """
    given, steps = np.asarray(scores, dtype=np.float64), np.asarray(thresholds, dtype=np.float64)
    if steps.ndim != 1 or not len(steps) or not (np.diff(steps) >= 0).all():
        raise ValueError("Expected thresholds to be ascending but they were not.")
    return np.where(np.isnan(given), np.nan, 1.0 + np.searchsorted(steps, given, side="left"))


def level_thresholds(pool: ArrayLike, *, levels: int = 10) -> NDArray[np.float64]:
    """Thresholds that put equal parts of a pool of scores on each level.

    Args:
        pool: (n,) scores of answers like those to be judged; NaN is left out.
        levels: ≥ 2.

    Returns:
        (levels − 1,) ascending quantiles.

    Raises:
        ValueError: the pool has fewer scores than levels, or levels < 2.
    """
    scores = np.asarray(pool, dtype=np.float64)
    scores = scores[~np.isnan(scores)]
    if levels < 2 or len(scores) < levels:
        raise ValueError(
            f"Expected at least {max(levels, 2)} scores for as many levels but had {len(scores)}."
        )
    return np.quantile(scores, np.arange(1, levels) / levels)


def _checked(
    labels: ArrayLike, utilities: ArrayLike, patience: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    kinds, gains = np.asarray(labels), np.asarray(utilities, dtype=np.float64)
    if not len(kinds) or len(kinds) != len(gains):
        raise ValueError(
            f"Expected one utility per answer but had {len(gains)} for {len(kinds)} answers."
        )
    if not ((gains >= 0) & (gains <= BEST)).all():
        raise ValueError("Expected utilities to be between 0 and 10 but some were not.")
    if not 0 < patience < 1:
        raise ValueError(f"Expected patience to be between 0 and 1 but it was {patience}.")
    return kinds, gains


def _log_choose(n: NDArray[np.int64], k: NDArray[np.int64]) -> NDArray[np.float64]:
    enough = np.maximum(n, k)
    log = gammaln(enough + 1) - gammaln(k + 1) - gammaln(enough - k + 1)
    return np.where(n < k, -np.inf, log)
