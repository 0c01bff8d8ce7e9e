"""Groups that negotiate which items to take within a budget: proposals, vetoes and a mediator.

Inspired by negotiative alignment, whose procedure is not published: this is a stand-in, and says so
wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

ROUNDS = 20
FALLBACK = -0.1  # d: a little below having nothing, so that a group with nothing has a logarithm
_SAME = 1e-12  # gains below it are rounding
_TIE = 1e-6  # what the whole total counts beside the worst-off group


@dataclass(frozen=True)
class Move:
    """An item that comes in, perhaps for one that goes.

    Attributes:
        added: item.
        removed: item, or −1 for none.
        vetoed_by: groups that would fall below their floor.
    """

    added: int
    removed: int
    vetoed_by: tuple[int, ...]


@dataclass(frozen=True)
class Round:
    """One round.

    Attributes:
        proposer: the group that was worst off.
        proposals: its moves, the one with the largest own gain per cost first.
        accepted: the move that the mediator took; None where none was left that helps.
        utilities: (groups,) after the round.
    """

    proposer: int
    proposals: tuple[Move, ...]
    accepted: Move | None
    utilities: NDArray[np.float64]


@dataclass(frozen=True)
class Negotiation:
    """What was agreed, and how.

    Attributes:
        start: items of the best affordable total.
        start_utilities: (groups,) what they give each group.
        chosen: items in the end.
        utilities: (groups,) likewise.
        floors: (groups,) below which each group vetoes.
        rounds: in order; the last accepted nothing, unless there were as many as allowed.
    """

    start: tuple[int, ...]
    start_utilities: NDArray[np.float64]
    chosen: tuple[int, ...]
    utilities: NDArray[np.float64]
    floors: NDArray[np.float64]
    rounds: tuple[Round, ...]


def negotiate(
    utilities: ArrayLike,
    costs: ArrayLike,
    *,
    budget: float,
    concession: float = 0.0,
    proposals: int = 3,
    rounds: int = ROUNDS,
) -> Negotiation:
    """Start from the best affordable total, and let the worst-off group ask for changes.

    Each round the group with the least utility proposes the moves (one item in, or one in for one
    out) that fit the budget and give it most per cost of what comes in. A group vetoes a move that
    takes it more than the concession below where it started. Of what is left, the mediator takes
    the move with the largest Σ log(U − d), d being a little below having nothing, if it is larger
    than before; so it ends. A group's utility is the sum over the items taken.

    Args:
        utilities: (groups, items) from 0 to 1.
        costs: (items,) above 0.
        budget: most that may be spent.
        concession: ≥ 0, what every group is ready to lose.
        proposals: ≥ 1 moves that are proposed in a round.
        rounds: ≥ 1 at most.

    Raises:
        ValueError: shapes differ, or a value is outside of what is said above.

    References:
        Inspired by Negotiative Alignment 2025 (arXiv 2503.12613); the mediator's aim is Nash 1950.
    """
    table, prices = _checked(utilities, costs, concession, proposals, rounds)
    taken = _best_total(table, prices, budget)
    start, first = tuple(np.flatnonzero(taken).tolist()), table @ taken
    floors = first - concession
    told: list[Round] = []
    while len(told) < rounds and (not told or told[-1].accepted is not None):
        now = table @ taken
        proposer = int(np.argmin(now))
        ranked = _ranked(table[proposer], prices, taken, budget)[:proposals]
        moves = tuple(_judged(move, table, taken, floors) for move in ranked)
        after = [table @ _moved(taken, move) for move in moves]
        open_ = [i for i, move in enumerate(moves) if not move.vetoed_by]
        best = max(open_, key=lambda i: _worth(after[i]), default=None)
        if best is None or _worth(after[best]) <= _worth(now) + _SAME:
            told.append(Round(proposer, moves, None, now))
        else:
            taken = _moved(taken, moves[best])
            told.append(Round(proposer, moves, moves[best], after[best]))
    chosen = tuple(np.flatnonzero(taken).tolist())
    return Negotiation(start, first, chosen, table @ taken, floors, tuple(told))


def best_package(
    utilities: ArrayLike, costs: ArrayLike, *, budget: float, worst: bool = False
) -> tuple[int, ...]:
    """Items of the largest affordable total over groups, or of the largest least utility; exact.

    Args:
        utilities: as in `negotiate`.
        costs: likewise.
        budget: most that may be spent.
        worst: look at the group that fares worst, ties by the total.

    Raises:
        ValueError: as in `negotiate`.
    """
    table, prices = _checked(utilities, costs, 0.0, 1, 1)
    best = _best_worst if worst else _best_total
    return tuple(np.flatnonzero(best(table, prices, budget)).tolist())


def _worth(utilities: NDArray[np.float64]) -> float:
    """The mediator's aim."""
    return float(np.log(utilities - FALLBACK).sum())


