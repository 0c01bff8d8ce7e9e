"""Who gains and who loses under each way of deciding for groups of people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.preference import FLOOR
from metrics.uncertainty import LEVEL, Estimate

LOW_PERCENTILE = 20

_BLOCK = 2_000_000  # people drawn at once


@dataclass(frozen=True)
class Outcome:
    """What one choice means for people.

    Attributes:
        choice: item chosen.
        total: weighted mean over groups of their mean utility.
        worst: mean utility of the group that fares worst.
        low_percentile: 20th percentile over people; of groups it would be little but the minimum.
        gini: inequality over people, 0 all alike.
        gains: by group, mean gain of its people against the default choice.
        losing: by group, part of its people who would be better off with the default.
    """

    choice: int
    total: Estimate
    worst: Estimate
    low_percentile: Estimate
    gini: Estimate
    gains: tuple[Estimate, ...]
    losing: tuple[Estimate, ...]


def utilitarian(utilities: ArrayLike, weights: ArrayLike | None = None) -> NDArray[np.float64]:
    """(items,) weighted mean utility over groups.

    Args:
        utilities: (groups, items), finite.
        weights: (groups,) ≥ 0, their sum > 0; even if not given.
    """
    table, w = _weighted(utilities, weights)
    return w @ table


def maximin(utilities: ArrayLike) -> NDArray[np.float64]:
    """(items,) utility of the group that fares worst (Rawls 1971)."""
    return _weighted(utilities, None)[0].min(axis=0)


def leximin_order(utilities: ArrayLike) -> NDArray[np.int64]:
    """Items from best to worst: by the worst-off group, ties by the second worst, and so on.

    Args:
        utilities: (groups, items).

    Returns:
        (items,) items in order; equal ones in their own order.

    References:
        Sen 1970.
    """
    ordered = np.sort(_weighted(utilities, None)[0], axis=0)
    return np.lexsort(-ordered[::-1])


def nash_product(
    utilities: ArrayLike, *, floor: ArrayLike | float, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """(items,) Σ w log(U − d): the logarithm of the weighted product of gains over d.

    Args:
        utilities: (groups, items).
        floor: d, for all groups or each; −∞ for items where a group gets no more than that.
        weights: as in `utilitarian`.

    References:
        Nash 1950; Kaneko and Nakamura 1979.
    """
    table, w = _weighted(utilities, weights)
    gains = table - np.broadcast_to(np.asarray(floor, dtype=np.float64), (len(table),))[:, None]
    logs = np.log(gains, out=np.full(gains.shape, -np.inf), where=gains > 0)
    return np.sum(np.where(w[:, None] > 0, w[:, None] * logs, 0), axis=0)


def atkinson(
    utilities: ArrayLike, *, aversion: float, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """(items,) the equal utility that would be as good: (Σ w U^(1−ε))^(1/(1−ε)).

    ε slides from 0, the mean, over 1, the geometric mean, to ∞, the worst-off group.

    Args:
        utilities: (groups, items), each ≥ 0.
        aversion: ε ≥ 0, or infinite.
        weights: as in `utilitarian`; a group of weight 0 does not count even at ∞.

    Raises:
        ValueError: a utility or the aversion is negative.

    References:
        Atkinson 1970.
    """
    table, w = _weighted(utilities, weights)
    if (table < 0).any() or aversion < 0:
        raise ValueError("Expected utilities and aversion ≥ 0 but some were negative.")
    table, w = table[w > 0], w[w > 0]
    least, power = table.min(axis=0), 1 - aversion
    if np.isinf(aversion):
        return least
    logs = np.log(table, out=np.full(table.shape, -np.inf), where=table > 0)
    if abs(power) < 1e-9:
        return np.exp(np.sum(w[:, None] * logs, axis=0))
    if power < 0:  # U / min U ≥ 1 keeps the powers small; a zero makes all of it zero
        scaled = np.divide(table, least, out=np.ones_like(table), where=least > 0)
        return least * (w @ scaled**power) ** (1 / power)
    return (w @ table**power) ** (1 / power)


def gini(values: ArrayLike) -> float:
    """Inequality: Σ_k (2k − n − 1) x_(k) / (n Σ x); 0 all alike, near 1 one has everything.

    Args:
        values: (n,) each ≥ 0.

    Returns:
        NaN if there are none or all are 0.

    Raises:
        ValueError: a value is negative.

    References:
        Gini 1912; Sen 1973.
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    if (x < 0).any():
        raise ValueError("Expected values ≥ 0 for a Gini coefficient but some were negative.")
    return float(_gini(x[None])[0])


