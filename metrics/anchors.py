"""How far replies lie from examples of the persona: in meaning, and in style."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.arrays import unit_rows


def anchor_distance(replies: ArrayLike, anchors: ArrayLike) -> NDArray[np.float64]:
    """Mean cosine distance of each reply to the anchor replies.

    Higher is farther from the persona. It has no fixed zero: anchors differ among themselves by
    `anchor_spread`.

    Args:
        replies: (n, d) embeddings.
        anchors: (a, d) embeddings of replies in character.

    Returns:
        (n,) in [0, 2].

    Raises:
        ValueError: not two-dimensional, of different width, not finite, or a row of zeros.
    """
    first, second = unit_rows(replies), unit_rows(anchors)
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"Expected one width but it was {first.shape[1]} and {second.shape[1]}.")
    return np.clip(1 - first @ second.mean(axis=0), 0.0, 2.0)


def anchor_spread(anchors: ArrayLike) -> float:
    """Mean cosine distance between two different anchors: what a reply in character scores.

    Returns:
        In [0, 2]; NaN for a single anchor.

    Raises:
        ValueError: as `anchor_distance`.
    """
    rows = unit_rows(anchors)
    n = len(rows)
    if n < 2:
        return float("nan")
    total = float(np.sum(rows.sum(axis=0) ** 2))
    return float(np.clip(1 - (total - n) / (n * (n - 1)), 0.0, 2.0))


def style_distance(features: ArrayLike, anchors: ArrayLike) -> NDArray[np.float64]:
    """Root mean square distance of each reply's style from that of the anchors.

    Each feature is measured in standard deviations of the anchors. Features that don't vary among
    them, or aren't defined for two of them, are left out: they have no unit.

    Args:
        features: (n, k) style features, as from `style_features`; NaN where undefined.
        anchors: (a, k) of replies in character, a ≥ 2.

    Returns:
        (n,) in standard deviations, about 1 for a reply in character; NaN where no feature is
        left.

    Raises:
        ValueError: not two-dimensional, of different width, infinite, or fewer than two anchors.
    """
    rows, base = (np.asarray(given, dtype=np.float64) for given in (features, anchors))
    if rows.ndim != 2 or base.ndim != 2 or rows.shape[1] != base.shape[1] or len(base) < 2:
        raise ValueError(
            "Expected features (n, k) and two or more anchors (a, k) but the shapes were "
            f"{rows.shape} and {base.shape}."
        )
    if np.isinf(rows).any() or np.isinf(base).any():
        raise ValueError("Expected features to be finite or NaN but some were infinite.")
    with warnings.catch_warnings():  # a feature that no anchor has gives NaN, as it should
        warnings.simplefilter("ignore", RuntimeWarning)
        centre, unit = np.nanmean(base, axis=0), np.nanstd(base, axis=0, ddof=1)
        kept = unit > 1e-9 * np.maximum(np.abs(centre), 1e-9)
        apart = (rows[:, kept] - centre[kept]) / unit[kept]
        return np.sqrt(np.nanmean(apart**2, axis=1)) if kept.any() else np.full(len(rows), np.nan)
