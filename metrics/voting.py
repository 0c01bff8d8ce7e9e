"""Ways of choosing from pairwise majorities: Borda, Copeland, Schulze, lotteries, cycles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

from metrics.uncertainty import Estimate


@dataclass(frozen=True)
class Equilibrium:
    """A mixed strategy in the game where the more preferred answer wins.

    Attributes:
        shares: (items,) probability to play each.
        exploitability: what the best reply wins over an even chance, max_i (Pp)_i − ½; 0 in
            equilibrium. Computed without the KL term.
    """

    shares: NDArray[np.float64]
    exploitability: float


def margins(wins: ArrayLike) -> NDArray[np.float64]:
    """(n, n) votes for the row over the column minus votes against it; ties cancel.

    Raises:
        ValueError: wins is not a square table of finite numbers ≥ 0.
    """
    table = np.asarray(wins, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not len(table):
        raise ValueError(f"Expected an (n, n) table of wins but it was {table.shape}.")
    if not np.isfinite(table).all() or (table < 0).any():
        raise ValueError("Expected wins to be finite and ≥ 0 but some were not.")
    return table - table.T


def condorcet_winner(margin: NDArray[np.float64]) -> int | None:
    """The item that a majority prefers to each other one; None if there is none."""
    beats = (margin > 0).sum(axis=1) == len(margin) - 1
    return int(np.flatnonzero(beats)[0]) if beats.any() else None


def smith_set(margin: NDArray[np.float64]) -> NDArray[np.int64]:
    """Smallest set whose members each beat everything outside it; more than one is a cycle or tie.

    References:
        Smith 1973.
    """
    labels = connected_components(margin >= 0, connection="strong")[1]
    best = int(np.argmax(copeland(margin)))  # always a member
    return np.flatnonzero(labels == labels[best])


def has_cycle(margin: NDArray[np.float64]) -> bool:
    """Whether strict majorities run in a circle among the best: a beats b beats … beats a."""
    if condorcet_winner(margin) is not None:
        return False
    top = smith_set(margin)
    inner = margin[np.ix_(top, top)] > 0
    return connected_components(inner, connection="strong")[0] < len(top)


def cyclic_triads(margin: NDArray[np.float64]) -> float:
    """Number of triples that beat each other in a circle: C(n,3) − Σ C(outdegree, 2).

    Returns:
        NaN where a pair is tied, as the formula needs every pair decided.

    References:
        Kendall and Babington Smith 1940.
    """
    n = len(margin)
    if (margin[~np.eye(n, dtype=bool)] == 0).any():
        return float("nan")
    out = (margin > 0).sum(axis=1)
    return n * (n - 1) * (n - 2) / 6 - float(np.sum(out * (out - 1) / 2))


def borda(margin: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) sum of each item's margins: with complete rankings, twice its Borda count, centred."""
    return margin.sum(axis=1)


def copeland(margin: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) pairs won minus pairs lost."""
    return np.sign(margin).sum(axis=1)


def schulze(wins: ArrayLike) -> NDArray[np.float64]:
    """(n,) minus how many others beat each item by the strongest path, in winning votes.

    A path is as strong as its weakest majority. Those at 0, whom nobody beats, win.

    References:
        Schulze 2011.
    """
    margin = margins(wins)
    path = np.where(margin > 0, np.asarray(wins, dtype=np.float64), 0.0)
    for via in range(len(path)):
        path = np.maximum(path, np.minimum(path[:, via, None], path[via]))
    np.fill_diagonal(path, 0)
    return -(path > path.T).sum(axis=0).astype(np.float64)


def maximal_lottery(margin: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) the lottery that no item beats on average: max v subject to Mᵀp ≥ v, Σp = 1, p ≥ 0.

    Where several do, it is one of them.

    Raises:
        RuntimeError: the linear program was not solved.

    References:
        Fishburn 1984; Brandl, Brandt and Seedig 2016.
    """
    n = len(margin)
    scale = max(float(np.abs(margin).max()), 1e-300)
    solved = linprog(
        np.append(np.zeros(n), -1),
        A_ub=np.column_stack([-margin.T / scale, np.ones(n)]),
        b_ub=np.zeros(n),
        A_eq=np.append(np.ones(n), 0)[None],
        b_eq=[1],
        bounds=[(0, 1)] * n + [(None, None)],
        method="highs",
    )
    if not solved.success:
        raise RuntimeError(f"The lottery was not found: {solved.message}")
    shares = np.maximum(solved.x[:n], 0)
    return shares / shares.sum()


