"""What somebody prefers of two answers, and how far that hangs on which one is shown first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit


@dataclass(frozen=True)
class TwoOrders:
    """Comparisons that were made in both orders.

    Attributes:
        preferred: (n,) probability of the first answer, the pull of the place removed.
        shown_first: (n,) probability with which the answer that stands first would be chosen if
            both were liked alike; 0.5 is no pull.
        abstained: (n,) probability of a reply that names neither, mean of both orders.
        consistent: (n,) 1 where both orders prefer the same answer, else 0.
    """

    preferred: NDArray[np.float64]
    shown_first: NDArray[np.float64]
    abstained: NDArray[np.float64]
    consistent: NDArray[np.float64]


def two_orders(masses: ArrayLike) -> TwoOrders:
    """Take apart a preference and the pull of the place.

    With θ for the preference and π for the place, the log-odds of the option named first are
    π + θ in one order and π − θ in the other; both are solved for. Where an option is impossible
    in one order, the outcome is 0 or 1. Averaging the two probabilities instead would draw every
    preference towards a half as far as the place pulls.

    Args:
        masses: (n, 2, 2) probability of a reply that begins with the name of the answer shown
            first, and of the one shown second; at [:, 0] when the first answer is shown first, at
            [:, 1] when it is shown second. The rest of the mass is of other replies.

    Returns:
        Values that are NaN where no option has any mass in one of the orders.

    Raises:
        ValueError: another shape, not finite, negative, or a sum above 1.

    References:
        Bradley and Terry 1952; Davidson and Beaver 1977 (the effect of order).
    """
    given = np.asarray(masses, dtype=np.float64)
    if given.ndim != 3 or given.shape[1:] != (2, 2):
        raise ValueError(f"Expected masses of shape (n, 2, 2) but it was {given.shape}.")
    if not (np.isfinite(given).all() and (given >= 0).all() and (given.sum(2) < 1 + 1e-6).all()):
        raise ValueError("Expected probabilities that add up to 1 at most.")
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(given[..., 0]) - np.log(given[..., 1])
        taste, place = (odds[:, 0] - odds[:, 1]) / 2, (odds[:, 0] + odds[:, 1]) / 2
        same = np.sign(odds[:, 0]) == -np.sign(odds[:, 1])
    known = ~np.isnan(odds).any(axis=1)
    return TwoOrders(
        expit(taste),
        expit(place),
        1 - given.sum(axis=2).mean(axis=1),
        np.where(known, same.astype(np.float64), np.nan),
    )
