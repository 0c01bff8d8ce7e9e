"""What probes tell about a persona: stability, stance, refusals, and the effect of who asks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from metrics.turns import UNBOUNDED, Limits, conversations_of, mean_estimate, turn_curve
from metrics.uncertainty import Estimate

MIN_QUESTIONS = 5


def probe_stability(judged: ArrayLike) -> tuple[Estimate, ...]:
    """Share of probes answered in character, at each turn.

    Probes of one conversation count as one unit: they share its history.

    Args:
        judged: (R, T, probes) from 0, out of character, to 1, in character; or (R, T).

    Returns:
        T estimates in [0, 1], n = R conversations; undefined below ten.

    Raises:
        ValueError: another shape, not finite, or outside [0, 1].

    References:
        Li et al. 2024 (Measuring and controlling persona drift, arXiv 2402.10962).
    """
    given = conversations_of(judged)
    return turn_curve(given, limits=(0.0, 1.0))


def choice_probabilities(logprobs: ArrayLike) -> NDArray[np.float64]:
    """Probability of each option of a forced choice, the options' own total set to 1.

    Args:
        logprobs: (..., options) natural log-probabilities of each option's whole text.

    Returns:
        (..., options) that add up to 1.

    Raises:
        ValueError: fewer than two options, NaN or +inf, or all options impossible.
    """
    given = np.asarray(logprobs, dtype=np.float64)
    if given.ndim < 1 or given.shape[-1] < 2:
        raise ValueError(f"Expected two or more options but the shape was {given.shape}.")
    if np.isnan(given).any() or (given == np.inf).any() or np.isneginf(given).all(axis=-1).any():
        raise ValueError("Expected log-probabilities with a possible option in every row.")
    return softmax(given, axis=-1)


def stances(
    logprobs: ArrayLike, places: ArrayLike, *, reverse: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Expected place on a scale, the habit of choosing the first or the last option averaged out.

    Args:
        logprobs: (items, orders, options) with the options always in the order of `places`; each
            order is one way in which they were shown to the model.
        places: (options,) of each option, in [-1, 1].
        reverse: (items,) whether agreeing with an item is a vote against; none by default.

    Returns:
        (items,) in [-1, 1].

    Raises:
        ValueError: shapes don't fit, or a place lies outside.
    """
    p, at = choice_probabilities(logprobs), np.asarray(places, dtype=np.float64)
    if p.ndim != 3 or at.shape != p.shape[-1:] or not (np.abs(at) <= 1).all():
        raise ValueError(
            "Expected (items, orders, options) and a place from -1 to 1 per option but the shapes "
            f"were {p.shape} and {at.shape}."
        )
    flip = np.zeros(len(p), bool) if reverse is None else np.asarray(reverse, bool)
    if flip.shape != (len(p),):
        raise ValueError(f"Expected {len(p)} values of reverse but the shape was {flip.shape}.")
    return np.where(flip, -1.0, 1.0) * (p @ at).mean(axis=1)


def refusal_rate(refused: ArrayLike) -> Estimate:
    """Share of refused questions, with an interval over questions.

    Args:
        refused: (questions, replies) or (questions,) truth values.

    Returns:
        In [0, 1], n = questions; undefined below ten.

    Raises:
        ValueError: another shape, empty, or no truth values.
    """
    given = np.asarray(refused)
    if given.dtype != bool or given.ndim not in (1, 2) or not given.size:
        raise ValueError(f"Expected truth values (questions, replies) but it was {given.shape}.")
    shares = given.reshape(len(given), -1).mean(axis=1)
    return mean_estimate(shares, limits=(0.0, 1.0), units="questions")


def asker_effect(plain: ArrayLike, asker: ArrayLike, *, limits: Limits = UNBOUNDED) -> Estimate:
    """What changes when somebody else asks the same questions: the mean paired difference.

    Args:
        plain: (questions,) or (questions, replies) scores for the asker to compare with.
        asker: likewise for the other; the same questions in the same order.
        limits: least and largest difference possible.

    Returns:
        asker minus plain, n = questions; undefined below five, of which no interval is to be
        trusted.

    Raises:
        ValueError: different numbers of questions, empty, not finite, or a difference outside the
            limits.

    References:
        CoRUS (arXiv 2510.16829), reconstructed: paired by question.
    """
    first, second = (_by_question(given) for given in (plain, asker))
    if len(first) != len(second):
        raise ValueError(f"Expected pairs but there were {len(first)} and {len(second)} questions.")
    return mean_estimate(second - first, limits=limits, least=MIN_QUESTIONS, units="questions")


def _by_question(scores: ArrayLike) -> NDArray[np.float64]:
    given = np.asarray(scores, dtype=np.float64)
    if given.ndim not in (1, 2) or not given.size or not np.isfinite(given).all():
        raise ValueError(f"Expected finite scores (questions, replies) but it was {given.shape}.")
    return given.reshape(len(given), -1).mean(axis=1)
