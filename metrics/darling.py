"""DARLING: how different each answer is from its siblings, alone and times its quality."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FLOOR = 0.1  # of an answer's diversity, so that a good answer among its like keeps some reward


def sibling_diversity(labels: ArrayLike, *, floor: float = FLOOR) -> NDArray[np.float64]:
    """For each answer, the share of the others that mean something else.

    Higher is more diverse: 1 for an answer alone with its meaning, the floor when all agree.
    Without the floor the mean is the unbiased Gini–Simpson index, see `gini_simpson`.

    Args:
        labels: (n,) meaning of each answer, n ≥ 2; DARLING's are by `union_find_partition`.
        floor: least value, 0 ≤ floor ≤ 1.

    Returns:
        (n,) max(floor, (n − n_c) / (n − 1)).

    Raises:
        ValueError: fewer than two answers, or floor outside 0 … 1.

    References:
        Li et al. 2025, DARLING.
    """
    kinds = np.asarray(labels)
    if len(kinds) < 2:
        raise ValueError(f"Expected at least two answers but there were {len(kinds)}.")
    if not 0 <= floor <= 1:
        raise ValueError(f"Expected floor to be between 0 and 1 but it was {floor}.")
    _, which, sizes = np.unique(kinds, return_inverse=True, return_counts=True)
    return np.maximum(floor, (len(kinds) - sizes[which]) / (len(kinds) - 1))


def darling_reward(
    labels: ArrayLike, quality: ArrayLike, *, floor: float = FLOOR, shift: bool = False
) -> NDArray[np.float64]:
    """Quality times diversity of each answer.

    Higher is better. With negative quality the product would reward what is common, so such
    scores must be shifted.

    Args:
        labels: (n,) meaning of each answer, n ≥ 2.
        quality: (n,) score of each.
        floor: least diversity of an answer.
        shift: take the least quality as zero.

    Returns:
        (n,) q_i · div_i.

    Raises:
        ValueError: as `sibling_diversity`; labels and quality differ in length; a quality is not
            finite, or negative without shift.

    References:
        Li et al. 2025, DARLING (the multiplicative form).
    """
    scores = np.asarray(quality, dtype=np.float64)
    diversity = sibling_diversity(labels, floor=floor)
    if scores.shape != diversity.shape:
        raise ValueError(f"Expected {len(diversity)} scores but there were {len(scores)}.")
    if not np.isfinite(scores).all():
        raise ValueError("Expected quality to be finite but some scores were not.")
    if shift:
        scores = scores - scores.min()
    elif (scores < 0).any():
        raise ValueError("Expected quality to be at least 0, or shift, but some were negative.")
    return scores * diversity


def gini_simpson(labels: ArrayLike) -> float:
    """Chance that two different answers mean something different.

    Higher is more diverse: 0 when all agree, 1 when none do. Unbiased for any number of draws.

    Args:
        labels: (n,) meaning of each answer, n ≥ 2.

    Returns:
        1 − Σ n_c (n_c − 1) / (n (n − 1)), in [0, 1].

    Raises:
        ValueError: fewer than two answers.

    References:
        Simpson 1949; Li et al. 2025, DARLING (the mean of its diversities, without the floor).
    """
    return float(sibling_diversity(labels, floor=0).mean())
