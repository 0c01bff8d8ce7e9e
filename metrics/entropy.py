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


def rao_semantic_entropy(labels: ArrayLike, logprobs: ArrayLike) -> float:
    """Entropy of the meanings, each weighted by how probable the model finds its answers.

    Higher is more diverse: 0 when all draws agree. Weights are e^(mean log-probability per token),
    normalised over the draws, so length does not count; duplicates count each time.

    Args:
        labels: (n,) meaning of each draw.
        logprobs: (n,) mean log-probability per token of each, ≤ 0.

    Returns:
        −Σ w ln w over meanings, in [0, ln meanings] nats.

    Raises:
        ValueError: no draws, they differ in length, or a log-probability is above 0 or not finite.

    References:
        Farquhar et al. 2024 (the Rao–Blackwellised estimate over the draws).
    """
    kinds, logs = np.asarray(labels), np.asarray(logprobs, dtype=np.float64)
    if not len(kinds) or kinds.shape != logs.shape:
        raise ValueError(
            f"Expected one log-probability per draw but had {len(logs)} for {len(kinds)} draws."
        )
    if not (np.isfinite(logs) & (logs <= 0)).all():
        raise ValueError("Expected log-probabilities to be finite and at most 0 but some were not.")
    weights = np.exp(logs - logs.max())
    shares = np.bincount(np.unique(kinds, return_inverse=True)[1], weights=weights / weights.sum())
    return abs(float(np.sum(shares[shares > 0] * np.log(shares[shares > 0]))))


def monte_carlo_semantic_entropy(labels: ArrayLike, logprobs: ArrayLike) -> float:
    """Mean surprise at the meaning of a draw, a meaning's probability being that of its draws.

    Higher is more diverse, but longer answers raise it, and a duplicate makes its meaning look
    more probable, even above one: kept to compare with figures by lm-polygraph.

    Args:
        labels: (n,) meaning of each draw.
        logprobs: (n,) log-probability of the whole sequence of each, ≤ 0.

    Returns:
        −(1/n) Σ_j ln Σ_{i in the meaning of j} e^(logprob i), in nats; below 0 with duplicates.

    Raises:
        ValueError: as `rao_semantic_entropy`.

    References:
        Kuhn et al. 2023, as lm-polygraph computes it.
    """
    rao_semantic_entropy(labels, logprobs)  # the same demands on the input
    which = np.unique(np.asarray(labels), return_inverse=True)[1]
    logs = np.asarray(logprobs, dtype=np.float64)
    classes = np.full(which.max() + 1, -np.inf)
    np.logaddexp.at(classes, which, logs)
    return float(-classes[which].mean())


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
