"""Mean scores of groups with intervals over raters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.memberships import memberships
from metrics.preference import FLOOR
from metrics.uncertainty import Estimate, half_width, possible_unseen_share


@dataclass(frozen=True)
class GroupMeans:
    """Means of groups, hidden where fewer than ten raters answered.

    Attributes:
        values: (groups, items); NaN below ten raters.
        low: (groups, items) lower end of the 95 % interval.
        high: (groups, items) upper end.
        raters: (groups, items) who answered.
    """

    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    raters: NDArray[np.int64]

    def estimate(self, group: int, item: int) -> Estimate:
        """One mean with its interval, or why it is hidden."""
        n, at = int(self.raters[group, item]), (group, item)
        if n < FLOOR:
            return Estimate.undefined(n, f"Fewer than {FLOOR} raters.")
        return Estimate(float(self.values[at]), float(self.low[at]), float(self.high[at]), n)


def group_means(
    scores: ArrayLike, labels: ArrayLike, *, groups: int, span: tuple[float, float]
) -> GroupMeans:
    """Mean score of each group on each item, raters as units.

    Wilson's interval on the span, with as many raters as a yes-or-no question would need for the
    same error, and Student's t for Wilson's z: near an end of the span it is uneven and doesn't
    leave it. (A plain t interval of 12 yes-or-no answers holds the mean 90 times in 100.) Where all
    raters of a group agree, it reaches as far inwards as one rater in 1/(1 − 0.05^(1/n)) with the
    other extreme score could move the mean unseen.

    Args:
        scores: (raters, items); NaN where none was given.
        labels: (raters,) group of each from 0; −1 for raters in none.
        groups: how many there are.
        span: lowest and highest score that can occur; intervals don't leave it.

    Raises:
        ValueError: scores is not two-dimensional, or has another length than labels.

    References:
        Wilson 1927; Korn and Graubard 1998 (effective numbers); Hanley and Lippman-Hand 1983.
    """
    table, codes = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if table.ndim != 2 or len(table) != len(codes):
        raise ValueError(f"Expected scores of {len(codes)} raters but they were {table.shape}.")
    member = memberships(codes, groups)
    n = member @ ~np.isnan(table)
    mean = _ratio(member @ np.nan_to_num(table), n)
    apart = np.nan_to_num(table - np.nan_to_num(mean)[np.maximum(codes, 0)]) ** 2
    error = np.sqrt(_ratio(member @ apart, n - 1) / np.maximum(n, 1))
    t = np.vectorize(lambda k: half_width(1.0, units=int(k)), otypes=[float])(n)
    unseen = np.vectorize(lambda k: possible_unseen_share(max(int(k), 1)), otypes=[float])(n)
    low, high = _wilson(mean, error, t, span)
    low = np.where(error > 0, low, mean - unseen * (mean - span[0]))
    high = np.where(error > 0, high, mean + unseen * (span[1] - mean))
    hidden = n < FLOOR
    mean, low, high = (np.where(hidden, np.nan, one) for one in (mean, low, high))
    return GroupMeans(mean, low, high, n.astype(np.int64))


def _wilson(
    mean: NDArray[np.float64],
    error: NDArray[np.float64],
    t: NDArray[np.float64],
    span: tuple[float, float],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both ends; where a score lies outside the span, the span is widened to the mean."""
    width = max(span[1] - span[0], 1e-12)
    share = np.clip((mean - span[0]) / width, 0, 1)
    # 1/n for the n of yes-or-no answers with this error.
    each = _ratio((error / width) ** 2, share * (1 - share))
    shrink = 1 + t**2 * each
    centre = (share + t**2 * each / 2) / shrink
    half = t / shrink * np.sqrt(share * (1 - share) * each + (t * each) ** 2 / 4)
    return span[0] + width * (centre - half), span[0] + width * (centre + half)


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
