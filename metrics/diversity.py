"""How far apart answers lie: Vendi scores and mean cosine distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.arrays import subsample_size, unit_rows


def vendi_score(kernel: ArrayLike, *, order: float = 2.0) -> float:
    """Effective number of distinct texts.

    Higher is more diverse: 1 when all texts coincide, n when they are orthogonal.

    Args:
        kernel: (n, n) positive semidefinite similarities with a unit diagonal.
        order: Rényi order 0 < q ≤ ∞; q = 1 is Shannon; larger q discounts rare texts.

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
    return _hill_number(np.linalg.eigvalsh(similarities) / len(similarities), order=order)


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
    n, d = rows.shape
    gram = (rows @ rows.T if n <= d else rows.T @ rows) / n
    if order == 2:
        return float(1 / np.sum(gram**2))
    return _hill_number(np.linalg.eigvalsh(gram), order=order)


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
    squared = similarities_of_pairs(embeddings) ** 2
    n = len(squared)
    return vendi_of_mean_square(float(squared.sum() / (n * (n - 1))), m=subsample_size(m, n))


def vendi_of_mean_square(mean_square: float, *, m: int) -> float:
    """Vendi score (q = 2) of m draws whose pairs have this mean squared similarity."""
    return 1 / (1 / m + (1 - 1 / m) * mean_square)


def mean_cosine_distance(embeddings: ArrayLike) -> float:
    """Mean of 1 − cosine over the n (n − 1) ordered pairs of different texts.

    Higher is more diverse: 0 when all texts coincide, 1 when they are orthogonal.

    Args:
        embeddings: (n, d) vectors, n ≥ 2.

    Returns:
        Mean distance in [0, n / (n − 1)].

    Raises:
        ValueError: fewer than two embeddings, not finite, or a row of zeros.
    """
    cosines = similarities_of_pairs(embeddings)
    n = len(cosines)
    return float(1 - cosines.sum() / (n * (n - 1)))


def similarities_of_pairs(embeddings: ArrayLike) -> NDArray[np.float64]:
    """Cosines between different texts, (n, n) with a diagonal of zeros.

    Raises:
        ValueError: fewer than two embeddings, not finite, or a row of zeros.
    """
    rows = unit_rows(embeddings)
    if len(rows) < 2:
        raise ValueError(f"Expected at least two embeddings but there were {len(rows)}.")
    cosines = np.clip(rows @ rows.T, -1, 1)
    np.fill_diagonal(cosines, 0)
    return cosines


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


def _check_order(order: float) -> None:
    if not order > 0:
        raise ValueError(f"Expected order to be positive but it was {order}.")


def _hill_number(eigenvalues: NDArray[np.floating], *, order: float) -> float:
    """Effective number of a distribution, Hill 1973."""
    shares = eigenvalues[eigenvalues > 1e-12]
    shares = shares / shares.sum()
    if np.isinf(order):
        return float(1 / shares.max())
    if order == 1:
        return float(np.exp(-np.sum(shares * np.log(shares))))
    return float(np.sum(shares**order) ** (1 / (1 - order)))
