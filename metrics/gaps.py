"""Differences between two groups' scores, with raters and items both as samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from metrics.crossed_effects import MOST_LEVELS, crossed_fit
from metrics.preference import FLOOR
from metrics.uncertainty import LEVEL, Difference

MOST_ROWS = 20_000  # a mixed model with crossed effects takes long beyond it


def score_gap(
    scores: ArrayLike, in_first: ArrayLike, *, rng: np.random.Generator, resamples: int = 1000
) -> Difference:
    """Mean score of one group minus that of the other, over items that both scored.

    The mean is taken per item first, so that a group that happened to see better items gains
    nothing. The interval resamples raters within each group, then items; rows never. Where the
    items are all there are, and not a sample, it is wider than need be.

    Args:
        scores: (raters, items); NaN where a rater gave none.
        in_first: (raters,) 1 first group, 0 second, −1 neither.
        rng: draws raters and items.
        resamples: how many times.

    Returns:
        NaN with a reason below ten raters in a group, or without an item that both scored.

    References:
        Owen 2007 (pigeonhole bootstrap).
    """
    table, side = np.asarray(scores, dtype=np.float64), np.asarray(in_first, dtype=np.int64)
    groups = [table[side == 1], table[side == 0]]
    n = min(len(group) for group in groups)
    if n < FLOOR:
        return _undefined(n, f"Fewer than {FLOOR} raters in a group.")
    first, second = (_item_sums(group, np.ones(len(group))) for group in groups)
    value = _gap(first, second, None)
    if np.isnan(value):
        return _undefined(n, "No item was scored by both groups.")
    drawn = np.array([_resampled(groups, rng) for _ in range(resamples)])
    error = float(np.nanstd(drawn, ddof=1))
    half = error * float(norm.ppf((1 + LEVEL) / 2))
    p = float(2 * norm.sf(abs(value) / error)) if error > 0 else float(value == 0)
    return Difference(value, value - half, value + half, n, p)


def mixed_gap(
    scores: ArrayLike, raters: ArrayLike, items: ArrayLike, in_first: ArrayLike
) -> Difference:
    """The same difference from a mixed model: score ~ group + (1 | rater) + (1 | item).

    Args:
        scores: (m,) finite.
        raters: (m,) who gave each.
        items: (m,) what was scored.
        in_first: (m,) 1 where the rater is of the first group, 0 of the second.

    Returns:
        The group's coefficient with a Wald interval; n is the smaller group's raters. NaN with a
        reason below ten raters in a group, above 20,000 rows, or where the fit did not converge.

    References:
        Baayen, Davidson and Bates 2008; Henderson 1975.
    """
    frame = pd.DataFrame(
        {"score": scores, "rater": raters, "item": items, "first": in_first, "all": 1}
    )
    n = int(frame.groupby("first")["rater"].nunique().min())
    if frame["first"].nunique() < 2 or n < FLOOR:
        return _undefined(n, f"Fewer than {FLOOR} raters in a group.")
    if len(frame) > MOST_ROWS:
        return _undefined(n, f"More than {MOST_ROWS:,} rows: use the resampled gap.")
    return _fitted(frame, n)


def _fitted(frame: pd.DataFrame, n: int) -> Difference:
    columns = np.stack([np.ones(len(frame)), frame["first"].to_numpy(np.float64)], axis=1)
    if min(frame["rater"].nunique(), frame["item"].nunique()) > MOST_LEVELS:
        return _undefined(n, f"More than {MOST_LEVELS} raters and items: use the resampled gap.")
    fit = crossed_fit(frame["score"], columns, frame["rater"], frame["item"])
    value, error = float(fit.effects[1]), float(fit.errors[1])
    if not fit.converged or not np.isfinite(error):
        return _undefined(n, "The mixed model did not converge.")
    half = error * float(norm.ppf((1 + LEVEL) / 2))
    p = float(2 * norm.sf(abs(value) / error)) if error > 0 else float(value == 0)
    return Difference(value, value - half, value + half, n, p)


def _resampled(groups: list[NDArray[np.float64]], rng: np.random.Generator) -> float:
    first, second = (_item_sums(group, _drawn(len(group), rng)) for group in groups)
    return _gap(first, second, _drawn(groups[0].shape[1], rng))


def _drawn(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(n,) how often each is drawn."""
    return rng.multinomial(n, np.full(n, 1 / n)).astype(np.float64)


def _item_sums(group: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, items) sum and number of scores of each item."""
    return np.stack([times @ np.nan_to_num(group), times @ ~np.isnan(group)])


def _gap(
    first: NDArray[np.float64], second: NDArray[np.float64], times: NDArray[np.float64] | None
) -> float:
    both = (first[1] > 0) & (second[1] > 0)
    weights = both if times is None else both * times
    if not weights.sum():
        return float("nan")
    means = [one[0] / np.maximum(one[1], 1) for one in (first, second)]
    return float(np.sum(weights * (means[0] - means[1])) / weights.sum())


def _undefined(n: int, reason: str) -> Difference:
    return Difference(np.nan, np.nan, np.nan, n, np.nan, reason)
