"""Whom to ask next, when raters cost money and groups differ in size and in how much they vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.uncertainty import half_width

SEED = 5  # raters of each group asked before spreads are believed
PRIOR = 10  # raters' worth of trust in the pooled spread: few alike ones must not end the asking

Plan = Literal["sequential", "equal", "proportional"]


@dataclass(frozen=True)
class Replay:
    """A plan followed on full data, where the truth is known.

    Attributes:
        spent: cost of all raters asked.
        asked: (groups,) raters asked of each.
        error: root of the weighted mean squared error of the groups' means over the replays.
        worst_error: largest root mean squared error of any group's mean.
    """

    spent: float
    asked: NDArray[np.float64]
    error: float
    worst_error: float


def optimum_allocation(
    weights: ArrayLike, spreads: ArrayLike, costs: ArrayLike, *, budget: float
) -> NDArray[np.float64]:
    """Raters per group that make groups' means most precise for the money.

    n_g ∝ s_g √(w_g / c_g) with Σ c_g n_g = budget minimises Σ w_g s_g² / n_g, the weighted squared
    error of the groups' means. For the error of one mean Σ v_g x̄_g of all, give w_g = v_g².

    Args:
        weights: (groups,) ≥ 0, how much the error of each group counts; need not sum to 1.
        spreads: (groups,) standard deviations between raters, ≥ 0.
        costs: (groups,) of one rater, > 0.
        budget: > 0.

    Returns:
        (groups,) not rounded.

    Raises:
        ValueError: lengths differ, or numbers are out of range.

    References:
        Neyman 1934; Cochran 1977.
    """
    w, s, c = _checked(weights, spreads, costs)
    if budget <= 0:
        raise ValueError(f"Expected a budget > 0 but it was {budget}.")
    pull = s * np.sqrt(w / c)
    if not pull.any():
        pull = np.sqrt(w / c)
    return budget * pull / (c @ pull)


def next_group(
    asked: ArrayLike,
    weights: ArrayLike,
    spreads: ArrayLike,
    costs: ArrayLike,
    *,
    worst: bool = False,
) -> int:
    """The group whose next rater helps most for the money.

    Its weighted squared error falls by w s² / (n(n + 1)) with one rater more, for the cost c.
    Groups with fewer than five raters come first, the smallest first.

    Args:
        asked: (groups,) raters so far.
        weights: as in `optimum_allocation`.
        spreads: (groups,) standard deviations so far, `steadied` first; NaN where unknown.
        costs: as in `optimum_allocation`.
        worst: instead take the group whose interval is widest, so that none stays unknown.

    Raises:
        ValueError: as `optimum_allocation`.
    """
    n = np.asarray(asked, dtype=np.float64)
    w, s, c = _checked(weights, steadied(spreads, n), costs)
    if n.min() < SEED:
        return int(np.argmin(n))
    if worst:
        return int(
            np.argmax(
                [half_width(one, units=int(k)) for one, k in zip(s / np.sqrt(n), n, strict=True)]
            )
        )
    return int(np.argmax(w * s**2 / (c * n * (n + 1))))


def steadied(spreads: ArrayLike, asked: ArrayLike) -> NDArray[np.float64]:
    """Spreads drawn to their pooled value, as if ten raters more had shown that.

    s² ← (10 s²_pooled + (n − 1) s²)/(10 + n − 1). Without it a group whose first five happen to
    agree is hardly asked again, and its error stays.

    Args:
        spreads: (groups,) standard deviations; NaN where unknown.
        asked: (groups,) raters each rests on.

    Returns:
        (groups,) 1 everywhere if none is known.
    """
    s, n = np.asarray(spreads, dtype=np.float64), np.asarray(asked, dtype=np.float64)
    trust = np.where(np.isfinite(s), np.maximum(n - 1, 0), 0)
    squares = np.where(np.isfinite(s), s, 0) ** 2
    if not (trust @ squares) > 0:
        return np.ones(len(s))
    pooled = trust @ squares / trust.sum()
    return np.sqrt((PRIOR * pooled + trust * squares) / (PRIOR + trust))


def replay(
    values: Sequence[ArrayLike],
    weights: ArrayLike,
    costs: ArrayLike,
    *,
    budget: float,
    plan: Plan,
    rng: np.random.Generator,
    replays: int = 200,
) -> Replay:
    """Follow a plan on full data again and again, and see how far off it ends.

    Args:
        values: per group, one value per rater; raters are drawn without replacement.
        weights: (groups,) as in `optimum_allocation`.
        costs: (groups,) likewise.
        budget: > 0.
        plan: "sequential" asks `next_group` each time, from the spreads seen so far; "equal" asks
            groups in turn; "proportional" keeps to their weights.
        rng: shuffles raters.
        replays: how many times.

    Raises:
        ValueError: as `optimum_allocation`, or a group has nobody.
    """
    full = [np.asarray(group, dtype=np.float64) for group in values]
    w, _, c = _checked(weights, np.ones(len(full)), costs)
    if not all(len(group) for group in full):
        raise ValueError("Expected somebody in every group.")
    truth = np.array([group.mean() for group in full])
    means, asked = [], []
    for _ in range(replays):
        order = [rng.permutation(group) for group in full]
        n = _asked(order, w, c, budget, plan)
        asked.append(n)
        means.append([row[:k].mean() if k else np.nan for row, k in zip(order, n, strict=True)])
    error = np.array(means) - truth
    share = w / w.sum()
    return Replay(
        float(np.mean(np.array(asked) @ c)),
        np.mean(asked, axis=0),
        float(np.sqrt(np.nanmean(error**2, axis=0) @ share)),
        float(np.sqrt(np.nanmean(error**2, axis=0)).max()),
    )


def _asked(
    order: list[NDArray[np.float64]],
    w: NDArray[np.float64],
    c: NDArray[np.float64],
    budget: float,
    plan: Plan,
) -> NDArray[np.int64]:
    sizes = np.array([len(row) for row in order])
    spreads = [_running_spreads(row) for row in order] if plan == "sequential" else []
    n, left = np.zeros(len(order), dtype=np.int64), budget
    while True:
        open_to = np.flatnonzero((n < sizes) & (c <= left))
        if not len(open_to):
            return n
        if plan == "sequential":
            so_far = [spreads[g][n[g]] for g in open_to]
            at = next_group(n[open_to], w[open_to], so_far, c[open_to])
        else:
            share = w[open_to] if plan == "proportional" else np.ones(len(open_to))
            at = int(np.argmin((n[open_to] + 1) / np.maximum(share, 1e-12)))
        n[open_to[at]] += 1
        left -= c[open_to[at]]


def _running_spreads(row: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n + 1,) standard deviation of the first 0, 1, … n values; NaN below two."""
    centred = row - row.mean()
    count = np.arange(1, len(row) + 1)
    total, squares = np.cumsum(centred), np.cumsum(centred**2)
    variance = np.maximum(squares - total**2 / count, 0) / np.maximum(count - 1, 1)
    return np.concatenate([[np.nan], np.where(count > 1, np.sqrt(variance), np.nan)])


def _checked(
    weights: ArrayLike, spreads: ArrayLike, costs: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    w, s, c = (np.asarray(one, dtype=np.float64) for one in (weights, spreads, costs))
    if not len(w) == len(s) == len(c) or not len(w):
        raise ValueError("Expected as many weights as spreads and costs.")
    if (w < 0).any() or not w.any() or (s < 0).any() or (c <= 0).any():
        raise ValueError("Expected weights and spreads ≥ 0 and costs > 0.")
    return w, s, c
