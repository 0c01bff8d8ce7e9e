"""A quantity followed over the turns of repeated conversations.

The unit is the conversation: its turns depend on each other, so every interval here comes from how
conversations differ, never from how turns do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.uncertainty import Estimate, half_width, possible_unseen_share

MIN_CONVERSATIONS = 10
MIN_TURNS = 6
Limits = tuple[float, float]
UNBOUNDED: Limits = (-np.inf, np.inf)


def conversations_of(values: ArrayLike) -> NDArray[np.float64]:
    """Values of R conversations over T turns, checked.

    Args:
        values: (R, T) or, with m sampled replies per turn, (R, T, m).

    Returns:
        float64 of the same shape.

    Raises:
        ValueError: of another shape, empty, or not finite.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim not in (2, 3) or given.size == 0:
        raise ValueError(
            f"Expected values with shape (R, T) or (R, T, m) but their shape was {given.shape}."
        )
    if not np.isfinite(given).all():
        row, turn = (int(place) for place in np.argwhere(~np.isfinite(given))[0][:2])
        raise ValueError(
            f"Expected finite values but turn {turn} of conversation {row} was not; leave out "
            "conversations that aren't complete."
        )
    return given


def turn_means(values: ArrayLike) -> NDArray[np.float64]:
    """Values per conversation and turn: means over the m sampled replies, where there are any.

    Returns:
        (R, T).

    Raises:
        ValueError: as `conversations_of`.
    """
    given = conversations_of(values)
    return given if given.ndim == 2 else given.mean(axis=2)


def mean_estimate(
    values: ArrayLike,
    *,
    limits: Limits = UNBOUNDED,
    least: int = MIN_CONVERSATIONS,
    units: str = "conversations",
) -> Estimate:
    """Mean over independent conversations, with Student's interval.

    Where all agree and the limits are finite, the interval reaches as far as one unseen kind of
    conversation could move the mean (rule of three).

    Args:
        values: (R,) one number per conversation.
        limits: least and largest value possible.
        least: below so many there is no interval to trust.
        units: what is counted, for the reason.

    Returns:
        NaN with a reason below `least`.

    Raises:
        ValueError: values are not one-dimensional, not finite, or outside the limits.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1 or not np.isfinite(given).all():
        raise ValueError(f"Expected finite values with shape (R,) but it was {given.shape}.")
    if len(given) < least:
        return Estimate.undefined(len(given), too_few(len(given), least=least, units=units))
    if given.min() < limits[0] or given.max() > limits[1]:
        raise ValueError(f"Expected values from {limits[0]:g} to {limits[1]:g}; some lay outside.")
    mean = float(given.mean())
    if np.ptp(given) == 0 and np.isfinite(limits).all():
        share = possible_unseen_share(len(given))
        low, high = ((1 - share) * mean + share * end for end in limits)
        return Estimate(mean, low, high, len(given))
    half = half_width(float(given.std(ddof=1)) / np.sqrt(len(given)), units=len(given))
    low, high = max(mean - half, limits[0]), min(mean + half, limits[1])
    return Estimate(mean, low, high, len(given))


def turn_curve(values: ArrayLike, *, limits: Limits = UNBOUNDED) -> tuple[Estimate, ...]:
    """The mean at each turn, with an interval for each turn alone.

    Args:
        values: (R, T) or (R, T, m).
        limits: least and largest value possible.

    Returns:
        T estimates, n = R.

    Raises:
        ValueError: as `conversations_of`, or a value outside the limits.
    """
    return tuple(mean_estimate(turn, limits=limits) for turn in turn_means(values).T)


def running_curve(values: ArrayLike, *, limits: Limits = UNBOUNDED) -> tuple[Estimate, ...]:
    """The mean over all turns so far, at each turn; arguments as `turn_curve`."""
    means = turn_means(values)
    return turn_curve(np.cumsum(means, axis=1) / np.arange(1, means.shape[1] + 1), limits=limits)


def too_few(count: int, *, least: int = MIN_CONVERSATIONS, units: str = "conversations") -> str:
    """Why so few give no interval, in words."""
    return f"{count} {units} are too few: at least {least} are needed."
