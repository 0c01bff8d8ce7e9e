"""Means over pairs of different answers, without the n × n matrix where there are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.arrays import unit_rows
from metrics.uncertainty import jackknife_error


@dataclass(frozen=True)
class PairSums:
    """What each draw and each call brings to a sum over ordered pairs of different draws.

    Attributes:
        touching: (n,) sum of a draw's similarities to all others.
        within: (calls,) sum over the ordered pairs inside each call.
        calls: (n,) call of each draw, numbered from 0.
    """

    touching: NDArray[np.float64]
    within: NDArray[np.float64]
    calls: NDArray[np.int64]

    @property
    def mean(self) -> float:
        """Mean similarity of two different draws."""
        n = len(self.touching)
        return float(self.touching.sum() / (n * (n - 1)))

    @property
    def error(self) -> float:
        """Standard error of the mean, one call left out at a time."""
        sizes = np.bincount(self.calls)
        lost = 2 * np.bincount(self.calls, weights=self.touching) - self.within
        left = len(self.calls) - sizes
        return jackknife_error((self.touching.sum() - lost) / np.maximum(left * (left - 1), 1))


def cosine_sums(
    embeddings: ArrayLike, *, power: Literal[1, 2] = 1, calls: NDArray[np.int64] | None = None
) -> PairSums:
    """Sums of cosines, or of their squares, over pairs of different draws.

    Cosines to all others are one product with the sum of the rows, squared ones one with their
    Gram matrix; with n > d the Gram matrix is d × d.

    Args:
        embeddings: (n, d) vectors, n ≥ 2.
        power: 1 for cosines, 2 for their squares.
        calls: (n,) call of each draw, numbered from 0; one each if not given.

    Raises:
        ValueError: fewer than two embeddings, not finite, or a row of zeros.
    """
    rows = unit_rows(embeddings)
    if len(rows) < 2:
        raise ValueError(f"Expected at least two embeddings but there were {len(rows)}.")
    calls = np.arange(len(rows)) if calls is None else calls
    return PairSums(_to_others(rows, power), _inside_calls(rows, calls, power), calls)


def _to_others(rows: NDArray[np.float64], power: int) -> NDArray[np.float64]:
    """(n,) sums over all other rows; the row itself, 1, is taken off."""
    if power == 1:
        return rows @ rows.sum(axis=0) - 1
    if len(rows) <= rows.shape[1]:
        return np.sum((rows @ rows.T) ** 2, axis=1) - 1
    return np.einsum("ij,ij->i", rows @ (rows.T @ rows), rows) - 1


def _inside_calls(
    rows: NDArray[np.float64], calls: NDArray[np.int64], power: int
) -> NDArray[np.float64]:
    sizes = np.bincount(calls)
    within = np.zeros(len(sizes))
    for call in np.flatnonzero(sizes > 1):
        within[call] = _to_others(rows[calls == call], power).sum()
    return within
