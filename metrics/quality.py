"""Quality beside diversity: a gate before every figure, and conditions no other one beats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta

from metrics.uncertainty import LEVEL, Estimate


@dataclass(frozen=True)
class Gate:
    """Which answers are good enough to count.

    Attributes:
        passed: (n,) whether an answer counts; unscored ones do not.
        share: of the scored answers that pass, with its exact interval.
        unscored: answers without a score.
        threshold: least quality that passes.
    """

    passed: NDArray[np.bool_]
    share: Estimate
    unscored: int
    threshold: float


def quality_gate(quality: ArrayLike, *, threshold: float) -> Gate:
    """Answers whose quality is at least a threshold.

    Quality is any score with higher for better: mean log-probability, the model's own P(true), a
    reward, or a user's stars.

    Args:
        quality: (n,) scores; NaN where an answer has none.
        threshold: least score that passes.

    Returns:
        The gate; its share is undefined when nothing is scored.

    Raises:
        ValueError: quality is not one-dimensional, or threshold is NaN.

    References:
        Clopper and Pearson 1934 (interval); Shypula et al. 2025 (diversity among answers that
        pass).
    """
    scores = np.asarray(quality, dtype=np.float64)
    if scores.ndim != 1:
        raise ValueError(f"Expected quality to be one-dimensional but had shape {scores.shape}.")
    if np.isnan(threshold):
        raise ValueError("Expected threshold to be a number but it was NaN.")
    passed = scores >= threshold
    scored = int(np.sum(~np.isnan(scores)))
    return Gate(passed, _share(int(passed.sum()), scored), len(scores) - scored, threshold)


def on_frontier(diversity: ArrayLike, quality: ArrayLike) -> NDArray[np.bool_]:
    """Conditions that no other one beats in both diversity and quality.

    A point is dominated when another is at least as high in both and higher in one; equal points
    stand or fall together.

    Args:
        diversity: (conditions,) higher is better; NaN where undefined.
        quality: (conditions,) likewise.

    Returns:
        (conditions,) whether it lies on the frontier; never where either is undefined.

    Raises:
        ValueError: they differ in shape.
    """
    points = np.array([diversity, quality], dtype=np.float64).T
    if points.ndim != 2:
        raise ValueError("Expected one diversity and one quality per condition.")
    known = ~np.isnan(points).any(axis=1)
    no_lower = np.all(points[None, :] >= points[:, None], axis=2)
    higher = np.any(points[None, :] > points[:, None], axis=2)
    return known & ~np.any(no_lower & higher, axis=1)


def _share(passed: int, scored: int) -> Estimate:
    if not scored:
        return Estimate.undefined(0, "No answer has a score.")
    tail = (1 - LEVEL) / 2
    low = beta.ppf(tail, passed, scored - passed + 1) if passed else 0.0
    high = beta.ppf(1 - tail, passed + 1, scored - passed) if passed < scored else 1.0
    return Estimate(passed / scored, float(low), float(high), scored)
