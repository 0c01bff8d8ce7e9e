"""Intervals over conversations: what another set of conversations could have shown.

Turns of one conversation are not independent, so whole conversations are drawn, and all policies
are looked at in the same draws, because they were played on the same conversations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from metrics.uncertainty import LEVEL, Estimate

FLOOR = 8  # conversations below which no number is shown
DRAWS = 2000

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Whether two means differ by less than a margin (two one-sided tests).

    Attributes:
        value: difference of the means; NaN when undefined.
        low: lower end of its 90 % interval.
        high: upper end; equivalent at the 5 % level when both ends lie within ± margin.
        margin: largest difference that doesn't matter.
        p_value: the larger of the two one-sided ones.
        n: conversations, of the smaller side where there are two.
        reason: why it is undefined; "" when it is defined.
    """

    value: float
    low: float
    high: float
    margin: float
    p_value: float
    n: int
    reason: str = ""

    @property
    def is_equivalent(self) -> bool:
        """Whether the means are shown to be within the margin at the 5 % level."""
        return self.p_value < 1 - LEVEL


def resampled_weights(
    conversations: int, rng: np.random.Generator, *, draws: int = DRAWS
) -> NDArray[np.float64]:
    """How often each conversation comes in each resample.

    Returns:
        (draws, conversations) counts; rows add up to the number of conversations.

    Raises:
        ValueError: either number is less than 1.
    """
    if conversations < 1 or draws < 1:
        raise ValueError(
            "Expected conversations and draws to be at least 1 but they were "
            f"{conversations} and {draws}."
        )
    even = np.full(conversations, 1 / conversations)
    return rng.multinomial(conversations, even, size=draws).astype(np.float64)


def resampled_means(values: ArrayLike, weights: Values) -> Values:
    """Mean over conversations in each resample.

    Args:
        values: (…, m) one per conversation; NaN leaves a conversation out of that row.
        weights: (draws, m) from `resampled_weights`.

    Returns:
        (draws, …) means; NaN where a resample holds no value.
    """
    given = np.asarray(values, dtype=np.float64)
    defined = np.isfinite(given)
    total = np.tensordot(weights, np.where(defined, given, 0.0), axes=(1, -1))
    count = np.tensordot(weights, defined.astype(np.float64), axes=(1, -1))
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def mean_estimate(values: ArrayLike, weights: Values, *, floor: int = FLOOR) -> Estimate:
    """Mean over conversations with a percentile bootstrap interval.

    Args:
        values: (m,) one per conversation, NaN where undefined.
        weights: (draws, m), the same for everything that is compared.
        floor: conversations with a value below which there is no number.

    Returns:
        Estimate whose n counts conversations with a value. Where all are equal the interval has no
        width: nothing then tells how far another conversation could be.
    """
    found: Estimate = mean_estimates(np.asarray(values)[None], weights, floor=floor)[0]
    return found


def mean_estimates(
    values: ArrayLike, weights: Values, *, floor: int = FLOOR
) -> NDArray[np.object_]:
    """`mean_estimate` of many rows together, several times as fast as row by row.

    Args:
        values: (…, m) one row per estimate, NaN where undefined.
        weights: (draws, m), as `mean_estimate`.
        floor: likewise.

    Returns:
        (…) Estimates.
    """
    given = np.asarray(values, dtype=np.float64)
    rows = given.reshape(-1, given.shape[-1])
    ends = _percentiles(resampled_means(rows, weights))
    found = np.empty(len(rows), dtype=object)
    for place, (row, (low, high)) in enumerate(zip(rows, ends, strict=True)):
        n = int(np.isfinite(row).sum())
        found[place] = (
            Estimate.undefined(n, f"Too few conversations: {n} of at least {floor}.")
            if n < max(floor, 1)
            else Estimate(float(np.nanmean(row)), float(low), float(high), n)
        )
    return found.reshape(given.shape[:-1])


def paired_difference(
    a: ArrayLike, b: ArrayLike, weights: Values, *, floor: int = FLOOR
) -> Estimate:
    """Mean of a − b over conversations that have both; arguments as `mean_estimate`."""
    gap = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    return mean_estimate(gap, weights, floor=floor)


def paired_equivalence(
    a: ArrayLike, b: ArrayLike, *, margin: float, floor: int = FLOOR
) -> Equivalence:
    """TOST for two values of the same conversations: is |mean(a − b)| below the margin?

    Args:
        a: (m,) one value per conversation, NaN where undefined.
        b: (m,) likewise.
        margin: > 0, fixed before looking.
        floor: conversations below which it is undefined.

    Returns:
        The result, by Student's t.

    Raises:
        ValueError: margin isn't positive.

    References:
        Schuirmann 1987.
    """
    gap = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    gap = gap[np.isfinite(gap)]
    n = len(gap)
    if n < floor:
        return _not_equivalent(n, margin, floor)
    return _tost(float(gap.mean()), _variance_of_mean(gap), n - 1.0, margin=margin, n=n)


def equivalence(a: ArrayLike, b: ArrayLike, *, margin: float, floor: int = FLOOR) -> Equivalence:
    """TOST for values of different conversations, with unequal variances (Welch).

    Arguments, result and errors as `paired_equivalence`.

    References:
        Schuirmann 1987; Welch 1947.
    """
    one, two = (np.asarray(values, dtype=np.float64) for values in (a, b))
    one, two = one[np.isfinite(one)], two[np.isfinite(two)]
    n = min(len(one), len(two))
    if n < floor:
        return _not_equivalent(n, margin, floor)
    parts = _variance_of_mean(one), _variance_of_mean(two)
    spread = parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(two) - 1)
    freedom = sum(parts) ** 2 / spread if spread else len(one) + len(two) - 2.0
    gap = float(one.mean() - two.mean())
    return _tost(gap, sum(parts), freedom, margin=margin, n=n)


def _tost(gap: float, variance: float, freedom: float, *, margin: float, n: int) -> Equivalence:
    _check_margin(margin)
    error = variance**0.5
    if error == 0:
        p_value = 0.0 if abs(gap) < margin else 1.0
        return Equivalence(gap, gap, gap, margin, p_value, n)
    half = error * float(student.ppf(LEVEL, freedom))
    p_value = float(student.sf((margin - abs(gap)) / error, freedom))
    return Equivalence(gap, gap - half, gap + half, margin, p_value, n)


def _not_equivalent(n: int, margin: float, floor: int) -> Equivalence:
    _check_margin(margin)
    reason = f"Too few conversations: {n} of at least {floor}."
    return Equivalence(np.nan, np.nan, np.nan, margin, np.nan, n, reason)


def _check_margin(margin: float) -> None:
    if not margin > 0:
        raise ValueError(f"Expected margin to be positive but it was {margin}.")


def _variance_of_mean(values: Values) -> float:
    return float(values.var(ddof=1)) / len(values)


def _percentiles(draws: Values) -> Values:
    """(rows, 2) ends of the interval of each column of (draws, rows); NaN draws don't count."""
    tail = (1 - LEVEL) / 2
    ends = np.quantile(draws, [tail, 1 - tail], axis=0).T
    # numpy's own NaN-aware quantile is many times slower, and few columns need it.
    for column in np.flatnonzero(np.isnan(draws).any(axis=0) & np.isfinite(draws).any(axis=0)):
        ends[column] = np.nanquantile(draws[:, column], [tail, 1 - tail])
    return ends
