"""Styles as directions of an embedding: a space of few dimensions without names.

An embedding has hundreds of dimensions of which a corpus fills some. Its main directions keep the
distances that count and make policies as quick as on named features. They are not whitened: a
direction in which turns hardly differ would then count as much as the first, and its noise with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.style_space import StyleSpace

MOST = 16  # directions kept
_FLAT = 1e-9  # variance, relative to the first direction's, that is rounding and no variation

Vectors = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StyleAxes:
    """The main directions of embedded texts.

    Attributes:
        mean: (D,) middle of the reference.
        directions: (d, D) orthonormal rows, the one along which texts differ most first.
        shares: (d,) of the reference's variance along each.
        deviation: one for all directions: the root of their mean variance.
    """

    mean: Vectors
    directions: Vectors
    shares: Vectors
    deviation: float

    def project(self, vectors: ArrayLike) -> Vectors:
        """(…, D) embeddings → (…, d) places along the directions, NaN where undefined."""
        return np.asarray((np.asarray(vectors, dtype=np.float64) - self.mean) @ self.directions.T)

    def space(self, *, reference: str, n: int) -> StyleSpace:
        """The scale of what `project` gives: all directions divided by the one deviation.

        Args:
            reference: what the directions were fitted on, in words.
            n: texts of it.
        """
        size = len(self.directions)
        return StyleSpace(
            names=tuple(f"direction_{place}" for place in range(1, size + 1)),
            columns=np.arange(size),
            mean=np.zeros(size),
            deviation=np.full(size, self.deviation),
            dropped=MappingProxyType({}),
            reference=reference,
            n=n,
        )


def fit_style_axes(vectors: ArrayLike, *, most: int = MOST) -> StyleAxes:
    """Principal directions of a reference corpus, of both speakers pooled.

    Args:
        vectors: (n, D) embeddings of n ≥ 2 texts; rows that aren't finite are left out.
        most: directions kept at most; fewer where texts differ in fewer.

    Returns:
        Directions with the sign that makes their largest entry positive.

    Raises:
        ValueError: vectors isn't (n, D), fewer than two rows are finite, or all are alike.

    References:
        Jolliffe 2002 (principal component analysis).
    """
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2 or most < 1:
        raise ValueError(f"Expected vectors with shape (n, D) but it was {rows.shape}.")
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < 2:
        raise ValueError(f"Expected two finite vectors or more but there were {len(rows)}.")
    mean = rows.mean(axis=0)
    variances, columns = np.linalg.eigh(
        np.cov(rows, rowvar=False, bias=True).reshape(2 * mean.shape)
    )
    order = np.argsort(-variances)[:most]
    total, kept = variances.sum(), variances[order]
    if not kept[0] > _FLAT * max(1.0, float(np.square(mean).sum())):
        raise ValueError("Expected some vectors to differ but all were alike.")
    order, kept = order[kept > _FLAT * kept[0]], kept[kept > _FLAT * kept[0]]
    directions = columns[:, order].T
    signs = np.sign(directions[np.arange(len(order)), np.abs(directions).argmax(axis=1)])
    return StyleAxes(mean, directions * signs[:, None], kept / total, float(np.sqrt(kept.mean())))