def outcome(
    utilities: ArrayLike,
    labels: ArrayLike,
    *,
    choice: int,
    default: int,
    rng: np.random.Generator,
    weights: ArrayLike | None = None,
    resamples: int = 1000,
) -> Outcome:
    """What a choice means for people and groups, against a default; intervals resample people.

    People are drawn anew within their groups, the choice stays: the intervals do not speak of
    whether another sample would have chosen otherwise (`seat_of_power` does).

    Args:
        utilities: (people, items) ≥ 0; NaN where unknown, and such people are left out of figures
            that need the item.
        labels: (people,) group of each from 0.
        choice: item.
        default: item it is held against.
        rng: draws people.
        weights: (groups,) as in `utilitarian`.
        resamples: how many times.

    Raises:
        ValueError: lengths differ, or a group has nobody.
    """
    table, groups = np.asarray(utilities, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    sizes = np.bincount(groups[groups >= 0])
    if len(groups) != len(table) or not len(sizes) or not sizes.all():
        raise ValueError("Expected one label per person, and somebody in every group.")
    pairs = [table[groups == g][:, [choice, default]] for g in range(len(sizes))]
    pairs = [rows[~np.isnan(rows).any(axis=1)] for rows in pairs]
    w = _weighted(np.zeros((len(sizes), 1)), weights)[1]
    value = _figures([rows[None] for rows in pairs], w)[0]
    drawn = (
        np.tile(value, (resamples, 1))
        if not all(map(len, pairs))
        else _drawn(pairs, w, rng, resamples)
    )
    people, g = sum(len(rows) for rows in pairs), len(pairs)
    counts = [people, min(len(rows) for rows in pairs), people, people]
    counts += [len(rows) for rows in pairs] * 2
    made = [_estimate(*one) for one in zip(value, np.transpose(drawn), counts, strict=True)]
    return Outcome(
        choice, made[0], made[1], made[2], made[3], tuple(made[4 : 4 + g]), tuple(made[4 + g :])
    )


def best_of_n(rewards: ArrayLike, *, weights: ArrayLike | None = None, worst: bool = False) -> int:
    """Which of n answers to show: the largest weighted, or the largest least, reward of groups.

    Rewards are standardised within the prompt first, as groups' reward scales don't compare; a
    group whose rewards are all the same has no say.

    Args:
        rewards: (groups, n) of the answers to one prompt.
        weights: as in `utilitarian`; not used with `worst`.
        worst: maximise the least reward.

    References:
        Chakraborty et al. 2024, MaxMin-RLHF.
    """
    table, w = _weighted(rewards, weights)
    spread = table.std(axis=1, keepdims=True)
    centred = table - table.mean(axis=1, keepdims=True)
    z = np.divide(centred, spread, out=np.zeros_like(table), where=spread > 1e-12)
    said = z[spread[:, 0] > 1e-12] if worst and (spread > 1e-12).any() else z
    return int(np.argmax(said.min(axis=0) if worst else w @ z))


def _weighted(
    utilities: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    table = np.asarray(utilities, dtype=np.float64)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise ValueError(f"Expected finite utilities (groups, items) but it was {table.shape}.")
    w = np.ones(len(table)) if weights is None else np.asarray(weights, dtype=np.float64)
    if len(w) != len(table) or (w < 0).any() or w.sum() <= 0:
        raise ValueError(f"Expected {len(table)} weights ≥ 0, not all of them 0.")
    return table, w / w.sum()


def _drawn(
    pairs: list[NDArray[np.float64]], w: NDArray[np.float64], rng: np.random.Generator, times: int
) -> NDArray[np.float64]:
    """(times, figures) with people drawn anew within their groups, a block at a time."""
    block = max(int(_BLOCK / sum(len(rows) for rows in pairs)), 1)
    found = []
    for start in range(0, times, block):
        count = min(block, times - start)
        drawn = [rows[rng.integers(len(rows), size=(count, len(rows)))] for rows in pairs]
        found.append(_figures(drawn, w))
    return np.concatenate(found)


def _figures(pairs: list[NDArray[np.float64]], w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Total, worst, percentile, Gini, gains by group, losers by group.

    Args:
        pairs: per group, (samples, people, 2) utilities under the choice and under the default.
        w: (groups,) weights.

    Returns:
        (samples, figures).
    """
    if not all(rows.shape[1] for rows in pairs):
        return np.full((len(pairs[0]), 4 + 2 * len(pairs)), np.nan)
    means = np.stack([rows[..., 0].mean(axis=1) for rows in pairs])
    everyone = np.sort(np.concatenate([rows[..., 0] for rows in pairs], axis=1), axis=1)
    gains = [np.mean(rows[..., 0] - rows[..., 1], axis=1) for rows in pairs]
    losing = [np.mean(rows[..., 0] < rows[..., 1], axis=1) for rows in pairs]
    low = np.percentile(everyone, LOW_PERCENTILE, axis=1)
    return np.stack([w @ means, means.min(axis=0), low, _gini(everyone), *gains, *losing], axis=1)


def _gini(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each row of ascending values; NaN where all are 0."""
    n, total = ordered.shape[1], ordered.sum(axis=1)
    rank = ordered @ (2 * np.arange(1, n + 1) - n - 1.0)
    return np.divide(rank, n * total, out=np.full(len(ordered), np.nan), where=total > 0)


def _estimate(value: float, drawn: NDArray[np.float64], n: int) -> Estimate:
    if n < FLOOR:
        return Estimate.undefined(n, f"Fewer than {FLOOR} people.")
    if np.isnan(value):
        return Estimate.undefined(n, "Everybody has 0.")
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(drawn, [tail, 100 - tail])
    return Estimate(float(value), float(low), float(high), n)
