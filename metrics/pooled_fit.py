"""Least squares over conversations, kept as one sum of moments per conversation.

A fit without one conversation, and thousands of simulated fits, are then a subtraction and a small
linear solve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from metrics.uncertainty import LEVEL, Estimate


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients (c, φ, and δ if there are reminders) of R conversations.

    Attributes:
        values: (k,) less their bias of order 1/R.
        covariance: (k, k) of the delete-one-conversation jackknife.
        units: R.
    """

    values: NDArray[np.float64]
    covariance: NDArray[np.float64]
    units: int

    def estimate(self, which: int) -> Estimate:
        """One coefficient with its interval."""
        error = float(np.sqrt(self.covariance[which, which]))
        half = error * float(student.ppf((1 + LEVEL) / 2, self.units - 1))
        value = float(self.values[which])
        return Estimate(value, value - half, value + half, self.units)


@dataclass(frozen=True, slots=True)
class PooledMoments:
    """Sums over the turns of each conversation.

    Attributes:
        squares: (..., R, k, k) of regressors, the noise of D(t) taken off its own square.
        products: (..., R, k) of regressors with D(t + 1).
        reliability: part of the variance of D(t) that isn't noise, at most 1; 0 if it is constant.
    """

    squares: NDArray[np.float64]
    products: NDArray[np.float64]
    reliability: float

    def fit(self) -> Fit:
        """Coefficients, bias and error by leaving out one conversation at a time."""
        values, left_out = self._jackknife()
        n = left_out.shape[-2]
        apart = left_out - left_out.mean(axis=-2, keepdims=True)
        return Fit(values, (n - 1) / n * apart.T @ apart, n)

    def persistences(self) -> NDArray[np.float64]:
        """φ of each of many data sets, less its bias."""
        return self._jackknife()[0][..., 1]

    def _jackknife(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        a, b = self.squares.sum(axis=-3), self.products.sum(axis=-2)
        n = self.products.shape[-2]
        left_out = _solved(a[..., None, :, :] - self.squares, b[..., None, :] - self.products)
        return n * _solved(a, b) - (n - 1) * left_out.mean(axis=-2), left_out


def pooled_moments(
    means: NDArray[np.float64], noise: NDArray[np.float64], extra: NDArray[np.float64] | None
) -> PooledMoments:
    """Moments of D(t + 1) on 1, D(t) and, if given, a reminder in t + 1.

    Args:
        means: (..., R, T) drift.
        noise: (..., R, T) variance of each value's noise.
        extra: (R, T - 1) or None.
    """
    before, after = means[..., :-1], means[..., 1:]
    columns = [np.ones_like(before), before]
    if extra is not None:
        columns.append(np.broadcast_to(extra, before.shape))
    # Sums one by one: for thousands of small data sets several times faster than a product.
    squares = np.stack([np.stack([_sums(a, b) for b in columns], -1) for a in columns], -2)
    squares[..., 1, 1] -= noise[..., :-1].sum(axis=-1)
    products = np.stack([_sums(a, after) for a in columns], axis=-1)
    if not before.size:
        return PooledMoments(squares, products, 0.0)
    seen, blurred = float(before.var()), float(noise[..., :-1].mean())
    tiny = 1e-12 * float(np.mean(before**2))  # a constant series varies by its rounding alone
    return PooledMoments(squares, products, 1 - blurred / seen if seen > tiny else 0.0)


def noise_variance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variance of the mean of m sampled replies, per conversation and turn: s² / m.

    Args:
        values: (R, T) or (R, T, m); with fewer than two replies it isn't known and taken as 0.

    Returns:
        (R, T).
    """
    if values.ndim == 2 or values.shape[2] < 2:
        return np.zeros(values.shape[:2])
    return values.var(axis=2, ddof=1) / values.shape[2]


def regressors(reminded: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Whether each turn after the first had a reminder, as 0 and 1 with shape (R, T - 1).

    Raises:
        ValueError: of another shape, no truth values, or the same in all those turns.
    """
    given = np.asarray(reminded)
    if given.shape not in (shape, shape[1:]):
        raise ValueError(f"Expected reminders with shape {shape[1:]} or {shape}: {given.shape}.")
    if not np.isin(given, (0, 1)).all():
        raise ValueError("Expected reminders to be true or false but some were neither.")
    later = np.broadcast_to(given, shape)[:, 1:].astype(np.float64)
    if np.ptp(later) == 0:
        raise ValueError("Expected reminders in some of the turns after the first, not in none.")
    return later


def _sums(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sum(a * b, axis=-1)


def _solved(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solution of a x = b; Cramer's rule for two unknowns, much faster on thousands."""
    if a.shape[-1] == 2:
        determinant = a[..., 0, 0] * a[..., 1, 1] - a[..., 0, 1] * a[..., 1, 0]
        first = b[..., 0] * a[..., 1, 1] - a[..., 0, 1] * b[..., 1]
        second = a[..., 0, 0] * b[..., 1] - a[..., 1, 0] * b[..., 0]
        return np.stack([first, second], axis=-1) / determinant[..., None]
    return np.asarray(np.linalg.solve(a, b[..., None])[..., 0], dtype=np.float64)
