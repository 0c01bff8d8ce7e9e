"""Where groups split: items on which their answers differ by more than chance would make them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from metrics.memberships import adjusted, checked_labels, memberships, one_sided, shuffled
from metrics.preference import FLOOR


@dataclass(frozen=True)
class ItemSplits:
    """How far groups' answers differ, one entry per item.

    Attributes:
        spread: (items,) choice spread in bits, H(Σ w_g P_g) − Σ w_g H(P_g) with w_g a group's part
            of the answers: 0 all groups answer alike, at most log2 of the number of groups.
        by_chance: (items,) mean with labels shuffled; the spread of small groups is never 0.
        p_value: (items,) one-sided against the shuffles.
        q_value: (items,) Benjamini–Hochberg over the items.
        raters: (items,) answers it rests on.
    """

    spread: NDArray[np.float64]
    by_chance: NDArray[np.float64]
    p_value: NDArray[np.float64]
    q_value: NDArray[np.float64]
    raters: NDArray[np.int64]

    @property
    def order(self) -> NDArray[np.int64]:
        """Items from the largest spread beyond chance down; undefined ones last."""
        return np.argsort(-(self.spread - self.by_chance), kind="stable")


@dataclass(frozen=True)
class GroupDistances:
    """Mean Jensen–Shannon divergence between groups over items, in bits; (groups, groups).

    Attributes:
        divergence: 0 alike, 1 never the same answer; NaN where no item has both groups.
        by_chance: its mean with labels shuffled.
        p_value: one-sided against the shuffles.
        q_value: Benjamini–Hochberg over the pairs.
    """

    divergence: NDArray[np.float64]
    by_chance: NDArray[np.float64]
    p_value: NDArray[np.float64]
    q_value: NDArray[np.float64]


@dataclass(frozen=True)
class Predictor:
    """How far an attribute of raters tells their answers.

    Attributes:
        name: of the attribute.
        value: part of the entropy of answers, within items, that it takes away beyond what a
            shuffled attribute of the same sizes does; can be below 0.
        p_value: one-sided against the shuffles.
        q_value: Benjamini–Hochberg over the attributes.
        raters: raters with a value in a group of ten or more.
        hidden: groups with fewer than ten raters, which are left out.
    """

    name: str
    value: float
    p_value: float
    q_value: float
    raters: int
    hidden: tuple[str, ...]


def item_splits(
    answers: ArrayLike, labels: ArrayLike, *, rng: np.random.Generator, resamples: int = 1000
) -> ItemSplits:
    """Choice spread between groups, item by item, against labels shuffled among raters.

    A difference between groups is never shown to be caused by what the groups are called.

    Args:
        answers: (raters, items) codes of what was chosen, any numbers; NaN where nothing was.
        labels: (raters,) group of each from 0; −1 for raters in none.
        rng: shuffles.
        resamples: shuffles.

    Raises:
        ValueError: fewer than two groups, or lengths differ.

    References:
        Lin 1991 (generalised Jensen–Shannon divergence); Benjamini and Hochberg 1995.
    """
    counts, codes, groups = _prepared(answers, labels)
    observed = _spread(_grouped(counts, memberships(codes, groups)))
    chance = np.array(
        [
            _spread(_grouped(counts, moved))
            for moved in shuffled(codes, groups, rng=rng, resamples=resamples)
        ]
    )
    p = one_sided(observed, chance)
    raters = counts[codes >= 0].sum(axis=(0, 2)).astype(np.int64)
    return ItemSplits(observed, _mean(chance), p, adjusted(p), raters)


def group_distances(
    answers: ArrayLike, labels: ArrayLike, *, rng: np.random.Generator, resamples: int = 1000
) -> GroupDistances:
    """Jensen–Shannon divergence of each pair of groups, mean over the items both answered.

    Arguments and Raises as `item_splits`. The divergence is the square of SciPy's distance.
    """
    counts, codes, groups = _prepared(answers, labels)
    observed = _pairwise(_grouped(counts, memberships(codes, groups)))
    chance = np.array(
        [
            _pairwise(_grouped(counts, moved))
            for moved in shuffled(codes, groups, rng=rng, resamples=resamples)
        ]
    )
    p = one_sided(observed, chance)
    above = np.triu_indices(groups, 1)
    q = np.full(p.shape, np.nan)
    q[above] = adjusted(p[above])
    np.fill_diagonal(p, np.nan)
    return GroupDistances(observed, _mean(chance), p, np.where(np.isnan(q), q.T, q))


def what_predicts(
    answers: ArrayLike,
    attributes: Mapping[str, ArrayLike],
    *,
    rng: np.random.Generator,
    resamples: int = 1000,
) -> tuple[Predictor, ...]:
    """Which attribute of raters tells most about their answers, the strongest first.

    Args:
        answers: as in `item_splits`.
        attributes: name → (raters,) values, "" where unknown; values of fewer than ten raters are
            left out and named.
        rng: shuffles.
        resamples: shuffles.

    References:
        Theil 1970 (uncertainty coefficient).
    """
    found = [
        _predictor(answers, name, column, rng, resamples) for name, column in attributes.items()
    ]
    q = adjusted([one.p_value for one in found])
    renewed = [
        Predictor(one.name, one.value, one.p_value, float(value), one.raters, one.hidden)
        for one, value in zip(found, q, strict=True)
    ]
    return tuple(sorted(renewed, key=lambda one: -np.nan_to_num(one.value, nan=-np.inf)))


def groups_of(values: ArrayLike) -> tuple[NDArray[np.int64], tuple[str, ...], tuple[str, ...]]:
    """Labels of groups with ten raters or more; −1 for all others.

    Args:
        values: (raters,) of an attribute; "" where unknown. Cross two by joining their words.

    Returns:
        labels, names of the groups in alphabetical order, names of those hidden as too small.
    """
    words = np.asarray(values).astype(str)
    names, codes, sizes = np.unique(words, return_inverse=True, return_counts=True)
    shown = (sizes >= FLOOR) & (names != "")
    number = np.where(shown, np.cumsum(shown) - 1, -1)
    hidden = tuple(str(name) for name in names[~shown & (names != "")])
    return number[codes].astype(np.int64), tuple(str(name) for name in names[shown]), hidden


def _predictor(
    answers: ArrayLike, name: str, column: ArrayLike, rng: np.random.Generator, resamples: int
) -> Predictor:
    labels, names, hidden = groups_of(column)
    inside = int(np.sum(labels >= 0))
    if len(names) < 2:
        return Predictor(name, np.nan, np.nan, np.nan, inside, hidden)
    counts, codes, groups = _prepared(answers, labels)
    grouped = _grouped(counts, memberships(codes, groups))
    answered = grouped.sum(axis=(1, 2))
    entropy = float(answered @ _entropy(grouped.sum(axis=1)))
    observed = float(answered @ np.nan_to_num(_spread(grouped)))
    chance = np.array(
        [
            answered @ np.nan_to_num(_spread(_grouped(counts, moved)))
            for moved in shuffled(codes, groups, rng=rng, resamples=resamples)
        ]
    )
    value = (observed - chance.mean()) / entropy if entropy > 0 else np.nan
    p = float(one_sided(observed, chance)) if entropy > 0 else np.nan
    return Predictor(name, float(value), p, np.nan, inside, hidden)


def _prepared(
    answers: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64], int]:
    table = np.asarray(answers, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"Expected answers of shape (raters, items) but it was {table.shape}.")
    kinds = np.unique(table[~np.isnan(table)])
    codes, groups = checked_labels(labels, len(table))
    return (table[..., None] == kinds).astype(np.float64), codes, groups


def _grouped(counts: NDArray[np.float64], member: NDArray[np.float64]) -> NDArray[np.float64]:
    """(items, groups, kinds) answers of each kind."""
    raters, items, kinds = counts.shape
    flat = member @ counts.reshape(raters, -1)
    return flat.reshape(len(member), items, kinds).transpose(1, 0, 2)


def _spread(grouped: NDArray[np.float64]) -> NDArray[np.float64]:
    """(items,) bits; NaN where fewer than two groups answered."""
    sizes = grouped.sum(axis=2)
    total = np.maximum(sizes.sum(axis=1), 1)
    mixed = _entropy(grouped.sum(axis=1))
    inside = np.sum(sizes * _entropy(grouped), axis=1) / total
    enough = np.sum(sizes > 0, axis=1) >= 2
    return np.where(enough, np.maximum(mixed - inside, 0), np.nan)


def _pairwise(grouped: NDArray[np.float64]) -> NDArray[np.float64]:
    sizes = grouped.sum(axis=2, keepdims=True)
    shares = np.divide(grouped, sizes, out=np.zeros_like(grouped), where=sizes > 0)
    entropy = _entropy(shares)
    middle = (shares[:, :, None] + shares[:, None]) / 2
    divergence = _entropy(middle) - (entropy[:, :, None] + entropy[:, None]) / 2
    there = sizes[..., 0] > 0
    both = there[:, :, None] & there[:, None]
    count = both.sum(axis=0)
    total = np.sum(np.where(both, np.maximum(divergence, 0), 0), axis=0)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def _entropy(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bits, over the last axis; 0 where there is nothing."""
    total = counts.sum(axis=-1, keepdims=True)
    shares = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    return -np.sum(xlogy(shares, shares), axis=-1) / np.log(2)


def _mean(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    known = ~np.isnan(chance)
    count = known.sum(axis=0)
    total = np.where(known, chance, 0).sum(axis=0)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
