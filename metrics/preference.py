"""How strongly items are preferred: Bradley–Terry, Plackett–Luce and rank centrality.

One likelihood serves pairs, top choices and rankings: an item is chosen from a set with
probability exp(θ_i) / Σ_set exp(θ_j).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.stats import t as student

from metrics.choices import NOBODY, Choices, weighted_counts
from metrics.uncertainty import LEVEL, Estimate

RIDGE = 0.01  # a normal prior of deviation 10 on each θ: keeps one who always wins finite
FLOOR = 10  # raters below which a group is not shown

_STEPS, _CLOSE = 100, 1e-10


@dataclass(frozen=True)
class Strengths:
    """Log-strengths of items, and how sure they are.

    Attributes:
        values: (items,) θ, of mean zero within each part; NaN for an item never compared.
        low: (items,) lower end of the 95 % interval; NaN with one rater.
        high: (items,) upper end.
        parts: (items,) which items are comparable at all: θ of different parts must not be
            compared, as no chain of comparisons joins them. −1 for an item never compared.
        raters: number of raters.
        log_likelihood: of all choices, without the ridge.
    """

    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    parts: NDArray[np.int64]
    raters: int
    log_likelihood: float

    @property
    def connected(self) -> bool:
        """Whether all items that were compared can be compared with one another."""
        return bool(self.parts.max(initial=-1) <= 0)

    def estimate(self, item: int) -> Estimate:
        """One item's θ with its interval; undefined below the floor of raters."""
        if self.raters < FLOOR:
            return Estimate.undefined(self.raters, f"Fewer than {FLOOR} raters.")
        if np.isnan(self.values[item]):
            return Estimate.undefined(self.raters, "It was never compared.")
        ends = float(self.low[item]), float(self.high[item])
        return Estimate(float(self.values[item]), *ends, self.raters)


def luce_strengths(choices: Choices, *, ridge: float = RIDGE) -> Strengths:
    """Bradley–Terry (pairs) or Plackett–Luce (larger sets) strengths with intervals.

    Maximises Σ w log p − ridge/2 Σ θ² by Newton's method. The intervals allow for raters who
    answer alike in all they say: a sandwich with the raters as units, Student's t. With many
    items per rater it is narrow where raters agree with themselves only, so never resample rows.

    Args:
        choices: of one group of raters.
        ridge: ≥ 0; it alone decides where an item always wins or loses.

    Raises:
        ValueError: there are no choices, or ridge is negative.

    References:
        Bradley and Terry 1952; Luce 1959; Plackett 1975; Zermelo 1929.
    """
    if not len(choices.sets):
        raise ValueError("Expected choices but there were none.")
    if ridge < 0:
        raise ValueError(f"Expected ridge ≥ 0 but it was {ridge}.")
    pooled = choices.pooled()
    theta, fit = _newton(pooled, np.zeros(choices.items), ridge)
    parts = comparable_parts(choices)
    centring = _centring(parts)
    values = np.where(parts < 0, np.nan, centring @ theta)
    units, error = _errors(choices, theta, centring @ _inverse(fit.information, ridge))
    half = np.where(parts < 0, np.nan, error * _quantile(units))
    return Strengths(values, values - half, values + half, parts, units, fit.log_likelihood)


