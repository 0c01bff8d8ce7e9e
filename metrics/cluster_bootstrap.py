"""Interval of a mean over tokens whose answers, not tokens, are independent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metrics.conversation_bootstrap import resampled_weights
from metrics.uncertainty import LEVEL

DRAWS = 1999  # resamples; 0.025 · (1999 + 1) is a whole number

_NO_ERROR = 1e-7  # what rounding leaves where every cluster has the same mean

Values = NDArray[np.float64]


def log_ratio_interval(
    sums: Values, sizes: Values, rng: np.random.Generator, *, draws: int = DRAWS
) -> tuple[float, float]:
    """Bootstrap-t interval of Σ sums / Σ sizes, on the logarithm, from whole clusters drawn anew.

    Each resample is studentised by its own linearised error, because in skewed data a resample
    that lacks the large clusters has both a small mean and a small error: percentiles of the mean
    alone reach up too little. The end that resamples leave open, because too many of them hold
    nothing, is the largest cluster's own mean.

    Args:
        sums: (n,) each ≥ 0, of them at least two positive.
        sizes: (n,) each > 0.
        rng: chooses the resamples.
        draws: number of resamples.

    Returns:
        Lower and upper end, 95 %.

    References:
        Efron and Tibshirani 1993, chapter 12.5 (bootstrap-t); Davison and Hinkley 1997, section 3.8
        (whole clusters); Cochran 1977 (linearised error of a ratio).
    """
    order = np.lexsort((sizes, sums))  # the same clusters in another order: the same interval
    sums, sizes = sums[order], sizes[order]
    value = float(sums.sum() / sizes.sum())
    (error,) = _log_errors(sums, sizes, np.ones((1, len(sums))))
    if error < _NO_ERROR:
        return value, value
    weights = resampled_weights(len(sums), rng, draws=draws)
    least, most = _studentised_ends(sums, sizes, weights, value)
    with np.errstate(over="ignore"):
        low, high = value * np.exp(-most * error), value * np.exp(-least * error)
    return float(low), min(float(high), float((sums / sizes).max()))


def _studentised_ends(
    sums: Values, sizes: Values, weights: Values, value: float
) -> tuple[float, float]:
    """Between which 95 % of the resamples lie, each in units of its own error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shifts = np.log(weights @ sums / (weights @ sizes) / value)
        studentised = shifts / _log_errors(sums, sizes, weights)
    studentised[np.isneginf(shifts)] = -np.inf  # a resample that holds nothing
    # Without any shift there is no error either; with one but no error it is as far out as can be.
    studentised[np.isnan(studentised)] = 0.0
    tail = (1 - LEVEL) / 2
    least, most = np.quantile(studentised, [tail, 1 - tail], method="inverted_cdf")
    return float(least), float(most)


def _log_errors(sums: Values, sizes: Values, weights: Values) -> Values:
    """(draws,) standard errors of the logarithm of each weighted ratio."""
    n = len(sums)
    total, size = weights @ sums, weights @ sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = total / size
        squares = weights @ sums**2 - 2 * ratio * (weights @ (sums * sizes))
        squares += ratio**2 * (weights @ sizes**2)
        return np.sqrt(np.maximum(squares, 0) * n / (n - 1)) / total
