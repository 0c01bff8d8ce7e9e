"""Semantic entropy: how uncertain the meaning of the next answer is, in nats."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.arrays import positive_counts


def discrete_semantic_entropy(counts: ArrayLike) -> float:
    """Entropy of the observed shares of meanings (plug-in).

    Higher is more diverse: 0 when all draws agree, ln n when none do. Biased low: meanings not yet
    drawn are missing from it.

    Args:
        counts: (meanings,) draws per meaning.

    Returns:
        −Σ p ln p with p = counts / n, in [0, ln n] nats.

    Raises:
        ValueError: counts are empty, negative or not whole.

    References:
        Farquhar et al. 2024 (the discrete variant).
    """
    shares = positive_counts(counts) / np.sum(counts)
    return abs(float(np.sum(shares * np.log(shares))))


def chao_shen_entropy(counts: ArrayLike) -> float:
    """Entropy of the meanings, those not yet drawn allowed for.

    Higher is more diverse: 0 when all draws agree. Shares are shrunk by the Good–Turing coverage
    C = 1 − f1/n and each term is divided by the chance that its meaning was drawn at all. When
    every meaning was drawn once, f1 counts as n − 1, which keeps C above zero.

    Args:
        counts: (meanings,) draws per meaning.

    Returns:
        −Σ p ln p / (1 − (1 − p)ⁿ) with p = C · counts / n, in nats.

    Raises:
        ValueError: counts are empty, negative or not whole.

    References:
        Chao and Shen 2003; for language models McCabe et al. 2025 (ESA).
    """
    return float(chao_shen_of_rows(positive_counts(counts)[None, :])[0])


def chao_shen_of_rows(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Chao–Shen entropy of many samples of one size.

    Args:
        counts: (samples, classes) draws per class; zeros are classes a sample does not have.

    Returns:
        (samples,) nats.
    """
    n = counts.sum(axis=1, keepdims=True)
    f1 = np.sum(counts == 1, axis=1, keepdims=True)
    shares = (1 - np.minimum(f1, n - 1) / n) * counts / n
    # A class without draws, or a lone draw, adds nothing; 1 stands in for it because ln 1 = 0.
    p = np.where((counts == 0) | (n == 1), 1.0, shares)
    return np.sum(-p * np.log(p) / -np.expm1(n * np.log1p(-np.minimum(p, 1 - 1e-12))), axis=1)
