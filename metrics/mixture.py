"""Mixtures of choice models by soft EM, many random starts at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

from metrics.choices import NOBODY, Choices

_RUN_UP, _ROUNDS = 25, 500
_LONGEST_STEP = 1.0  # of a Newton step in any θ: one from far away must not overshoot
_STILL = 1e-6  # log-likelihood gained in a round, below which it has arrived


@dataclass(frozen=True)
class ChoiceTable:
    """Choices counted per rater, and where their members lie.

    Attributes:
        sets: (m, s) different choices, as in `Choices`.
        counts: (raters, m) how often each rater made each.
        items: number of items.
        members: (m·s, items) which item each member is.
        joint: (m·s·s, items²) which pair of items each pair of members is.
    """

    sets: NDArray[np.int64]
    counts: csr_matrix
    items: int
    members: csr_matrix
    joint: csr_matrix

    def of(self, raters: NDArray[np.bool_]) -> ChoiceTable:
        """Of some raters only."""
        return ChoiceTable(self.sets, self.counts[raters], self.items, self.members, self.joint)

    def probabilities(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """(…, m, s) chance of each member of each set, for θ of shape (…, items)."""
        ends = np.full((*theta.shape[:-1], 1), -np.inf)
        scores = np.concatenate([theta, ends], axis=-1)[..., self.sets]
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return scores / scores.sum(axis=-1, keepdims=True)


@dataclass(frozen=True)
class Mixtures:
    """Several mixtures of as many camps each.

    Attributes:
        shares: (starts, camps).
        theta: (starts, camps, items), not centred.
        belongs: (starts, raters, camps).
        log_likelihood: (starts,) of the raters' choices, without the ridge.
    """

    shares: NDArray[np.float64]
    theta: NDArray[np.float64]
    belongs: NDArray[np.float64]
    log_likelihood: NDArray[np.float64]

    def best(self) -> Mixtures:
        """The likeliest alone."""
        at = [int(np.argmax(self.log_likelihood))]
        return Mixtures(self.shares[at], self.theta[at], self.belongs[at], self.log_likelihood[at])


def choice_table(choices: Choices) -> ChoiceTable:
    """Count choices per rater; raters in ascending order of their numbers.

    Raises:
        ValueError: there are none.
    """
    if not len(choices.sets):
        raise ValueError("Expected choices but there were none.")
    sets, place = np.unique(choices.sets, axis=0, return_inverse=True)
    _, who = np.unique(choices.raters, return_inverse=True)
    shape = (int(who.max()) + 1, len(sets))
    counts = csr_matrix((choices.weights, (who, place.ravel())), shape=shape)
    n, size = choices.items, sets.size
    there = np.flatnonzero(sets.ravel() != NOBODY)
    members = csr_matrix((np.ones(len(there)), (there, sets.ravel()[there])), shape=(size, n))
    one = np.repeat(sets, sets.shape[1], axis=1).ravel()
    two = np.tile(sets, sets.shape[1]).ravel()
    both = np.flatnonzero((one != NOBODY) & (two != NOBODY))
    place = one[both] * n + two[both]
    joint = csr_matrix((np.ones(len(both)), (both, place)), shape=(len(one), n * n))
    return ChoiceTable(sets, counts, n, members, joint)


def mixture(
    table: ChoiceTable, camps: int, *, rng: np.random.Generator, restarts: int, ridge: float
) -> Mixtures:
    """The best of several mixtures: all starts run 25 rounds, the likeliest until it stands.

    Args:
        table: choices per rater.
        camps: K ≥ 1.
        rng: for random degrees of belonging.
        restarts: ≥ 1.
        ridge: > 0.
    """
    raters, starts = table.counts.shape[0], restarts if camps > 1 else 1
    belongs = rng.dirichlet(np.full(camps, 0.3), size=(starts, raters))
    theta = np.zeros((starts, camps, table.items))
    run = Mixtures(np.full((starts, camps), 1 / camps), theta, belongs, np.full(starts, -np.inf))
    for _ in range(_RUN_UP):
        run = _round(table, run, ridge)
    run = run.best()
    for _ in range(_ROUNDS):
        before = run.log_likelihood[0]
        run = _round(table, run, ridge)
        if abs(run.log_likelihood[0] - before) < _STILL:
            break
    return run


def log_joint(table: ChoiceTable, run: Mixtures) -> NDArray[np.float64]:
    """(starts, raters, camps) log of π_k Π p(choice | θ_k)."""
    logs = np.log(np.maximum(table.probabilities(run.theta)[..., 0], 1e-300))
    starts, camps, m = logs.shape
    likelihood = (table.counts @ logs.reshape(-1, m).T).reshape(-1, starts, camps)
    return likelihood.transpose(1, 0, 2) + np.log(np.maximum(run.shares, 1e-300))[:, None]


def _round(table: ChoiceTable, run: Mixtures, ridge: float) -> Mixtures:
    """M, then E. M takes one Newton step: uphill is enough for EM, the top is not needed."""
    theta = run.theta + _newton_step(table, run, ridge)
    moved = Mixtures(run.belongs.mean(axis=1), theta, run.belongs, run.log_likelihood)
    joint = log_joint(table, moved)
    total = logsumexp(joint, axis=2)
    return Mixtures(moved.shares, theta, np.exp(joint - total[..., None]), total.sum(axis=1))


def _newton_step(table: ChoiceTable, run: Mixtures, ridge: float) -> NDArray[np.float64]:
    starts, camps, n = run.theta.shape
    belongs = run.belongs.transpose(0, 2, 1).reshape(starts * camps, -1)
    weights = (table.counts.T @ belongs.T).T
    theta = run.theta.reshape(-1, n)
    chance = table.probabilities(theta)
    expected = chance * weights[..., None]
    surplus = -expected
    surplus[..., 0] += weights
    gradient = (table.members.T @ surplus.reshape(len(theta), -1).T).T - ridge * theta
    products = (expected[..., :, None] * chance[..., None, :]).reshape(len(theta), -1)
    joint = (table.joint.T @ products.T).T.reshape(-1, n, n)
    diagonal = (table.members.T @ expected.reshape(len(theta), -1).T).T + ridge
    information = np.einsum("bi,ij->bij", diagonal, np.eye(n)) - joint
    step = np.linalg.solve(information, gradient[..., None])[..., 0]
    longest = np.abs(step).max(axis=1, keepdims=True)
    return (step * np.minimum(1, _LONGEST_STEP / np.maximum(longest, 1e-12))).reshape(
        run.theta.shape
    )