def nash_mirror_prox(
    preference: ArrayLike,
    *,
    beta: float = 0.002,
    rate: float = 1.0,
    steps: int = 20_000,
    reference: ArrayLike | None = None,
) -> Equilibrium:
    """Equilibrium of the preference game, held near a reference by a KL term of weight β.

    prox(q | p) ∝ exp[(η Pq + ηβ ln reference + ln p)/(1 + ηβ)]; each step goes first to
    h = prox(p | p) and then from p to prox(h | p).

    Args:
        preference: (n, n) probability that the row is preferred to the column; P + Pᵀ = 1.
        beta: ≥ 0; with 0 the plain game, which then is approached slowly.
        rate: step η.
        steps: at most; it stops when shares move less than 1e-10.
        reference: (n,) shares; even if not given.

    Raises:
        ValueError: P + Pᵀ is not 1, or beta is negative.

    References:
        Munos et al. 2024; Tiapkin et al. 2025, Nash-MP; Nemirovski 2004.
    """
    table = np.asarray(preference, dtype=np.float64)
    if table.ndim != 2 or not np.allclose(table + table.T, 1, atol=1e-6):
        raise ValueError("Expected probabilities with P + Pᵀ = 1 but they were not.")
    if beta < 0:
        raise ValueError(f"Expected beta ≥ 0 but it was {beta}.")
    even = np.full(len(table), 1 / len(table))
    toward = np.log(even if reference is None else np.asarray(reference, dtype=np.float64))
    shares = even
    for _ in range(steps):
        half = _prox(table @ shares, shares, toward, rate, beta)
        moved = _prox(table @ half, shares, toward, rate, beta)
        done = np.abs(moved - shares).max() < 1e-10
        shares = moved
        if done:
            break
    return Equilibrium(shares, exploitability(table, shares))


def exploitability(preference: ArrayLike, shares: ArrayLike) -> float:
    """What the best reply to these shares wins over an even chance: max_i (Pp)_i − ½, ≥ 0."""
    return float(np.max(np.asarray(preference) @ np.asarray(shares)) - 0.5)


def resampled_share(
    wins_by_rater: ArrayLike,
    holds: Callable[[NDArray[np.float64]], bool],
    *,
    rng: np.random.Generator,
    resamples: int = 1000,
) -> Estimate:
    """How often a property of the margins holds when raters are drawn anew.

    For `has_cycle`: a cycle that stands in fewer than half of the resamples is noise.

    Args:
        wins_by_rater: (raters, n, n) each rater's wins.
        holds: of margins, such as `has_cycle`.
        rng: draws raters.
        resamples: how many times.

    Returns:
        The share, with the Wilson interval of so many resamples; n is the number of raters.
    """
    each = np.asarray(wins_by_rater, dtype=np.float64)
    raters = len(each)
    drawn = rng.multinomial(raters, np.full(raters, 1 / raters), size=resamples)
    totals = np.tensordot(drawn.astype(np.float64), each, axes=1)
    found = sum(holds(total - total.T) for total in totals)
    centre = (found + 1.92) / (resamples + 3.84)
    half = 1.96 * np.sqrt(found * (1 - found / resamples) + 0.96) / (resamples + 3.84)
    low, high = max(centre - half, 0.0), min(centre + half, 1.0)
    return Estimate(found / resamples, low, high, raters)


def _prox(
    payoff: NDArray[np.float64],
    start: NDArray[np.float64],
    toward: NDArray[np.float64],
    rate: float,
    beta: float,
) -> NDArray[np.float64]:
    logs = rate * payoff + rate * beta * toward + np.log(np.maximum(start, 1e-300))
    logs = logs / (1 + rate * beta)
    shares = np.exp(logs - logs.max())
    return shares / shares.sum()
