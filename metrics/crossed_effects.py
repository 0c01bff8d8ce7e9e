"""A linear model in which raters and items both vary at random, fitted in a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

MOST_LEVELS = 500  # of the smaller of both factors: a dense matrix of this size is solved

_WIDEST = 14.0  # |log| of a ratio of variances beyond which it is taken for none


@dataclass(frozen=True)
class CrossedFit:
    """Fixed effects, and the deviations of what varies at random.

    Attributes:
        effects: (p,) coefficients of the columns.
        errors: (p,) standard errors, given the deviations.
        between_first: deviation between levels of the first factor.
        between_second: of the second.
        residual: what is left.
        converged: whether the search for the deviations ended.
    """

    effects: NDArray[np.float64]
    errors: NDArray[np.float64]
    between_first: float
    between_second: float
    residual: float
    converged: bool


def crossed_fit(
    scores: ArrayLike, columns: ArrayLike, first: ArrayLike, second: ArrayLike
) -> CrossedFit:
    """Scores as columns · β + a random effect of each first level + one of each second + noise.

    Restricted maximum likelihood. The mixed-model equations are solved for the smaller factor only,
    as the other's block is diagonal.

    Args:
        scores: (m,) finite.
        columns: (m, p) fixed effects, with one of ones.
        first: (m,) level of the first factor of each.
        second: (m,) of the second.

    Raises:
        ValueError: lengths differ, there are no more rows than columns, or both factors have more
            than 500 levels.

    References:
        Henderson 1975; Patterson and Thompson 1971.
    """
    y, x = np.asarray(scores, dtype=np.float64), np.asarray(columns, dtype=np.float64)
    one, two = (np.unique(np.asarray(f), return_inverse=True)[1] for f in (first, second))
    if not len(y) == len(x) == len(one) == len(two) or len(y) <= x.shape[1]:
        raise ValueError("Expected one row of columns, and one level of each factor, per score.")
    swapped = one.max() < two.max()  # the larger is eliminated
    large, small = (two, one) if swapped else (one, two)
    if small.max() >= MOST_LEVELS:
        raise ValueError(f"Expected a factor of at most {MOST_LEVELS} levels but both have more.")
    problem = _Problem(y, x, large, small)
    start = np.zeros(2)
    found = minimize(
        lambda logs: problem.at(logs)[0], start, method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-6, "maxiter": 400},
    )  # fmt: skip
    _, effects, errors, variance = problem.at(found.x)
    deviations = np.sqrt(variance * np.exp(-found.x))
    deviations = np.where(found.x > _WIDEST - 0.1, 0.0, deviations)
    between = deviations[::-1] if swapped else deviations
    return CrossedFit(
        effects, errors, float(between[0]), float(between[1]), float(np.sqrt(variance)),
        bool(found.success),
    )  # fmt: skip


class _Problem:
    """Sums that all evaluations share.

    Args:
        y: scores.
        x: fixed columns.
        large: levels of the factor that is eliminated.
        small: levels of the other.
    """

    def __init__(
        self,
        y: NDArray[np.float64],
        x: NDArray[np.float64],
        large: NDArray[np.int64],
        small: NDArray[np.int64],
    ) -> None:
        p, q, r = x.shape[1], int(small.max()) + 1, int(large.max()) + 1
        rest = np.zeros((len(y), p + q))
        rest[:, :p] = x
        rest[np.arange(len(y)), p + small] = 1
        self._shape, self._rows = (p, q, r), len(y)
        self._inner, self._target = rest.T @ rest, rest.T @ y
        self._joint, self._sums = np.zeros((r, p + q)), np.zeros(r)
        np.add.at(self._joint, large, rest)
        np.add.at(self._sums, large, y)
        self._counts = np.bincount(large).astype(np.float64)
        self._square = float(y @ y)

    def at(
        self, logs: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64], float]:
        """Deviance, effects, errors and residual variance for logs of σ²/σ²_factor."""
        p, q, r = self._shape
        clipped = np.clip(logs, -_WIDEST, _WIDEST)
        shrink = np.exp(clipped)
        diagonal = self._counts + shrink[0]
        weighted = self._joint / diagonal[:, None]
        matrix = self._inner - self._joint.T @ weighted
        matrix[np.arange(p, p + q), np.arange(p, p + q)] += shrink[1]
        target = self._target - weighted.T @ self._sums
        try:
            factor = cho_factor(matrix, lower=True)
        except LinAlgError:
            return np.inf, np.full(p, np.nan), np.full(p, np.nan), np.nan
        solved = cho_solve(factor, target)
        left = self._square - self._sums @ (self._sums / diagonal) - solved @ target
        variance = max(float(left), 1e-300) / (self._rows - p)
        logdet = 2 * np.log(np.diag(factor[0])).sum() + np.log(diagonal).sum()
        deviance = (self._rows - p) * np.log(variance) + logdet - r * clipped[0] - q * clipped[1]
        inverse = cho_solve(factor, np.eye(p + q)[:, :p])[:p]
        return float(deviance), solved[:p], np.sqrt(variance * np.diag(inverse)), variance
