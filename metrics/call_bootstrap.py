"""Intervals and differences of any statistic of a set of answers, by leaving out whole calls.

Copies of an answer would count as answers that agree, so calls are never drawn twice. Each group
of calls is left out once; what is resampled are the pseudo-values that this gives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.uncertainty import LEVEL, Difference, Estimate, half_width

RESAMPLES = 10_000
GROUPS = 32  # of calls, at most: each costs one more computation of the statistic
_NO_ERROR = 1e-9  # relative error that is rounding
NO_VALUE = "Too few answers have a value."
STILL = "It stays the same whichever call is left out, so its error can't be told."


@dataclass(frozen=True)
class PseudoValues:
    """A statistic, and what each group of calls brings to it.

    Attributes:
        value: the statistic of all answers.
        parts: (groups,) G · value − (G − 1) · value without the group.
        n: answers.
    """

    value: float
    parts: NDArray[np.float64]
    n: int

    @property
    def error(self) -> float:
        """Jackknife standard error; 0 where it is but rounding."""
        found = float(np.std(self.parts, ddof=1) / np.sqrt(len(self.parts)))
        return 0.0 if found <= _NO_ERROR * max(abs(self.value), 1e-3) else found


def groups_of_calls(
    calls: NDArray[np.int64], *, rng: np.random.Generator, most: int = GROUPS
) -> NDArray[np.int64]:
    """(n,) group of each answer: whole calls, dealt at random to groups of nearly one size.

    Args:
        calls: (n,) call of each answer, numbered from 0 without gaps.
        rng: deals.
        most: groups at most; a call each where there are no more calls.
    """
    total = int(calls.max()) + 1
    dealt = np.arange(total) % min(total, most)
    return rng.permutation(dealt)[calls] if total > most else calls


def pseudo_values(value: float, left_out: NDArray[np.float64], *, n: int) -> PseudoValues:
    """From a statistic of all answers and those without each group.

    Args:
        value: of all.
        left_out: (groups,) without each group, two or more.
        n: answers.

    References:
        Tukey 1958; groups: Quenouille 1956.
    """
    groups = len(left_out)
    return PseudoValues(value, groups * value - (groups - 1) * left_out, n)


def jackknife_estimate(found: PseudoValues, *, limits: tuple[float, float]) -> Estimate:
    """The statistic with its 95 % interval, Student's t, kept where it can lie.

    Undefined, with the reason, where a part is NaN or none differs from another.
    """
    if np.isnan(found.value) or np.isnan(found.parts).any():
        return Estimate.undefined(found.n, NO_VALUE)
    if found.error == 0:
        return Estimate.undefined(found.n, STILL)
    half = half_width(found.error, units=len(found.parts))
    low, high = max(found.value - half, limits[0]), min(found.value + half, limits[1])
    return Estimate(found.value, min(low, found.value), max(high, found.value), found.n)


def resampled_weights(
    groups: int, *, rng: np.random.Generator, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """Share of each group in each resample of as many groups, (resamples, groups)."""
    drawn = rng.integers(groups, size=(resamples, groups))
    cells = (drawn + groups * np.arange(resamples)[:, None]).ravel()
    return np.bincount(cells, minlength=resamples * groups).reshape(resamples, groups) / groups


def bootstrap_difference(
    first: PseudoValues,
    second: PseudoValues,
    *,
    weights: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> Difference:
    """First minus second, by a symmetric bootstrap-t over groups of calls.

    Resampled are the pseudo-values of either side, with replacement; each resample is measured in
    standard errors of its own. So the interval leaves zero out when p < 0.05, give or take one
    resample.

    Args:
        first: of one condition.
        second: of another, from separate calls.
        weights: (resamples, groups) of either side, from `resampled_weights`, as many of both; no
            p-value is below 1 / (resamples + 1).

    Returns:
        Undefined where either statistic is, where no group differs from another on both sides, and
        where so few do that one resample in twenty has no spread.

    References:
        Hall 1988, Efron and Tibshirani 1993 (bootstrap-t); p = (1 + count)/(resamples + 1).
    """
    n, error = min(first.n, second.n), float(np.hypot(first.error, second.error))
    value = first.value - second.value
    if np.isnan(value) or np.isnan(error):
        return _undefined(n, NO_VALUE)
    if error == 0:
        return _undefined(n, STILL)
    far = _deviations(first, second, weights)
    half = float(np.quantile(far, LEVEL, method="higher")) * error
    if np.isinf(half):
        return _undefined(n, "Nearly all calls bring the same, so its error can't be told.")
    p_value = float((1 + np.sum(far * error >= abs(value))) / (len(far) + 1))
    return Difference(value, value - half, value + half, n, p_value)


def _deviations(
    first: PseudoValues,
    second: PseudoValues,
    weights: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """How far resampled differences lie from the one seen, in standard errors, (resamples,)."""
    (up, up_variance), (down, down_variance) = map(_resampled, (first, second), weights)
    apart, errors = np.abs(up - down), np.sqrt(up_variance + down_variance)
    small = _NO_ERROR * np.hypot(first.error, second.error)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = apart / np.where(errors > small, errors, 0.0)
    return np.where(apart <= small, 0.0, far)


def _resampled(
    side: PseudoValues, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of each resample less that of all, and its squared standard error."""
    centred = side.parts - side.parts.mean()
    mean = weights @ centred
    return mean, np.maximum(weights @ centred**2 - mean**2, 0) / (len(centred) - 1)


def _undefined(n: int, reason: str) -> Difference:
    return Difference(np.nan, np.nan, np.nan, n, np.nan, reason)
