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

    Student's t. Where all raters of a group agree, the interval reaches as far inwards as one
    rater in 1/(1 − 0.05^(1/n)) with the other extreme score could move the mean unseen.

    Args:
        scores: (raters, items); NaN where none was given.
        labels: (raters,) group of each from 0; −1 for raters in none.
        groups: how many there are.
        span: lowest and highest score that can occur; intervals don't leave it.

    Raises:
        ValueError: scores is not two-dimensional, or has another length than labels.

    References:
        Student 1908; Hanley and Lippman-Hand 1983 (rule of three).
    """
    table, codes = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if table.ndim != 2 or len(table) != len(codes):
        raise ValueError(f"Expected scores of {len(codes)} raters but they were {table.shape}.")
    member = memberships(codes, groups)
    n = member @ ~np.isnan(table)
    mean = _ratio(member @ np.nan_to_num(table), n)
    apart = np.nan_to_num(table - np.nan_to_num(mean)[np.maximum(codes, 0)]) ** 2
    error = np.sqrt(_ratio(member @ apart, n - 1) / np.maximum(n, 1))
    half = np.vectorize(lambda e, k: half_width(e, units=int(k)), otypes=[float])(error, n)
    unseen = np.vectorize(lambda k: possible_unseen_share(max(int(k), 1)), otypes=[float])(n)
    low = np.where(error > 0, mean - half, mean - unseen * (mean - span[0]))
    high = np.where(error > 0, mean + half, mean + unseen * (span[1] - mean))
    hidden = n < FLOOR
    low, high = np.clip(low, *span), np.clip(high, *span)
    mean, low, high = (np.where(hidden, np.nan, one) for one in (mean, low, high))
    return GroupMeans(mean, low, high, n.astype(np.int64))


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
