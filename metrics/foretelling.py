"""How far a user's earlier turns foretell a later one, beside what another user's would.

Two readings of a window of w turns: the mean of the last w turns against the next one, and one turn
against the one w turns later.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metrics.style_space import Conversations
from metrics.synchrony import Values, cosines, over_turns, partners


def predictive_synchrony(users: Conversations, *, window: int) -> Values:
    """How far the last turns of a user foretell the next: cos(mean of u_{t−w} … u_{t−1}, u_t).

    Args:
        users: the users' turns.
        window: w ≥ 1 turns to look back.

    Returns:
        (m, turns) in [-1, 1]; NaN without w turns before, and where one of them is undefined.

    Raises:
        ValueError: window is less than 1.

    References:
        Brandt 2025 (figure; the formula is a reconstruction).
    """
    return cosines(recent_mean(users, window=window), users.vectors)


def lagged_synchrony(users: Conversations, *, window: int) -> Values:
    """How far a user is alike w turns later: cos(u_{t−w}, u_t); otherwise as above.

    References:
        Brandt 2025, in the other reading of its figure.
    """
    return cosines(earlier(users, window=window), users.vectors)


def recent_mean(users: Conversations, *, window: int) -> Values:
    """(m, turns, d) mean of the w turns before each; NaN where one of them is missing."""
    vectors = _with_room(users, window)
    found = np.full_like(vectors, np.nan)
    if window < vectors.shape[1]:
        windows = np.lib.stride_tricks.sliding_window_view(vectors[:, :-1], window, axis=1)
        found[:, window:] = windows.mean(axis=-1)
    return found


def earlier(users: Conversations, *, window: int) -> Values:
    """(m, turns, d) the turn w turns before each; NaN where there is none."""
    vectors = _with_room(users, window)
    found = np.full_like(vectors, np.nan)
    found[:, window:] = vectors[:, : max(vectors.shape[1] - window, 0)]
    return found


def foretold_by_others(
    users: Conversations,
    foretelling: Values,
    rng: np.random.Generator,
    *,
    shuffles: int = 20,
) -> Values:
    """The same cosine with what another conversation's earlier turns foretell.

    What lies above it is the user's own; the rest is what all turns of a corpus have in common.

    Args:
        users: the users' turns.
        foretelling: (m, turns, d) what each turn is held against, of `recent_mean` or `earlier`.
        rng: draws the pairings.
        shuffles: pairings to average over, at least 1.

    Returns:
        (m, turns) means over the pairings that reach so far; NaN for a single conversation.
    """
    total = np.zeros(users.vectors.shape[:2])
    count = np.zeros_like(total)
    for _ in range(shuffles):
        found = cosines(foretelling[partners(len(users.vectors), rng)], users.vectors)
        total += np.nan_to_num(found)
        count += np.isfinite(found)
    means = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return means if len(means) > 1 else np.full_like(means, np.nan)


def by_window(users: Conversations, windows: Sequence[int], *, lagged: bool = False) -> Values:
    """Predictive, or lagged, synchrony as means over turns: (windows, m)."""
    measure = lagged_synchrony if lagged else predictive_synchrony
    return np.stack([over_turns(measure(users, window=w)) for w in windows])


def _with_room(users: Conversations, window: int) -> Values:
    if window < 1:
        raise ValueError(f"Expected window to be at least 1 but it was {window}.")
    return users.vectors
