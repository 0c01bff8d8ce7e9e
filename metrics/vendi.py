"""Vendi scores: the effective number of answers, of any order, truncated, and rarefied."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.arrays import subsample_size, unit_rows
from metrics.pairs import cosine_sums


def vendi_score(kernel: ArrayLike, *, order: float = 2.0) -> float:
    """Effective number of distinct texts.

    Higher is more diverse: 1 when all texts coincide, n when they are orthogonal.

    Args:
        kernel: (n, n) positive semidefinite similarities with a unit diagonal.
        order: Rényi order 0 < q ≤ ∞; q = 1 is Shannon (and Agent-Scaling's K*, 2 to the power of
            the entropy in bits); larger q discounts rare texts.

    Returns:
        Effective count in [1, n].

    Raises:
        ValueError: kernel is empty, not square, not finite, not symmetric, or its diagonal is not
            one; order is not positive.

    References:
        Friedman and Dieng 2023 (q = 1); Pasarkar and Dieng 2024 (any q).
    """
    _check_order(order)
    similarities = _checked_kernel(kernel)
    if order == 2:
        return float(1 / np.mean(similarities**2))
    return hill_number(np.linalg.eigvalsh(similarities) / len(similarities), order=order)


def vendi_from_embeddings(embeddings: ArrayLike, *, order: float = 2.0) -> float:
    """Vendi score under the cosine kernel, without building it when there are many texts.

    Args:
        embeddings: (n, d) vectors; their length does not matter.
        order: Rényi order 0 < q ≤ ∞.

    Returns:
        Effective count in [1, min(n, d)].

    Raises:
        ValueError: embeddings are empty, not (n, d), not finite or zero; order is not positive.

    References:
        Friedman and Dieng 2023; the d × d route has the same non-zero eigenvalues.
    """
    _check_order(order)
    rows = unit_rows(embeddings)
    if order == 2:
        return float(1 / np.sum(_smaller_gram(rows) ** 2))
    return hill_number(eigenvalue_shares(rows), order=order)


def truncated_vendi(embeddings: ArrayLike, *, terms: int, order: float = 1.0) -> float:
    """Vendi score of the largest eigenvalues alone, which settles with fewer texts.

    The `terms` largest eigenvalues of the cosine kernel (trace one) are kept, and what the others
    sum to is spread evenly over those kept.

    Args:
        embeddings: (n, d) vectors; their length does not matter.
        terms: t ≥ 1 eigenvalues to keep; with t ≥ min(n, d) nothing is cut off.
        order: Rényi order 0 < q ≤ ∞.

    Returns:
        Effective count in [1, min(t, n, d)], for t < min(n, d) at least the plain score of t terms.

    Raises:
        ValueError: embeddings are empty, not (n, d), not finite or zero; order is not positive;
            terms < 1.

    References:
        Ospanov and Farnia 2024 (truncated Vendi): settled with n in the order of t.
    """
    _check_order(order)
    if terms < 1:
        raise ValueError(f"Expected terms to be at least 1 but it was {terms}.")
    eigenvalues = eigenvalue_shares(unit_rows(embeddings))
    return hill_number(truncated_shares(eigenvalues, terms=terms), order=order)


def truncated_shares(eigenvalues: NDArray[np.floating], *, terms: int) -> NDArray[np.float64]:
    """The largest eigenvalues, ascending, each raised by an even part of what is cut off."""
    kept = np.maximum(np.sort(eigenvalues)[-terms:], 0)
    return kept + max(1 - kept.sum(), 0) / len(kept)


def rarefied_vendi(embeddings: ArrayLike, *, m: int) -> float:
    """Vendi score of order 2 that m of the n draws would show.

    The mean squared similarity of m draws has 1/m from the diagonal, so the score depends on the
    number of draws. The mean over pairs of different draws does not; with it the score is
    1 / (1/m + (1 − 1/m) · mean), which for m = n is exactly `vendi_score`.

    Args:
        embeddings: (n, d) vectors, n ≥ 2.
        m: draws to compare at, 1 ≤ m ≤ n.

    Returns:
        Effective count in [1, m].

    Raises:
        ValueError: fewer than two embeddings, or m outside 1 … n.

    References:
        Pasarkar and Dieng 2024 (q = 2); the mean over pairs is Hoeffding's U-statistic, 1948.
    """
    sums = cosine_sums(embeddings, power=2)
    return vendi_of_mean_square(sums.mean, m=subsample_size(m, len(sums.touching)))


def vendi_of_mean_square(mean_square: float, *, m: int) -> float:
    """Vendi score (q = 2) of m draws whose pairs have this mean squared similarity."""
    return 1 / (1 / m + (1 - 1 / m) * mean_square)


def _checked_kernel(kernel: ArrayLike) -> NDArray[np.float64]:
    similarities = np.asarray(kernel, dtype=np.float64)
    shape = similarities.shape
    if similarities.ndim != 2 or shape[0] != shape[1] or similarities.size == 0:
        raise ValueError(
            f"Expected kernel to be an array with shape (n, n) but it had shape {shape}."
        )
    if not np.isfinite(similarities).all():
        raise ValueError("Expected kernel to be finite but some similarities were not.")
    if not np.allclose(similarities, similarities.T, atol=1e-6):
        raise ValueError("Expected kernel to be symmetric but it was not.")
    if not np.allclose(np.diag(similarities), 1, atol=1e-3):
        raise ValueError("Expected kernel to have a diagonal of ones but it did not.")
    return similarities


def eigenvalue_shares(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Eigenvalues of K/n of unit rows, ascending; zeros may be left out. They sum to one."""
    return np.asarray(np.linalg.eigvalsh(_smaller_gram(rows)), dtype=np.float64)


def _smaller_gram(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """K/n or its d × d dual, whichever is smaller: their non-zero eigenvalues agree."""
    return (rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows) / len(rows)


def _check_order(order: float) -> None:
    if not order > 0:
        raise ValueError(f"Expected order to be positive but it was {order}.")


def hill_number(eigenvalues: NDArray[np.floating], *, order: float) -> float:
    """Effective number of a distribution, Hill 1973; rounding errors around zero are left out."""
    shares = eigenvalues[eigenvalues > 1e-12]
    shares = shares / shares.sum()
    if np.isinf(order):
        return float(1 / shares.max())
    if order == 1:
        return float(np.exp(-np.sum(shares * np.log(shares))))
    return float(np.sum(shares**order) ** (1 / (1 - order)))
