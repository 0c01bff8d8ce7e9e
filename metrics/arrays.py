"""What the measures ask of their inputs, checked in one place."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def unit_rows(embeddings: ArrayLike) -> NDArray[np.float64]:
    """Rows scaled to length one, so that products of rows are cosines.

    Args:
        embeddings: (n, d) vectors, n ≥ 1, of any precision and scale.

    Returns:
        (n, d) float64.

    Raises:
        ValueError: not two-dimensional, empty, not finite, or with a row of zeros.
    """
    rows = np.asarray(embeddings, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(
            f"Expected embeddings to be an array with shape (n, d) but it had shape {rows.shape}."
        )
    if not np.isfinite(rows).all():
        raise ValueError("Expected embeddings to be finite but some were not.")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not lengths.all():
        row = int(np.flatnonzero(lengths == 0)[0])
        raise ValueError(f"Expected embeddings to have a direction but row {row} was all zeros.")
    return rows / lengths


def positive_counts(counts: ArrayLike) -> NDArray[np.int64]:
    """Counts of the classes that were seen.

    Args:
        counts: (classes,) how often each class was drawn; zeros are left out.

    Returns:
        (seen classes,) counts, each ≥ 1.

    Raises:
        ValueError: not one-dimensional, negative, not whole, or nothing was drawn.
    """
    given = np.asarray(counts)
    if given.ndim != 1:
        raise ValueError(f"Expected counts to be one-dimensional but its shape was {given.shape}.")
    whole = given.astype(np.int64) if np.isfinite(given.astype(float)).all() else None
    if whole is None or (whole != given).any() or (whole < 0).any():
        raise ValueError("Expected counts to be whole numbers ≥ 0 but some were not.")
    if not whole.any():
        raise ValueError("Expected counts to hold at least one draw but they were empty.")
    return whole[whole > 0]


def subsample_size(m: int | None, n: int) -> int:
    """The number of draws to rarefy to: m, or all n.

    Raises:
        ValueError: m is outside 1 … n.
    """
    if m is None:
        return n
    if not 1 <= m <= n:
        raise ValueError(f"Expected m to be between 1 and the {n} draws but it was {m}.")
    return m
