"""Who is asked decides who is served: what panels drawn from some raters would choose."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def seat_of_power(
    utilities: ArrayLike,
    *,
    seats: ArrayLike,
    size: int,
    rng: np.random.Generator,
    resamples: int = 1000,
) -> NDArray[np.int64]:
    """Which item would be chosen by panels of raters drawn from those in the seat of power.

    Each panel chooses the item of largest mean utility, ties at random. Items nobody in a panel
    rated can't be chosen: an unknown item must never win for lack of complaints.

    Args:
        utilities: (people, items); NaN where unknown.
        seats: (people,) True for those from whom panels are drawn.
        size: of a panel, drawn with replacement.
        rng: draws panels and breaks ties.
        resamples: panels.

    Returns:
        (resamples,) item chosen by each panel; −1 where a panel had rated nothing.

    Raises:
        ValueError: nobody may be drawn, or size < 1.

    References:
        Kirk et al. 2024, PRISM.
    """
    table = np.asarray(utilities, dtype=np.float64)[np.asarray(seats, dtype=bool)]
    if not len(table) or size < 1:
        raise ValueError("Expected somebody to draw panels from, and a size of 1 or more.")
    times = rng.multinomial(size, np.full(len(table), 1 / len(table)), size=resamples)
    rated = times @ ~np.isnan(table)
    means = np.divide(
        times @ np.nan_to_num(table), rated, out=np.full(rated.shape, -np.inf), where=rated > 0
    )
    top = means.max(axis=1, keepdims=True)
    tied = (means >= top - 1e-12) & np.isfinite(means)
    chosen = np.argmax(tied * rng.random(means.shape), axis=1)
    return np.where(tied.any(axis=1), chosen, -1)
