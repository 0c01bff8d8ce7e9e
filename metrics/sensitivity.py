"""How far the number of meanings hangs on choices: the threshold, the rule, the order of answers.

A threshold sweep shows the number at every threshold, by several rules; shuffles show what the
order of answers does to the greedy rule; anchors show where pairs lie that are known to say the
same, or not to, beside the threshold. Everything takes likeness as an (n, n) array:
`cosine_likeness` of embeddings, or judgements of a classifier or of the model itself
(`metrics.same.judgements`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata
from sklearn.metrics import adjusted_rand_score

from metrics.arrays import unit_rows
from metrics.extrapolation import Curve
from metrics.intervals import clipped, distinct_estimate
from metrics.partition import by_size
from metrics.same import greedy_partition, union_find_partition
from metrics.uncertainty import Estimate, half_width, jackknife_error, possible_unseen_share
from metrics.unseen import estimated_assemblage

FLOOR = 8  # answers
_ROUNDING = 1e-6

Rule = Callable[[NDArray[np.float64], float], NDArray[np.int64]]


def _average(likeness: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    """Groups whose mean likeness to one another is at least the threshold, as on the map."""
    if len(likeness) < 2:
        return np.zeros(len(likeness), dtype=np.int64)
    merges = linkage(squareform(1 - likeness, checks=False), "average")
    return by_size(fcluster(merges, 1 - threshold + _ROUNDING, criterion="distance"))


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "average": _average,
        "greedy": lambda likeness, at: greedy_partition(likeness, threshold=at - _ROUNDING),
        "union-find": lambda likeness, at: union_find_partition(likeness, threshold=at - _ROUNDING),
    }
)


def cosine_likeness(embeddings: ArrayLike) -> NDArray[np.float64]:
    """Cosines of all pairs, those below zero as zero; (n, n) with a diagonal of ones.

    Args:
        embeddings: (n, d) vectors; their length does not matter.

    Raises:
        ValueError: as `unit_rows`.
    """
    rows = unit_rows(embeddings)
    likeness = np.clip(rows @ rows.T, 0, 1)
    likeness[likeness > 1 - _ROUNDING] = 1
    np.fill_diagonal(likeness, 1)
    return likeness


def threshold_sweep(
    likeness: ArrayLike,
    *,
    thresholds: Sequence[float],
    rule: str,
    rng: np.random.Generator,
    resamples: int = 200,
) -> Curve:
    """Number of meanings at every threshold, with the interval that the panel would give it.

    It never falls from one threshold to a higher one under "union-find" and "average"; under
    "greedy" it may.

    Args:
        likeness: (n, n) symmetric, in [0, 1], of independent answers.
        thresholds: pairs from each on count as the same.
        rule: of `RULES`.
        rng: for the intervals.
        resamples: fresh samples behind each.

    Returns:
        Its sizes are the n answers at every point, its values the meanings among them, one point
        per threshold; NaN for fewer than `FLOOR` answers.

    Raises:
        ValueError: likeness is no (n, n) array of probabilities, or rule is unknown.
    """
    if rule not in RULES:
        raise ValueError(f"Expected rule to be one of {sorted(RULES)} but it was {rule!r}.")
    pairs = _checked(likeness)
    n = len(pairs)
    found = []
    for threshold in thresholds:
        counts = np.bincount(RULES[rule](pairs, threshold))
        if n < FLOOR:
            found.append(Estimate.undefined(n, f"Too few answers: {n} of at least {FLOOR}."))
            continue
        fresh = estimated_assemblage(counts).draw(n, resamples=resamples, rng=rng)
        found.append(distinct_estimate(counts, fresh, m=n))
    ends = np.array([[one.value, one.low, one.high] for one in found]).reshape(-1, 3)
    return Curve(np.full(len(found), n), ends[:, 0], ends[:, 1], ends[:, 2], n)


@dataclass(frozen=True)
class OrderSpread:
    """What the order of the answers does to a greedy partition.

    Attributes:
        meanings: (shuffles,) number of meanings, an order each.
        as_given: number in the order in which the answers came.
        agreement: mean adjusted Rand index of a shuffled with the given partition; 1 when the
            order does nothing.
        n: answers.
    """

    meanings: NDArray[np.int64]
    as_given: int
    agreement: float
    n: int

    @property
    def range(self) -> tuple[int, int]:
        """Fewest and most meanings of any order tried."""
        return int(self.meanings.min()), int(self.meanings.max())


def order_shuffles(
    likeness: ArrayLike, *, threshold: float, rng: np.random.Generator, shuffles: int = 100
) -> OrderSpread:
    """Greedy partitions of the same answers in other orders.

    Args:
        likeness: (n, n) symmetric, in [0, 1].
        threshold: pairs from it on count as the same.
        rng: shuffles.
        shuffles: orders to try, ≥ 1.

    Raises:
        ValueError: likeness is no (n, n) array of probabilities, or shuffles < 1.
    """
    pairs = _checked(likeness)
    if shuffles < 1:
        raise ValueError(f"Expected at least one shuffle but shuffles was {shuffles}.")
    n, at = len(pairs), threshold - _ROUNDING
    given = greedy_partition(pairs, threshold=at)
    tried = [
        greedy_partition(pairs, threshold=at, order=rng.permutation(n).tolist())
        for _ in range(shuffles)
    ]
    return OrderSpread(
        np.array([labels.max() + 1 for labels in tried]),
        int(given.max() + 1),
        float(np.mean([adjusted_rand_score(given, labels) for labels in tried])),
        n,
    )


@dataclass(frozen=True)
class Anchors:
    """Where pairs lie of which it is known what they should be called.

    Attributes:
        same: (s,) cosines of pairs that say the same.
        different: (n, m) cosines of answers to one question with those to another.
        threshold: beside which they are looked at.
        missed: share of the same that lie below it.
        merged: share of the different that lie at it or above.
        separation: chance that a same pair lies higher than a different one, ½ for equals.
    """

    same: NDArray[np.float64]
    different: NDArray[np.float64]
    threshold: float
    missed: Estimate
    merged: Estimate
    separation: float

    @property
    def distance(self) -> float:
        """Mean cosine distance of answers to different questions: what "unrelated" is here."""
        return float(1 - self.different.mean())


def anchors(
    same: tuple[ArrayLike, ArrayLike],
    different: tuple[ArrayLike, ArrayLike],
    *,
    threshold: float,
) -> Anchors:
    """Hold a threshold of cosines against pairs known to say the same, and known not to.

    Args:
        same: (s, d) and (s, d), row by row the same said twice, as by `light_rewrite`.
        different: (n, d) answers to one question and (m, d) to another.
        threshold: pairs from it on count as the same.

    Returns:
        Shares are undefined below `FLOOR` pairs, or answers on either side. Of the different,
        answers are the units, not pairs.

    Raises:
        ValueError: as `unit_rows`; sizes don't match.
    """
    first, second = map(unit_rows, same)
    one, other = map(unit_rows, different)
    if first.shape != second.shape or one.shape[1] != other.shape[1]:
        raise ValueError(
            f"Expected pairs row by row but the shapes were {first.shape} and {second.shape}, "
            f"{one.shape} and {other.shape}."
        )
    near, far = np.sum(first * second, axis=1), one @ other.T
    below, above = near < threshold - _ROUNDING, far >= threshold - _ROUNDING
    ranks = rankdata(np.concatenate([near, far.ravel()]))[: len(near)]
    lower = ranks.sum() - len(near) * (len(near) + 1) / 2
    return Anchors(
        near,
        far,
        threshold,
        _share(below[:, None]),
        _share(above),
        float(lower / (len(near) * far.size)),
    )


def light_rewrite(text: str) -> str:
    """The same said again: lower-case, single spaces, no full stop at the end."""
    return " ".join(text.lower().split()).rstrip(".!")


def _share(hits: NDArray[np.bool_]) -> Estimate:
    """Share of an array with rows, and columns where there are several, as units."""
    sides = [hits.mean(axis=1)] + ([hits.mean(axis=0)] if hits.shape[1] > 1 else [])
    units = min(len(side) for side in sides)
    if units < FLOOR:
        return Estimate.undefined(units, f"Too few answers: {units} of at least {FLOOR}.")
    errors = [jackknife_error((side.sum() - side) / (len(side) - 1)) for side in sides]
    value, possible = float(hits.mean()), possible_unseen_share(units)
    half = half_width(float(np.hypot.reduce(errors)), units=units)
    low, high = min(value - half, 1 - possible), max(value + half, possible)
    return clipped(value, low, high, n=units, limits=(0, 1))


def _checked(likeness: ArrayLike) -> NDArray[np.float64]:
    pairs = np.asarray(likeness, dtype=np.float64)
    if pairs.ndim != 2 or pairs.shape[0] != pairs.shape[1] or not len(pairs):
        raise ValueError(
            f"Expected likeness to be an array with shape (n, n) but it had shape {pairs.shape}."
        )
    if not ((pairs >= 0) & (pairs <= 1)).all() or not np.allclose(pairs, pairs.T, atol=1e-6):
        raise ValueError("Expected likeness to be symmetric and in [0, 1] but it was not.")
    return pairs
