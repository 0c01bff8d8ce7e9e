"""Whom to ask next, and whether that would have paid on these data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.groups.grouping import Grouping
from metrics.budget import Plan, Replay, next_group, optimum_allocation, replay, steadied
from metrics.preference import FLOOR

REPLAYS = 60
PLANS: dict[Plan, str] = {
    "sequential": "Ask who helps most",
    "equal": "Ask all groups equally",
    "proportional": "Ask by size of group",
}


@dataclass(frozen=True, eq=False)
class Asking:
    """Spreads so far, and where the next money goes.

    Attributes:
        names: (groups,).
        values: per group, one value per rater.
        spreads: (groups,) standard deviations, drawn to the pooled one.
        asked: (groups,) raters so far.
        share: (groups,) of a budget, as raters, by optimum allocation.
        following: group to ask next.
    """

    names: tuple[str, ...]
    values: tuple[NDArray[np.float64], ...]
    spreads: NDArray[np.float64]
    asked: NDArray[np.int64]
    share: NDArray[np.float64]
    following: int


def asking_of(
    values: NDArray[np.float64],
    grouping: Grouping,
    *,
    weights: NDArray[np.float64],
    costs: NDArray[np.float64],
    budget: float,
) -> Asking | None:
    """Where money goes; None where a group has fewer than ten raters with a value.

    Args:
        values: (raters,) what is to be known of each group's mean; NaN where unknown.
        grouping: groups.
        weights: (groups,) how much each group's error counts.
        costs: (groups,) of asking one more.
        budget: to be spent.
    """
    parts = [values[grouping.labels == g] for g in range(len(grouping.shown))]
    parts = [part[~np.isnan(part)] for part in parts]
    if min(map(len, parts)) < FLOOR:
        return None
    asked = np.array([len(part) for part in parts])
    raw = np.array([part.std(ddof=1) for part in parts])
    spreads = steadied(raw, asked)
    share = optimum_allocation(weights, spreads, costs, budget=budget)
    following = next_group(asked, weights, raw, costs)
    return Asking(grouping.names, tuple(parts), spreads, asked, share, following)


def replays_of(
    asking: Asking, *, weights: NDArray[np.float64], costs: NDArray[np.float64], budget: float
) -> dict[Plan, Replay]:
    """Each plan followed on the data again and again, from nothing."""
    return {
        plan: replay(
            asking.values, weights, costs, budget=budget, plan=plan,
            rng=np.random.default_rng(0), replays=REPLAYS,
        )
        for plan in PLANS
    }  # fmt: skip


def replay_frame(asking: Asking, found: dict[Plan, Replay]) -> pd.DataFrame:
    """One row per plan: its error, and whom it asked."""
    rows = []
    for plan, one in found.items():
        row = {"plan": PLANS[plan], "error": one.error, "worst group’s error": one.worst_error,
               "spent": one.spent}  # fmt: skip
        named = zip(asking.names, one.asked, strict=True)
        rows.append(row | {f"asked: {name}": float(n) for name, n in named})
    return pd.DataFrame(rows)
