"""How well users foretell themselves, window by window, beside what chance gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics.conversation_bootstrap import mean_estimate, paired_difference, resampled_weights
from metrics.foretelling import earlier, foretold_by_others, recent_mean
from metrics.style_space import Conversations
from metrics.synchrony import Values, cosines, over_turns
from metrics.uncertainty import Estimate

WINDOWS = (1, 3, 5, 8)  # turns, as in the study
SEED = 0  # of resamples and pairings: the same numbers whenever a page is drawn


@dataclass(frozen=True, slots=True)
class Foretold:
    """What one window foretells.

    Attributes:
        window: w, in turns of the user.
        own: mean over conversations of what the user's own turns foretell.
        others: the same with the turns of another conversation, shuffled many times.
        gain: own minus others, in pairs of conversations.
    """

    window: int
    own: Estimate
    others: Estimate
    gain: Estimate


def foretold(
    users: Conversations,
    windows: Sequence[int] = WINDOWS,
    *,
    lagged: bool = False,
    same_turns: bool = False,
) -> tuple[Foretold, ...]:
    """Hold every window against the turns that follow it.

    Args:
        users: the users' turns.
        windows: in turns.
        lagged: one turn against the one w turns later, instead of the mean of the last w against
            the next.
        same_turns: count only turns that every window reaches, so that windows are compared on the
            same ones.
    """
    before = earlier if lagged else recent_mean
    rng = np.random.default_rng(SEED)
    weights = resampled_weights(len(users.ids), np.random.default_rng(SEED))
    everything = [before(users, window=window) for window in windows]
    reached = np.all([np.isfinite(cosines(each, users.vectors)) for each in everything], axis=0)
    found = []
    for window, held in zip(windows, everything, strict=True):
        values = [cosines(held, users.vectors), foretold_by_others(users, held, rng)]
        own, others = (_means(each, reached if same_turns else None) for each in values)
        found.append(
            Foretold(
                window,
                mean_estimate(own, weights),
                mean_estimate(others, weights),
                paired_difference(own, others, weights),
            )
        )
    return tuple(found)


def _means(values: Values, reached: Values | None) -> Values:
    return over_turns(values if reached is None else np.where(reached, values, np.nan))
