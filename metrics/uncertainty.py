"""Numbers with their uncertainty, and what can be said about two of them.

Intervals come from the delete-one jackknife, which needs no random numbers, or from draws out of
the estimated assemblage where the jackknife is known to fail (numbers of classes). Both leave out
whole calls: draws that share one are not independent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, norm
from scipy.stats import t as student

LEVEL = 0.95

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, the interval it may lie in, and how many draws it rests on.

    Attributes:
        value: NaN when undefined.
        low: lower end of the 95 % interval.
        high: upper end.
        n: draws it was computed from.
        reason: why it is undefined, in words for the user; "" when it is defined.
        calls: how many calls gave the draws, where it is these that are too few; else 0.
    """

    value: float
    low: float
    high: float
    n: int
    reason: str = ""
    calls: int = 0

    @classmethod
    def undefined(cls, n: int, reason: str, *, calls: int = 0) -> Estimate:
        """No number, and why."""
        return cls(np.nan, np.nan, np.nan, n, reason, calls)

    @property
    def is_defined(self) -> bool:
        """Whether there is a number to show."""
        return not np.isnan(self.value)


@dataclass(frozen=True, slots=True)
class Difference:
    """First minus second, for two independent estimates.

    Attributes:
        value: NaN when either is undefined.
        low: lower end of the 95 % interval, for this pair alone.
        high: upper end.
        n: the smaller number of draws.
        p_value: two-sided, for no difference; after `holm`, adjusted for all pairs shown.
        reason: why it is undefined; "" when it is defined.
    """

    value: float
    low: float
    high: float
    n: int
    p_value: float
    reason: str = ""

    @property
    def is_clear(self) -> bool:
        """Whether it is more than noise at the 5 % level."""
        return self.p_value < 1 - LEVEL


def difference(a: Estimate, b: Estimate) -> Difference:
    """First minus second, its interval recovered from the two intervals (MOVER).

    Uneven intervals stay uneven: the lower end combines how far `a` may lie below its value with
    how far `b` may lie above. The p-value scales the arm that points to zero as a normal deviate,
    so it falls below 0.05 exactly when the interval leaves zero out.

    Args:
        a: estimate from one condition.
        b: estimate from another, from separate draws.

    Returns:
        The difference; NaN with a reason when either is undefined.

    References:
        Zou and Donner 2008.
    """
    n = min(a.n, b.n)
    if not (a.is_defined and b.is_defined):
        return Difference(np.nan, np.nan, np.nan, n, np.nan, a.reason or b.reason)
    value = a.value - b.value
    below = float(np.hypot(a.value - a.low, b.high - b.value))
    above = float(np.hypot(a.high - a.value, b.value - b.low))
    arm = below if value > 0 else above
    return Difference(value, value - below, value + above, n, _p_value(abs(value), arm))


def holm(differences: Mapping[Key, Difference]) -> dict[Key, Difference]:
    """The same differences, their p-values adjusted for being looked at together.

    Args:
        differences: one measure's differences between all pairs of conditions shown.

    Returns:
        Under the same keys; undefined ones unchanged and not counted.

    References:
        Holm 1979.
    """
    defined = [key for key, found in differences.items() if not np.isnan(found.p_value)]
    ranked = sorted(defined, key=lambda key: differences[key].p_value)
    adjusted = dict(differences)
    largest = 0.0
    for rank, key in enumerate(ranked):
        largest = max(largest, min(1.0, (len(ranked) - rank) * differences[key].p_value))
        adjusted[key] = replace(differences[key], p_value=largest)
    return adjusted


def benjamini_hochberg(differences: Mapping[Key, Difference]) -> dict[Key, Difference]:
    """The same differences, their p-values adjusted for the share of false finds among all.

    Args:
        differences: all that are looked at in one table.

    Returns:
        Under the same keys; undefined ones unchanged and not counted.

    References:
        Benjamini and Hochberg 1995.
    """
    defined = [key for key, found in differences.items() if not np.isnan(found.p_value)]
    adjusted = dict(differences)
    if defined:
        found = false_discovery_control([differences[key].p_value for key in defined])
        for key, p_value in zip(defined, found, strict=True):
            adjusted[key] = replace(differences[key], p_value=float(p_value))
    return adjusted


def jackknife_error(left_out: NDArray[np.float64], *, weights: NDArray | None = None) -> float:
    """Standard error from the values with one unit left out at a time.

    Args:
        left_out: (units,) the statistic without each unit.
        weights: (units,) how many units share that value; one each if not given.

    Returns:
        √[(G − 1)/G · Σ (θ₋ᵢ − mean)²] over G units; NaN for fewer than two.

    References:
        Efron and Stein 1981 (on average never too small).
    """
    weights = np.ones(len(left_out)) if weights is None else weights
    units = float(np.sum(weights))
    if units < 2:
        return float("nan")
    mean = np.sum(weights * left_out) / units
    return float(np.sqrt((units - 1) / units * np.sum(weights * (left_out - mean) ** 2)))


def half_width(error: float, *, units: int) -> float:
    """Half of the 95 % interval for a standard error from this many independent units."""
    return error * float(student.ppf((1 + LEVEL) / 2, max(units - 1, 1)))


def possible_unseen_share(units: int) -> float:
    """Probability a kind of answer can have and still stay away from all draws 1 time in 20.

    The exact form of the rule of three: 1 − 0.05^(1/n), about 3/n. It keeps an interval open
    upwards where all draws agree and every resample would agree too.
    """
    return 1 - (1 - LEVEL) ** (1 / units)


def _p_value(distance: float, arm: float) -> float:
    if distance == 0:
        return 1.0
    if arm == 0:
        return 0.0
    return float(2 * norm.sf(norm.ppf((1 + LEVEL) / 2) * distance / arm))