def _best_total(
    table: NDArray[np.float64], prices: NDArray[np.float64], budget: float
) -> NDArray[np.float64]:
    """(items,) 1 for those of the largest affordable total, exactly."""
    n = len(prices)
    found = milp(
        -table.sum(axis=0),
        constraints=LinearConstraint(prices[None], -np.inf, budget),
        integrality=np.ones(n),
        bounds=Bounds(0, 1),
    )
    return np.round(found.x)


def _best_worst(
    table: NDArray[np.float64], prices: NDArray[np.float64], budget: float
) -> NDArray[np.float64]:
    """(items,) 1 for those that leave the worst-off group most; a last variable is its utility."""
    groups, n = table.shape
    spent = LinearConstraint(np.append(prices, 0.0)[None], -np.inf, budget)
    above = LinearConstraint(np.hstack([table, -np.ones((groups, 1))]), 0, np.inf)
    least = np.append(-_TIE * table.sum(axis=0) / max(table.sum(), 1.0), -1.0)
    found = milp(
        least,
        constraints=[spent, above],
        integrality=np.append(np.ones(n), 0),
        bounds=Bounds(0, np.append(np.ones(n), np.inf)),
    )
    return np.round(found.x[:n])


def _ranked(
    own: NDArray[np.float64],
    prices: NDArray[np.float64],
    taken: NDArray[np.float64],
    budget: float,
) -> list[Move]:
    """Moves that fit and help the proposer, the largest gain per cost first."""
    left = budget - float(prices @ taken)
    found = [
        ((own[i] - (own[j] if j >= 0 else 0.0)) / prices[i], i, j)
        for i, j in _possible(taken)
        if prices[i] - (prices[j] if j >= 0 else 0.0) <= left + _SAME
    ]
    ordered = sorted(found, key=lambda each: (-each[0], each[1], each[2]))
    return [Move(i, j, ()) for gain, i, j in ordered if gain > _SAME]


def _possible(taken: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    inside, outside = np.flatnonzero(taken), np.flatnonzero(taken == 0)
    for i in outside.tolist():
        yield i, -1
        yield from ((i, j) for j in inside.tolist())


def _moved(taken: NDArray[np.float64], move: Move) -> NDArray[np.float64]:
    after = taken.copy()
    after[move.added] = 1.0
    if move.removed >= 0:
        after[move.removed] = 0.0
    return after


def _judged(
    move: Move,
    table: NDArray[np.float64],
    taken: NDArray[np.float64],
    floors: NDArray[np.float64],
) -> Move:
    against = np.flatnonzero(table @ _moved(taken, move) < floors - _SAME)
    return Move(move.added, move.removed, tuple(against.tolist()))


def _checked(
    utilities: ArrayLike, costs: ArrayLike, concession: float, proposals: int, rounds: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    table = np.asarray(utilities, dtype=np.float64)
    prices = np.asarray(costs, dtype=np.float64)
    if table.ndim != 2 or not table.size or prices.shape != table.shape[1:]:
        raise ValueError(
            f"Expected (groups, items) and (items,) but it was {table.shape} and {prices.shape}."
        )
    if not ((table >= 0).all() and (table <= 1).all()):
        raise ValueError("Expected utilities from 0 to 1.")
    if not (np.isfinite(prices).all() and (prices > 0).all()):
        raise ValueError("Expected costs above 0.")
    if concession < 0 or proposals < 1 or rounds < 1:
        raise ValueError("Expected concession ≥ 0, and one proposal and one round or more.")
    return table, prices
