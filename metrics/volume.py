"""The volume that answers span in the space of an embedder."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from metrics.arrays import unit_rows


def log_volume(
    embeddings: ArrayLike, *, dimensions: int | None = None, ridge: float = 0.1
) -> float:
    """Log-determinant of the answers' Gram matrix with a ridge, per answer.

    Higher is more diverse: ln(1 + ε) when all are orthogonal, near ln ε when all coincide. It
    depends on n, on the dimensions and on the ridge: compare at one n only.

    Args:
        embeddings: (n, d) vectors; their length does not matter.
        dimensions: principal axes kept (uncentred); all if not given.
        ridge: ε > 0.

    Returns:
        (1/n) ln det(V Vᵀ + ε I), in nats.

    Raises:
        ValueError: embeddings are empty, not (n, d), not finite or zero; ridge ≤ 0;
            dimensions < 1.

    References:
        Li et al. 2025, Semantic Volume; rebuilt from its description, per answer and with a ridge
        of our choice.
    """
    if not ridge > 0:
        raise ValueError(f"Expected ridge to be positive but it was {ridge}.")
    if dimensions is not None and dimensions < 1:
        raise ValueError(f"Expected dimensions to be at least 1 but it was {dimensions}.")
    rows = unit_rows(embeddings)
    n, d = rows.shape
    gram = rows @ rows.T if n <= d else rows.T @ rows
    kept = np.maximum(np.linalg.eigvalsh(gram)[::-1][:dimensions], 0)
    missing = n - len(kept)  # directions without any spread
    return float((np.log(kept + ridge).sum() + missing * np.log(ridge)) / n)


def dpp_log_likelihood(
    embeddings: ArrayLike, *, quality: ArrayLike | None = None, weight: float = 1.0
) -> float:
    """How probable all these answers are together under a determinantal point process.

    Higher is more diverse and, with quality, better: 0 is the upper limit. L = K ∘ (1 + w q qᵀ)
    with the cosine kernel K and a jitter of 1e-4.

    Args:
        embeddings: (n, d) vectors; their length does not matter.
        quality: (n,) ≥ 0; none if not given.
        weight: w ≥ 0 of quality.

    Returns:
        ln det L − ln det(L + I) ≤ 0; compare at one n only.

    Raises:
        ValueError: as `unit_rows`; quality differs in length or is negative; weight < 0.

    References:
        Kulesza and Taskar 2012; Lamont et al. 2025 (the quality term).
    """
    rows = unit_rows(embeddings)
    scores = np.zeros(len(rows)) if quality is None else np.asarray(quality, dtype=np.float64)
    if scores.shape != (len(rows),) or not (scores >= 0).all() or weight < 0:
        raise ValueError(
            f"Expected {len(rows)} qualities and a weight, all at least 0, but they were not."
        )
    kernel = rows @ rows.T * (1 + weight * np.outer(scores, scores)) + 1e-4 * np.eye(len(rows))
    eigenvalues = np.maximum(np.linalg.eigvalsh(kernel), 1e-12)
    return float(np.sum(np.log(eigenvalues) - np.log1p(eigenvalues)))
