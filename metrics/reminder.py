"""Whether a reminder brings a persona back: the same conversations with and without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metrics.turns import mean_estimate, turn_curve, turn_means
from metrics.uncertainty import Estimate


@dataclass(frozen=True, slots=True)
class ReminderEffect:
    """Reminded minus not reminded, in pairs of conversations.

    Attributes:
        effect: mean difference of the late turns; below 0 the reminder brings drift down.
        by_turn: the mean difference at each turn, each with an interval for it alone.
        late: turns counted as late, from 0.
    """

    effect: Estimate
    by_turn: tuple[Estimate, ...]
    late: tuple[int, ...]


def reminder_effect(
    plain: ArrayLike, reminded: ArrayLike, *, late_from: int | None = None
) -> ReminderEffect:
    """Paired difference of the late turns.

    Early turns, in which no reminder has come yet, would only water it down.

    Args:
        plain: (R, T) or (R, T, m) drift without reminders.
        reminded: of the same R and T; row i began with the same seed as row i of plain.
        late_from: first turn, from 0, that counts as late; ⌈T / 2⌉ by default.

    Returns:
        Undefined, with a reason, below `MIN_CONVERSATIONS`.

    Raises:
        ValueError: shapes differ, a value isn't finite, or late_from is no turn.

    References:
        Dongre et al. 2025 (Drift No More?, arXiv 2510.07777), there over all turns and unpaired.
    """
    first, second = turn_means(plain), turn_means(reminded)
    if first.shape != second.shape:
        raise ValueError(f"Expected pairs but the shapes were {first.shape} and {second.shape}.")
    turns = first.shape[1]
    start = -(-turns // 2) if late_from is None else late_from
    if not 0 <= start < turns:
        raise ValueError(f"Expected late_from to be one of {turns} turns but it was {start}.")
    change = second - first
    effect = mean_estimate(change[:, start:].mean(axis=1))
    return ReminderEffect(effect, turn_curve(change), tuple(np.arange(start, turns).tolist()))
