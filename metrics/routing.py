"""Mixtures of choice models whose weights depend on the question: a router, beside camps of raters.

The plain mixture of `metrics.camps` says that a rater belongs to a camp; this one says that a
question calls for a taste, whoever is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, xlogy

from metrics.camps import RIDGE
from metrics.mixture import ChoiceTable

PENALTY = 0.5  # λ of the reference code
_STEPS = 200
_LEAST = 1e-300


@dataclass(frozen=True, eq=False)
class Router:
    """A mixture of tastes, weighed question by question.

    Attributes:
        strengths: (tastes, items) θ, each row of mean zero.
        gates: (tastes, d + 1) of the weights' softmax; the last column is the intercept.
        log_likelihood: of all choices, without penalties.
        loss: what was minimised.
    """

    strengths: NDArray[np.float64]
    gates: NDArray[np.float64]
    log_likelihood: float
    loss: float

    def weights(self, contexts: ArrayLike) -> NDArray[np.float64]:
        """(m, tastes) of questions with (m, d) contexts."""
        found: NDArray[np.float64] = np.exp(log_softmax(_ended(contexts) @ self.gates.T, axis=1))
        return found


def fit_router(
    table: ChoiceTable,
    contexts: ArrayLike,
    tastes: int,
    *,
    rng: np.random.Generator,
    penalty: float = PENALTY,
    restarts: int = 2,
    ridge: float = RIDGE,
) -> Router:
    """−mean log Σ_k w_k(x) p(choice | θ_k) + λ mean Σ_k w_k log w_k, by L-BFGS.

    The weights w(x) are a softmax, linear in the question's context. Who chose is not used.

    Args:
        table: choices per rater.
        contexts: (sets, d) of the question of each different choice in the table, each column of
            about unit size.
        tastes: K ≥ 1.
        rng: for the starts.
        penalty: λ ≥ 0; larger ones keep the weights even.
        restarts: ≥ 1 random starts, of which the best is kept.
        ridge: > 0, prior precision of each θ and gate.

    Raises:
        ValueError: contexts don't fit the table, or K < 1.

    References:
        Shen et al. 2025, MiCRo: its objective, with a linear router and tabular strengths.
    """
    given = _ended(contexts)
    if len(given) != len(table.sets) or tastes < 1:
        raise ValueError(
            f"Expected ({len(table.sets)}, d) contexts and a taste or more but it was "
            f"{np.shape(contexts)} and {tastes}."
        )
    counts = np.asarray(table.counts.sum(axis=0)).ravel()
    task = _Task(table, given, counts, tastes, penalty, ridge)
    runs = [
        minimize(
            task.loss, rng.normal(0, 0.5, task.size), jac=True, method="L-BFGS-B",
            options={"maxiter": _STEPS},
        )
        for _ in range(restarts if tastes > 1 else 1)
    ]  # fmt: skip
    best = min(runs, key=lambda run: float(run.fun))
    theta, gates = task.parted(best.x)
    made = Router(theta - theta.mean(axis=1, keepdims=True), gates, 0.0, float(best.fun))
    likelihood = float(counts @ choice_log_likelihood(table, given[:, :-1], made))
    return Router(made.strengths, gates, likelihood, made.loss)


def choice_log_likelihood(
    table: ChoiceTable, contexts: ArrayLike, router: Router
) -> NDArray[np.float64]:
    """(sets,) log-probability of each different choice.

    Args:
        table: of the choices.
        contexts: (sets, d) as in `fit_router`.
        router: fitted to these or to others.
    """
    chance = table.probabilities(router.strengths)[..., 0].T
    found: NDArray[np.float64] = np.log(
        np.maximum((router.weights(contexts) * chance).sum(axis=1), _LEAST)
    )
    return found


@dataclass(frozen=True, eq=False)
class _Task:
    """What is minimised, over θ and gates in one vector."""

    table: ChoiceTable
    contexts: NDArray[np.float64]
    counts: NDArray[np.float64]
    tastes: int
    penalty: float
    ridge: float

    @property
    def size(self) -> int:
        return self.tastes * (self.table.items + self.contexts.shape[1])

    def parted(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        split = self.tastes * self.table.items
        return x[:split].reshape(self.tastes, -1), x[split:].reshape(self.tastes, -1)

    def loss(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The value and its gradient."""
        theta, gates = self.parted(x)
        total = self.counts.sum()
        members = self.table.probabilities(theta)  # (K, m, s)
        logs = log_softmax(self.contexts @ gates.T, axis=1).T  # (K, m)
        weights = np.exp(logs)
        joint = weights * members[..., 0]
        likelihood = np.maximum(joint.sum(axis=0), _LEAST)
        entropy = xlogy(weights, weights).sum(axis=0)
        value = self.counts @ (self.penalty * entropy - np.log(likelihood)) / total
        value += self.ridge * float(x @ x) / (2 * total)

        share = joint / likelihood * self.counts  # how much each taste answers for each choice
        surplus = members * share[..., None]
        surplus[..., 0] -= share
        by_item = (self.table.members.T @ surplus.reshape(self.tastes, -1).T).T
        pull = self.counts * weights - share
        pull += self.penalty * self.counts * weights * (logs - entropy)
        by_gate = pull @ self.contexts
        gradient = np.concatenate([by_item.ravel(), by_gate.ravel()]) + self.ridge * x
        return float(value), gradient / total


def _ended(contexts: ArrayLike) -> NDArray[np.float64]:
    """With a column of ones."""
    given = np.asarray(contexts, dtype=np.float64)
    return np.hstack([given, np.ones((len(given), 1))])
