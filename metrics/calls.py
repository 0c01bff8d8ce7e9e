"""How many kinds of answers some calls bring, where a call may give any number of answers.

Answers of one call are not independent, but calls are. So a class counts by the number of calls in
which it occurs, never by its answers, and calls are what is taken fewer of. For calls of one answer
each this is `rarefied_distinct`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.uncertainty import Estimate, half_width, possible_unseen_share
from metrics.unseen import chance_seen, estimated_assemblage

FLOOR = 8  # calls


def calls_per_class(labels: ArrayLike, calls: ArrayLike) -> NDArray[np.int64]:
    """In how many calls each class occurs.

    Args:
        labels: (n,) class of each answer.
        calls: (n,) call of each answer.

    Returns:
        (classes,) positive counts, in the order of the labels.

    Raises:
        ValueError: the lengths differ.
    """
    kinds, call_of = np.asarray(labels).ravel(), np.asarray(calls).ravel()
    if len(kinds) != len(call_of):
        raise ValueError(
            f"Expected a call per label but there were {len(call_of)} for {len(kinds)}."
        )
    _, class_numbers = np.unique(kinds, return_inverse=True)
    _, call_numbers = np.unique(call_of, return_inverse=True)
    together = np.unique(np.stack([class_numbers, call_numbers]), axis=1)
    return np.bincount(together[0])


def distinct_in_calls(counts: ArrayLike, *, total: int, t: float) -> float:
    """Expected number of different classes in t of all calls, taken without replacement.

    Higher is more diverse: 0 when no call gave an answer.

    Args:
        counts: (classes,) calls in which each class occurs, from `calls_per_class`.
        total: calls made, those without an answer included.
        t: calls to compare at, 0 ≤ t ≤ total; between whole numbers it is interpolated.

    Returns:
        Σ_c [1 − C(T − Q_c, t) / C(T, t)] with T calls in all, Q_c of them with class c.

    Raises:
        ValueError: a count is not in 1 … total, or t not in 0 … total.

    References:
        Colwell et al. 2012, sample-based rarefaction; Chiu et al. 2014.
    """
    seen = _checked(counts, total)
    if not 0 <= t <= total:
        raise ValueError(f"Expected t to be in 0 … {total} but it was {t}.")
    return float(_chance(total, t)[seen].sum())


def distinct_in_calls_estimate(
    counts: ArrayLike, *, total: int, t: float, rng: np.random.Generator, resamples: int = 400
) -> Estimate:
    """`distinct_in_calls` with its interval.

    The interval is that of fresh sets of calls from an estimated assemblage, in which each class
    occurs in a call with a probability of its own; some are kept for classes not seen yet. Answers
    of a list avoid each other, which this leaves out: for lists intervals are if anything too wide.

    Args:
        counts: (classes,) calls in which each class occurs.
        total: calls made, those without an answer included.
        t: calls to compare at.
        rng: for the fresh sets.
        resamples: their number.

    Returns:
        n counts calls. Undefined for fewer than `FLOOR` of them.

    Raises:
        ValueError: see `distinct_in_calls`.

    References:
        Chao et al. 2014, appendix G (incidence data).
    """
    value = distinct_in_calls(counts, total=total, t=t)
    if total < FLOOR:
        return Estimate.undefined(total, f"Too few calls: {total} of at least {FLOOR}.")
    fresh = _fresh_counts(_checked(counts, total), total, resamples, rng)
    half = half_width(float(_chance(total, t)[fresh].sum(axis=1).std(ddof=1)), units=total)
    one_more = 1 - (1 - possible_unseen_share(total)) ** t
    return Estimate(value, max(value - half, 0.0), value + max(half, one_more), total)


def _chance(total: int, t: float) -> NDArray[np.float64]:
    """Chance that t calls show a class that occurs in 0 … total of all."""
    low = math.floor(t)
    below = chance_seen(total, low)
    if low == t:
        return below
    return below + (t - low) * (chance_seen(total, low + 1) - below)


def _checked(counts: ArrayLike, total: int) -> NDArray[np.int64]:
    seen = np.asarray(counts).ravel()
    whole = seen.astype(np.int64)
    if len(whole) and not (
        np.array_equal(whole, seen) and 1 <= whole.min() <= whole.max() <= total
    ):
        raise ValueError(f"Expected whole counts in 1 … {total} but they were {seen}.")
    return whole


def _fresh_counts(
    seen: NDArray[np.int64], total: int, resamples: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """(resamples, classes) counts that other sets of as many calls could show."""
    if seen.sum() == total:  # an answer per call: exactly the model of independent draws
        return estimated_assemblage(seen).draw(total, resamples=resamples, rng=rng).counts
    shares = seen / total
    missing, absent = _mass_unseen(seen, total), (1 - seen / total) ** total
    weight = float(np.sum(shares * absent))
    unseen = _classes_unseen(seen, total)
    if weight > 0 and unseen and missing > 0:
        shares = shares * np.maximum(1 - missing / weight * absent, 0)
        shares = np.append(shares, np.full(unseen, missing / unseen))
    return rng.binomial(total, np.clip(shares, 0, 1), size=(resamples, len(shares)))


def _mass_unseen(seen: NDArray[np.int64], total: int) -> float:
    """Classes per call, on average, that no call has shown."""
    once, twice = int(np.sum(seen == 1)), int(np.sum(seen == 2))
    if once == 0:
        return 0.0
    pairs = (total - 1) * (once if twice else once - 1)
    return once / total * (pairs / (pairs + 2 * max(twice, 1)))


def _classes_unseen(seen: NDArray[np.int64], total: int) -> int:
    once, twice = int(np.sum(seen == 1)), int(np.sum(seen == 2))
    pairs = once**2 / (2 * twice) if twice else once * (once - 1) / 2
    return math.ceil((total - 1) / total * pairs)
