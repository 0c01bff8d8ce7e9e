"""Do raters agree within their group, and less with others?

Everything rests on a squared distance between answers: for nominal answers half the squared
distance of indicator vectors (0 same, 1 different), for interval ones the squared difference. So
three sums per item say all about a group, and labels can be shuffled thousands of times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.memberships import adjusted, checked_labels, memberships, shuffled, two_sided

Level = Literal["nominal", "interval"]


@dataclass(frozen=True)
class Cohesion:
    """How a group agrees, one row per group.

    Attributes:
        within: (groups,) Krippendorff's α among its members; 1 perfect, 0 as by chance.
        across: (groups,) xRR between its members and all others.
        index: (groups,) within/across (GRASP's group association index); above 1 they agree more
            among themselves. NaN where across ≤ 0: the ratio means nothing there.
        difference: (groups,) within − across, which is always defined.
        p_value: (groups,) two-sided, of the difference, whole raters shuffled between groups.
        q_value: (groups,) Benjamini–Hochberg over the groups.
        sizes: (groups,) raters.
    """

    within: NDArray[np.float64]
    across: NDArray[np.float64]
    index: NDArray[np.float64]
    difference: NDArray[np.float64]
    p_value: NDArray[np.float64]
    q_value: NDArray[np.float64]
    sizes: NDArray[np.int64]


def krippendorff_alpha(answers: ArrayLike, *, level: Level = "nominal") -> float:
    """Agreement beyond chance among all raters: 1 − D_observed / D_expected.

    Args:
        answers: (raters, items); NaN where a rater gave none.
        level: "nominal" counts answers as same or different, "interval" squares their distance.

    Returns:
        At most 1; 0 as by chance; below 0 raters avoid agreeing. NaN if no item has two answers,
        or all answers are the same.

    Raises:
        ValueError: answers is not two-dimensional.

    References:
        Krippendorff 2011.
    """
    return float(_alphas(_sums(_features(answers, level), None))[0])


def cross_agreement(first: ArrayLike, second: ArrayLike, *, level: Level = "nominal") -> float:
    """Agreement beyond chance between raters of one group and raters of another.

    Args:
        first: (raters, items); NaN where a rater gave no answer.
        second: (other raters, the same items).
        level: as in `krippendorff_alpha`.

    Returns:
        κ_x = 1 − d_o/d_e; NaN if no item was answered in both, or chance can't disagree.

    Raises:
        ValueError: not two-dimensional, or different numbers of items.

    References:
        Wong, Paritosh and Aroyo 2021.
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.ndim != 2 or two.ndim != 2 or one.shape[1] != two.shape[1]:
        raise ValueError(f"Expected tables of the same items but {one.shape} and {two.shape}.")
    side = np.repeat([0, 1], [len(one), len(two)])
    sums = _sums(_features(np.concatenate([one, two]), level), memberships(side, 2))
    return float(_crosses(sums[:, :1], sums[:, 1:])[0])


def normalised_cross_agreement(
    first: ArrayLike, second: ArrayLike, *, level: Level = "nominal"
) -> float:
    """Cross-agreement over √(α α) of the two: 1 when they differ no more than each in itself.

    Returns:
        NaN where the product of both α is not positive.
    """
    product = krippendorff_alpha(first, level=level) * krippendorff_alpha(second, level=level)
    return cross_agreement(first, second, level=level) / np.sqrt(product) if product > 0 else np.nan


def cohesion(
    answers: ArrayLike,
    labels: ArrayLike,
    *,
    rng: np.random.Generator,
    level: Level = "nominal",
    resamples: int = 1000,
) -> Cohesion:
    """In-group and cross-group agreement of each group, against labels shuffled among raters.

    Args:
        answers: (raters, items); NaN where a rater gave none.
        labels: (raters,) group of each from 0; −1 for raters in none.
        rng: shuffles.
        level: as in `krippendorff_alpha`.
        resamples: shuffles; 1000 or more for results to be shown.

    Raises:
        ValueError: fewer than two groups, or lengths differ.

    References:
        Prabhakaran et al. 2024, GRASP.
    """
    features = _features(answers, level)
    codes, groups = checked_labels(labels, len(features))
    within, across = _both(features, memberships(codes, groups))
    chance = [
        np.subtract(*_both(features, moved))
        for moved in shuffled(codes, groups, rng=rng, resamples=resamples)
    ]
    difference = within - across
    p = two_sided(difference, np.array(chance))
    index = np.divide(within, across, out=np.full(groups, np.nan), where=across > 0)
    sizes = np.bincount(codes[codes >= 0], minlength=groups)
    return Cohesion(within, across, index, difference, p, adjusted(p), sizes)


def _features(answers: ArrayLike, level: Level) -> NDArray[np.float64]:
    """(raters, items, 2 + d): answered or not, squared length, and the vector of each answer."""
    table = np.asarray(answers, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"Expected answers of shape (raters, items) but it was {table.shape}.")
    there = ~np.isnan(table)
    if level == "interval":
        middle = np.nanmean(table) if there.any() else 0.0  # keeps squares small and exact
        vectors = np.where(there, table - middle, 0)[..., None]
    else:
        kinds = np.unique(table[there])
        vectors = (table[..., None] == kinds) / np.sqrt(2)
    squares = np.sum(vectors**2, axis=2, keepdims=True)
    return np.concatenate([there[..., None], squares, vectors], axis=2)


def _sums(features: NDArray[np.float64], member: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """(items, groups, 2 + d) sums over the raters of each group; all are one if not given."""
    raters, items, width = features.shape
    if member is None:
        member = np.ones((1, raters))
    flat = member @ features.reshape(raters, -1)
    return flat.reshape(len(member), items, width).transpose(1, 0, 2)


def _alphas(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    pairable = sums * (sums[..., :1] >= 2)
    count, square, vector = pairable[..., 0], pairable[..., 1], pairable[..., 2:]
    inside = 2 * (count * square - np.sum(vector**2, axis=-1))
    observed = np.sum(inside / np.maximum(count - 1, 1), axis=0)
    total, everything = count.sum(axis=0), vector.sum(axis=0)
    expected = 2 * (total * square.sum(axis=0) - np.sum(everything**2, axis=-1))
    expected = expected / np.maximum(total - 1, 1)
    return 1 - _ratio(observed, expected)


def _crosses(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    both = (one[..., :1] > 0) & (two[..., :1] > 0)
    one, two = one * both, two * both
    r, s = one[..., 0], two[..., 0]
    between = r * two[..., 1] + s * one[..., 1] - 2 * np.sum(one[..., 2:] * two[..., 2:], axis=-1)
    observed = np.sum((r + s) / np.maximum(r * s, 1) * between, axis=0) / np.maximum(
        np.sum(r + s, axis=0), 1
    )
    all_one, all_two = one.sum(axis=0), two.sum(axis=0)
    count = all_one[..., 0] * all_two[..., 0]
    expected = all_one[..., 0] * all_two[..., 1] + all_two[..., 0] * all_one[..., 1]
    expected = expected - 2 * np.sum(all_one[..., 2:] * all_two[..., 2:], axis=-1)
    return 1 - _ratio(observed, expected / np.maximum(count, 1))


def _both(
    features: NDArray[np.float64], member: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sums = _sums(features, member)
    return _alphas(sums), _crosses(sums, sums.sum(axis=1, keepdims=True) - sums)


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 1e-12)