def rank_centrality(wins: ArrayLike, *, pseudo: float = 1.0) -> NDArray[np.float64]:
    """Share of time that a walk spends on each item when it moves to what beats where it stands.

    With A = wins + pseudo for every pair, the walk goes from j to i with probability
    A_ij / (A_ij + A_ji) / (n − 1) and else stays.

    Args:
        wins: (n, n) how often the row beat the column; a tie is half a win each way.
        pseudo: wins added each way to every pair; with 0, pairs never compared are not walked.

    Returns:
        (n,) shares that sum to 1.

    Raises:
        ValueError: wins is not square with n ≥ 2, or negative; or pseudo is 0 and some items
            can't be reached from others.

    References:
        Negahban, Oh and Shah 2012; Kirk et al. 2024, PRISM (whose code divides by the wins of
            other pairs for n ≥ 4; here each pair is divided by its own).
    """
    table = np.array(wins, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or len(table) < 2 or (table < 0).any():
        raise ValueError(f"Expected an (n, n) table of wins, n ≥ 2, but it was {table.shape}.")
    table = table + pseudo
    np.fill_diagonal(table, 0)
    both = table + table.T
    moves = np.divide(table, both, out=np.zeros_like(table), where=both > 0) / (len(table) - 1)
    if connected_components(moves > 0, connection="strong")[0] > 1:
        raise ValueError("Expected every item to be reachable from every other; use pseudo > 0.")
    moves += np.diag(1 - moves.sum(axis=0))
    equations = np.vstack([moves - np.eye(len(moves)), np.ones(len(moves))])
    return np.linalg.lstsq(equations, np.append(np.zeros(len(moves)), 1), rcond=None)[0]


def comparable_parts(choices: Choices) -> NDArray[np.int64]:
    """(items,) parts of the graph of comparisons, the largest is 0; −1 for items in no set."""
    sets, n = choices.sets, choices.items
    others = sets[:, 1:]
    there = others != NOBODY
    tails = np.broadcast_to(sets[:, :1], others.shape)[there]
    edges = coo_matrix((np.ones(len(tails)), (tails, others[there])), shape=(n, n))
    labels = connected_components(edges, directed=False)[1]
    seen = np.zeros(n, dtype=bool)
    seen[sets[sets != NOBODY]] = True
    parts = np.full(n, -1, dtype=np.int64)
    sizes = np.bincount(labels[seen], minlength=labels.max(initial=0) + 1)
    rank = np.argsort(np.argsort(-sizes, kind="stable"), kind="stable")
    parts[seen] = rank[labels[seen]]
    return parts


@dataclass(frozen=True)
class _Fit:
    log_likelihood: float
    gradient: NDArray[np.float64]
    information: NDArray[np.float64]


def _newton(
    choices: Choices, theta: NDArray[np.float64], ridge: float
) -> tuple[NDArray[np.float64], _Fit]:
    fit = _at(choices, theta)
    for _ in range(_STEPS):
        step = _inverse(fit.information, ridge) @ (fit.gradient - ridge * theta)
        theta, fit, moved = _uphill(choices, theta, step, fit, ridge)
        if moved < _CLOSE:
            break
    return theta, fit


def _uphill(
    choices: Choices, theta: NDArray[np.float64], step: NDArray[np.float64], fit: _Fit, ridge: float
) -> tuple[NDArray[np.float64], _Fit, float]:
    """The longest of the step, its half, its quarter … that doesn't lead down."""
    here = fit.log_likelihood - ridge / 2 * theta @ theta
    for halving in range(40):
        there = theta + step / 2**halving
        tried = _at(choices, there)
        if tried.log_likelihood - ridge / 2 * there @ there >= here - 1e-12 * abs(here):
            return there, tried, float(np.abs(step).max()) / 2**halving
    return theta, fit, 0.0


def _at(choices: Choices, theta: NDArray[np.float64]) -> _Fit:
    n, chance = choices.items, _probabilities(choices, theta)
    weighted = chance * choices.weights[:, None]
    flat = np.where(choices.sets == NOBODY, n, choices.sets)
    expected = weighted_counts(flat, weighted, n + 1)[:n]
    chosen = weighted_counts(flat[:, 0], choices.weights, n + 1)[:n]
    pairs = (flat[:, :, None] * (n + 1) + flat[:, None, :]).ravel()
    products = (weighted[:, :, None] * chance[:, None, :]).ravel()
    joint = weighted_counts(pairs, products, (n + 1) ** 2)
    joint = joint.reshape(n + 1, n + 1)[:n, :n]
    log_likelihood = float(choices.weights @ np.log(np.maximum(chance[:, 0], 1e-300)))
    return _Fit(log_likelihood, chosen - expected, np.diag(expected) - joint)


def _probabilities(choices: Choices, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """(m, s) chance of each member of each set; 0 where there is nobody."""
    scores = np.append(theta, -np.inf)[choices.sets]
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def _inverse(information: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    damped = information + ridge * np.eye(len(information))
    return np.asarray(np.linalg.pinv(damped, hermitian=True), dtype=np.float64)


def _centring(parts: NDArray[np.int64]) -> NDArray[np.float64]:
    same = (parts[:, None] == parts) & (parts >= 0)
    return np.eye(len(parts)) - same / np.maximum(same.sum(axis=1, keepdims=True), 1)


def _errors(
    choices: Choices, theta: NDArray[np.float64], bread: NDArray[np.float64]
) -> tuple[int, NDArray[np.float64]]:
    """Number of raters, and the standard error of each θ with raters as units."""
    _, who = np.unique(choices.raters, return_inverse=True)
    units = int(who.max()) + 1
    if units < 2:
        return units, np.full(choices.items, np.nan)
    n = choices.items
    residual = -_probabilities(choices, theta)
    residual[:, 0] += 1
    place = who[:, None] * (n + 1) + np.where(choices.sets == NOBODY, n, choices.sets)
    weighted = (residual * choices.weights[:, None]).ravel()
    scores = weighted_counts(place, weighted, units * (n + 1))
    scores = scores.reshape(units, n + 1)[:, :n]
    spread = bread @ (scores.T @ scores) @ bread.T * units / (units - 1)
    return units, np.sqrt(np.maximum(np.diag(spread), 0))


def _quantile(units: int) -> float:
    return float(student.ppf((1 + LEVEL) / 2, max(units - 1, 1)))
